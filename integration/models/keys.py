"""Booon's API keys, kept as digests."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cached_property

from django.db import models
from django.db.models import Q

from sellers.models import Seller

# A busy key would else write at every request.
NOTED_EVERY = timedelta(minutes=1)


class ApiKey(models.Model):
    """What Booon's platform shows at the API. The key itself is printed once and not kept."""

    name = models.CharField(max_length=100, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # Not "no sellers named means all": a key whose last seller goes would then open everything.
    is_limited = models.BooleanField(default=False, editable=False)
    sellers = models.ManyToManyField(Seller, blank=True, related_name="+", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "API key"

    def __str__(self) -> str:
        return self.name

    @cached_property
    def seller_ids(self) -> list[int] | None:
        """Whose things it may see and touch; None: everybody's."""
        return list(self.sellers.values_list("pk", flat=True)) if self.is_limited else None

    @property
    def scope(self) -> str:
        """For people: whose things it opens."""
        if not self.is_limited:
            return "all sellers"
        return ", ".join(sorted(seller.code for seller in self.sellers.all())) or "no seller"

    def note_use(self, now: datetime) -> None:
        """Remember that it is used, to the minute."""
        before = now - NOTED_EVERY
        if self.last_used_at is None or self.last_used_at <= before:
            long_ago = Q(last_used_at=None) | Q(last_used_at__lte=before)
            ApiKey.objects.filter(long_ago, pk=self.pk).update(last_used_at=now)
