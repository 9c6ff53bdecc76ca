"""Shipment details as Booon gives them: courier and AWB, to be sent in their turn; and whose AWB
holds where EasyEcom has another (docs/decisions/0035-two-awbs.md, 0046-replaced-awbs.md).

Each is one short transaction with the order's row locked, as the engine locks it before it begins
an assignment.
"""

from dataclasses import dataclass
from typing import Literal, TypeGuard

from django.db import IntegrityError, transaction

from booon_console.lib import clock
from integration.easyecom import Kind
from integration.models import (
    TAKES_AWB,
    ApiCall,
    Order,
    OrderReason,
    ReplacedAwb,
    ShipmentDetails,
    Stage,
    SyncJob,
    parcel_of,
    record_event,
    same_awb,
)
from integration.orders import rows
from integration.orders.awb_holders import take_awb
from integration.orders.facts import ShipmentFacts
from integration.orders.loading import shipment_of
from integration.orders.refusals import (
    AlreadyAssigned,
    AlreadyManifested,
    AwbConflict,
    AwbOnItsWay,
    AwbTaken,
    CancelledAtEasyEcom,
    GivenMeanwhile,
    NotAtEasyEcom,
    Withdrawn,
)
from integration.orders.revisions import BOOON, Source

# What EasyEcom said of details that others now replace.
ABOUT_THE_OLD_AWB = (OrderReason.AWB_REJECTED, OrderReason.AWB_LATE)
LINKS: dict[Literal["label_url", "invoice_url"], str] = {
    "label_url": "the label",
    "invoice_url": "the invoice",
}


@dataclass(frozen=True, slots=True)
class Replacement:
    """Somebody's word that an AWB at EasyEcom is to give way: which, and why."""

    awb_number: str
    reason: str


def give_shipment(
    order: Order,
    facts: ShipmentFacts,
    *,
    replacement: Replacement | None = None,
    seen: str | None = None,
    actor: str = BOOON,
    correlation_id: str = "",
) -> bool:
    """Save an order's shipment details, to be sent in their turn. Raises Conflict.

    False when they are the same as before: then nothing happens. Where EasyEcom holds another AWB,
    giving that one settles it and nothing is sent; others need a `replacement` that names it.
    `seen` is the version that a form was drawn from: others that came meanwhile are told of.
    """
    try:
        return save_shipment(order.pk, facts, replacement, Source(actor, correlation_id), seen)
    except IntegrityError:
        # Another order took the AWB number between our look and our save.
        raise AwbTaken("Another order") from None


@transaction.atomic
def save_shipment(
    order_id: int,
    facts: ShipmentFacts,
    replacement: Replacement | None,
    source: Source,
    seen: str | None = None,
) -> bool:
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    shipment = ShipmentDetails.objects.filter(order=order).first()
    if order.stage == Stage.WITHDRAWN:
        raise Withdrawn
    if order.cancelled_at_easyecom:
        raise CancelledAtEasyEcom
    if shipment is not None:
        facts = with_links(shipment, facts)
    if has_conflict(shipment, order):
        return resolve_awb_conflict(order, shipment, facts, replacement, source)
    if shipment is not None and is_same(shipment, facts, is_erased=bool(order.buyer_erased_at)):
        return False
    if seen is not None and seen != version_of(shipment):
        raise GivenMeanwhile
    if order.stage == Stage.MANIFESTED:
        raise AlreadyManifested
    if shipment is not None and shipment.assigned_at is not None:
        if is_same_parcel(shipment, facts):
            return add_links(order, shipment, facts, source)
        replace_awb(order, shipment, facts, replacement, source)
    else:
        give_open(order, shipment, facts, replacement, source)
    settled = order.blocked_reason in ABOUT_THE_OLD_AWB
    order.change(**({"blocked_reason": "", "blocked_detail": ""} if settled else {}))
    SyncJob.objects.filter(order=order).want(correlation_id=source.correlation_id)
    return True


def with_links(shipment: ShipmentDetails, facts: ShipmentFacts) -> ShipmentFacts:
    """A link that is left out is not taken back. A label is the AWB's, an invoice the order's."""
    label = shipment.label_url if is_same_parcel(shipment, facts) else ""
    return {
        **facts,
        "label_url": facts["label_url"] or label,
        "invoice_url": facts["invoice_url"] or shipment.invoice_url,
    }


