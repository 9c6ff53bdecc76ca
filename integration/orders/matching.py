"""Is what a look-up shows our order? Compares what is present; what is missing is no mismatch."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from integration.easyecom import FoundOrder, without_split_suffix
from integration.models import Order
from integration.orders.sku_matching import counted, parts_of_combos, same_sku, unpacked
from integration.reconciliation import at_easyecom

CENT = Decimal("0.01")
RUPEE = Decimal(1)


def mismatch(order: Order, found: Sequence[FoundOrder]) -> str:
    """What differs between our order and EasyEcom's invoices of it, as a sentence; "" if nothing.

    A split order has several invoices, which are taken together. A cancelled invoice beside others
    is left out, unless only with it they are the whole order: then it is a part of it. Where all
    are cancelled, each of them may be the order.
    """
    another = number_mismatch(order, found)
    if another:
        return another
    if at_easyecom.is_cancelled(found):
        each = [goods_mismatch(order, [invoice]) for invoice in found]
        return "" if "" in each else goods_mismatch(order, found)
    live = at_easyecom.live(found)
    difference = goods_mismatch(order, live)
    if difference and len(live) < len(found) and not goods_mismatch(order, found):
        difference = ""
    place = at_easyecom.elsewhere(order, live)
    if place and not difference:
        return f"{place} {at_easyecom.MOVED}"
    return place or difference


def number_mismatch(order: Order, found: Sequence[FoundOrder]) -> str:
    """Ours in other letters is ours, unless Booon gave an order of just those letters too."""
    for invoice in found:
        number = without_split_suffix(invoice.order_number)
        if not invoice.order_number or number.casefold() != order.order_number.casefold():
            continue
        written = {number, invoice.order_number}
        others = Order.objects.filter(seller=order.seller_id, order_number__in=written)
        if order.order_number not in written and others.exists():
            return f"It is order {number}."
    return ""


def goods_mismatch(order: Order, found: Sequence[FoundOrder]) -> str:
    return line_mismatch(order, found) or total_mismatch(order, found)


def line_mismatch(order: Order, found: Sequence[FoundOrder]) -> str:
    lines = [line for invoice in found for line in invoice.lines]
    if not lines or any(not sku or quantity is None for sku, quantity in lines):
        return ""
    ours = counted((line.sku, line.quantity) for line in order.lines.all())
    theirs = shown_goods(found, ours)
    if theirs == ours:
        return ""
    parts = parts_of_combos(order.seller_id)
    is_same = unpacked(theirs, parts) == unpacked(ours, parts)
    return "" if is_same else "Its SKUs or quantities differ."


def shown_goods(found: Sequence[FoundOrder], ours: Counter[str]) -> Counter[str]:
    """A line by its SKU, or by the marketplace's own name of it where that is the one we know."""
    known: list[tuple[str, int]] = []
    for invoice in found:
        others = [*invoice.other_skus, *[""] * len(invoice.lines)]
        for (sku, quantity), other in zip(invoice.lines, others, strict=False):
            is_other = same_sku(sku) not in ours and same_sku(other) in ours
            known.append((other if is_other else sku, quantity or 0))
    return counted(known)


def total_mismatch(order: Order, found: Sequence[FoundOrder]) -> str:
    """EasyEcom's total may or may not hold shipping and discount: each of these is ours. Each
    invoice may be rounded to the rupee, up or down."""
    if any(invoice.total is None for invoice in found):
        return ""
    total = sum((invoice.total or Decimal(0) for invoice in found), Decimal(0))
    goods = sum(
        (line.unit_price * line.quantity - line.discount for line in order.lines.all()), Decimal(0)
    )
    plausible = {
        goods + shipping - discount
        for shipping in (Decimal(0), order.shipping_charge)
        for discount in (Decimal(0), order.discount)
    }
    rounded = sum(is_whole(invoice.total) for invoice in found) * RUPEE
    if any(off <= CENT or off < rounded for off in (abs(total - ours) for ours in plausible)):
        return ""
    return (
        f"Its total is {total:.2f}, ours is {goods + order.shipping_charge - order.discount:.2f}."
    )


def is_whole(total: Decimal | None) -> bool:
    return total is not None and total == total.to_integral_value()
