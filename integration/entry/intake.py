"""Orders as Booon gives them: taken in, changed or withdrawn while unsent, given a shipment.

Each is one short transaction with the order's row locked, or a chunk of orders with theirs. The
engine locks that row too before it begins a push or an assignment, so that what is sent is what
was last answered 200.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q, QuerySet

from booon_console import clock
from booon_console.contention import was_in_the_way
from integration import manifests
from integration.entry import arrivals
from integration.entry.facts import OrderFacts, ShipmentFacts, fingerprint
from integration.goods import mapping
from integration.models import (
    Order,
    OrderReason,
    ShipmentDetails,
    Stage,
    SyncJob,
    raise_stage,
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
# Orders in one transaction: on SQLite the webhooks' inserts wait for it.
CHUNK = 100
TRIES = 3

Result: TypeAlias = Literal["created", "same", "changed"]
Key: TypeAlias = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Given:
    """An order as it was given, once read."""

    seller: Seller
    order_number: str
    facts: OrderFacts

    @property
    def key(self) -> Key:
        return self.seller.pk, self.order_number


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of an order that was taken in."""

    order: Order
    result: Result


class Refused(Exception):
    """What was asked for can't be done; `sentence` says why, `field` what it hangs on."""

    sentence = ""
    field = ""


class UnknownLocation(Refused):
    sentence = "The seller has no location with this key."
    field = "location_key"


