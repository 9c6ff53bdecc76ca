"""Orders compared with EasyEcom: looked up one by one, and what is news goes to the inbox.

One job for each location does all its look-ups. It only reads, so an order's own job, its doubt and
what it has still to send are never touched; an order in doubt is left out until that is settled.
It writes no stage itself: a manifest that EasyEcom shows enters as a delivery shaped like the
webhook's, and `misses` says there whether a webhook was lost.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import QuerySet

from integration import easyecom
from integration.easyecom import Call, FoundOrder, Kind, Outcome
from integration.engine import pages
from integration.models import Delivery, Doubt, Order, Rest, Stage, SyncJob, Topic
from sellers.models import Location

# Where a manifest may be news.
OPEN = (Stage.AWAITING_CARRIER, Stage.CARRIER_ASSIGNED)
# EasyEcom tries a webhook again for a while: within this a manifest that is not here is not lost.
GRACE = timedelta(minutes=30)
# Hours from one look to the next, from the manifest clock on; after the last it takes a person.
GAPS = (6, 12, 24, 48, 96, 168, 168)


def load(job: SyncJob) -> SyncJob:
    """The engine's own row object, so that the api call is noted under the order asked about.

    That order is locked, before the job as everywhere.
    """
    fresh = pages.load(job)
    job.location = fresh.location
    orders = Order.objects.select_for_update(no_key=True).filter(pk=fresh.checking_id or 0)
    job.checking = orders.first()
    return job


def next_call(job: SyncJob, now: datetime) -> Call | Rest:
    """The look-up that waits longest."""
    order = asked(job.location).first() if job.location.is_live else None
    job.checking = order
    job.save(update_fields=["checking"])
    return pages.ALL_READ if order is None else easyecom.find_order(order.order_number)


def asked(location: Location) -> QuerySet[Order]:
    orders = Order.objects.filter(location=location, stage__in=OPEN, check_asked_at__isnull=False)
    return orders.filter(doubt=Doubt.NONE).order_by("check_asked_at", "pk")


def begin(job: SyncJob, call: Call, now: datetime) -> None:
    """Nothing becomes fixed by a look-up."""


def settle(job: SyncJob, kind: Kind, outcome: Outcome, now: datetime) -> Rest | None:
    order = job.checking
    if kind is not Kind.FIND_ORDER or order is None:
        return None
    match outcome:
        case easyecom.Done(easyecom.OrdersFound(invoices)):
            compare(order, invoices, now)
        case easyecom.Rejected():
            finish(order, next_due(order, now), now)
            return Rest(SyncJob.Status.PENDING, 0)
        case _:
            # Behind the others, so that one order's trouble does not stop them.
            Order.objects.filter(pk=order.pk).update(check_asked_at=now)
    return None


def compare(order: Order, invoices: Sequence[FoundOrder], now: datetime) -> None:
    """Hand in what EasyEcom shows as manifested and we do not know; else look again later."""
    shipped = shipped_parts(order, invoices)
    times = [part.manifested_at for part in shipped if is_recent(part, now)]
    due_at = next_due(order, now)
    if order.stage not in OPEN or order.is_in_doubt:
        due_at = order.check_due_at
    elif times:
        # Its webhook may still be on the way.
        due_at = max(filter(None, times)) + GRACE
    elif shipped:
        hand_in(order, shipped, now)
    elif invoices and all(easyecom.is_cancelled(invoice) for invoice in invoices):
        due_at = None
    finish(order, due_at, now)


def shipped_parts(order: Order, invoices: Sequence[FoundOrder]) -> list[FoundOrder]:
    """Of a split order the part whose invoice is the order's own, where there is one."""
    shipped = [
        replace(invoice, order_number=invoice.order_number or order.order_number)
        for invoice in invoices
        if easyecom.is_shipped(invoice)
    ]
    own = [part for part in shipped if part.invoice_id == order.easyecom_invoice_id]
    return own or shipped


def is_recent(part: FoundOrder, now: datetime) -> bool:
    """A time that lies well ahead is no time to wait for."""
    return part.manifested_at is not None and abs(now - part.manifested_at) < GRACE


def next_due(order: Order, now: datetime) -> datetime | None:
    """A look that a person asked for leaves the clock as it is."""
    if not was_due(order, now):
        return order.check_due_at
    return now + timedelta(hours=GAPS[order.checks]) if order.checks < len(GAPS) else None


def was_due(order: Order, now: datetime) -> bool:
    return order.check_due_at is not None and order.check_due_at <= now


def finish(order: Order, due_at: datetime | None, now: datetime) -> None:
    """By `update`, because Booon's "changed since" is about facts, and this is none."""
    Order.objects.filter(pk=order.pk).update(
        check_asked_at=None, check_due_at=due_at, checks=order.checks + was_due(order, now)
    )


def hand_in(order: Order, parts: Sequence[FoundOrder], now: datetime) -> None:
    body = easyecom.manifested_body(parts)
    Delivery.objects.create(
        location=order.location,
        topic=Topic.MANIFESTED,
        source=Delivery.Source.RECONCILED,
        body=body,
        size=len(body),
        received_at=now,
    )
