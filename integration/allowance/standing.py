"""How an account stands with EasyEcom's limits, as people and platforms are told it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import F, QuerySet
from django.utils import timezone

from integration.allowance import quota
from integration.allowance.daily import Day
from integration.models import Quota
from sellers.models import Seller


class Going(StrEnum):
    """Whether calls of one use go out."""

    NORMAL = "normal"
    SLOWED = "slowed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Standing:
    """Today's calls, what is free this second, and what waits until when, and why."""

    day: Day
    free_now: int
    burst: int
    orders: Going
    orders_until: datetime | None
    orders_message: str
    polling: Going
    polling_until: datetime | None
    polling_message: str

    @classmethod
    def of(cls, seller: Seller, now: datetime) -> "Standing":
        """Of a seller that was read together with its quota; reads and writes nothing."""
        row = quota.row_read_with(seller, now)
        day = Day.of(row, seller, now)
        return cls(
            day,
            max(free_now(row, seller, now), 0),
            seller.burst,
            *orders_by(row, seller, now),
            *polling_by(row, seller, day, now),
        )

    @property
    def is_well(self) -> bool:
        return self.orders is self.polling is Going.NORMAL


def free_now(row: Quota, seller: Seller, now: datetime) -> int:
    """Calls in the bucket."""
    behind = max(row.full_at - now, timedelta(0))
    return seller.burst - -(-behind // quota.interval(seller))


def orders_by(row: Quota, seller: Seller, now: datetime) -> tuple[Going, datetime | None, str]:
    refusal = quota.refusal_by(row, seller, now, is_polling=False)
    if refusal.is_of_the_day:
        return Going.STOPPED, refusal.until, refusal.message
    if row.paused_until is not None and row.paused_until > now:
        return Going.STOPPED, row.paused_until, "EasyEcom asked for a pause (429)."
    return Going.NORMAL, None, ""


def polling_by(
    row: Quota, seller: Seller, day: Day, now: datetime
) -> tuple[Going, datetime | None, str]:
    refusal = quota.refusal_by(row, seller, now, is_polling=True)
    if refusal.code == quota.SPENT:
        return Going.STOPPED, refusal.until, refusal.message
    if row.paused_until is not None and row.paused_until > now:
        return Going.STOPPED, row.paused_until, "EasyEcom asked for a pause (429)."
    if day.is_slow:
        until = row.polls_at if row.polls_at and row.polls_at > now else None
        return Going.SLOWED, until, refusal.message if until else day.why_polling_slows
    return Going.NORMAL, None, ""


def out_of_quota(now: datetime) -> QuerySet[Quota]:
    """Accounts whose orders wait because EasyEcom refuses more calls today."""
    return Quota.objects.filter(
        spent_until__gt=now, day=timezone.localdate(now), used_today__gte=F("seller__daily_quota")
    )
