"""The sellers' board: a row each, any period against the one before, sorted by any figure; as CSV.

Each figure leads to the list that it counts.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from booon_console.lib import clock
from booon_console.lib.admin_parts import listed
from booon_console.lib.spoken import grouped
from integration.admin import exports, periods
from integration.admin.base import ConsoleAdmin
from integration.admin.exports import as_text
from integration.models import Delivery, MissedDelivery, Order, Topic, record_event
from integration.monitoring import seller_board
from integration.monitoring.seller_board import FIGURES, Row, Span
from integration.sync.daily_quota import Day
from integration.sync.rate_limit import row_read_with
from sellers import scope
from sellers.models import Seller

ROWS_OF_A_PAGE = 50
OFFERED = (periods.TODAY, periods.WEEK, periods.DAYS_30, periods.MONTH, periods.LAST_MONTH)
USUAL = periods.WEEK
# Of a period that is typed: what is counted is read row by row.
LONGEST = timedelta(days=366)
Key = Callable[[Row], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """One that is sorted by; `needs` is the figure that has to be read of all sellers for it."""

    label: str
    key: Key
    needs: str = ""
    is_largest_first: bool = True


COLUMNS = {
    "name": Column("Seller", lambda row: row.seller.name.casefold(), "", False),
    "stuck": Column("Stuck", lambda row: row.stuck.count or None, "stuck"),
    "worth": Column("₹", lambda row: row.stuck.worth or None, "stuck"),
    "oldest": Column("Oldest", lambda row: row.stuck.since, "stuck", False),
    "orders": Column("Orders", lambda row: row.speed[0].orders or None, "speed"),
    "awb": Column("Time to AWB", lambda row: row.speed[0].awb.median, "speed"),
    "awb90": Column("9 of 10", lambda row: row.speed[0].awb.p90, "speed"),
    "manifest": Column("To manifest", lambda row: row.speed[0].manifest.median, "speed"),
    "manifest90": Column("9 of 10", lambda row: row.speed[0].manifest.p90, "speed"),
    "inventory": Column(
        "Last inventory", lambda row: row.heard.get(Topic.INVENTORY), "heard", False
    ),
    "manifested": Column(
        "Last manifested", lambda row: row.heard.get(Topic.MANIFESTED), "heard", False
    ),
    "lost": Column("Lost", lambda row: row.lost[0].percent, "lost"),
    "left": Column("Calls left", lambda row: calls_left(row.seller), "", False),
}
USUAL_SORT = "stuck"


@dataclass(frozen=True, slots=True)
class Period:
    """What is shown, and as what of the address; of what was typed, and why that can't be shown."""

    asked: dict[str, str]
    label: str
    span: Span
    typed: dict[str, str] = field(default_factory=dict)
    problem: str = ""


