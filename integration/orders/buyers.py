"""A buyer who asks: what is held about them, to be given to them or erased.

Found by phone, mail or order number. Addresses have no index by design, so a search reads all
orders that still name somebody.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.fields.json import KT

from integration.easyecom.plain_text import plain_number
from integration.models import (
    ApiCall,
    Delivery,
    Event,
    Order,
    OrderFile,
    OrderRevision,
    Topic,
    api_time,
    make_event,
    record_event,
    record_events,
)
from integration.orders import erasure
from integration.orders.erasure import ASKED_FOR, Erased

FEWEST_DIGITS = 7
# Orders in one transaction.
CHUNK = 100
# The latest webhooks with a body that are looked through for somebody whom no order names.
MOST_BODIES = 20_000
ALL_BUT_DIGITS = re.compile("[^0-9]+")
ADDRESSES = ("shipping_address", "billing_address")


class NobodyMeant(ValueError):
    """What was given finds nobody, or too many; the text says why."""


@dataclass(frozen=True, slots=True, repr=False)
class Wanted:
    """Whom somebody asks about, by one of the three. Raises NobodyMeant."""

    phone: str = ""
    email: str = ""
    order_number: str = ""

    def __post_init__(self) -> None:
        given = [each for each in (self.phone, self.email, self.order_number) if each.strip()]
        if len(given) != 1:
            raise NobodyMeant(
                "Give a phone number, a mail address or an order number: one of them."
            )
        if self.phone.strip() and len(self.digits) < FEWEST_DIGITS:
            raise NobodyMeant(f"A phone number has at least {FEWEST_DIGITS} digits.")
        if self.email.strip() and "@" not in self.email:
            raise NobodyMeant("That is no mail address.")

    @property
    def digits(self) -> str:
        return digits_of(self.phone)[-10:]

    def is_in(self, phone: str | None, email: str | None) -> bool:
        """Whether an address is of the person meant, however the number is spelled."""
        if self.phone.strip():
            return self.digits in digits_of(phone or "")
        return (email or "").strip().casefold() == self.email.strip().casefold()

    def is_in_text(self, text: str) -> bool:
        if self.phone.strip():
            return re.search(r"[^0-9]{0,3}".join(self.digits), text) is not None
        return self.email.strip().casefold() in text.casefold()


@dataclass(slots=True)
class Held:
    """What is held about somebody."""

    order_ids: list[int] = field(default_factory=list)
    delivery_ids: list[int] = field(default_factory=list)
    file_ids: list[Any] = field(default_factory=list)

    def is_empty(self) -> bool:
        return not (self.order_ids or self.delivery_ids or self.file_ids)

    def orders(self) -> QuerySet[Order]:
        orders = Order.objects.filter(pk__in=self.order_ids).order_by("pk")
        return orders.select_related("shipment", "seller", "location")

    def under_way(self) -> list[str]:
        """Of each order that can't be erased yet: why."""
        return [why for why in map(erasure.why_not, self.orders()) if why]


def digits_of(typed: str) -> str:
    return ALL_BUT_DIGITS.sub("", plain_number(typed))


def held_about(wanted: Wanted, among: QuerySet[Order], files: QuerySet[OrderFile]) -> Held:
    """Among the orders and files that the asking person may see, and webhooks of their sellers."""
    kept = among.filter(buyer_erased_at=None)
    if wanted.order_number.strip():
        named = kept.filter(order_number=wanted.order_number.strip())
        held = Held(list(named.values_list("pk", flat=True)))
    else:
        held = Held(sorted({*by_address(wanted, kept), *by_earlier_address(wanted, kept)}))
        held.delivery_ids = list(deliveries_naming(wanted, among))
    held.file_ids = list(files_naming(wanted, files))
    return held


def by_address(wanted: Wanted, orders: QuerySet[Order]) -> Iterator[int]:
    columns = [KT(f"{name}__{fact}") for name in ADDRESSES for fact in ("phone", "email")]
    found = orders.order_by().values_list("pk", *columns)
    for pk, phone, email, billing_phone, billing_email in found.iterator():
        if wanted.is_in(phone, email) or wanted.is_in(billing_phone, billing_email):
            yield pk


def by_earlier_address(wanted: Wanted, orders: QuerySet[Order]) -> Iterator[int]:
    columns = [KT(f"body__{name}__{fact}") for name in ADDRESSES for fact in ("phone", "email")]
    earlier = OrderRevision.objects.filter(order__in=orders.order_by())
    for pk, phone, email, billing_phone, billing_email in earlier.values_list("order", *columns):
        if wanted.is_in(phone, email) or wanted.is_in(billing_phone, billing_email):
            yield pk


