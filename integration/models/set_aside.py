"""What somebody has taken on, or set aside for a while, of the front page's list."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q

from sellers.models import Seller


class SetAside(models.Model):
    """A person's word on one line of the work list: who sees to it, and until when it may rest.

    The line is that of a cause, at one seller or (no seller) at all of them.
    """

    cause = models.CharField(max_length=64)
    seller = models.ForeignKey(Seller, on_delete=models.CASCADE, related_name="+", null=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, related_name="+", null=True
    )
    waits_for_seller = models.BooleanField(default=False)
    reason = models.CharField(max_length=300)
    # Null: it stays in the list, with its owner.
    until = models.DateTimeField(null=True)
    # How many waited then: one that has grown comes back at once.
    count = models.PositiveIntegerField()
    by = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        verbose_name = verbose_name_plural = "work list"
        permissions = [("set_need_aside", "Can take on and set aside what needs a person")]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(
                fields=["cause", "seller"], name="one_word_per_cause_and_seller"
            ),
            models.UniqueConstraint(
                fields=["cause"],
                condition=Q(seller__isnull=True),
                name="one_word_per_cause_of_all_sellers",
            ),
        ]

    def __str__(self) -> str:
        return self.cause

    def rests(self, count: int, now: datetime) -> bool:
        """Whether the line stays away, with so many waiting now."""
        return self.until is not None and self.until > now and count <= 2 * self.count + 10
