"""What names a buyer, taken out of an order and of all that was kept about it.

The order stays with its number, ids, lines, amounts and fingerprint: so nothing is sent twice, and
Booon's body once more is the same order (docs/decisions/0051-peoples-data.md).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Model, Q, QuerySet

from booon_console.lib.spoken import grouped
from integration.easyecom import Private, by_value, private_of
from integration.models import (
    OVER,
    ApiCall,
    BulkItem,
    Change,
    Delivery,
    Event,
    MissedDelivery,
    Order,
    OrderRevision,
    ParkedLine,
    ReplacedAwb,
    ShipmentDetails,
    Stage,
    SyncJob,
    make_event,
    open_events,
    record_events,
)
from integration.orders.csv_file import ADDRESS
from integration.sync.private import addresses_of, others_of

ITS_TIME_IS_OVER = "Its time is over."
ASKED_FOR = "Somebody asked for it."
BLANK = dict.fromkeys(ADDRESS, "")
NOTHING_SENT_OTHERWISE: dict[str, Any] = {"shipping": {}, "billing": {}}
UNJUDGED = (Delivery.Status.ASKED, Delivery.Status.STORED)
WORDS_OF_ORDER = ("blocked_detail", "doubt_message", "easyecom_note")
BATCH = 200


@dataclass(slots=True)
class Erased:
    """How many rows held something."""

    orders: int = 0
    revisions: int = 0
    documents: int = 0
    api_calls: int = 0
    deliveries: int = 0
    events: int = 0
    messages: int = 0
    order_files: int = 0

    def add(self, other: "Erased") -> None:
        for name, count in asdict(other).items():
            setattr(self, name, getattr(self, name) + count)

    def rows(self) -> list[tuple[str, str]]:
        """What, and how many of it."""
        return [(name.replace("_", " "), grouped(count)) for name, count in asdict(self).items()]

    def in_words(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in self.rows())


def over_since(moment: datetime) -> list[QuerySet[Order]]:
    """Orders that were over by then and still name their buyer. Each has an index of its own."""
    kept = Order.objects.filter(buyer_erased_at=None)
    return [
        kept.filter(stage__in=OVER, stage_since__lt=moment),
        kept.filter(cancelled_at_easyecom__lt=moment),
    ]


def why_not(order: Order) -> str:
    """Why an order still needs its buyer, as a sentence that names it; "" where it does not."""
    if order.stage in OVER or order.cancelled_at_easyecom:
        return ""
    shipment = getattr(order, "shipment", None)
    is_at_rest = order.stage == Stage.CARRIER_ASSIGNED and not order.is_in_doubt
    if is_at_rest and not order.has_call_to_make(shipment):
        return ""
    stands = order.get_stage_display().lower()
    return (
        f"Order {order} is still under way ({stands}): it would go on without an address. Withdraw "
        "it, or ask again once it is manifested."
    )


@transaction.atomic
def erase(
    rows: QuerySet[Order],
    *,
    now: datetime,
    why: str,
    actor: str = "console",
) -> Erased:
    """Blank a chunk of orders, and say what that was."""
    locked = rows.select_for_update(of=("self",), no_key=True).select_related("shipment")
    orders = [
        order
        for order in locked.filter(buyer_erased_at=None).order_by("pk")
        if is_erasable(order, why)
    ]
    chunk = Chunk(orders, now)
    open_events()
    erased = Erased(
        revisions=chunk.blank_revisions(),
        documents=chunk.blank_documents(),
        api_calls=chunk.blank_calls(),
        deliveries=chunk.blank_deliveries(),
        events=chunk.mask(Event.objects.filter(order__in=chunk.ids), ["sentence"]),
        messages=chunk.mask_messages(),
        orders=chunk.blank_orders(),
    )
    record_events(erasure_event(order, why, actor, now) for order in orders)
    return erased


def is_erasable(order: Order, why: str) -> bool:
    """What is over is found as such; what somebody asked for may have moved since."""
    return why == ITS_TIME_IS_OVER or not why_not(order)


class Chunk:
    """Locked orders, and what of each names its buyer."""

    def __init__(self, orders: Sequence[Order], now: datetime) -> None:
        self.orders, self.now = orders, now
        self.ids = [order.pk for order in orders]
        self.revisions = list(OrderRevision.objects.filter(order__in=self.ids))
        self.private = {order.pk: self.private_of(order) for order in orders}

    def private_of(self, order: Order) -> Private:
        bodies = [row.body for row in self.revisions if row.order_id == order.pk]
        addresses = [
            *addresses_of(order),
            *(each for body in bodies for each in addresses_in(body)),
        ]
        others = [*others_of(order), *(each for body in bodies for each in others_in(body))]
        return private_of([], addresses, others)

    def save(self, rows: Iterable[Any], columns: Sequence[str]) -> int:
        changed = list(rows)
        if changed:
            type(changed[0])._default_manager.bulk_update(changed, columns, batch_size=BATCH)
        return len(changed)

    def blank_orders(self) -> int:
        """Not `updated_at`: Booon's "changed since" is about facts, and this is none."""
        for order in self.orders:
            hidden = self.private[order.pk]
            order.shipping_address, order.sent_as = BLANK, NOTHING_SENT_OTHERWISE
            order.billing_address = order.billing_address and BLANK
            order.buyer_gstin = order.payment_transaction_id = ""
            order.manifest_label_url = order.manifest_invoice_url = order.refusal_file = ""
            for column in WORDS_OF_ORDER:
                setattr(order, column, by_value(getattr(order, column), hidden))
            order.refused_lines = [
                {name: by_value(words, hidden) for name, words in line.items()}
                for line in order.refused_lines
            ]
            order.buyer_erased_at = self.now
            order.phone_digest = order.name_digest = ""
        columns = [
            *("shipping_address", "billing_address", "sent_as", "buyer_gstin"),
            *("phone_digest", "name_digest"),
            *("payment_transaction_id", "manifest_label_url", "manifest_invoice_url"),
            *("refusal_file", "refused_lines", "buyer_erased_at", *WORDS_OF_ORDER),
        ]
        return self.save(self.orders, columns)

    def blank_revisions(self) -> int:
        for row in self.revisions:
            row.body = row.body | {
                "shipping_address": BLANK,
                "billing_address": row.body.get("billing_address") and BLANK,
                "payment_transaction_id": "",
                "buyer_gstin": "",
            }
            row.reason = by_value(row.reason, self.private[row.order_id])
        return self.save(self.revisions, ["body", "reason"])

    def blank_documents(self) -> int:
        """Labels and invoices carry the address, and their links are keys to them."""
        given = ~Q(label_url="") | ~Q(invoice_url="")
        return sum(
            model.objects.filter(given, order__in=self.ids).update(label_url="", invoice_url="")
            for model in (ShipmentDetails, ReplacedAwb)
        )

    def blank_calls(self) -> int:
        calls = ApiCall.objects.filter(order__in=self.ids, is_open=False)
        self.mask(calls.defer("request", "reply"), ["message"])
        return calls.exclude(request="", reply="").update(request="", reply="")

    def blank_deliveries(self) -> int:
        """Whole bodies: what else stands in them can't be applied again."""
        return empty(judged(Q(pk__in=self.delivery_ids())), self.now)

    def delivery_ids(self) -> set[int]:
        told = Event.objects.filter(order__in=self.ids, delivery__isnull=False)
        missed = MissedDelivery.objects.filter(order__in=self.ids)
        found = {
            *told.values_list("delivery", flat=True),
            *missed.values_list("found_by", flat=True),
            *missed.values_list("arrived_by", flat=True),
        }
        return (found | self.parked_ids()) - {None}

    def parked_ids(self) -> set[int]:
        """Deliveries that spoke of an order by its number, and could not be applied."""
        ours = {(order.seller_id, order.order_number) for order in self.orders}
        numbers = [number for _, number in ours]
        said = Q(order_number__in=numbers) | Q(reference__in=numbers)
        lines = ParkedLine.objects.filter(said).values_list(
            "delivery", "delivery__location__seller", "order_number", "reference"
        )
        return {
            delivery
            for delivery, seller, number, reference in lines
            if (seller, number) in ours or (seller, reference) in ours
        }

    def mask_messages(self) -> int:
        """What is said in words beside the order."""
        jobs = SyncJob.objects.filter(order__in=self.ids)
        items = BulkItem.objects.filter(job__order__in=self.ids).select_related("job")
        replaced = ReplacedAwb.objects.filter(order__in=self.ids)
        return (
            self.mask(jobs, ["error_message"])
            + self.mask(items, ["message"], lambda item: item.job.order_id)
            + self.mask(replaced, ["reason"])
            + self.save(self.masked_changes(), ["data"])
        )

    def masked_changes(self) -> Iterator[Change]:
        for change in Change.objects.filter(order__in=self.ids):
            said = change.data.get("reason")
            masked = by_value(said, self.private[change.order_id or 0]) if said else said
            if masked != said:
                change.data["reason"] = masked
                yield change

    def mask(
        self,
        rows: QuerySet[Any],
        columns: Sequence[str],
        order_of: Callable[[Any], int] = lambda row: row.order_id,
    ) -> int:
        """Words with the buyer in them, by value. Returns how many rows had some."""

        def changed() -> Iterator[Model]:
            for row in rows:
                said = [getattr(row, column) for column in columns]
                masked = [by_value(words, self.private[order_of(row)]) for words in said]
                if masked != said:
                    for column, words in zip(columns, masked, strict=True):
                        setattr(row, column, words)
                    yield row

        return self.save(changed(), columns)


def judged(which: Q) -> QuerySet[Delivery]:
    """Deliveries that have a body and were applied, or parked for good."""
    return Delivery.objects.filter(which, body_deleted_at=None).exclude(status__in=UNJUDGED)


def empty(deliveries: QuerySet[Delivery], now: datetime) -> int:
    return deliveries.update(body=b"", body_deleted_at=now)


def addresses_in(body: Mapping[str, Any]) -> list[dict[str, str]]:
    """A revision's, as they were given."""
    return [body[name] for name in ("shipping_address", "billing_address") if body.get(name)]


def others_in(body: Mapping[str, Any]) -> list[str]:
    return [body.get("buyer_gstin") or "", body.get("payment_transaction_id") or ""]


def erasure_event(order: Order, why: str, actor: str, now: datetime) -> Event:
    return make_event(
        "erased",
        f"The buyer's data was erased. {why}",
        at=now,
        actor=actor,
        seller_id=order.seller_id,
        location_id=order.location_id,
        order_id=order.pk,
    )
