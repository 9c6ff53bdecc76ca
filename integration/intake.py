"""Orders as Booon gives them: taken in, changed or withdrawn while unsent, given a shipment.

Each is one short transaction with the order's row locked. The engine locks that row too before
it begins a push or an assignment, so that what is sent is what was last answered 200.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.db import IntegrityError, transaction

from booon_console import clock
from integration import manifests, mapping
from integration.facts import OrderFacts, ShipmentFacts, fingerprint
from integration.models import (
    Change,
    Order,
    OrderLine,
    OrderReason,
    ShipmentDetails,
    Stage,
    SyncJob,
    raise_stage,
    record_change,
    record_event,
)
from sellers.models import Location, Seller

BOOON = "booon"
# What EasyEcom said of details that others now replace.
ABOUT_THE_OLD_AWB = (
    OrderReason.AWB_REJECTED,
    OrderReason.AWB_CONFLICT,
    OrderReason.AWB_LATE,
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What `accept` did; `awaited` counts the parked deliveries that are now tried again."""

    order: Order
    result: Literal["created", "same", "changed"]
    awaited: int = 0


class UnknownLocation(Exception):
    """The order names a location that is not one of its seller's."""


class Conflict(Exception):
    """What was asked for can't be done any more; `sentence` says why, `field` what it hangs on."""

    sentence = ""
    field = ""


class AlreadySent(Conflict):
    sentence = "The order is at EasyEcom or on its way there, so it can't be changed or withdrawn."


class Withdrawn(Conflict):
    sentence = "The order was withdrawn. Give it again under another number."


class BeingPrepared(Conflict):
    sentence = "The order is just being prepared for its location. Try again in a minute."
    field = "location_key"


class AlreadyAssigned(Conflict):
    sentence = "Other details are at EasyEcom already, or on their way there."


class AlreadyManifested(Conflict):
    sentence = "The order is manifested, so shipment details would not be sent any more."


class AwbTaken(Conflict):
    sentence = "Another order has this courier's AWB number."
    field = "awb_number"


def accept(
    seller: Seller,
    order_number: str,
    facts: OrderFacts,
    *,
    actor: str = BOOON,
    correlation_id: str = "",
) -> Receipt:
    """Take an order in, or change it while it is unsent. Raises UnknownLocation or Conflict."""
    location = seller.locations.filter(location_key=facts["location_key"]).first()
    if location is None:
        raise UnknownLocation
    try:
        receipt = put(location, order_number, facts, actor, correlation_id)
    except IntegrityError:
        # Another request made it meanwhile: now it is there to be compared.
        receipt = put(location, order_number, facts, actor, correlation_id)
    if receipt.result != "created":
        return receipt
    return Receipt(receipt.order, "created", manifests.await_again(receipt.order))


@transaction.atomic
def put(
    location: Location, order_number: str, facts: OrderFacts, actor: str, correlation_id: str
) -> Receipt:
    numbered = Order.objects.select_for_update(no_key=True).filter(
        seller_id=location.seller_id, order_number=order_number
    )
    order = numbered.first()
    if order is None:
        return Receipt(create(location, order_number, facts, actor, correlation_id), "created")
    if order.stage == Stage.WITHDRAWN:
        raise Withdrawn
    if order.fingerprint == fingerprint(facts):
        return Receipt(order, "same")
    if not is_unsent(order):
        raise AlreadySent
    change(order, location, facts, actor, correlation_id)
    return Receipt(order, "changed")


def is_unsent(order: Order) -> bool:
    return order.stage == Stage.RECEIVED and order.push_begun_at is None


def create(
    location: Location, order_number: str, facts: OrderFacts, actor: str, correlation_id: str
) -> Order:
    now = clock.now()
    order = Order.objects.create(
        seller_id=location.seller_id, order_number=order_number, **columns(location, facts)
    )
    add_lines(order, facts, now)
    job = SyncJob.objects.create(
        kind=SyncJob.Kind.ORDER,
        seller_id=location.seller_id,
        location=location,
        order=order,
        due_at=now,
        correlation_id=correlation_id,
    )
    received: dict[str, object] = {"stage": Stage.RECEIVED, "previous": None}
    record_change(Change.Type.ORDER_STAGE_CHANGED, order, received, at=now)
    record_event(
        "received",
        "Received.",
        at=now,
        actor=actor,
        order=order,
        job=job,
        correlation_id=correlation_id,
    )
    return order


