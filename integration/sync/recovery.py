"""After a restored or copied database is released: what it holds as unsent may have been sent.

So it is in doubt, and doubt is looked up before anything is sent
(docs/decisions/0002-doubt-is-not-a-status.md, docs/decisions/0022-holds-and-restored-databases.md).
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce

from integration.models import (
    TAKES_AWB,
    Doubt,
    Order,
    OrderReason,
    ShipmentDetails,
    Stage,
    make_event,
    reasons,
    record_events,
)
from integration.models.orders import because
from sellers.models import CarrierRegistration, Location

CAUSE = "The database was restored or copied: it may have been sent since."
# Other reasons need a person anyhow, who sees the doubt beside them.
PASSING_REASONS = (OrderReason.HELD, OrderReason.QUOTA_SPENT, *reasons.PASSING)

State = CarrierRegistration.State


def doubt_the_unsent(before: datetime, now: datetime) -> None:
    """Orders, AWBs and carrier registrations of before that moment, each with its event."""
    waiting = Order.objects.with_call_to_make()
    settled = waiting.filter(doubt=Doubt.NONE, created_at__lt=before)
    unsent = locked(settled.filter(stage=Stage.RECEIVED))
    unassigned = locked(settled.filter(stage__in=TAKES_AWB))
    doubt_orders(unsent, Doubt.UNKNOWN, now)
    doubt_orders(unassigned, Doubt.AWB_UNKNOWN, now)
    begun = Coalesce(F("push_begun_at"), Value(now))
    Order.objects.filter(pk__in=unsent).update(push_begun_at=begun)
    begun = Coalesce(F("assign_begun_at"), Value(now))
    ShipmentDetails.objects.filter(order__in=unassigned).update(assign_begun_at=begun)
    # Of details that it does not hold there is nothing to be in doubt of, until they are given.
    others = Order.objects.filter(stage__in=TAKES_AWB, doubt=Doubt.NONE, created_at__lt=before)
    others.update(may_have_awb=True)
    doubt_registrations(before, now)


def locked(orders: QuerySet[Order]) -> list[int]:
    """In the order of their keys, as whoever locks several does.

    Whoever had them before may have changed a row beside them, their shipment's, that a query
    which waited for the lock still sees as it was: those that it still finds are asked once more.
    """
    rows = orders.select_for_update(of=("self",), no_key=True).order_by("pk")
    found = list(rows.values_list("pk", flat=True))
    return list(orders.filter(pk__in=found).values_list("pk", flat=True))


def doubt_orders(ids: Collection[int], doubt: Doubt, now: datetime) -> None:
    orders = Order.objects.filter(pk__in=ids)
    passing = orders.filter(blocked_reason__in=PASSING_REASONS)
    passing.update(**(because(OrderReason.IN_DOUBT, now) | {"blocked_detail": ""}))
    orders.update(doubt=doubt, doubt_since=now, doubt_message=CAUSE, look_ups=0, updated_at=now)
    rows = orders.values_list("pk", "seller", "location")
    record_events(
        make_event("in_doubt", CAUSE, at=now, order_id=pk, seller_id=seller, location_id=location)
        for pk, seller, location in rows
    )


def doubt_registrations(before: datetime, now: datetime) -> None:
    unsent = CarrierRegistration.objects.filter(state=State.NOT_SENT, created_at__lt=before)
    keys = list(unsent.values_list("location_key", flat=True))
    unsent.update(state=State.IN_DOUBT, doubt_since=now, doubt_cause=CAUSE, updated_at=now)
    places = Location.objects.filter(location_key__in=keys).values_list("pk", "seller")
    record_events(
        make_event("in_doubt", CAUSE, at=now, location_id=pk, seller_id=seller)
        for pk, seller in places
    )
