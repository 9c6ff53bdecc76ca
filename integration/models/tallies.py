"""How much went through in each hour, for the charts of the front page."""

from __future__ import annotations

from django.db import models

from sellers.models import Seller


class Tally(models.Model):
    """So many of one kind of thing for one seller within one hour. Counted anew, never added to."""

    class Kind(models.TextChoices):
        PUSHED = "pushed", "Orders pushed"
        ASSIGNED = "assigned", "AWBs assigned"
        MANIFESTED = "manifested", "Manifested"
        DELIVERIES = "deliveries", "Deliveries received"

    seller = models.ForeignKey(Seller, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "kind", "seller"], name="one_tally_per_hour_kind_and_seller"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.count}"
