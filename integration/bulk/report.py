"""A bulk run in figures: what is to be expected of it, and what became of it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, Max, OuterRef, Q, Sum

from integration.bulk.forecast import SENTENCES
from integration.models import BulkItem, BulkRun, OrderLine, Product, ProductPull
from integration.sync import rate_limit
from integration.sync.daily_quota import Day
from sellers.models import Seller

MOST_GROUPS = 100
MOST_SELLERS = 50
# Named; of more it is said that there are.
MOST_SKUS = 3
Result = BulkItem.Result


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that stand still for one reason. `words` are EasyEcom's, `meaning` the dictionary's.

    `outlook` is "" where they may go through.
    """

    reason: str
    words: str
    meaning: str
    outlook: str
    count: int


@dataclass(frozen=True, slots=True)
class Price:
    """Calls that one account's rows take at least, and those it has left; None: no limit."""

    seller: Seller
    rows: int
    calls: int
    left: int | None

    @property
    def is_short(self) -> bool:
        return self.left is not None and self.calls > self.left


@dataclass(frozen=True, slots=True)
class Progress:
    """How many rows came to which result, those without any first."""

    counts: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def ended(self) -> int:
        return self.total - self.counts[Result.WAITING] - self.counts[Result.ASKED]

    @property
    def by_result(self) -> list[tuple[str, str, int]]:
        """Value, label and count of each result that there is."""
        return [(each.value, each.label, self.counts[each]) for each in Result if self.counts[each]]


def groups(run: BulkRun) -> list[Group]:
    alike = ("reason", "error__shape", "error__known__sentence", "outlook")
    found = run.items.values_list(*alike).annotate(count=Count("pk"))
    return [
        Group(reason, words or "", meaning or "", SENTENCES.get(outlook, ""), count)
        for reason, words, meaning, outlook, count in found.order_by("-count", "reason")[
            :MOST_GROUPS
        ]
    ]


def hopeless(run: BulkRun) -> int:
    """Rows whose cause is unchanged."""
    return run.items.exclude(outlook="").count()


def missing_skus(run: BulkRun) -> list[str]:
    """SKUs of refused orders of the run that their sellers' catalogs lack, as they are known."""
    refused = run.items.filter(outlook="rejected", job__order__isnull=False)
    lines = OrderLine.objects.filter(order__in=refused.values("job__order"))
    product = Product.objects.filter(seller=OuterRef("order__seller"), sku=OuterRef("sku"))
    lacking = lines.filter(~Exists(product)).order_by("sku").values_list("sku", flat=True)
    return list(lacking.distinct()[: MOST_SKUS + 1])


def catalogs_read_at(run: BulkRun) -> datetime | None:
    """Of its sellers' catalogs the one that was read longest ago; None where one never was."""
    pulls = ProductPull.objects.filter(location__seller__in=run.sellers.all())
    read = pulls.values_list("location__seller").annotate(at=Max("watermark"))
    times = [at for _, at in read]
    return None if None in times or not times else min(times)


def is_reading_catalogs(run: BulkRun) -> bool:
    asked = Q(full_wanted=True) | Q(began_at__isnull=False)
    return ProductPull.objects.filter(asked, location__seller__in=run.sellers.all()).exists()


def prices(run: BulkRun, now: datetime) -> list[Price]:
    """The dearest accounts of a run."""
    found = run.items.values_list("seller").annotate(rows=Count("pk"), price=Sum("calls"))
    dearest = list(found.order_by("-price", "seller")[:MOST_SELLERS])
    sellers = Seller.objects.select_related("quota").in_bulk([seller for seller, *_ in dearest])
    return [
        Price(sellers[seller], rows, calls, left_of(sellers[seller], now))
        for seller, rows, calls in dearest
    ]


def left_of(seller: Seller, now: datetime) -> int | None:
    return Day.of(rate_limit.row_read_with(seller, now), seller, now).left


def progress(run: BulkRun) -> Progress:
    counts = dict.fromkeys(Result.values, 0)
    return Progress(counts | dict(run.items.values_list("result").annotate(Count("pk"))))
