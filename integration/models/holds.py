"""Holds: what a person, or a doubt about the database itself, stopped on purpose."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from sellers.models import Seller


class Holds(models.QuerySet["Hold"]):
    def open(self) -> Holds:
        return self.filter(released_at=None)

    def over_everything(self) -> Hold | None:
        """The one that holds all sellers, and what Booon is told too."""
        return self.open().filter(seller=None).first()

    def over(self, seller_id: int) -> Hold | None:
        """Why nothing may be said to EasyEcom for this seller now; None where it may."""
        mine = self.open().filter(Q(seller=None) | Q(seller=seller_id))
        return mine.order_by("pk").first()

    def over_each(self, seller_ids: Collection[int]) -> dict[int, Hold]:
        """The same for many, by seller; those that nothing holds are left out."""
        found: dict[int, Hold] = {}
        for hold in self.open().filter(Q(seller=None) | Q(seller__in=seller_ids)).order_by("pk"):
            for seller_id in seller_ids if hold.seller_id is None else [hold.seller_id]:
                found.setdefault(seller_id, hold)
        return found


class Hold(models.Model):
    """While it is open nothing goes out to EasyEcom for its seller, or for anybody."""

    seller = models.ForeignKey(
        Seller, on_delete=models.PROTECT, null=True, blank=True, related_name="holds"
    )
    reason = models.CharField(max_length=400)
    # Not a person's: the database is not the one that was here before. Its release binds it anew.
    doubts_database = models.BooleanField(default=False, editable=False)
    set_by = models.CharField(max_length=150, editable=False)
    set_at = models.DateTimeField(editable=False)
    released_by = models.CharField(max_length=150, blank=True, default="", editable=False)
    released_at = models.DateTimeField(null=True, blank=True, editable=False)
    release_reason = models.CharField(max_length=400, blank=True, default="", editable=False)

    objects = Holds.as_manager()

    class Meta:
        permissions = [("set_hold", "Can hold and release")]
        constraints = [
            models.UniqueConstraint(
                Coalesce("seller", Value(0)),
                condition=Q(released_at__isnull=True),
                name="one_open_hold_each",
            )
        ]

    def __str__(self) -> str:
        return f"Hold of {self.whom}"

    @property
    def whom(self) -> str:
        return self.seller.code if self.seller else "everything"

    @property
    def is_open(self) -> bool:
        return self.released_at is None

    @property
    def sentence(self) -> str:
        """Who holds what, and why."""
        whom = self.seller.code if self.seller else "Everything"
        return f"{whom} is held by {self.set_by}: {self.reason}"


class Binding(models.Model):
    """Which database this is, and what it was made for. The newest row counts.

    An earlier one is what it was called before a permitted person bound it anew.
    """

    incarnation = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    made_at = models.DateTimeField()
    # Empty until something may first go out.
    environment = models.CharField(max_length=64, blank=True, default="")
    base_url = models.CharField(max_length=500, blank=True, default="")
    # Since when a state file outside the database knows it.
    watched_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        get_latest_by = "id"

    def __str__(self) -> str:
        return f"{self.environment} at {self.base_url}"
