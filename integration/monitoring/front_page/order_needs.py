"""Orders that do not move on, a cause at a time, with what each seller has of it."""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Sum, Window
from django.db.models.functions import RowNumber

from booon_console.lib.admin_parts import listed
from integration.models import Order, OrderLine, OrderReason
from integration.models.reasons import NOTHING, ORDER_REASONS, STEPS
from integration.monitoring.front_page.needs import AtSeller, NamedOrder, Need, weight
from sellers import scope
from sellers.models import Seller

# Orders cancelled over there end there: they stand on the front page for so long.
CANCELLED_FOR = timedelta(days=3)
# Beyond so many orders nobody waits for their worth to be summed.
MOST_SUMMED = 20_000
NAMED = 3
SEE_ORDERS = "integration.view_order"


def order_needs(user: Any, reasons: Collection[OrderReason], now: datetime) -> Iterator[Need]:
    """Five queries, however many orders and sellers there are. The heaviest cause comes first."""
    found = found_at_sellers(user, reasons, now)
    needs = [need_of(reason, found[reason], now) for reason in reasons if reason in found]
    yield from sorted(needs, key=lambda need: need.weight(now), reverse=True)


def need_of(reason: OrderReason, lines: list[AtSeller], now: datetime) -> Need:
    step = "" if STEPS[reason] == NOTHING else STEPS[reason]
    url = listed(Order, blocked_reason=reason)
    need = Need(f"orders:{reason}", "Orders", reason.label, 0, None, step, url, SEE_ORDERS)
    return need.of(sorted(lines, key=lambda line: weight(line, now), reverse=True))


def is_stuck(now: datetime) -> Q:
    """Orders that wait for a person."""
    return Q(blocked_reason__in=ORDER_REASONS) & ~long_cancelled(now)


def long_cancelled(now: datetime) -> Q:
    past = Q(blocked_reason=OrderReason.CANCELLED_AT_EASYECOM)
    return past & Q(blocked_since__lte=now - CANCELLED_FOR)


def found_at_sellers(
    user: Any, reasons: Collection[OrderReason], now: datetime
) -> dict[OrderReason, list[AtSeller]]:
    orders = scope.within(Order.objects.filter(blocked_reason__in=reasons), user, "seller")
    orders = orders.exclude(long_cancelled(now)).order_by()
    groups = list(
        orders.values("blocked_reason", "seller").annotate(
            count=Count("pk"),
            since=Min("blocked_since"),
            beside=Sum(F("shipping_charge") - F("discount")),
        )
    )
    is_summed = sum(group["count"] for group in groups) <= MOST_SUMMED
    lines = worth_of_lines(orders) if is_summed else {}
    oldest = oldest_orders(orders) if is_summed else {}
    sellers = Seller.objects.only("code", "name").in_bulk({group["seller"] for group in groups})
    found: dict[OrderReason, list[AtSeller]] = {}
    for group in groups:
        key, seller = (group["blocked_reason"], group["seller"]), sellers[group["seller"]]
        line = AtSeller(
            seller.code,
            seller.name,
            group["count"],
            group["since"],
            lines.get(key, Decimal(0)) + group["beside"] if is_summed else None,
            tuple(oldest.get(key, ())),
            listed(Order, blocked_reason=group["blocked_reason"], seller=seller.code),
        )
        found.setdefault(OrderReason(group["blocked_reason"]), []).append(line)
    return found


def worth_of_lines(orders: QuerySet[Order]) -> dict[tuple[str, int], Decimal]:
    """In rupees, by reason and seller's id."""
    rows = OrderLine.objects.filter(order__in=orders).order_by()
    sums = rows.values_list("order__blocked_reason", "order__seller").annotate(
        worth=Sum(F("unit_price") * F("quantity") - F("discount"))
    )
    return {(reason, seller): worth for reason, seller, worth in sums}


def oldest_orders(orders: QuerySet[Order]) -> dict[tuple[str, int], list[NamedOrder]]:
    """By reason and seller's id."""
    place = Window(
        RowNumber(),
        partition_by=["blocked_reason", "seller"],
        order_by=["blocked_since", "pk"],
    )
    rows = orders.annotate(place=place).filter(place__lte=NAMED).order_by("place")
    found: dict[tuple[str, int], list[NamedOrder]] = {}
    columns = rows.values_list("blocked_reason", "seller", "order_number", "pk")
    for reason, seller, number, key in columns:
        found.setdefault((reason, seller), []).append(NamedOrder(number, key))
    return found
