"""Manifested shipments: each is evidence that EasyEcom has the order, whatever we thought before.

An order is found by the invoice that EasyEcom names, else by our number in the reference_code. A
split order comes as several invoices whose reference_code ends in `_OR1`, `_OR2` and so on
(docs/easyecom-contract.md#split-orders): the part whose invoice is the order's own, or the first
to come for an order without one, raises the order; the other parts are parked for a person to see.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import TypeVar

from django.db.models import Exists, OuterRef, QuerySet

from integration.easyecom import Manifest
from integration.easyecom.values import without_split_suffix
from integration.models import (
    Change,
    Delivery,
    Order,
    ParkedLine,
    ShipmentDetails,
    Stage,
    api_time,
    raise_stage,
    record_change,
    record_event,
    same_awb,
)
from integration.reconciliation import missed_webhooks

UNKNOWN_ORDER = "unknown_order"
LOOK_UP_CHUNK = 500
LONGEST_ID = 32
LONGEST_URL = 1000

T = TypeVar("T")


class Parked(Exception):
    """A manifest that can't be applied: a code, and a sentence for people. Nothing was written."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code)
        self.code = code
        self.message = message


def apply(
    told: Sequence[tuple[Delivery, Manifest]], now: datetime
) -> list[tuple[Delivery, Manifest, Parked]]:
    """Bring the orders forward that these manifests speak of. Returns those that can't be applied.

    The same shipment told again changes nothing and is no trouble.
    """
    orders = Orders(told)
    parked = []
    for delivery, manifest in told:
        try:
            raise_order(orders, delivery, manifest, now)
        except Parked as why:
            parked.append((delivery, manifest, why))
    return parked


def raise_order(orders: "Orders", delivery: Delivery, manifest: Manifest, now: datetime) -> None:
    order = orders.find(delivery.location.seller_id, manifest)
    check(order, manifest)
    if order.is_in_doubt:
        order.clear_doubt()
    if order.stage == Stage.MANIFESTED:
        missed_webhooks.record_late_arrival(order, delivery, now)
        told_again = "EasyEcom told of its manifest again. Nothing was different."
        record_event(
            "repeated", told_again, at=now, actor="easyecom", order=order, delivery=delivery
        )
        return
    shipment = ShipmentDetails.objects.filter(order=order).first()
    record_manifest(order, shipment, delivery, manifest, now)
    raise_stage(
        order,
        Stage.MANIFESTED,
        at=now,
        actor="easyecom",
        delivery=delivery,
        blocked_reason="",
        blocked_detail="",
        cancelled_at_easyecom=None,
        easyecom_note="",
        push_begun_at=order.push_begun_at or now,
        pushed_at=order.pushed_at or now,
        easyecom_order_id=order.easyecom_order_id or manifest.order_id,
        easyecom_invoice_id=order.easyecom_invoice_id or manifest.invoice_id,
        manifested_at=manifest.manifested_at or delivery.received_at,
        manifest_number=manifest.manifest_number,
        manifest_label_url=storable(manifest.label_url),
        manifest_invoice_url=storable(manifest.invoice_url),
    )
    record_change(Change.Type.ORDER_MANIFESTED, order, facts(order, shipment, manifest), at=now)
    if delivery.source == Delivery.Source.RECONCILED:
        missed_webhooks.record_missed(order, delivery, now)
    orders.remember(order)


class Orders:
    """The orders that a batch of manifests may mean, locked in the order of their ids."""

    def __init__(self, told: Iterable[tuple[Delivery, Manifest]]) -> None:
        self._by_invoice: dict[tuple[int, str], Order] = {}
        self._by_number: dict[tuple[int, str], Order] = {}
        for order in locked(meant(told)):
            self.remember(order)

    def remember(self, order: Order) -> None:
        self._by_number[order.seller_id, order.order_number] = order
        self._by_invoice[order.seller_id, order.easyecom_invoice_id] = order

    def find(self, seller_id: int, manifest: Manifest) -> Order:
        """The order meant. Raises Parked where there is none, or invoice and number mean two."""
        named = self._by_number.get((seller_id, manifest.order_number)) or self._by_number.get(
            (seller_id, without_split_suffix(manifest.order_number))
        )
        billed = None
        if manifest.invoice_id:
            billed = self._by_invoice.get((seller_id, manifest.invoice_id))
        if billed and named and billed.pk != named.pk:
            raise Parked("conflict", f"Its invoice is known from order {billed.order_number}.")
        order = billed or named
        if order is None:
            raise Parked(UNKNOWN_ORDER, f"No order {manifest.order_number or 'of that invoice'}.")
        return order


def meant(told: Iterable[tuple[Delivery, Manifest]]) -> list[int]:
    """The ids of all orders whose number or invoice is named."""
    sellers, names = set(), set()
    for delivery, manifest in told:
        sellers.add(delivery.location.seller_id)
        names |= {
            ("order_number", manifest.order_number),
            ("order_number", without_split_suffix(manifest.order_number)),
            ("easyecom_invoice_id", manifest.invoice_id),
        }
    orders = Order.objects.filter(seller_id__in=sellers)
    found: set[int] = set()
    for column in ("order_number", "easyecom_invoice_id"):
        values = sorted(value for name, value in names if name == column and value)
        for chunk in chunks(values):
            found.update(orders.filter(**{f"{column}__in": chunk}).values_list("pk", flat=True))
    return sorted(found)


