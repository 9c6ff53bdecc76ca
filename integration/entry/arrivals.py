"""New orders as rows: what taking one in writes, for one or many in as many statements."""

from collections.abc import Sequence
from typing import Any

from booon_console import clock
from integration.entry.facts import OrderFacts, fingerprint
from integration.models import (
    Change,
    Event,
    Order,
    OrderLine,
    Stage,
    SyncJob,
)
from integration.trouble import precedence
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
    reason = "" if location.is_live else precedence.while_not_live(location)
    return given | {
        "location": location,
        "fingerprint": fingerprint(facts),
        "blocked_reason": reason,
        "blocked_detail": "",
        "blocked_since": clock.now() if reason else None,
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
    Event.objects.bulk_create(
        Event(
            at=now,
            kind="received",
            actor=actor,
            sentence="Received.",
            seller_id=order.seller_id,
            location_id=order.location_id,
            order=order,
            job=job,
            correlation_id=correlation_id,
        )
        for order, job in zip(orders, jobs, strict=True)
    )


def save_lines(orders: Sequence[tuple[Order, OrderFacts]]) -> None:
    OrderLine.objects.bulk_create(
        OrderLine(order=order, position=position, **line)
        for order, facts in orders
        for position, line in enumerate(facts["lines"])
    )
