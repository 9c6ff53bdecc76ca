"""What is odd about shipment details that can be taken all the same: whoever gives them is told."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from django.utils import timezone

from integration.models import OVER, ShipmentDetails, parcel_of
from integration.models.shipments import compared
from integration.orders.many_shipments import GivenShipment

# Of courier's names, from which on one is taken for another mistyped.
ALIKE = 0.6


def doubts_of(given: Sequence[GivenShipment], known: Sequence[str]) -> dict[int, str]:
    """By the order's id, what to look at again; `known` are the couriers that were used.

    Two queries for all of them.
    """
    near = {each.facts["courier"]: near_to(each.facts["courier"], known) for each in given}
    couriers = {courier: {courier, *near[courier]} for courier in near}
    parcels = {
        parcel_of(courier, each.facts["awb_number"])
        for each in given
        for courier in couriers[each.facts["courier"]]
    }
    there = holders(parcels)
    found: dict[int, str] = {}
    for each in given:
        courier, awb = each.facts["courier"], each.facts["awb_number"]
        said = [unknown(courier, near[courier], known)]
        for name in sorted(couriers[courier]):
            said += [used_by(row, each) for row in there.get(parcel_of(name, awb), ())]
        if words := " ".join(filter(None, said)):
            found[each.order.pk] = words
    return found


def near_to(courier: str, known: Sequence[str]) -> list[str]:
    """One that was used, where this one was not and looks like it."""
    by_name = {compared(each): each for each in known}
    if compared(courier) in by_name:
        return []
    return [by_name[each] for each in get_close_matches(compared(courier), by_name, 1, ALIKE)]


def unknown(courier: str, near: Sequence[str], known: Sequence[str]) -> str:
    """Nothing is odd about the first courier there is."""
    if not known or compared(courier) in map(compared, known):
        return ""
    return f"{courier} was not used before." + (f" Did you mean {near[0]}?" if near else "")


def holders(parcels: Collection[str]) -> dict[str, list[ShipmentDetails]]:
    rows = ShipmentDetails.objects.filter(parcel__in=parcels, is_passed_on=False)
    found: dict[str, list[ShipmentDetails]] = {}
    for row in rows.select_related("order"):
        found.setdefault(row.parcel, []).append(row)
    return found


def used_by(row: ShipmentDetails, given: GivenShipment) -> str:
    """Another order that had or has this AWB; one of another seller is not named."""
    order = row.order
    if order.pk == given.order.pk:
        return ""
    whose = f"Order {order}" if order.seller_id == given.order.seller_id else "Another order"
    under = "" if row.parcel == given.parcel else f" with {row.courier}"
    if order.stage not in OVER:
        return f"{whose} has this AWB{under}."
    stage, at = order.get_stage_display().lower(), order.manifested_at
    since = f" since {timezone.localtime(at):%-d %B %Y}" if at else ""
    return f"{whose} had this AWB{under}; it is {stage}{since}."
