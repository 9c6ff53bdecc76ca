"""Orders as Booon gives them: taken in, or changed while nothing of them can be at EasyEcom.

A chunk of orders in one short transaction, with their rows locked. The engine locks an order's row
too before it begins a push, so that what is sent is what was last answered 200.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import Q, QuerySet

from booon_console.lib import clock
from booon_console.lib.contention import was_in_the_way
from integration.catalog import sku_mapping
from integration.models import Order, Stage
from integration.orders import addresses, corrections, manifests, revisions, rows
from integration.orders.facts import OrderFacts, as_body, fingerprint
from integration.orders.refusals import AlreadySent, NumberSpent, Refused, UnknownLocation
from integration.orders.revisions import BOOON, Source
from sellers.models import Location, Seller

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


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of each order that was given, in that sequence.

    `awaited` counts the parked deliveries that are now tried again.
    """

    outcomes: list[Receipt | Refused]
    awaited: int


def accept(given: Sequence[Given], *, actor: str = BOOON, correlation_id: str = "") -> Taken:
    """Take orders in, or change them while that can be, each by itself: one that is refused is no
    matter to the others.

    In short transactions; what is answered is committed. A database that goes away midway raises,
    and giving all of them again does no harm.
    """
    source = Source(actor, correlation_id)
    places = places_of(given)
    outcomes: list[Receipt | Refused] = []
    awaited = 0
    for chunk in in_chunks(given):
        found = store_in_retries(chunk, places, source)
        new = [each.order for each in found if isinstance(each, Receipt) and is_new(each)]
        awaited += manifests.retry_for_orders(new)
        outcomes += found
    return Taken(outcomes, awaited)


def preview(given: Sequence[Given]) -> list[Result | Refused]:
    """What `accept` would do now; writes and locks nothing."""
    places = places_of(given)
    foreseen: list[Result | Refused] = []
    for chunk in in_chunks(given):
        orders = {(order.seller_id, order.order_number): order for order in existing_orders(chunk)}
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
    found = Location.objects.filter(named, seller__in={each.seller.pk for each in given})
    return {(place.seller_id, place.location_key): place for place in found.defer("token")}


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


def store_in_retries(
    chunk: list[Given], places: dict[Key, Location], source: Source
) -> list[Receipt | Refused]:
    """In one transaction; in smaller ones where other requests keep getting in between."""
    for _ in range(TRIES):
        try:
            return store_chunk(chunk, places, source)
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
    return store_in_retries(chunk[:half], places, source) + store_in_retries(
        chunk[half:], places, source
    )


@transaction.atomic
def store_chunk(
    chunk: list[Given], places: dict[Key, Location], source: Source
) -> list[Receipt | Refused]:
    """Every lock is taken in one order, so that two requests can't wait for each other: orders
    that are there by id, then new ones by number, then unmapped SKUs."""
    locked = existing_orders(chunk).select_for_update(no_key=True).order_by("pk")
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
                order = rows.order_of(place, given.order_number, given.facts)
                new.append((order, given.facts))
            elif result != "same":
                corrections.change(order, place, given.facts, source)
                changed.append((order, given.facts))
        except Refused as refused:
            outcomes[given.key] = refused
        else:
            outcomes[given.key] = Receipt(order, result)
    rows.save(new, actor=source.actor, correlation_id=source.correlation_id)
    named = ((order, line["sku"]) for order, facts in changed + new for line in facts["lines"])
    sku_mapping.record_unmapped_of_orders(named, clock.now())
    return [outcomes[given.key] for given in chunk]


def existing_orders(chunk: Iterable[Given]) -> QuerySet[Order]:
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
    if order.is_number_spent:
        raise NumberSpent
    if order.stage == Stage.WITHDRAWN:
        return "created"
    # What staff mended meanwhile is not undone by Booon's own body once more.
    if fingerprint(given.facts) in (order.fingerprint, order.given_fingerprint):
        return "same"
    try:
        corrections.check_changeable(order)
    except AlreadySent:
        if as_sent(revisions.body_of(order)) == as_sent(as_body(given.facts)):
            return "same"
        raise
    return "changed"


def as_sent(body: Mapping[str, Any]) -> dict[str, Any]:
    """A body by what EasyEcom gets of it: two that differ in spelling alone are the same once it
    was sent. Before that the later spelling is kept."""
    shipping, billing = body["shipping_address"], body["billing_address"] or {}
    sent = addresses.as_sent(shipping)
    package = {name: value for name, value in (body["package"] or {}).items() if value is not None}
    return {
        **body,
        "shipping_address": sent,
        "billing_address": addresses.as_sent(billing) if billing else sent,
        "package": package,
        "buyer_gstin": body.get("buyer_gstin", ""),
    }
