"""After a restored or copied database is released: what it holds as unsent may have been sent.

So it is in doubt, and doubt is looked up before anything is sent (docs/decisions/0002, 0022).
"""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce

from integration.models import Doubt, Event, Order, OrderReason, ShipmentDetails, Stage
from integration.models.orders import because
from integration.trouble import precedence
from sellers.models import CarrierRegistration, Location

CAUSE = "The database was restored or copied: it may have been sent since."
# Other reasons need a person anyhow, who sees the doubt beside them.
PASSING = (OrderReason.HELD, OrderReason.QUOTA_SPENT, *precedence.PASSING)

State = CarrierRegistration.State


def doubt_the_unsent(before: datetime, now: datetime) -> None:
    """Orders, AWBs and carrier registrations of before that moment, each with its event."""
    settled = Order.objects.filter(doubt=Doubt.NONE, created_at__lt=before)
    unsent = locked(settled.filter(stage=Stage.RECEIVED))
    unassigned = locked(
        settled.filter(
            stage=Stage.AWAITING_CARRIER, shipment__isnull=False, shipment__assigned_at=None
        )
    )
    doubt_orders(unsent, Doubt.UNKNOWN, now)
    doubt_orders(unassigned, Doubt.AWB_UNKNOWN, now)
    begun = Coalesce(F("push_begun_at"), Value(now))
    Order.objects.filter(pk__in=unsent).update(push_begun_at=begun)
    begun = Coalesce(F("assign_begun_at"), Value(now))
    ShipmentDetails.objects.filter(order__in=unassigned).update(assign_begun_at=begun)
    doubt_registrations(before, now)


def locked(orders: QuerySet[Order]) -> list[int]:
    """In the order of their keys, as whoever locks several does."""
    rows = orders.select_for_update(of=("self",), no_key=True).order_by("pk")
    return list(rows.values_list("pk", flat=True))


def doubt_orders(ids: Collection[int], doubt: Doubt, now: datetime) -> None:
    orders = Order.objects.filter(pk__in=ids)
    passing = orders.filter(blocked_reason__in=PASSING)
    passing.update(**(because(OrderReason.IN_DOUBT, now) | {"blocked_detail": ""}))
    orders.update(doubt=doubt, doubt_since=now, doubt_message=CAUSE, look_ups=0, updated_at=now)
    rows = orders.values_list("pk", "seller", "location")
    note(
        Event(order_id=pk, seller_id=seller, location_id=location, **what(now))
        for pk, seller, location in rows
    )


def doubt_registrations(before: datetime, now: datetime) -> None:
    unsent = CarrierRegistration.objects.filter(state=State.NOT_SENT, created_at__lt=before)
    keys = list(unsent.values_list("location_key", flat=True))
    unsent.update(state=State.IN_DOUBT, doubt_since=now, doubt_cause=CAUSE, updated_at=now)
    places = Location.objects.filter(location_key__in=keys).values_list("pk", "seller")
    note(Event(location_id=pk, seller_id=seller, **what(now)) for pk, seller in places)


def what(now: datetime) -> dict[str, object]:
    return {"at": now, "kind": "in_doubt", "actor": "console", "sentence": CAUSE}


def note(events: Iterable[Event]) -> None:
    Event.objects.bulk_create(events, batch_size=200)