class SellerBoard(ConsoleAdmin):
    """What the seller's admin stands on."""

    board_heads: ClassVar[Sequence[str]] = (
        *("Seller", "Code", "Contact", "Phone", "Stuck", "Stuck (₹)", "Oldest since"),
        *(
            "Orders",
            "Orders before",
            "Orders (₹)",
            "Orders before (₹)",
            "With AWB",
            "To AWB, median (min)",
            "9 of 10 (min)",
        ),
        *("Median before (min)", "Manifested", "To manifest, median (min)", "9 of 10 (min)"),
        *("Median before (min)", "Last inventory webhook", "Last manifested webhook"),
        *("Lost manifests", "Of", "Of before", "Lost (%)", "Lost before (%)", "Calls left today"),
    )

    def board_pages(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.board)
        return [path("board/", view, name="sellers_seller_board")]

    def board(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        now = clock.now()
        period = period_of(request.GET, now)
        span = period.span
        if request.method == "POST":
            return self.board_file(request, period, now)
        words = request.GET.get("q", "").replace("\x00", "").strip()[:100]
        asked = request.GET.get("o", "")
        sort = asked.removeprefix("-")
        if sort not in COLUMNS:
            sort, asked = USUAL_SORT, USUAL_SORT
        is_turned = asked.startswith("-")
        rows = self.board_rows(request, words)
        ids = scope.seller_ids(request.user)
        known = COLUMNS[sort].needs
        first = {name: read for name, read in FIGURES.items() if name == known}
        rest = {name: read for name, read in FIGURES.items() if name != known}
        seller_board.fill(rows, first, ids, span, now)
        page = Paginator(in_turn(rows, sort, is_turned), ROWS_OF_A_PAGE).get_page(
            request.GET.get("p")
        )
        shown = list(page.object_list)
        seller_board.fill(shown, rest, pks(shown), span, now)
        kept = period.asked | {"q": words, "o": asked}
        return self.page(
            request,
            "console/seller_board.html",
            title="Sellers' board",
            rows=[Shown(row, period.asked) for row in shown],
            page=page,
            count=len(rows),
            words=words,
            hidden={name: value for name, value in kept.items() if name != "q"},
            presets=[
                (
                    label,
                    address({"when": each, "q": words, "o": asked}),
                    each == period.asked.get("when"),
                )
                for each, label in periods.PRESETS
                if each in OFFERED
            ],
            heads={
                name: head(name, column, kept, sort, is_turned) for name, column in COLUMNS.items()
            },
            period=period,
            typed=period.typed,
            previous=address(kept | {"p": page.number - 1}) if page.has_previous() else "",
            following=address(kept | {"p": page.number + 1}) if page.has_next() else "",
            export_name=exports.ASKED if request.user.has_perm(exports.PERMISSION) else "",
            export_url=address(kept),
        )

    def board_rows(self, request: HttpRequest, words: str) -> list[Row]:
        """Those in scope, with nothing read of them yet."""
        sellers = scope.within(Seller.objects.select_related("quota"), request.user, "pk")
        if words:
            sellers = sellers.filter(Q(code__icontains=words) | Q(name__icontains=words))
        return [Row(seller) for seller in sellers.defer("api_password", "x_api_key")]

    def board_file(self, request: HttpRequest, period: Period, now: datetime) -> Any:
        """All rows of the board, as CSV or XLSX. Raises PermissionDenied."""
        if exports.ASKED not in request.POST or not request.user.has_perm(exports.PERMISSION):
            raise PermissionDenied
        rows = self.board_rows(request, request.GET.get("q", "").replace("\x00", "").strip()[:100])
        ids = scope.seller_ids(request.user)
        seller_board.fill(rows, seller_board.IN_A_FILE, ids, period.span, now)
        kind = exports.kind_asked(request)
        record_event(
            "export",
            f"{grouped(len(rows))} rows of the sellers' board taken away as {kind.upper()}: "
            f"{period.label}.",
            at=now,
            actor=request.user.get_username(),
        )
        first = timezone.localdate(period.span.since)
        last = timezone.localdate(period.span.until - timedelta.resolution)
        lines = [list(map(as_text, cells(row))) for row in in_turn(rows, "name", False)]
        heads = list(self.board_heads)
        return exports.file_of(f"sellers board {first} to {last}", kind, [heads, *lines])


def period_of(given: Any, now: datetime) -> Period:
    """As it is typed, or one of those offered; the usual one where that makes no sense."""
    typed = {name: given.get(name, "").strip()[:40] for name in (periods.FROM, periods.TO)}
    preset = given.get("when", USUAL)
    preset = preset if preset in OFFERED else USUAL
    usual = Period({"when": preset}, dict(periods.PRESETS)[preset].lower(), span_of(preset, now))
    if not any(typed.values()):
        return usual
    try:
        since = periods.parse_moment(typed[periods.FROM])
        until = periods.parse_moment(typed[periods.TO], is_end=True) or now
        length = until - since if since else periods.DAY
        before = since - length if since else None
    except (ValueError, OverflowError):
        return replace(usual, typed=typed, problem=periods.UNREADABLE)
    if since is None or before is None:
        return replace(usual, typed=typed, problem="Say from when on.")
    if length <= timedelta(0):
        return replace(usual, typed=typed, problem=periods.ENDS_FIRST)
    if length > LONGEST:
        return replace(usual, typed=typed, problem=f"At most {LONGEST.days} days at once.")
    asked = {name: text for name, text in typed.items() if text}
    return Period(asked, periods.from_to(typed), Span(since, until, before, since), typed)


def span_of(preset: str, now: datetime) -> Span:
    """The period before is as long; this month's is last month's, up to the same moment."""
    since, end = periods.bounds(preset, now)
    assert since is not None
    until = end or now
    if preset in (periods.MONTH, periods.LAST_MONTH):
        first = periods.month_before(since)
        same = first + (until - since)
        return Span(since, until, first, since if end else min(same, since))
    length = periods.DAY if preset == periods.TODAY else until - since
    return Span(since, until, since - length, until - length)


def in_turn(rows: Iterable[Row], sort: str, is_turned: bool) -> list[Row]:
    """By one figure; those that have none come last in either direction."""
    column = COLUMNS[sort]
    by_name = sorted(rows, key=COLUMNS["name"].key)
    have = [row for row in by_name if column.key(row) is not None]
    rest = [row for row in by_name if column.key(row) is None]
    return sorted(have, key=column.key, reverse=column.is_largest_first != is_turned) + rest


def pks(rows: Iterable[Row]) -> list[int]:
    return [row.seller.pk for row in rows]


def calls_left(seller: Seller) -> int | None:
    now = timezone.now()
    return Day.of(row_read_with(seller, now), seller, now).left


def address(asked: dict[str, Any]) -> str:
    given = {name: str(value) for name, value in asked.items() if value}
    return reverse("admin:sellers_seller_board", query=given)


def head(name: str, column: Column, kept: dict[str, str], sort: str, is_turned: bool) -> Any:
    """What a column's heading shows: its link, and in which direction it is sorted by."""
    is_by = name == sort
    turn = f"-{name}" if is_by and not is_turned else name
    is_falling = column.is_largest_first != is_turned
    return {
        "label": column.label,
        "url": address(kept | {"o": turn}),
        "sorted": ("descending" if is_falling else "ascending") if is_by else "",
    }


@dataclass(frozen=True, slots=True)
class Shown:
    """A row with where its figures lead."""

    row: Row
    period: dict[str, str]

    @property
    def stuck_url(self) -> str:
        return listed(Order, seller=self.row.seller.code, stuck="yes")

    @property
    def orders_url(self) -> str:
        return listed(Order, seller=self.row.seller.code, **self.period)

    @property
    def lost_url(self) -> str:
        filters = {"seller": self.row.seller.code, "late": "no"}
        return listed(MissedDelivery, **filters, **self.period)

    @property
    def heard(self) -> Iterator[tuple[str, datetime | None, str]]:
        """Each topic, when its last webhook came, and all that came."""
        for topic in Topic:
            url = listed(Delivery, seller=self.row.seller.code, topic=topic)
            yield f"Last {topic.label.lower()} webhook", self.row.heard.get(topic), url

    @property
    def left(self) -> int | None:
        return calls_left(self.row.seller)

    @property
    def quota_url(self) -> str:
        quota = getattr(self.row.seller, "quota", None)
        return reverse("admin:integration_quota_change", args=[quota.pk]) if quota else ""


def cells(row: Row) -> Iterator[Any]:
    seller, (now, before), (lost, lost_before) = row.seller, row.speed, row.lost
    yield from (seller.name, seller.code, seller.contact_name, seller.contact_phone)
    yield from (row.stuck.count, paise(row.stuck.worth), row.stuck.since)
    yield from (now.orders, before.orders, *map(paise, row.given))
    for took, took_before in ((now.awb, before.awb), (now.manifest, before.manifest)):
        yield took.count
        yield from map(minutes, (took.median, took.p90, took_before.median))
    yield from (row.heard.get(topic) for topic in Topic)
    yield from (lost.count, lost.manifested, lost_before.manifested)
    yield from (percent(lost), percent(lost_before))
    yield calls_left(seller)


def paise(rupees: Decimal | None) -> str:
    return "" if rupees is None else f"{rupees:.2f}"


def minutes(length: timedelta | None) -> str:
    return "" if length is None else f"{length / timedelta(minutes=1):.1f}"


def percent(lost: seller_board.Lost) -> str:
    return "" if lost.percent is None else f"{lost.percent:.1f}"
