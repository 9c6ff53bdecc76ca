"""What flows, for the front page: open orders against their clocks, and the last day by hours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from booon_console.lib import clock
from booon_console.lib.admin_parts import listed
from booon_console.lib.charts import Chart, bar_chart
from booon_console.lib.search import capped_count, render_count
from booon_console.lib.spoken import grouped
from integration.models import Order, Stage, Tally
from integration.monitoring import statistics
from sellers import scope

SEE_ORDERS = "integration.view_order"
# Orders go out within seconds; one that stands longer waits for something.
PUSH_LIMIT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class StageCard:
    """A stage's open orders: how many, since when the oldest stands there, how many beyond the
    limit."""

    label: str
    count: str
    since: datetime | None
    limit: timedelta
    late: str
    url: str

    @property
    def is_late(self) -> bool:
        return self.late != "0"


def stages(user: Any) -> list[StageCard]:
    """Three short queries for each of the open stages."""
    if not user.has_perm(SEE_ORDERS):
        return []
    now = clock.now()
    return [card(user, stage, limit, now) for stage, limit in limits()]


def limits() -> Iterator[tuple[Stage, timedelta]]:
    yield Stage.RECEIVED, PUSH_LIMIT
    yield Stage.AWAITING_CARRIER, timedelta(hours=settings.AWB_LIMIT_HOURS)
    yield Stage.CARRIER_ASSIGNED, timedelta(hours=settings.MANIFEST_LIMIT_HOURS)


def card(user: Any, stage: Stage, limit: timedelta, now: datetime) -> StageCard:
    # What is cancelled over there waits for nothing, and has a line of its own.
    open_orders = Order.objects.filter(stage=stage, cancelled_at_easyecom=None)
    orders = scope.within(open_orders, user, "seller")
    times = orders.order_by("stage_since").values_list("stage_since", flat=True)
    late = capped_count(orders.filter(stage_since__lt=now - limit))
    count = render_count(capped_count(orders))
    return StageCard(
        stage.label, count, times.first(), limit, render_count(late), listed(Order, stage=stage)
    )


@dataclass(frozen=True, slots=True)
class DayFigure:
    """So many since midnight in India, and as many as there were yesterday by this time."""

    label: str
    today: int
    yesterday: int

    @property
    def count(self) -> str:
        return grouped(self.today)

    @property
    def before(self) -> str:
        return grouped(self.yesterday)

    @property
    def change(self) -> int | None:
        """In per cent of yesterday's; None where that was nothing."""
        return round(100 * (self.today / self.yesterday - 1)) if self.yesterday else None


def days(user: Any, now: datetime) -> list[DayFigure]:
    """One query of hourly tallies. Of yesterday's present hour counts the part that is over now."""
    if not user.has_perm(SEE_ORDERS):
        return []
    hour = statistics.hour_of(now)
    midnight, part = hour.replace(hour=0), (timezone.localtime(now) - hour) / statistics.HOUR
    rows = Tally.objects.filter(hour__gte=midnight - timedelta(days=1))
    sums = [
        (kind, timezone.localtime(when), count)
        for kind, when, count in summed(scope.within(rows, user, "seller").order_by())
    ]
    past = hour - timedelta(days=1)
    return [
        DayFigure(
            kind.label,
            sum(count for each, when, count in sums if each == kind and when >= midnight),
            round(
                sum(
                    count * (part if when == past else 1)
                    for each, when, count in sums
                    if each == kind and when <= past
                )
            ),
        )
        for kind in Tally.Kind
    ]


def charts(user: Any) -> list[Chart]:
    """The last 24 hours, the present one included, in one query of hourly tallies."""
    if not user.has_perm(SEE_ORDERS):
        return []
    first = statistics.hour_of(clock.now()) - statistics.HOUR * (statistics.SHOWN - 1)
    hours = [first + statistics.HOUR * place for place in range(statistics.SHOWN)]
    rows = scope.within(Tally.objects.filter(hour__gte=first), user, "seller").order_by()
    sums = {(kind, hour): count for kind, hour, count in summed(rows)}
    return [
        bar_chart(kind.label, [(spoken(hour), sums.get((kind, hour), 0)) for hour in hours])
        for kind in Tally.Kind
    ]


def figures(drawn: Sequence[Chart]) -> list[list[str]]:
    """The same as rows of a table, the latest hour first."""
    columns = [[grouped(bar.value) for bar in chart.bars] for chart in drawn]
    labels = [bar.label for chart in drawn[:1] for bar in chart.bars]
    return [list(row) for row in zip(labels, *columns, strict=False)][::-1]


def summed(rows: Any) -> Any:
    return rows.values_list("kind", "hour").annotate(Sum("count"))


def spoken(hour: datetime) -> str:
    return f"{timezone.localtime(hour):%H}:00"
