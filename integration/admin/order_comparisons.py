"""What comparing several orders with EasyEcom came to: one page, renewed until all is there."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET

from booon_console.lib import clock
from booon_console.lib.spoken import ist
from integration.admin import actions
from integration.admin.awb_desk import CHOSEN, chosen_ids
from integration.admin.base import ReadOnlyAdmin
from integration.admin.calls import sentence_of
from integration.admin.labels import stage_badge
from integration.easyecom import Kind, OrdersFound
from integration.models import ApiCall, Hold, Order, OrderReason, Stage, SyncJob, Worker
from integration.reconciliation import schedule

PAGE = "integration_order_compared"
NOT_THERE_YET = "Nothing to compare: EasyEcom does not have it yet, or it was withdrawn."
AT_ITS_END = "Nothing to compare: it is manifested."
IN_DOUBT = "It has its own look-ups now."
UNDER_WAY = "being compared"
HELD = "waits: nothing goes out while it is held"
NOT_LOOKED_UP = "Not looked up yet."
MISSED = "Its manifest was found by asking: the webhook had not come."
NONE_THERE = OrdersFound(()).sentence
# Reasons that say of both sides how they differ.
BETWEEN_BOTH = (
    OrderReason.CANCELLED_AT_EASYECOM,
    OrderReason.AWB_CONFLICT,
    OrderReason.CONFLICT,
    OrderReason.NUMBER_TAKEN,
)
# What a look brings is applied a moment later.
SETTLES = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Compared:
    """One order: what EasyEcom showed when it was last looked up, and what of it is to be looked
    at."""

    order: Order
    stage: str
    # For EasyEcom's answer, and whether that is on its way or comes at another time only.
    is_waiting: bool
    is_moving: bool
    waits: str
    looked_at: datetime | None
    shown: str
    to_look_at: list[str]


class OrderComparisons(ReadOnlyAdmin):
    """What the order's admin stands on."""

    def comparison_pages(self) -> list[URLPattern]:
        return [path("compared/", self.admin_site.admin_view(self.compared), name=PAGE)]

    @method_decorator(require_GET)
    def compared(self, request: HttpRequest) -> HttpResponse:
        """Five queries at most for the table, however many orders."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        ids = chosen_ids(request.GET.get(CHOSEN, "")) or []
        orders = with_last_look(self.get_queryset(request).filter(pk__in=ids))
        now = clock.now()
        rows = list(rows_of(orders, now))
        moves = is_moving(rows, now)
        answer = self.page(
            request,
            "console/compared.html",
            title="Compared with EasyEcom",
            # What is to be looked at comes first, once nothing moves any more.
            rows=rows if moves else sorted(rows, key=lambda row: not row.to_look_at),
            waiting=sum(row.is_waiting for row in rows),
            to_look_at=sum(bool(row.to_look_at) for row in rows),
            is_moving=moves,
            here=request.get_full_path(),
            may_compare=actions.may(request, actions.RECONCILE),
        )
        if "HX-Request" in request.headers:
            answer.template_name = "console/_compared.html"
        return answer


def is_moving(rows: Iterable[Compared], now: datetime) -> bool:
    """Whether more is to come by itself."""
    latest = max((row.looked_at for row in rows if row.looked_at), default=None)
    if latest is not None and now - latest < SETTLES:
        return True
    return any(row.is_moving for row in rows) and Worker.objects.at_work(now).exists()


def with_last_look(orders: QuerySet[Order]) -> QuerySet[Order]:
    looks = ApiCall.objects.filter(order=OuterRef("pk"), kind=Kind.FIND_ORDER)
    last = looks.order_by("-started_at").values("pk")[:1]
    chosen = orders.select_related("seller", "missed_delivery").order_by("order_number", "pk")
    return chosen.annotate(last_look=Subquery(last))


def rows_of(orders: QuerySet[Any], now: datetime) -> Iterator[Compared]:
    found = list(orders)
    calls = ApiCall.objects.defer("request", "reply").in_bulk(
        [order.last_look for order in found if order.last_look]
    )
    waits = waits_of([order for order in found if is_waiting(order)], now)
    for order in found:
        call = calls.get(order.last_look)
        yield Compared(
            order,
            stage_badge(order),
            is_waiting(order),
            is_waiting(order) and not waits.get(order.location_id),
            waits.get(order.location_id) or UNDER_WAY,
            call.started_at if call else None,
            sentence_of(call) if call else unseen(order),
            list(differences(order, call)),
        )


def is_waiting(order: Order) -> bool:
    return order.check_asked_at is not None and order.stage in schedule.OPEN


def waits_of(orders: list[Order], now: datetime) -> dict[int, str]:
    """By location: why its look-ups are not made now, such as that the day's calls are used."""
    places = {order.location_id for order in orders}
    jobs = SyncJob.objects.filter(kind=SyncJob.Kind.CHECKS, location__in=places)
    held = set(Hold.objects.open().values_list("seller", flat=True)) if places else set()
    found = {}
    for job in jobs:
        if held & {None, job.seller_id}:
            found[job.location_id] = HELD
        elif job.status == SyncJob.Status.PENDING and job.due_at and job.due_at > now + SETTLES:
            found[job.location_id] = f"waits until {ist(job.due_at)}"
    return found


def unseen(order: Order) -> str:
    """Why there is nothing of EasyEcom's to be shown."""
    if order.is_in_doubt:
        return IN_DOUBT
    if order.stage in schedule.OPEN:
        return NOT_LOOKED_UP
    return AT_ITS_END if order.stage == Stage.MANIFESTED else NOT_THERE_YET


def differences(order: Order, call: ApiCall | None) -> Iterator[str]:
    """As the last look showed them, and the order keeps them."""
    is_open = order.stage in schedule.OPEN
    if order.blocked_reason in BETWEEN_BOTH:
        yield order.blocked_message
    elif order.blocked_reason == OrderReason.NOT_FOUND:
        # Its detail tells of the call that was in doubt.
        yield OrderReason.NOT_FOUND.label
    if is_open and call is not None and call.message.startswith(NONE_THERE):
        yield NONE_THERE
    if order.cancelled_lines:
        parts = [
            f"{each['cancelled']} of {each['quantity']} {each['sku']}"
            for each in order.cancelled_lines
        ]
        yield f"Partly cancelled there: {'; '.join(parts)}."
    if is_open and order.easyecom_note:
        yield order.easyecom_note
    if hasattr(order, "missed_delivery"):
        yield MISSED
