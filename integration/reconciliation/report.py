"""How many manifests a location's webhooks lost in a week, and the list to send to EasyEcom.

A lost delivery is one whose order was learnt by asking only; one that came after that was late.
With levels no delivery can be named, since they carry no time: there it is how many had drifted.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from booon_console.lib.spoken import grouped
from booon_console.lib.spreadsheets import safe
from integration.models import Drift, MissedDelivery, Order, ReadBack
from sellers.models import Location

COLUMNS = (
    "location_key",
    "endpoint",
    "order_number",
    "easyecom_invoice_id",
    "manifest_number",
    "manifested_at_ist",
    "found_at_ist",
    "came_at_ist",
    "delay_minutes",
)
NAME = re.compile(r"(20[0-9]{2})-W([0-9]{2})")


@dataclass(frozen=True, slots=True)
class Week:
    """Monday to Sunday in India; `name` is 2026-W48."""

    monday: date

    @classmethod
    def of(cls, moment: datetime) -> Self:
        day = timezone.localdate(moment)
        return cls(day - timedelta(days=day.weekday()))

    @classmethod
    def parse(cls, name: str) -> Self | None:
        """None where it names no week."""
        found = NAME.fullmatch(name)
        try:
            return cls(date.fromisocalendar(int(found[1]), int(found[2]), 1)) if found else None
        except ValueError:
            return None

    @property
    def name(self) -> str:
        return f"{self.monday:%G-W%V}"

    @property
    def days(self) -> str:
        sunday = self.monday + timedelta(days=6)
        return f"{self.monday:%-d %b} to {sunday:%-d %b %Y}"

    @property
    def begins_at(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.monday, time()))

    @property
    def ends_at(self) -> datetime:
        return timezone.make_aware(datetime.combine(self.monday + timedelta(days=7), time()))

    def before(self, weeks: int) -> Self:
        return type(self)(self.monday - timedelta(weeks=weeks))

    def has(self, column: str) -> Q:
        return Q(**{f"{column}__gte": self.begins_at, f"{column}__lt": self.ends_at})


@dataclass(slots=True)
class Figure:
    """A location's week."""

    location: Location
    manifested: int = 0
    lost: int = 0
    late: int = 0
    levels: int = 0
    drifted: int = 0

    def __str__(self) -> str:
        return f"lost {grouped(self.lost)} of {grouped(self.manifested)}"


def figures(week: Week, seller_ids: Collection[int] | None = None) -> list[Figure]:
    """One for each location where something was manifested, missed or read back."""
    counts = {
        "manifested": by_location(Order.objects.filter(week.has("manifested_at")), Count("pk")),
        "lost": by_location(missed(week).filter(arrived_at=None), Count("pk")),
        "late": by_location(missed(week).exclude(arrived_at=None), Count("pk")),
        "levels": by_location(ReadBack.objects.filter(week.has("ended_at")), Sum("levels")),
        "drifted": by_location(Drift.objects.filter(week.has("at")), Count("pk")),
    }
    locations = Location.objects.filter(pk__in={pk for column in counts.values() for pk in column})
    if seller_ids is not None:
        locations = locations.filter(seller__in=seller_ids)
    return [
        Figure(location, **{name: column.get(location.pk, 0) for name, column in counts.items()})
        for location in locations.select_related("seller").only(
            "location_key", "name", "seller__name"
        )
    ]


def by_location(rows: QuerySet[Any], total: Count | Sum) -> dict[int, int]:
    return dict(rows.order_by().values_list("location_id").annotate(total))


def missed(week: Week) -> QuerySet[MissedDelivery]:
    return MissedDelivery.objects.filter(week.has("due_at"))


def rows_of(deliveries: QuerySet[MissedDelivery]) -> Iterator[list[str]]:
    """The list as cells that no spreadsheet takes for formulas, its heading first."""
    yield list(COLUMNS)
    for each in deliveries.select_related("order", "location").order_by("due_at", "pk"):
        yield safe(
            [
                each.location.location_key,
                each.endpoint_id or "",
                each.order.order_number,
                each.order.easyecom_invoice_id,
                each.order.manifest_number,
                csv_time(each.due_at),
                csv_time(each.found_at),
                csv_time(each.arrived_at),
                str(each.delay // timedelta(minutes=1)),
            ]
        )


def csv_time(moment: datetime | None) -> str:
    """In India, as spreadsheets read it."""
    return "" if moment is None else f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"
