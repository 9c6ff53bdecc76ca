"""Orders compared with EasyEcom: looked up one by one, and what is news goes to the inbox.

One job for each location does all its look-ups. It only reads, so an order's own job and its doubt
are never touched; an order in doubt is left out until that is settled. An AWB that EasyEcom shows
of one that has none from us is remembered: what is given next is looked up before it is sent.
It writes no stage itself: a manifest that EasyEcom shows enters as a delivery shaped like the
webhook's, and `missed_webhooks` says there whether a webhook was lost.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.db.models import QuerySet

from booon_console.lib.spoken import ist
from integration import easyecom
from integration.easyecom import Call, FoundOrder, Kind, Outcome
from integration.models import Delivery, Doubt, Order, Rest, Stage, SyncJob, Topic
from integration.reconciliation import at_easyecom
from integration.sync import location_names, paging
from sellers.models import Location

# Where a manifest may be news.
OPEN = (Stage.AWAITING_CARRIER, Stage.CARRIER_ASSIGNED)
# EasyEcom tries a webhook again for a while: within this a manifest that is not here is not lost.
GRACE = timedelta(minutes=30)
# After so many look-ups in a row that EasyEcom failed to answer, each one more counts.
MOST_FAILURES = 5
# Hours from one look to the next, from the manifest clock on; after the last it takes a person.
GAPS = (6, 12, 24, 48, 96, 168, 168)


def load(job: SyncJob) -> SyncJob:
    """The engine's own row object, so that the api call is noted under the order asked about.

    That order is locked, before the job as everywhere.
    """
    fresh = paging.load(job)
    job.location = fresh.location
    orders = Order.objects.select_for_update(no_key=True).filter(pk=fresh.checking_id or 0)
    job.checking = orders.first()
    return job


def next_call(job: SyncJob, now: datetime) -> Call | Rest:
    """The look-up that waits longest."""
    order = requested(job.location).first() if job.location.is_live else None
    job.checking = order
    job.save(update_fields=["checking"])
    return paging.ALL_READ if order is None else easyecom.find_order(order.order_number)


def requested(location: Location) -> QuerySet[Order]:
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
        case easyecom.Rejected() | easyecom.OutcomeUnknown(is_answered=True):
            finish(order, next_due(order, now), now)
            return Rest(SyncJob.Status.PENDING, 0)
        case easyecom.OutcomeUnknown() if job.setbacks >= MOST_FAILURES:
            # This one may be what EasyEcom fails at.
            finish(order, next_due(order, now), now)
        case _:
            # Behind the others, so that one order's trouble does not stop them.
            Order.objects.filter(pk=order.pk).update(check_asked_at=now)
    return None


def compare(order: Order, invoices: Sequence[FoundOrder], now: datetime) -> None:
    """Hand in what EasyEcom shows as manifested and we do not know; else look again later."""
    location_names.learn_from(order.location, invoices, now)
    if order.stage == Stage.AWAITING_CARRIER and any(part.awb_number for part in invoices):
        # By `update`, as in `finish`.
        Order.objects.filter(pk=order.pk).update(may_have_awb=True)
    shipped = shipped_parts(order, invoices)
    recent = [part for part in shipped if is_recent(part, now)]
    # Its webhook may still be on the way.
    until = max((part.manifested_at + GRACE for part in recent if part.manifested_at), default=now)
    awaited = awaited_words(recent, until)
    is_cancelled = not order.is_in_doubt and at_easyecom.record(
        order, invoices, now, awaited=awaited
    )
    due_at = next_due(order, now)
    if order.stage not in OPEN or order.is_in_doubt:
        due_at = order.check_due_at
    elif recent:
        due_at = until
    elif shipped:
        hand_in(order, shipped, now)
    elif is_cancelled:
        due_at = None
    finish(order, due_at, now)


def awaited_words(recent: Sequence[FoundOrder], until: datetime) -> str:
    """That EasyEcom shows its manifest, and until when the webhook may still come; else ""."""
    since = next((part.manifested_at for part in recent if part.manifested_at), None)
    if since is None:
        return ""
    number = next((part.manifest_number for part in recent if part.manifest_number), "")
    status = next((part.status for part in recent if part.status), "")
    shown = f"{at_easyecom.SHOWN}{status or 'as manifested'} since {ist(since)}"
    manifest = f", manifest {number}" if number else ""
    return (
        f"{shown}{manifest}. Its webhook is awaited until {ist(until)}; then the console applies "
        "it by itself."
    )


def shipped_parts(order: Order, invoices: Sequence[FoundOrder]) -> list[FoundOrder]:
    """Of a split order the part whose invoice is the order's own, where there is one."""
    shipped = [
        replace(invoice, order_number=number_of(order, invoice))
        for invoice in invoices
        if easyecom.is_shipped(invoice)
    ]
    own = [part for part in shipped if part.invoice_id == order.easyecom_invoice_id]
    return own or shipped


def number_of(order: Order, invoice: FoundOrder) -> str:
    """Ours where EasyEcom names none, or writes ours in other letters."""
    shown, ours = invoice.order_number, order.order_number
    return ours if shown.casefold() in ("", ours.casefold()) else shown


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
