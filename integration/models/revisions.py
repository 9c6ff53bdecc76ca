"""What an order said before it was changed."""

from __future__ import annotations

from django.db import models

from integration.models.orders import Order


class OrderRevision(models.Model):
    """What an order said, from one change of its facts to the next; who changed it, and why.

    There are rows once it was changed: the first one is then written with the second.
    """

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="revisions")
    number = models.PositiveIntegerField()
    # As `facts.as_body` writes it. It holds the buyer's address.
    body = models.JSONField()
    at = models.DateTimeField()
    # A user name, or "booon".
    actor = models.CharField(max_length=150)
    reason = models.CharField(max_length=300, blank=True, default="")
    # When the first Create Order with these facts was opened; written as the next revision comes.
    push_begun_at = models.DateTimeField(null=True, blank=True)
    correlation_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "number"], name="one_revision_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.order} revision {self.number}"