def locked(ids: Iterable[int]) -> Iterator[Order]:
    for chunk in chunks(ids):
        yield from Order.objects.select_for_update(no_key=True).filter(pk__in=chunk).order_by("pk")


def chunks(values: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(values)
    while chunk := list(islice(rest, LOOK_UP_CHUNK)):
        yield chunk


def check(order: Order, manifest: Manifest) -> None:
    """Raises Parked where the manifest is no evidence about this order.

    An order id that differs beside an equal invoice is not enough for that: the invoice is the key
    (docs/easyecom-contract.md#8-manifested).
    """
    if order.stage == Stage.WITHDRAWN:
        raise Parked("withdrawn_order", "The order was withdrawn before it was sent.")
    if not manifest.invoice_id and not order.easyecom_invoice_id:
        raise Parked("no_invoice_id", "Neither the line nor the order has an invoice id.")
    if max(len(manifest.invoice_id), len(manifest.order_id)) > LONGEST_ID:
        raise Parked("bad_text", f"Its ids are longer than {LONGEST_ID} characters.")
    if order.easyecom_invoice_id:
        ours, theirs, what = order.easyecom_invoice_id, manifest.invoice_id, "invoice"
    else:
        ours, theirs, what = order.easyecom_order_id, manifest.order_id, "order id"
    if ours and theirs and ours != theirs:
        raise Parked("conflict", f"It has {what} {theirs}, the order has {ours}.")


def record_manifest(
    order: Order,
    shipment: ShipmentDetails | None,
    delivery: Delivery,
    manifest: Manifest,
    now: datetime,
) -> None:
    """The timeline says which delivery it was, and where it differs from what Booon gave."""
    words = f"Manifested, says delivery {delivery.pk}: manifest {manifest.manifest_number or '—'}"
    differing = difference(order, shipment, manifest)
    record_event(
        "manifest_differs" if differing else "manifest",
        f"{words}.{differing}",
        at=now,
        actor="easyecom",
        order=order,
        delivery=delivery,
        correlation_id=delivery.correlation_id,
    )


def difference(order: Order, shipment: ShipmentDetails | None, manifest: Manifest) -> str:
    words = ""
    if order.easyecom_order_id and manifest.order_id not in ("", order.easyecom_order_id):
        words += f" Its order id is {manifest.order_id}, ours {order.easyecom_order_id}."
    if shipment is None:
        return words
    if manifest.awb_number and not same_awb(manifest.awb_number, shipment.awb_number):
        words += f" Its AWB is {manifest.awb_number}, Booon gave {shipment.awb_number}."
    if courier(manifest).casefold() not in ("", shipment.courier.casefold()):
        words += f" Its courier is {courier(manifest)}, Booon gave {shipment.courier}."
    return words


def courier(manifest: Manifest) -> str:
    """The courier's name; EasyEcom's field may hold an e-mail address instead."""
    return "" if "@" in manifest.courier else manifest.courier


def facts(order: Order, shipment: ShipmentDetails | None, manifest: Manifest) -> dict[str, object]:
    """What Booon learns; what the manifest leaves out is as Booon gave it."""
    return {
        "manifest_number": order.manifest_number or None,
        "manifested_at": api_time(order.manifested_at),
        "courier": courier(manifest) or (shipment.courier if shipment else None),
        "awb_number": manifest.awb_number or (shipment.awb_number if shipment else None),
        "easyecom_invoice_id": order.easyecom_invoice_id,
    }


def storable(url: str) -> str:
    """A link that does not fit is left out: half of one leads nowhere."""
    return url if len(url) <= LONGEST_URL else ""


def retry_for_orders(orders: Iterable[Order]) -> int:
    """Ask for the deliveries again that spoke of these orders before they were here.

    Called once the orders are committed. Returns how many there are.
    """
    numbers: dict[int, set[str]] = {}
    for order in orders:
        of_seller = numbers.setdefault(order.seller_id, set())
        of_seller |= {order.order_number, without_split_suffix(order.order_number)}
    return sum(
        retry_lines(
            ParkedLine.objects.filter(
                order_number__in=of_seller, delivery__location__seller_id=seller_id
            )
        )
        for seller_id, of_seller in numbers.items()
    )


def retry_unknown(deliveries: Collection[int] | None = None) -> int:
    """The same for whatever order came meanwhile; of all deliveries, or of these only."""
    if deliveries is not None and not deliveries:
        return 0
    # Two subqueries, so that each finds its index; the reference is the whole number.
    of_seller = Order.objects.filter(seller_id=OuterRef("delivery__location__seller_id"))
    lines = ParkedLine.objects.filter(
        Exists(of_seller.filter(order_number=OuterRef("order_number")))
        | Exists(of_seller.filter(order_number=OuterRef("reference")))
    )
    return retry_lines(lines if deliveries is None else lines.filter(delivery__in=deliveries))


def retry_lines(lines: QuerySet[ParkedLine]) -> int:
    unknown = lines.filter(reason=UNKNOWN_ORDER).values("delivery_id")
    return (
        Delivery.objects.filter(pk__in=unknown, body_deleted_at__isnull=True)
        .exclude(status=Delivery.Status.STORED)
        .update(status=Delivery.Status.STORED)
    )
