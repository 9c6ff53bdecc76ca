"""What an account's calls were for: today by kind, and the last days."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from integration.models import CallCount
from sellers.models import Seller

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


def of(seller: Seller, now: datetime) -> Usage:
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
