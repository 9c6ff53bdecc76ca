"""Is what a look-up shows our order? Compares what is present; what is missing is no mismatch."""

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from integration.easyecom import FoundOrder
from integration.models import Order

CENT = Decimal("0.01")


def mismatch(order: Order, found: Sequence[FoundOrder]) -> str:
    """What differs between our order and EasyEcom's invoices of it, as a sentence; "" if nothing.

    A split order has several invoices, which are taken together.
    """
    return (
        location_mismatch(order, found)
        or line_mismatch(order, found)
        or total_mismatch(order, found)
    )


def location_mismatch(order: Order, found: Sequence[FoundOrder]) -> str:
    location = order.location
    for invoice in found:
        if invoice.location_key:
            if invoice.location_key != location.location_key:
                return f"It is at location {invoice.location_key}, not {location.location_key}."
        elif invoice.company_id and location.company_id not in ("", invoice.company_id):
            return f"It is at warehouse {invoice.company_id}, not {location.company_id}."
    return ""


def line_mismatch(order: Order, found: Sequence[FoundOrder]) -> str:
    theirs: Counter[str] = Counter()
    for sku, quantity in (line for invoice in found for line in invoice.lines):
        if not sku or quantity is None:
            return ""
        theirs[sku] += quantity
    if not theirs:
        return ""
    ours: Counter[str] = Counter()
    for line in order.lines.all():
        ours[line.sku] += line.quantity
    return "" if theirs == ours else "Its SKUs or quantities differ."


def total_mismatch(order: Order, found: Sequence[FoundOrder]) -> str:
    """EasyEcom's total may or may not hold shipping and discount: each of these is ours."""
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
    if any(abs(total - ours) <= CENT for ours in plausible):
        return ""
    return (
        f"Its total is {total:.2f}, ours is {goods + order.shipping_charge - order.discount:.2f}."
    )
