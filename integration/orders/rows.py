"""New orders as rows: what taking one in writes, for one or many in as many statements."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from booon_console.lib import clock
from integration.easyecom.plain_text import plain_words
from integration.models import (
    Change,
    Order,
    OrderLine,
    Stage,
    SyncJob,
    make_event,
    raise_stage,
    reasons,
    record_event,
    record_events,
    unit_of_work,
)
from integration.orders import buyer_digests
from integration.orders.addresses import kept_differences
from integration.orders.facts import OrderFacts, fingerprint
from sellers.models import Location


def order_of(location: Location, order_number: str, facts: OrderFacts) -> Order:
    """The order, not saved yet."""
    return Order(
        seller_id=location.seller_id, order_number=order_number, **columns(location, facts)
    )


def columns(location: Location, facts: OrderFacts) -> dict[str, Any]:
    given: dict[str, Any] = {
        name: value for name, value in facts.items() if name not in ("location_key", "lines")
    }
    reason = "" if location.is_live else reasons.while_not_live(location)
    return given | {
        "payment_gateway": plain_words(facts["payment_gateway"]),
        "payment_transaction_id": plain_words(facts["payment_transaction_id"]),
        "buyer_gstin": facts.get("buyer_gstin", ""),
        "buyer_erased_at": None,
        **buyer_digests.of_address(facts["shipping_address"]),
        "sent_as": kept_differences(facts["shipping_address"], facts["billing_address"]),
        "location": location,
        "fingerprint": fingerprint(facts),
        "blocked_reason": reason,
        "blocked_detail": "",
        "blocked_since": clock.now() if reason else None,
    }


def fresh(order: Order) -> dict[str, Any]:
    """The columns that tell how far an order got, for its next revision: nowhere yet."""
    return {
        "revision": order.revision + 1,
        "push_begun_at": None,
        "easyecom_order_id": "",
        "may_have_awb": False,
        "queue_id": "",
        "refused_lines": [],
        "refusal_file": "",
    }


def save(new: Sequence[tuple[Order, OrderFacts]], *, actor: str, correlation_id: str) -> None:
    """The orders with their lines and jobs; Booon and the timelines are told."""
    now = clock.now()
    orders = Order.objects.bulk_create([order for order, _ in new])
    save_lines(new)
    jobs = SyncJob.objects.bulk_create(
        SyncJob(
            kind=SyncJob.Kind.ORDER,
            seller_id=order.seller_id,
            location=order.location,
            order=order,
            due_at=now,
            correlation_id=correlation_id,
        )
        for order in orders
    )
    Change.objects.bulk_create(
        Change(
            type=Change.Type.ORDER_STAGE_CHANGED,
            at=now,
            seller_id=order.seller_id,
            location_id=order.location_id,
            order=order,
            data={
                "order_number": order.order_number,
                "stage": Stage.RECEIVED,
                "previous": None,
            },
        )
        for order in orders
    )
    record_events(
        make_event(
            "received",
            "Received.",
            at=now,
            actor=actor,
            seller_id=order.seller_id,
            location_id=order.location_id,
            order_id=order.pk,
            job=job,
            correlation_id=correlation_id,
        )
        for order, job in zip(orders, jobs, strict=True)
    )


def save_lines(orders: Sequence[tuple[Order, OrderFacts]]) -> None:
    OrderLine.objects.bulk_create(
        OrderLine(order=order, position=position, **line | {"name": plain_words(line["name"])})
        for order, facts in orders
        for position, line in enumerate(facts["lines"])
    )


def mark_pushed(order: Order, order_id: str, invoice_id: str, now: datetime) -> None:
    """The order stands in EasyEcom's Failed Orders: normal until it has a carrier."""
    order.clear_doubt()
    raise_stage(
        order,
        Stage.AWAITING_CARRIER,
        at=now,
        easyecom_order_id=order_id or order.easyecom_order_id,
        easyecom_invoice_id=invoice_id,
        pushed_at=now,
        blocked_reason="",
        blocked_detail="",
    )


def mark_assigned(order: Order, now: datetime) -> None:
    order.clear_doubt()
    shipment = order.shipment
    has_only_new_links = shipment.assigned_at is not None
    shipment.assigned_at = shipment.assigned_at or now
    shipment.at_easyecom, shipment.has_new_links = None, False
    unit_of_work.save(shipment, "assigned_at", "at_easyecom", "has_new_links", "updated_at")
    columns: dict[str, Any] = {"blocked_reason": "", "blocked_detail": ""}
    if not has_only_new_links:
        columns["check_due_at"] = now + timedelta(hours=settings.MANIFEST_LIMIT_HOURS)
    if raise_stage(order, Stage.CARRIER_ASSIGNED, at=now, **columns):
        return
    order.change(**columns)
    taken = "the links" if has_only_new_links else f"{shipment}, in the place of the AWB of before"
    record_event("assigned", f"EasyEcom took {taken}.", at=now, order=order)