def deliveries_naming(wanted: Wanted, among: QuerySet[Order]) -> Iterator[int]:
    """Webhooks about shipments, whatever became of them."""
    sellers = among.order_by().values("seller")
    told = erasure.judged(Q(topic=Topic.MANIFESTED, location__seller__in=sellers))
    for delivery in told.order_by("-pk").only("body")[:MOST_BODIES].iterator():
        if wanted.is_in_text(bytes(delivery.body).decode(errors="replace")):
            yield delivery.pk


def files_naming(wanted: Wanted, files: QuerySet[OrderFile]) -> Iterator[Any]:
    """They live for a day."""
    for file in files:
        text = bytes(file.body).decode(errors="replace")
        number = wanted.order_number.strip()
        if (number and number in text) or (not number and wanted.is_in_text(text)):
            yield file.pk


def erase(held: Held, *, now: datetime, actor: str) -> Erased:
    """What can be erased of it; orders that are under way stay as they are.

    In short transactions, so that an interruption leaves whole orders and can be repeated.
    """
    erased = Erased()
    for start in range(0, len(held.order_ids), CHUNK):
        rows = Order.objects.filter(pk__in=held.order_ids[start : start + CHUNK])
        erased.add(erasure.erase(rows, now=now, why=ASKED_FOR, actor=actor))
    erased.deliveries += erasure.empty(erasure.judged(Q(pk__in=held.delivery_ids)), now)
    erased.order_files = OrderFile.objects.filter(pk__in=held.file_ids).delete()[0]
    record_event("erased", f"Erased on request: {erased.in_words()}.", at=now, actor=actor)
    return erased


@transaction.atomic
def rehearse(held: Held, *, now: datetime) -> Erased:
    """What `erase` would do. It is done and taken back, so for a moment it holds the rows."""
    erased = erase(held, now=now, actor="")
    transaction.set_rollback(True)
    return erased


@transaction.atomic
def export(held: Held, *, now: datetime, actor: str) -> dict[str, Any]:
    """All that is held about somebody, as plain JSON. That it was given out is written down."""
    orders = list(held.orders().prefetch_related("lines", "revisions", "replaced_awbs"))
    record_events(
        make_event(
            "exported",
            "What is held about the buyer was exported.",
            at=now,
            actor=actor,
            seller_id=order.seller_id,
            location_id=order.location_id,
            order_id=order.pk,
        )
        for order in orders
    )
    return {
        "made_at": api_time(now),
        "orders": [exported(order) for order in orders],
        "webhooks": [
            {
                "received_at": api_time(each.received_at),
                "body": bytes(each.body).decode("utf-8", "replace"),
            }
            for each in Delivery.objects.filter(pk__in=held.delivery_ids)
        ],
        "files": len(held.file_ids),
    }


def exported(order: Order) -> dict[str, Any]:
    shipment = getattr(order, "shipment", None)
    return {
        "order_number": order.order_number,
        "seller": order.seller.name,
        "stage": order.stage,
        "ordered_at": api_time(order.ordered_at),
        "received_at": api_time(order.created_at),
        "manifested_at": api_time(order.manifested_at),
        "shipping_address": order.shipping_address,
        "billing_address": order.billing_address,
        "sent_otherwise_than_given": order.sent_as,
        "buyer_gstin": order.buyer_gstin,
        "payment": {
            "mode": order.payment_mode,
            "collectable_amount": f"{order.collectable_amount:.2f}",
            "gateway": order.payment_gateway,
            "transaction_id": order.payment_transaction_id,
        },
        "lines": [
            {"sku": line.sku, "name": line.name, "quantity": line.quantity}
            for line in order.lines.all()
        ],
        "shipment": shipment
        and {
            "courier": shipment.courier,
            "awb_number": shipment.awb_number,
            "label_url": shipment.label_url,
            "invoice_url": shipment.invoice_url,
        },
        "manifest_label_url": order.manifest_label_url,
        "manifest_invoice_url": order.manifest_invoice_url,
        "earlier_revisions": [
            {"number": row.number, "at": api_time(row.at), "said": row.body}
            for row in order.revisions.all()
        ],
        "events": [
            {"at": api_time(event.at), "sentence": event.sentence}
            for event in Event.objects.filter(order=order).order_by("pk")
        ],
        "calls_to_easyecom": [
            {"at": api_time(call.started_at), "kind": call.kind, "sent": call.request}
            for call in ApiCall.objects.filter(order=order).order_by("pk")
        ],
    }
