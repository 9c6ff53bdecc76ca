"""Manifests that no webhook brought. Named once EasyEcom shows the order as manifested and nothing
of it has come; a webhook that comes after that was late, and one that had come before was no miss.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.utils.timesince import timesince

from booon_console.lib.spoken import ist
from integration.models import (
    Delivery,
    MissedDelivery,
    Order,
    ParkedLine,
    Topic,
    WebhookEndpoint,
    record_event,
)

# EasyEcom's clock and ours differ: a webhook may have come "before" the manifest that it tells of.
CLOCKS_DIFFER = timedelta(hours=1)
# Lines and bodies of these reasons may name the order, but don't tell of this manifest.
NO_MANIFEST = ("not_shipped", "conflict", "batch_manifest", "tracking", "inventory_body")
MOST_BODIES = 200


def record_missed(order: Order, delivery: Delivery, now: datetime) -> None:
    """The console's own `delivery` has just raised the order, which a webhook should have done."""
    assert order.manifested_at is not None
    endpoints = WebhookEndpoint.objects.filter(
        location=delivery.location_id, topic=Topic.MANIFESTED
    )
    MissedDelivery.objects.create(
        endpoint=endpoints.first(),
        location=delivery.location,
        order=order,
        due_at=order.manifested_at,
        found_at=now,
        found_by=delivery,
    )


def confirm(deliveries: Iterable[Delivery], now: datetime) -> None:
    """Once it is known what became of a batch: strike out what had come, tell of the others."""
    found_by = [each for each in deliveries if each.source == Delivery.Source.RECONCILED]
    if not found_by:
        return
    noted = MissedDelivery.objects.filter(found_by__in=found_by, found_at=now, arrived_at=None)
    for missed in noted.select_related("order", "found_by"):
        if has_come(missed):
            missed.delete()
            continue
        later = timesince(missed.due_at, missed.found_at, depth=1)
        record_event(
            "missed_delivery",
            f"No webhook told of this manifest of {ist(missed.due_at)}. Found by asking, "
            f"{later} later.",
            at=now,
            order=missed.order,
            delivery=missed.found_by,
        )


def has_come(missed: MissedDelivery) -> bool:
    """Whether a webhook told of it that the console could not apply."""
    number = missed.order.order_number
    told = Delivery.objects.filter(
        location=missed.location_id, topic=Topic.MANIFESTED, source=Delivery.Source.WEBHOOK
    )
    lines = ParkedLine.objects.filter(delivery__in=told, order_number=number)
    if lines.exclude(reason__in=NO_MANIFEST).exists():
        return True
    unread = told.filter(
        status=Delivery.Status.PARKED,
        lines=0,
        received_at__gte=missed.due_at - CLOCKS_DIFFER,
    ).exclude(reason__in=NO_MANIFEST)
    name = f'"{number}"'.encode()
    bodies = unread.order_by("-pk").values_list("body", flat=True)[:MOST_BODIES]
    return any(name in bytes(body) for body in bodies)


def record_late_arrival(order: Order, delivery: Delivery, now: datetime) -> None:
    """A webhook tells of an order that is manifested already."""
    if delivery.source != Delivery.Source.WEBHOOK:
        return
    missed = MissedDelivery.objects.filter(order=order, arrived_at=None).first()
    if missed is None:
        return
    if delivery.pk < missed.found_by_id:
        missed.delete()
        return
    missed.arrived_at, missed.arrived_by = delivery.received_at, delivery
    missed.save(update_fields=["arrived_at", "arrived_by"])
    late = timesince(missed.due_at, missed.arrived_at, depth=1)
    record_event(
        "late_delivery",
        f"The webhook came after all, {late} after the manifest: late, not lost.",
        at=now,
        actor="easyecom",
        order=order,
        delivery=delivery,
    )
