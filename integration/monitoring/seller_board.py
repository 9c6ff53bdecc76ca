"""How each seller stands: what is stuck, how quickly its orders move, what its webhooks lost.

Each figure is one or two queries for all the sellers asked for, so a page costs the same number of
them however many sellers there are. Of what is sorted by, all sellers' figures are read.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

from django.db import connection
from django.db.models import (
    Aggregate,
    BooleanField,
    Case,
    Count,
    DurationField,
    ExpressionWrapper,
    F,
    Min,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)

from integration.models import (
    MissedDelivery,
    Order,
    OrderLine,
    WebhookEndpoint,
)
from integration.models.deliveries import last_heard
from integration.monitoring.front_page.order_needs import MOST_SUMMED, is_stuck
from sellers.models import Seller


# The AWB may come first where EasyEcom's clock and ours differ: then it took no time.
def length(start: str, end: str) -> Case:
    took = ExpressionWrapper(F(end) - F(start), output_field=DurationField())
    in_turn = When(**{f"{end}__gte": F(start)}, then=took)
    at_once = When(**{f"{end}__lt": F(start)}, then=Value(timedelta(0)))
    return Case(in_turn, at_once, default=None, output_field=DurationField())


TO_AWB = length("pushed_at", "shipment__assigned_at")
TO_MANIFEST = length("shipment__assigned_at", "manifested_at")
# None: of all sellers.
Ids: TypeAlias = Collection[int] | None


@dataclass(frozen=True, slots=True)
class Span:
    """A period, and the one before it that it is compared with; each without its end."""

    since: datetime
    until: datetime
    before_since: datetime
    before_until: datetime

    def has(self, column: str) -> Q:
        """In either of the two."""
        now = Q(**{f"{column}__gte": self.since, f"{column}__lt": self.until})
        before = {f"{column}__gte": self.before_since, f"{column}__lt": self.before_until}
        return now | Q(**before)

    def is_now(self, column: str) -> Case:
        """Which of the two a row is in."""
        is_in = When(**{f"{column}__gte": self.since}, then=Value(True))
        return Case(is_in, default=Value(False), output_field=BooleanField())


@dataclass(frozen=True, slots=True)
class Stuck:
    """Orders that wait for a person, and their rupees; `worth` None: too many to be summed."""

    count: int = 0
    worth: Decimal | None = Decimal(0)
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Took:
    """How long so many orders took: half of them at most `median`, nine of ten at most `p90`."""

    count: int = 0
    median: timedelta | None = None
    p90: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Speed:
    """So many orders given; how long EasyEcom had them without an AWB, and then unmanifested."""

    orders: int = 0
    awb: Took = Took()
    manifest: Took = Took()


class Percentile(Aggregate):
    """The value that such a share of all lies at or below; of PostgreSQL only."""

    function = "percentile_disc"
    template = "%(function)s(%(share)s) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = DurationField()

    def __init__(self, column: str, *, share: float) -> None:
        super().__init__(column, share=share)


@dataclass(frozen=True, slots=True)
class Lost:
    """Manifests that no webhook told of, of so many."""

    count: int = 0
    manifested: int = 0

    @property
    def percent(self) -> float | None:
        if not self.manifested:
            return None
        return min(100 * self.count / self.manifested, 100.0)


@dataclass(slots=True)
class Row:
    """A seller. Of pairs the first is of the period, the second of the one before."""

    seller: Seller
    stuck: Stuck = field(default_factory=Stuck)
    speed: tuple[Speed, Speed] = (Speed(), Speed())
    # In rupees, of the orders given; None: too many to be summed.
    given: tuple[Decimal | None, Decimal | None] = (Decimal(0), Decimal(0))
    heard: Mapping[str, datetime] = field(default_factory=dict)
    lost: tuple[Lost, Lost] = (Lost(), Lost())


def stuck(ids: Ids, span: Span, now: datetime) -> dict[int, Stuck]:
    """As they are now: the period is none of it."""
    orders = of_sellers(Order.objects.filter(is_stuck(now)), ids).order_by()
    beside = Sum(F("shipping_charge") - F("discount"))
    groups = list(
        orders.values("seller").annotate(count=Count("pk"), since=Min("blocked_since"), sum=beside)
    )
    if sum(group["count"] for group in groups) > MOST_SUMMED:
        lines = None
    else:
        of_lines = Sum(F("unit_price") * F("quantity") - F("discount"))
        rows = OrderLine.objects.filter(order__in=orders).order_by()
        lines = dict(rows.values_list("order__seller").annotate(worth=of_lines))
    return {
        group["seller"]: Stuck(
            group["count"],
            None if lines is None else lines.get(group["seller"], Decimal(0)) + group["sum"],
            group["since"],
        )
        for group in groups
    }


def speed(ids: Ids, span: Span, now: datetime) -> dict[int, tuple[Speed, Speed]]:
    """Of the orders that Booon gave in the period."""
    rows = of_sellers(Order.objects.filter(span.has("created_at")), ids).order_by()
    rows = rows.annotate(is_now=span.is_now("created_at"), awb=TO_AWB, manifest=TO_MANIFEST)
    read = ranked_here if connection.vendor == "sqlite" else ranked_there
    return pairs({(whose, is_now): found for whose, is_now, found in read(rows)}, Speed())


def ranked_there(rows: QuerySet[Any]) -> Iterator[tuple[int, bool, Speed]]:
    """The database ranks them, in one pass over both lengths."""
    groups = rows.values_list("seller_id", "is_now").annotate(
        given=Count("pk"),
        awbs=Count("awb"),
        awb_half=Percentile("awb", share=0.5),
        awb_nine=Percentile("awb", share=0.9),
        manifests=Count("manifest"),
        manifest_half=Percentile("manifest", share=0.5),
        manifest_nine=Percentile("manifest", share=0.9),
    )
    for whose, is_now, orders, *ranks in groups:
        yield whose, is_now, Speed(orders, Took(*ranks[:3]), Took(*ranks[3:]))


def ranked_here(rows: QuerySet[Any]) -> Iterator[tuple[int, bool, Speed]]:
    """SQLite knows no percentiles, and no volumes."""
    groups: defaultdict[tuple[int, bool], list[Any]] = defaultdict(list)
    for whose, is_now, *lengths in rows.values_list("seller_id", "is_now", "awb", "manifest"):
        groups[whose, bool(is_now)].append(lengths)
    for (whose, is_now), found in groups.items():
        awbs, manifests = zip(*found, strict=True)
        yield whose, is_now, Speed(len(found), ranked(awbs), ranked(manifests))


def ranked(lengths: Iterable[timedelta | None]) -> Took:
    known = sorted(each for each in lengths if each is not None)
    if not known:
        return Took()
    # As percentile_disc: the first that has so large a share at or below it.
    half, nine = (known[-(-len(known) * share // 10) - 1] for share in (5, 9))
    return Took(len(known), half, nine)


def given(ids: Ids, span: Span, now: datetime) -> dict[int, tuple[Decimal | None, Decimal | None]]:
    """What the orders that Booon gave in the period come to, where that is summed in a moment."""
    orders = of_sellers(Order.objects.filter(span.has("created_at")), ids).order_by()
    if orders[: MOST_SUMMED + 1].count() > MOST_SUMMED:
        return {each: (None, None) for each in orders.values_list("seller", flat=True).distinct()}
    return given_whole(ids, span, now)


def given_whole(
    ids: Ids, span: Span, now: datetime
) -> dict[int, tuple[Decimal | None, Decimal | None]]:
    """However many they are: for a file."""
    orders = of_sellers(Order.objects.filter(span.has("created_at")), ids).order_by()
    beside = Sum(F("shipping_charge") - F("discount"))
    groups = orders.annotate(is_now=span.is_now("created_at")).values_list("seller", "is_now")
    found = {(whose, bool(is_now)): sum_ for whose, is_now, sum_ in groups.annotate(sum=beside)}
    lines = OrderLine.objects.filter(order__in=orders).order_by()
    lines = lines.annotate(is_now=span.is_now("order__created_at"))
    each = Sum(F("unit_price") * F("quantity") - F("discount"))
    for whose, is_now, sum_ in lines.values_list("order__seller", "is_now").annotate(sum=each):
        found[whose, bool(is_now)] += sum_
    return pairs(found, Decimal(0))


def webhooks(ids: Ids, span: Span, now: datetime) -> dict[int, dict[str, datetime]]:
    """When the last one of each topic came, at any of its locations."""
    rows = of_sellers(WebhookEndpoint.objects.order_by(), ids, "location__seller")
    heard = rows.annotate(heard_at=last_heard()).exclude(heard_at=None)
    found: dict[int, dict[str, datetime]] = {}
    for seller, topic, at in heard.values_list("location__seller", "topic", "heard_at"):
        topics = found.setdefault(seller, {})
        topics[topic] = max(at, topics.get(topic, at))
    return found


def lost(ids: Ids, span: Span, now: datetime) -> dict[int, tuple[Lost, Lost]]:
    """Of what was manifested in the period; what came late is not lost."""
    missed = MissedDelivery.objects.filter(span.has("due_at"), arrived_at=None)
    missed = of_sellers(missed, ids, "location__seller").annotate(is_now=span.is_now("due_at"))
    orders = of_sellers(Order.objects.filter(span.has("manifested_at")), ids)
    manifested = counted(orders.annotate(is_now=span.is_now("manifested_at")), "seller")
    gone = counted(missed, "location__seller")
    found = {key: Lost(gone.get(key, 0), manifested.get(key, 0)) for key in gone | manifested}
    return pairs(found, Lost())


def of_sellers(rows: QuerySet[Any], ids: Ids, path: str = "seller") -> QuerySet[Any]:
    return rows if ids is None else rows.filter(**{f"{path}__in": ids})


def counted(rows: QuerySet[Any], seller: str) -> dict[tuple[int, bool], int]:
    groups = rows.order_by().values_list(seller, "is_now").annotate(count=Count("pk"))
    return {(whose, is_now): count for whose, is_now, count in groups}


def pairs(found: Mapping[tuple[int, bool], Any], nothing: Any) -> dict[int, tuple[Any, Any]]:
    sellers = {seller for seller, _ in found}
    return {
        each: (found.get((each, True), nothing), found.get((each, False), nothing))
        for each in sellers
    }


Read: TypeAlias = Callable[[Ids, Span, datetime], Mapping[int, Any]]
# Each figure of a row, and what reads it for many.
FIGURES: dict[str, Read] = {
    "stuck": stuck,
    "speed": speed,
    "given": given,
    "heard": webhooks,
    "lost": lost,
}
IN_A_FILE: dict[str, Read] = FIGURES | {"given": given_whole}


def fill(
    rows: Collection[Row], figures: Mapping[str, Read], ids: Ids, span: Span, now: datetime
) -> None:
    """Read these figures of the rows' sellers, which are those of `ids`."""
    for name, read in figures.items():
        found = read(ids, span, now)
        for row in rows:
            if row.seller.pk in found:
                setattr(row, name, found[row.seller.pk])
