"""How an account stands with EasyEcom's limits, as people and platforms are told it."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

import structlog
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from integration.models import CallCount, Quota
from integration.sync import rate_limit
from integration.sync.daily_quota import Day
from sellers.models import Seller

log = structlog.get_logger(__name__)

BEYOND_RECKONING = "The account's limits can't be reckoned with. Correct them on the seller's page."


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
        """Of a seller that was read together with its quota; reads and writes nothing.

        Limits that nobody can reckon with are that seller's trouble: no list of others fails.
        """
        row = rate_limit.row_read_with(seller, now)
        day = Day.of(row, seller, now)
        try:
            return cls.reckoned(row, day, seller, now)
        except ArithmeticError:
            log.error("account_fault", seller=seller.pk)
            stopped = (Going.STOPPED, None, BEYOND_RECKONING)
            return cls(day, 0, seller.burst, *stopped, *stopped)

    @classmethod
    def reckoned(cls, row: Quota, day: Day, seller: Seller, now: datetime) -> "Standing":
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
    return seller.burst - -(-behind // rate_limit.interval(seller))


def orders_by(row: Quota, seller: Seller, now: datetime) -> tuple[Going, datetime | None, str]:
    refusal = rate_limit.refusal_by(row, seller, now, is_polling=False)
    if refusal.is_of_the_day:
        return Going.STOPPED, refusal.until, refusal.message
    if row.paused_until is not None and row.paused_until > now:
        return Going.STOPPED, row.paused_until, "EasyEcom asked for a pause (429)."
    return Going.NORMAL, None, ""


def polling_by(
    row: Quota, seller: Seller, day: Day, now: datetime
) -> tuple[Going, datetime | None, str]:
    refusal = rate_limit.refusal_by(row, seller, now, is_polling=True)
    if refusal.code == rate_limit.SPENT:
        return Going.STOPPED, refusal.until, refusal.message
    if row.paused_until is not None and row.paused_until > now:
        return Going.STOPPED, row.paused_until, "EasyEcom asked for a pause (429)."
    if day.is_slow:
        until = row.polls_at if row.polls_at and row.polls_at > now else None
        return Going.SLOWED, until, refusal.message if until else day.why_polling_slows
    return Going.NORMAL, None, ""


def out_of_quota(now: datetime) -> QuerySet[Quota]:
    """Accounts whose orders wait because EasyEcom refuses more calls today."""
    is_used_up = Q(
        spent_until__gt=now, day=timezone.localdate(now), used_today__gte=F("seller__daily_quota")
    )
    return Quota.objects.filter(is_used_up | Q(refused_until__gt=now))


DAYS = 14


@dataclass(frozen=True, slots=True)
class Use:
    """Calls of one kind today."""

    kind: str
    is_polling: bool
    count: int


@dataclass(slots=True)
class DayOfCalls:
    day: date
    orders: int = 0
    polling: int = 0

    @property
    def total(self) -> int:
        return self.orders + self.polling


@dataclass(frozen=True, slots=True)
class Usage:
    """`most` and `busiest` are what the bars are drawn against."""

    today: list[Use]
    days: list[DayOfCalls]

    @property
    def most(self) -> int:
        return max((use.count for use in self.today), default=0)

    @property
    def busiest(self) -> int:
        return max((day.total for day in self.days), default=0)


def usage_of(seller: Seller, now: datetime) -> Usage:
    """One query, of at most so many rows as there are days and kinds."""
    today = timezone.localdate(now)
    counts = CallCount.objects.filter(seller=seller, day__gt=today - timedelta(days=DAYS))
    uses: list[Use] = []
    days: dict[date, DayOfCalls] = {}
    for row in counts.order_by("-day", "-count", "kind"):
        day = days.setdefault(row.day, DayOfCalls(row.day))
        if row.is_polling:
            day.polling += row.count
        else:
            day.orders += row.count
        if row.day == today:
            uses.append(Use(row.kind.replace("_", " ").capitalize(), row.is_polling, row.count))
    return Usage(uses, list(days.values()))
