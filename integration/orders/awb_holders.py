"""Whose an AWB number is: at most one open order's, and free again once that one is over."""

from collections.abc import Collection, Mapping

from integration.models import OVER, TAKES_AWB, Order, ReplacedAwb, ShipmentDetails, parcel_of
from integration.orders.facts import ShipmentFacts
from integration.orders.refusals import AwbTaken


def holders_of(parcels: Collection[str]) -> dict[str, list[Order]]:
    """The open orders that have these AWBs, by parcel."""
    ours = ShipmentDetails.objects.filter(parcel__in=parcels).exclude(order__stage__in=OVER)
    # EasyEcom has the old AWB of those until it took the new one.
    giving_way = ReplacedAwb.objects.filter(
        parcel__in=parcels, order__stage__in=TAKES_AWB, order__shipment__assigned_at__isnull=True
    )
    found: dict[str, list[Order]] = {}
    rows: list[ShipmentDetails | ReplacedAwb] = [
        *ours.select_related("order"),
        *giving_way.select_related("order"),
    ]
    for row in rows:
        found.setdefault(row.parcel, []).append(row.order)
    return found


def holder_of(order: Order, parcel: str, holders: Mapping[str, list[Order]]) -> Order | None:
    return next((each for each in holders.get(parcel, ()) if each.pk != order.pk), None)


def taken_by(holder: Order, order: Order) -> AwbTaken:
    """Named where it is of the same seller: another one's orders are nobody else's affair."""
    return AwbTaken(f"Order {holder}" if holder.seller_id == order.seller_id else "Another order")


def take_awb(order: Order, facts: ShipmentFacts) -> str:
    """Makes an AWB number free that an order had which is over: couriers use them again.

    Returns a sentence about that for the timeline, or "". Raises AwbTaken while an order has it
    that is open.
    """
    parcel = parcel_of(facts["courier"], facts["awb_number"])
    others = ShipmentDetails.objects.exclude(order=order).filter(parcel=parcel)
    if holder := holder_of(order, parcel, holders_of([parcel])):
        raise taken_by(holder, order)
    # By their stage again: an open order that took it between two of these statements keeps it.
    over = others.filter(order__stage__in=OVER)
    last = over.select_related("order").order_by("-pk").first()
    if last is None:
        return ""
    over.filter(is_passed_on=False).update(is_passed_on=True)
    whose = f"Order {last.order}" if last.order.seller_id == order.seller_id else "Another order"
    return f" {whose} had this AWB before; it is {last.order.get_stage_display().lower()}."