def change(
    order: Order, location: Location, facts: OrderFacts, actor: str, correlation_id: str
) -> None:
    """Replace an unsent order's facts. A job at work has its location's token in hand, so the
    location stays until the job rests."""
    job = SyncJob.objects.select_for_update(no_key=True).get(order=order)
    moves = job.location_id != location.pk
    if moves and job.status == SyncJob.Status.RUNNING:
        raise BeingPrepared
    order.change(**columns(location, facts))
    order.lines.all().delete()
    add_lines(order, facts, clock.now())
    if moves:
        SyncJob.objects.filter(pk=job.pk).update(location=location)
    SyncJob.objects.filter(pk=job.pk).want(correlation_id=correlation_id)
    record_event(
        "changed",
        "Changed before it was sent.",
        at=clock.now(),
        actor=actor,
        order=order,
        job=job,
        correlation_id=correlation_id,
    )


def columns(location: Location, facts: OrderFacts) -> dict[str, Any]:
    given: dict[str, Any] = {
        name: value for name, value in facts.items() if name not in ("location_key", "lines")
    }
    reason = "" if location.is_live else OrderReason.LOCATION_NOT_LIVE
    return given | {
        "location": location,
        "fingerprint": fingerprint(facts),
        "blocked_reason": reason,
        "blocked_detail": "",
    }


def add_lines(order: Order, facts: OrderFacts, now: datetime) -> None:
    OrderLine.objects.bulk_create(
        OrderLine(order=order, position=position, **line)
        for position, line in enumerate(facts["lines"])
    )
    mapping.note_order(order, (line["sku"] for line in facts["lines"]), now)


@transaction.atomic
def withdraw(order: Order, *, actor: str = BOOON, correlation_id: str = "") -> bool:
    """Withdraw an unsent order; False when it was withdrawn before. Raises AlreadySent.

    A job that is running finds the order withdrawn at its next step and cancels itself.
    """
    order = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    if order.stage == Stage.WITHDRAWN:
        return False
    if not is_unsent(order):
        raise AlreadySent
    now = clock.now()
    raise_stage(order, Stage.WITHDRAWN, at=now, actor=actor, blocked_reason="", blocked_detail="")
    resting = SyncJob.objects.filter(order=order).exclude(status=SyncJob.Status.RUNNING)
    resting.update(
        status=SyncJob.Status.CANCELLED,
        due_at=None,
        error_code="",
        error_message="",
        correlation_id=correlation_id,
        updated_at=now,
    )
    return True


def give_shipment(
    order: Order, facts: ShipmentFacts, *, actor: str = BOOON, correlation_id: str = ""
) -> bool:
    """Save an order's shipment details, to be sent in their turn. Raises Conflict.

    False when they are the same as before: then nothing happens.
    """
    try:
        return save_shipment(order.pk, facts, actor, correlation_id)
    except IntegrityError:
        # Another order took the AWB number between our look and our save.
        raise AwbTaken from None


@transaction.atomic
def save_shipment(order_id: int, facts: ShipmentFacts, actor: str, correlation_id: str) -> bool:
    order = Order.objects.select_for_update(no_key=True).get(pk=order_id)
    shipment = ShipmentDetails.objects.filter(order=order).first()
    if order.stage == Stage.WITHDRAWN:
        raise Withdrawn
    if shipment is not None and is_same(shipment, facts):
        return False
    check_open(order, shipment, facts)
    ShipmentDetails.objects.update_or_create(order=order, defaults={**facts})
    settled = order.blocked_reason in ABOUT_THE_OLD_AWB
    order.change(**({"blocked_reason": "", "blocked_detail": ""} if settled else {}))
    SyncJob.objects.filter(order=order).want(correlation_id=correlation_id)
    verb = "Given" if shipment is None else "Changed"
    record_event(
        "shipment",
        f"{verb}: {facts['courier']}, AWB {facts['awb_number']}.",
        at=clock.now(),
        actor=actor,
        order=order,
        correlation_id=correlation_id,
    )
    return True


def is_same(shipment: ShipmentDetails, facts: ShipmentFacts) -> bool:
    return all(getattr(shipment, name) == value for name, value in facts.items())


def check_open(order: Order, shipment: ShipmentDetails | None, facts: ShipmentFacts) -> None:
    """Raises Conflict where other details are too late, or the AWB is another order's."""
    if shipment is not None and (shipment.assign_begun_at or shipment.assigned_at):
        raise AlreadyAssigned
    if order.stage in (Stage.CARRIER_ASSIGNED, Stage.MANIFESTED):
        raise AlreadyManifested if order.stage == Stage.MANIFESTED else AlreadyAssigned
    # However the courier's name is written; the constraint sees only the same letters.
    others = ShipmentDetails.objects.exclude(order=order).filter(
        awb_number=facts["awb_number"], courier__iexact=facts["courier"]
    )
    if others.exists():
        raise AwbTaken