class Conflict(Refused):
    """It can't be done any more."""


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


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of each order that was given, in that sequence.

    `awaited` counts the parked deliveries that are now tried again.
    """

    outcomes: list[Receipt | Refused]
    awaited: int


@dataclass(frozen=True, slots=True)
class Source:
    """Who gives orders, and by which request."""

    actor: str
    correlation_id: str


def accept(given: Sequence[Given], *, actor: str = BOOON, correlation_id: str = "") -> Taken:
    """Take orders in, or change them while unsent, each by itself: one that is refused is no
    matter to the others.

    In short transactions; what is answered is committed. A database that goes away midway raises,
    and giving all of them again does no harm.
    """
    source = Source(actor, correlation_id)
    places = places_of(given)
    outcomes: list[Receipt | Refused] = []
    awaited = 0
    for chunk in in_chunks(given):
        found = take(chunk, places, source)
        new = [each.order for each in found if isinstance(each, Receipt) and is_new(each)]
        awaited += manifests.await_again(new)
        outcomes += found
    return Taken(outcomes, awaited)


def foresee(given: Sequence[Given]) -> list[Result | Refused]:
    """What `accept` would do now; writes and locks nothing."""
    places = places_of(given)
    foreseen: list[Result | Refused] = []
    for chunk in in_chunks(given):
        orders = {(order.seller_id, order.order_number): order for order in meant(chunk)}
        for each in chunk:
            try:
                foreseen.append(judge(orders.get(each.key), each, place_of(each, places)))
            except Refused as refused:
                foreseen.append(refused)
    return foreseen


def is_new(receipt: Receipt) -> bool:
    return receipt.result == "created"


def places_of(given: Iterable[Given]) -> dict[Key, Location]:
    """The locations that are named, each under its own seller and key."""
    named = Q(location_key__in={each.facts["location_key"] for each in given})
    # Their tokens would be decrypted for nothing.
    rows = Location.objects.filter(named, seller__in={each.seller.pk for each in given})
    return {(place.seller_id, place.location_key): place for place in rows.defer("token")}


def place_of(given: Given, places: dict[Key, Location]) -> Location:
    place = places.get((given.seller.pk, given.facts["location_key"]))
    if place is None:
        raise UnknownLocation
    return place


def in_chunks(given: Iterable[Given]) -> Iterator[list[Given]]:
    """In sequence; an order that is given twice stands in two chunks."""
    chunk: dict[Key, Given] = {}
    for each in given:
        if len(chunk) == CHUNK or each.key in chunk:
            yield list(chunk.values())
            chunk = {}
        chunk[each.key] = each
    if chunk:
        yield list(chunk.values())


def take(
    chunk: list[Given], places: dict[Key, Location], source: Source
) -> list[Receipt | Refused]:
    """In one transaction; in smaller ones where other requests keep getting in between."""
    for _ in range(TRIES):
        try:
            return put(chunk, places, source)
        except IntegrityError as problem:
            # Another request made one of them meanwhile: now it is there to be compared.
            last: Exception = problem
        except OperationalError as problem:
            if not was_in_the_way(problem):
                raise
            last = problem
    if len(chunk) == 1:
        raise last
    half = len(chunk) // 2
    return take(chunk[:half], places, source) + take(chunk[half:], places, source)


@transaction.atomic
def put(chunk: list[Given], places: dict[Key, Location], source: Source) -> list[Receipt | Refused]:
    """Every lock is taken in one order, so that two requests can't wait for each other: orders
    that are there by id, then new ones by number, then unmapped SKUs."""
    locked = meant(chunk).select_for_update(no_key=True).order_by("pk")
    orders = {(order.seller_id, order.order_number): order for order in locked}
    outcomes: dict[Key, Receipt | Refused] = {}
    new: list[tuple[Order, OrderFacts]] = []
    changed: list[tuple[Order, OrderFacts]] = []

    def turn(given: Given) -> tuple[bool, int, Key]:
        order = orders.get(given.key)
        return order is None, order.pk if order else 0, given.key

    for given in sorted(chunk, key=turn):
        order = orders.get(given.key)
        try:
            place = place_of(given, places)
            result = judge(order, given, place)
            if order is None:
                order = arrivals.order_of(place, given.order_number, given.facts)
                new.append((order, given.facts))
            elif result == "changed":
                change(order, place, given.facts, source)
                changed.append((order, given.facts))
        except Refused as refused:
            outcomes[given.key] = refused
        else:
            outcomes[given.key] = Receipt(order, result)
    arrivals.save(new, actor=source.actor, correlation_id=source.correlation_id)
    named = ((order, line["sku"]) for order, facts in changed + new for line in facts["lines"])
    mapping.note_orders(named, clock.now())
    return [outcomes[given.key] for given in chunk]


def meant(chunk: Iterable[Given]) -> QuerySet[Order]:
    """The orders that are there already."""
    numbers: dict[int, list[str]] = {}
    for given in chunk:
        numbers.setdefault(given.seller.pk, []).append(given.order_number)
    wanted = Q()
    for seller_id, of_seller in numbers.items():
        wanted |= Q(seller=seller_id, order_number__in=of_seller)
    return Order.objects.filter(wanted)


def judge(order: Order | None, given: Given, place: Location) -> Result:
    """What is to be done with an order that is given. Raises Conflict."""
    if order is None:
        return "created"
    if order.stage == Stage.WITHDRAWN:
        raise Withdrawn
    if order.fingerprint == fingerprint(given.facts):
        return "same"
    if not is_unsent(order):
        raise AlreadySent
    return "changed"


def is_unsent(order: Order) -> bool:
    return order.stage == Stage.RECEIVED and order.push_begun_at is None


def change(order: Order, location: Location, facts: OrderFacts, source: Source) -> None:
    """Replace an unsent order's facts. A job at work has its location's token in hand, so the
    location stays until the job rests."""
    job = SyncJob.objects.select_for_update(no_key=True).get(order=order)
    moves = job.location_id != location.pk
    if moves and job.status == SyncJob.Status.RUNNING:
        raise BeingPrepared
    order.change(**arrivals.columns(location, facts))
    order.lines.all().delete()
    arrivals.save_lines([(order, facts)])
    if moves:
        SyncJob.objects.filter(pk=job.pk).update(location=location)
    SyncJob.objects.filter(pk=job.pk).want(correlation_id=source.correlation_id)
    record_event(
        "changed",
        "Changed before it was sent.",
        at=clock.now(),
        actor=source.actor,
        order=order,
        job=job,
        correlation_id=source.correlation_id,
    )


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
    end(order, actor=actor, now=clock.now(), correlation_id=correlation_id)
    return True


def end(order: Order, *, actor: str, now: datetime, correlation_id: str = "") -> None:
    """Withdraw a locked order of which nothing is at EasyEcom."""
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
