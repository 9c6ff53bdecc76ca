"""Booon's API keys, kept as digests."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import cached_property

from django.db import models, transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from booon_console.lib.digests import digest_of
from integration.models.changes import record_event
from sellers.models import Seller

# A busy key would else write at every request.
NOTED_EVERY = timedelta(minutes=1)
# Of a name, in characters; until a key ends; a minute.
LONGEST_NAME = 100
MOST_DAYS = 3650
MOST_CALLS = 1_000_000


class Area(models.TextChoices):
    """A part of the API that a key may be narrowed to."""

    ORDERS = "orders", "Orders"
    SHIPMENTS = "shipments", "Shipments"
    STOCK = "stock", "Stock, products, listings"
    CHANGES = "changes", "The feed of changes"


class ApiKey(models.Model):
    """What Booon's platform shows at the API. The key itself is printed once and not kept."""

    name = models.CharField(max_length=LONGEST_NAME, unique=True)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # Not "no sellers named means all": a key whose last seller goes would then open everything.
    is_limited = models.BooleanField(default=False, editable=False)
    sellers = models.ManyToManyField(Seller, blank=True, related_name="+", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)
    # Null: it does not end by itself.
    expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Values of Area, between blanks; "": all of them, those too that the API will have.
    areas = models.CharField(max_length=100, blank=True, default="", db_default="", editable=False)
    is_read_only = models.BooleanField(default=False, db_default=False, editable=False)
    # Null: API_CALLS_PER_MINUTE.
    calls_per_minute = models.PositiveIntegerField(null=True, blank=True, editable=False)
    # How many calls were allotted to web servers in the minute that began then.
    minute_at = models.DateTimeField(null=True, blank=True, editable=False)
    calls_allotted = models.PositiveIntegerField(default=0, db_default=0, editable=False)

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

    @property
    def powers(self) -> str:
        """For people: which parts of the API it opens, and whether it changes anything there."""
        doing = "reads" if self.is_read_only else "reads and writes"
        return f"{doing} {', '.join(self.areas.split()) or 'everything'}"

    def opens(self, area: Area) -> bool:
        return not self.areas or area in self.areas.split()

    def allot(self, calls: int, most: int, minute: datetime) -> bool:
        """Take calls out of the minute's `most`. The last ones may go beyond it by `calls`."""
        before = self.allotted_in(minute)
        is_now = Q(minute_at=minute)
        has_some = ~is_now | Q(minute_at=None) | Q(calls_allotted__lt=most)
        allotted = Case(When(is_now, then=F("calls_allotted") + calls), default=Value(calls))
        mine = ApiKey.objects.filter(has_some, pk=self.pk)
        if not mine.update(minute_at=minute, calls_allotted=allotted):
            return False
        # As far as this server knows: others may have asked since the row was read.
        self.minute_at, self.calls_allotted = minute, before + calls
        return True

    def allotted_in(self, minute: datetime) -> int:
        return self.calls_allotted if self.minute_at == minute else 0

    def has_expired(self, now: datetime) -> bool:
        return self.expires_at is not None and self.expires_at <= now

    def note_use(self, now: datetime) -> None:
        """Remember that it is used, to the minute."""
        before = now - NOTED_EVERY
        if self.last_used_at is None or self.last_used_at <= before:
            long_ago = Q(last_used_at=None) | Q(last_used_at__lte=before)
            ApiKey.objects.filter(long_ago, pk=self.pk).update(last_used_at=now)


def make_key(
    name: str,
    *,
    now: datetime,
    sellers: Collection[Seller] | None = None,
    days: int = 0,
    areas: Sequence[str] = (),
    is_read_only: bool = False,
    calls_per_minute: int | None = None,
    actor: str = "console",
) -> tuple[ApiKey, str]:
    """A new key, and the key itself, which is kept nowhere.

    `sellers` None: all of them; `days` 0: it does not end; no `areas`: all of them. Raises
    IntegrityError where the name is taken.
    """
    key = f"booon_{secrets.token_urlsafe(32)}"
    with transaction.atomic():
        row = ApiKey.objects.create(
            name=name,
            digest=digest_of(key),
            is_limited=sellers is not None,
            expires_at=now + timedelta(days=days) if days else None,
            areas=" ".join(area for area in Area if area in areas),
            is_read_only=is_read_only,
            calls_per_minute=calls_per_minute,
        )
        row.sellers.set(sellers or [])
        until = f", until {timezone.localtime(row.expires_at):%-d %B %Y}" if row.expires_at else ""
        narrowed = f"; it {row.powers}" if areas or is_read_only else ""
        said = f"API key {name} made, for {row.scope}{until}{narrowed}."
        record_event("api_key", said, at=now, actor=actor)
    return row, key
