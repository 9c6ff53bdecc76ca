"""A seller's own link: how a seller without a log-in types in what opens their EasyEcom account."""

from __future__ import annotations

import secrets
from datetime import datetime

from django.db import models
from django.db.models import Q

from sellers.models import Seller


def new_link_id() -> str:
    return secrets.token_hex(8)


class SellerLink(models.Model):
    """Its secret is given out once and not kept. The id, in its address, opens nothing."""

    id = models.CharField(primary_key=True, max_length=32, default=new_link_id, editable=False)
    # A new seller has a row once they typed in their log-in.
    seller = models.ForeignKey(Seller, on_delete=models.CASCADE, null=True, related_name="links")
    code = models.CharField(max_length=64)
    name = models.CharField(max_length=200)
    # Whether it may give another log-in to a seller with live locations.
    may_change_log_in = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, editable=False)
    made_at = models.DateTimeField()
    made_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)
    # Log-ins at EasyEcom that it asked for: in all, and in the hour that began then.
    tries = models.PositiveIntegerField(default=0)
    hour_at = models.DateTimeField(null=True)
    hour_tries = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-made_at"]
        verbose_name = "seller's link"
        verbose_name_plural = "sellers' links"
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=Q(revoked_at=None), name="one_open_link_per_seller"
            )
        ]

    def __str__(self) -> str:
        return f"Link of {self.name} ({self.code})"

    @property
    def path(self) -> str:
        return f"/link/{self.pk}/"

    @property
    def actor(self) -> str:
        """Who did it, in events: the seller, and by which link."""
        return f"seller · link {self.pk[:6]}"

    def is_open(self, now: datetime) -> bool:
        return self.revoked_at is None and now < self.expires_at
