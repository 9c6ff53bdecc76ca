"""Lists by time: presets, or from–to as it is typed. Times are India's."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

FROM, TO = "from", "to"
HOUR, TODAY, YESTERDAY, WEEK = "hour", "today", "yesterday", "week"
DAYS_30, MONTH, LAST_MONTH = "30-days", "month", "last-month"
PRESETS = [
    (HOUR, "The last hour"),
    (TODAY, "Today"),
    (YESTERDAY, "Yesterday"),
    (WEEK, "The last 7 days"),
    (DAYS_30, "The last 30 days"),
    (MONTH, "This month"),
    (LAST_MONTH, "Last month"),
]
DAY = timedelta(days=1)
ENDS_FIRST = "It ends before it begins."
UNREADABLE = "A time is a day, as 2026-11-26, or a day and an hour, as 2026-11-26T14:30."


def bounds(preset: str, now: datetime) -> tuple[datetime | None, datetime | None]:
    """From when on, and before when; None: no bound."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    match preset:
        case "hour":
            return now - timedelta(hours=1), None
        case "today":
            return midnight, None
        case "yesterday":
            return midnight - DAY, midnight
        case "week":
            return now - 7 * DAY, None
        case "30-days":
            return now - 30 * DAY, None
        case "month":
            return midnight.replace(day=1), None
        case "last-month":
            return month_before(midnight), midnight.replace(day=1)
    return None, None


def month_before(moment: datetime) -> datetime:
    """The beginning, in India, of the month before this moment's."""
    first = timezone.localtime(moment).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first - DAY).replace(day=1)


def parse_moment(text: str, *, is_end: bool = False) -> datetime | None:
    """A typed day or minute, in India's time; None where nothing was typed.

    The end of a period is all of its last day or minute. Raises ValueError.
    """
    text = text.strip()
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    is_day = len(text) <= len("2026-11-26")
    if is_end:
        moment += DAY if is_day else timedelta(minutes=1)
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


def from_to(typed: dict[str, str]) -> str:
    """What was typed, in words."""
    return f"{typed[FROM] or '…'} – {typed[TO] or '…'}".replace("T", " ")


def period(column: str, label: str) -> type[admin.SimpleListFilter]:
    """A filter by a column of times that has an index."""

    class Period(PeriodFilter):
        title = label

    Period.column = column
    return Period


class PeriodFilter(admin.SimpleListFilter):
    parameter_name = "when"
    template = "console/period_filter.html"
    column = ""

    def __init__(self, request: HttpRequest, params: dict[str, Any], *args: Any) -> None:
        super().__init__(request, params, *args)
        self.typed = {name: str(params.pop(name, [""])[-1]) for name in (FROM, TO)}
        self.problem = ""
        try:
            self.since = parse_moment(self.typed[FROM])
            self.before = parse_moment(self.typed[TO], is_end=True)
        except (ValueError, OverflowError):
            self.problem, self.since, self.before = UNREADABLE, None, None
        if self.since and self.before and self.since >= self.before:
            self.problem = ENDS_FIRST

    def expected_parameters(self) -> list[str | None]:
        return [str(self.parameter_name), FROM, TO]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return PRESETS

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.problem:
            return queryset.none()
        since, before = self.since, self.before
        if not (since or before):
            since, before = bounds(self.value() or "", timezone.now())
        if since:
            queryset = queryset.filter(**{f"{self.column}__gte": since})
        if before:
            queryset = queryset.filter(**{f"{self.column}__lt": before})
        return queryset

    @property
    def shown(self) -> str:
        """What is chosen, for the closed filter."""
        if any(self.typed.values()):
            return from_to(self.typed)
        return dict(PRESETS).get(self.value() or "", "")

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        own = [name for name in self.expected_parameters() if name]
        kept = changelist.get_filters_params()
        for name in own:
            kept.pop(name, None)
        if changelist.query:
            kept["q"] = [changelist.query]
        yield {
            "shown": self.shown,
            "problem": self.problem,
            "since": self.typed[FROM],
            "until": self.typed[TO],
            "clear": changelist.get_query_string(remove=own),
            "hidden": [(name, value) for name, values in kept.items() for value in values],
            "presets": [
                {
                    "display": display,
                    "selected": not any(self.typed.values()) and self.value() == value,
                    "url": changelist.get_query_string({"when": value}, [FROM, TO]),
                }
                for value, display in PRESETS
            ],
        }
