"""Shipment details of many orders: what giving them would come to, and giving them, one by one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from integration.models import Order, ShipmentDetails, Stage, parcel_of, same_awb
from integration.orders import awb_holders, shipments
from integration.orders.facts import ShipmentFacts
from integration.orders.refusals import (
    AlreadyAssigned,
    AlreadyManifested,
    AwbConflict,
    AwbOnItsWay,
    CancelledAtEasyEcom,
    Conflict,
    GivenMeanwhile,
    Withdrawn,
)
from integration.orders.revisions import BOOON
from integration.orders.shipments import Replacement


@dataclass(frozen=True, slots=True)
class GivenShipment:
    """Details for one order, once read; `seen` is the version that a form was drawn from."""

    order: Order
    facts: ShipmentFacts
    replacement: Replacement | None = None
    seen: str | None = None

    @property
    def had_one(self) -> bool:
        """Whether it had details before; as the order was read."""
        return hasattr(self.order, "shipment")

    @property
    def parcel(self) -> str:
        return parcel_of(self.facts["courier"], self.facts["awb_number"])


# True: they are new. False: the same as before. Or why they can't be taken.
Outcome = bool | Conflict


def give(
    given: Sequence[GivenShipment], *, actor: str = BOOON, correlation_id: str = ""
) -> list[Outcome]:
    """Each in a transaction of its own; one that can't be taken is no matter to the others."""

    def outcome_of(each: GivenShipment) -> Outcome:
        try:
            return shipments.give_shipment(
                each.order,
                each.facts,
                replacement=each.replacement,
                seen=each.seen,
                actor=actor,
                correlation_id=correlation_id,
            )
        except Conflict as conflict:
            return conflict

    return [outcome_of(each) for each in given]


def foresee(given: Sequence[GivenShipment]) -> list[Outcome]:
    """What `give` would come to now. Nothing is locked or written; a few queries for all."""
    holders = awb_holders.holders_of({each.parcel for each in given})
    # What an earlier one of them would take.
    taken: dict[str, Order] = {}
    outcomes = []
    for each in given:
        outcome = foreseen(each, holders, taken)
        if outcome is True:
            taken[each.parcel] = each.order
        outcomes.append(outcome)
    return outcomes


def foreseen(
    given: GivenShipment, holders: Mapping[str, list[Order]], taken: Mapping[str, Order]
) -> Outcome:
    """In the sequence of `shipments.save_shipment`."""
    order, facts = given.order, given.facts
    shipment: ShipmentDetails | None = getattr(order, "shipment", None)
    if order.stage == Stage.WITHDRAWN:
        return Withdrawn()
    if order.cancelled_at_easyecom:
        return CancelledAtEasyEcom()
    if shipments.has_conflict(shipment, order):
        if not any(same_awb(awb, facts["awb_number"]) for awb in shipment.awbs_at_easyecom):
            is_same = shipments.is_same(shipment, facts)
            return False if is_same else AwbConflict(shipment.awbs_at_easyecom)
    elif shipment is not None and shipments.is_same(shipment, facts):
        return False
    elif given.seen is not None and given.seen != shipments.version_of(shipment):
        return GivenMeanwhile()
    elif order.stage == Stage.MANIFESTED:
        return AlreadyManifested()
    elif shipment is not None and shipment.assigned_at is not None:
        if order.is_in_doubt:
            return AwbOnItsWay()
        return shipments.is_same_parcel(shipment, facts) or AlreadyAssigned(shipment.awb_number)
    elif shipment is not None and shipment.assign_begun_at is not None:
        return AwbOnItsWay()
    parcel = given.parcel
    holder = awb_holders.holder_of(order, parcel, holders) or taken.get(parcel)
    return awb_holders.taken_by(holder, order) if holder and holder.pk != order.pk else True