def give_open(
    order: Order,
    shipment: ShipmentDetails | None,
    facts: ShipmentFacts,
    replacement: Replacement | None,
    source: Source,
) -> None:
    """Nothing of the order's own is at EasyEcom, or on its way there. Raises Conflict."""
    if shipment is not None and shipment.assign_begun_at is not None:
        raise AwbOnItsWay
    gives_way = shipment.replaces if shipment is not None else ""
    if replacement is not None and not same_awb(replacement.awb_number, gives_way):
        raise NotAtEasyEcom
    before = take_awb(order, facts)
    keep_shipment(order, facts, replaces=gives_way)
    given = f"{facts['courier']}, AWB {facts['awb_number']}"
    was = f"{shipment.courier}, AWB {shipment.awb_number}" if shipment is not None else ""
    said = f"Changed: {was} → {given}." if was else f"Given: {given}."
    record_shipment(order, f"{said}{before}", source)


def version_of(shipment: ShipmentDetails | None) -> str:
    """Tells whether somebody gave others since a form was drawn."""
    return shipment.updated_at.isoformat() if shipment is not None else "none"


def add_links(
    order: Order, shipment: ShipmentDetails, facts: ShipmentFacts, source: Source
) -> bool:
    """A label or invoice that came after EasyEcom took the AWB. What is left out stays as it is."""
    new = {name: facts[name] for name in LINKS if facts[name] not in ("", getattr(shipment, name))}
    if order.is_in_doubt or is_being_assigned(order):
        raise AwbOnItsWay
    for name, url in new.items():
        setattr(shipment, name, url)
    shipment.has_new_links = True
    shipment.save(update_fields=[*new, "has_new_links", "updated_at"])
    settled = order.blocked_reason == OrderReason.AWB_REJECTED
    order.change(**({"blocked_reason": "", "blocked_detail": ""} if settled else {}))
    SyncJob.objects.filter(order=order).want(correlation_id=source.correlation_id)
    named = " and ".join(LINKS[name] for name in new)
    record_shipment(order, f"Given later: {named} of AWB {shipment.awb_number}.", source)
    return True


def replace_awb(
    order: Order,
    shipment: ShipmentDetails,
    facts: ShipmentFacts,
    replacement: Replacement | None,
    source: Source,
) -> None:
    """Another AWB in the place of the one that EasyEcom took; its answer decides. Raises Conflict,
    also where nobody names the old one."""
    if order.is_in_doubt or is_being_assigned(order):
        raise AwbOnItsWay
    if replacement is None:
        raise AlreadyAssigned(shipment.awb_number)
    if not same_awb(replacement.awb_number, shipment.awb_number):
        raise NotAtEasyEcom
    before = take_awb(order, facts)
    old = shipment.awb_number
    ReplacedAwb.objects.create(
        order=order,
        courier=shipment.courier,
        awb_number=old,
        parcel=shipment.parcel,
        label_url=shipment.label_url,
        invoice_url=shipment.invoice_url,
        assigned_at=shipment.assigned_at,
        replaced_at=clock.now(),
        actor=source.actor,
        reason=replacement.reason,
    )
    keep_shipment(order, facts, replaces=old)
    sentence = f"{facts['courier']}, AWB {facts['awb_number']} is to replace {old} at EasyEcom."
    record_shipment(order, f"{sentence}{because_of(replacement)}{before}", source)


def has_conflict(shipment: ShipmentDetails | None, order: Order) -> TypeGuard[ShipmentDetails]:
    """Whether a person, or Booon, has to say which of two AWBs holds."""
    is_open = order.stage in TAKES_AWB and order.is_in_doubt
    return is_open and shipment is not None and bool(shipment.at_easyecom)


def is_replaceable(shipment: ShipmentDetails | None, order: Order) -> TypeGuard[ShipmentDetails]:
    """Whether another AWB may take the place of the one that EasyEcom took."""
    is_open = order.stage in TAKES_AWB and not order.is_in_doubt
    return is_open and shipment is not None and shipment.assigned_at is not None


def takes_shipment(order: Order) -> bool:
    """Whether details may still be given or changed."""
    shipment = shipment_of(order)
    is_open = shipment is None or not (shipment.assign_begun_at or shipment.assigned_at)
    is_open = is_open and order.cancelled_at_easyecom is None
    moves = is_open and order.stage in (Stage.RECEIVED, *TAKES_AWB)
    # Links may come later.
    return moves or is_replaceable(shipment, order)


def resolve_awb_conflict(
    order: Order,
    shipment: ShipmentDetails,
    facts: ShipmentFacts,
    replacement: Replacement | None,
    source: Source,
) -> bool:
    """EasyEcom's AWB is given: the order has its carrier. Its AWB is to be replaced: these details
    are sent. Raises AwbConflict while neither is said."""
    theirs, old = shipment.awbs_at_easyecom, shipment.awb_number
    if any(same_awb(awb, facts["awb_number"]) for awb in theirs):
        take_awb(order, facts)
        keep_shipment(order, facts)
        rows.mark_assigned(order, clock.now())
        sentence = f"EasyEcom's AWB holds: {facts['courier']}, AWB {facts['awb_number']}"
        record_shipment(
            order, f"{sentence} in the place of {old}.{because_of(replacement)}", source
        )
    elif replacement is None:
        if is_same(shipment, facts):
            return False
        raise AwbConflict(theirs)
    elif not any(same_awb(awb, replacement.awb_number) for awb in theirs):
        raise AwbConflict(theirs)
    else:
        take_awb(order, facts)
        order.clear_doubt()
        record_replaced(order, shipment, replacement, source)
        order.change(blocked_reason="", blocked_detail="")
        keep_shipment(order, facts, replaces=replacement.awb_number)
        sentence = f"{facts['courier']}, AWB {facts['awb_number']} replaces {', '.join(theirs)}"
        record_shipment(order, f"{sentence} at EasyEcom.{because_of(replacement)}", source)
    SyncJob.objects.filter(order=order).want(correlation_id=source.correlation_id)
    return True


def record_replaced(
    order: Order, shipment: ShipmentDetails, replacement: Replacement, source: Source
) -> None:
    """What the seller gave in EasyEcom is history as well."""
    ReplacedAwb.objects.bulk_create(
        ReplacedAwb(
            order=order,
            courier=held["courier"][:100],
            awb_number=held["awb_number"],
            parcel=parcel_of(held["courier"], held["awb_number"]),
            replaced_at=clock.now(),
            actor=source.actor,
            reason=replacement.reason,
        )
        for held in shipment.at_easyecom or ()
    )


def keep_shipment(order: Order, facts: ShipmentFacts, *, replaces: str = "") -> None:
    """As details that were not sent yet."""
    fresh = {
        "assign_begun_at": None,
        "assigned_at": None,
        "has_new_links": False,
        "at_easyecom": None,
        "replaces": replaces,
    }
    ShipmentDetails.objects.update_or_create(order=order, defaults={**facts, **fresh})


def because_of(replacement: Replacement | None) -> str:
    return f" {replacement.reason}" if replacement else ""


def record_shipment(order: Order, sentence: str, source: Source) -> None:
    record_event(
        "shipment",
        sentence,
        at=clock.now(),
        actor=source.actor,
        order=order,
        correlation_id=source.correlation_id,
    )


def is_same(shipment: ShipmentDetails, facts: ShipmentFacts, *, is_erased: bool = False) -> bool:
    """Once EasyEcom has the AWB, only another one is news, or links that it has not got: others
    are not taken back by being left out, and letter case and blanks don't count.

    Links that were erased with the buyer's data are none that it lacks.
    """
    if is_erased:
        return is_same_parcel(shipment, facts)
    if shipment.assigned_at is None:
        return all(getattr(shipment, name) == value for name, value in facts.items())
    has_links = all(facts[name] in ("", getattr(shipment, name)) for name in LINKS)
    return has_links and is_same_parcel(shipment, facts)


def is_same_parcel(shipment: ShipmentDetails, facts: ShipmentFacts) -> bool:
    return shipment.parcel == parcel_of(facts["courier"], facts["awb_number"])


def is_being_assigned(order: Order) -> bool:
    """Whether an AWB, or its links, are on their way out just now."""
    return ApiCall.objects.filter(order=order, is_open=True, kind=Kind.ASSIGN_AWB).exists()
