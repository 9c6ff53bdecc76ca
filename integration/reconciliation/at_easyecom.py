"""How an order stands at EasyEcom beyond its stages, as a look-up or a comparison shows it:
cancelled, partly cancelled, on hold, moved (docs/decisions/0050-cancelled-over-there.md).

Nothing tells of these but a look. Each writes rows of a locked order; what is shown once more
writes nothing.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from booon_console.lib.spoken import ist
from integration.easyecom import CancelledLine, FoundOrder, without_split_suffix
from integration.models import (
    Change,
    Order,
    OrderReason,
    Stage,
    SyncJob,
    api_time,
    record_change,
    record_event,
)
from sellers.models import Location

CANCELLED = OrderReason.CANCELLED_AT_EASYECOM
OPEN = (Stage.RECEIVED, Stage.AWAITING_CARRIER, Stage.CARRIER_ASSIGNED)
# EasyEcom's clock and ours differ; a time beyond this is none.
CLOCKS_DIFFER = timedelta(hours=1)
MOST_LINES = 200
NOTE_LIMIT = 300
MOVED = "It was moved there in EasyEcom."
# How the note of an order begins whose manifest EasyEcom shows before its webhook came.
SHOWN = "EasyEcom shows it "


def is_cancelled(found: Sequence[FoundOrder]) -> bool:
    """Whether all there is of the order is cancelled."""
    return bool(found) and all(invoice.is_cancelled for invoice in found)


def live(found: Sequence[FoundOrder]) -> list[FoundOrder]:
    """A cancelled invoice beside a new one of the same number is not the order any more."""
    return [invoice for invoice in found if not invoice.is_cancelled]


def record(order: Order, found: Sequence[FoundOrder], now: datetime, *, awaited: str = "") -> bool:
    """Write down what EasyEcom shows of its order. True where it shows it cancelled.

    `awaited` says of a manifest that is shown until when its webhook may still come.
    """
    if order.stage not in OPEN or not found:
        return False
    if is_cancelled(found):
        record_cancelled(order, found, now)
        return True
    record_open(order, now)
    record_partly_cancelled(order, found, now)
    record_note(order, found, now, awaited)
    return False


def record_cancelled(order: Order, found: Sequence[FoundOrder], now: datetime) -> None:
    """Booon and the timeline are told once, and again only after it was open meanwhile."""
    why = next((each.cancellation_reason for each in found if each.cancellation_reason), "")
    if order.cancelled_at_easyecom is None:
        at = cancelled_at(found, now)
        order.change(cancelled_at_easyecom=at, check_due_at=None, easyecom_note="")
        told: dict[str, object] = {
            "cancelled_at": api_time(at),
            "reason": why or None,
            "easyecom_order_id": order.easyecom_order_id or found[0].order_id or None,
            "easyecom_invoice_id": order.easyecom_invoice_id or found[0].invoice_id or None,
        }
        record_change(Change.Type.ORDER_CANCELLED_AT_EASYECOM, order, told, at=now)
        record_event(CANCELLED, sentence_of(at, why), at=now, actor="easyecom", order=order)
    order.mark_blocked(CANCELLED, sentence_of(order.cancelled_at_easyecom or now, why))


def sentence_of(at: datetime, why: str) -> str:
    return f"Cancelled there {ist(at)}{f': {why}' if why else ''}."


def cancelled_at(found: Sequence[FoundOrder], now: datetime) -> datetime:
    """By EasyEcom's own time of the last change; when it was found where that makes no sense."""
    times = [each.changed_at for each in found if each.changed_at]
    return min(max(times), now) if times and max(times) <= now + CLOCKS_DIFFER else now


def record_open(order: Order, now: datetime) -> None:
    """It was shown cancelled before: told as well, and it goes on."""
    if order.cancelled_at_easyecom is None:
        return
    order.change(cancelled_at_easyecom=None)
    if order.stage == Stage.CARRIER_ASSIGNED:
        order.change(check_due_at=now + timedelta(hours=settings.MANIFEST_LIMIT_HOURS))
    if order.blocked_reason == CANCELLED:
        order.mark_blocked("")
    record_change(
        Change.Type.ORDER_CANCELLED_AT_EASYECOM,
        order,
        {
            "cancelled_at": None,
            "reason": None,
            "easyecom_order_id": order.easyecom_order_id or None,
            "easyecom_invoice_id": order.easyecom_invoice_id or None,
        },
        at=now,
    )
    record_event(
        "open_at_easyecom", "EasyEcom shows it open again.", at=now, actor="easyecom", order=order
    )
    SyncJob.objects.filter(order=order).want()


def record_partly_cancelled(order: Order, found: Sequence[FoundOrder], now: datetime) -> None:
    lines = [
        {
            "sku": line.sku,
            "quantity": line.quantity,
            "cancelled": line.cancelled,
            "shipped": line.shipped,
        }
        for invoice in found
        for line in cancelled_lines(invoice)
    ][:MOST_LINES]
    if lines == order.cancelled_lines:
        return
    order.change(cancelled_lines=lines)
    said = "; ".join(f"{each['cancelled']} of {each['quantity']} {each['sku']}" for each in lines)
    sentence = f"Partly cancelled in EasyEcom: {said}." if lines else "No line is cancelled there."
    record_event("partly_cancelled", sentence, at=now, actor="easyecom", order=order)


def cancelled_lines(invoice: FoundOrder) -> Sequence[CancelledLine]:
    """Of a part of a split order that is cancelled as a whole: all of its lines."""
    if not invoice.is_cancelled:
        return invoice.cancelled
    if without_split_suffix(invoice.order_number) == invoice.order_number:
        # The order anew stands beside it.
        return ()
    return [CancelledLine(sku, count, count) for sku, count in invoice.lines if count]


def record_note(order: Order, found: Sequence[FoundOrder], now: datetime, awaited: str) -> None:
    """By `update`: Booon's "changed since" is about facts, and this is EasyEcom's own affair."""
    invoices = live(found)
    held = "It is on hold in EasyEcom." if any(each.is_on_hold for each in invoices) else ""
    place = elsewhere(order, invoices)
    said = [awaited, place, MOVED if place else "", held]
    note = " ".join(filter(None, said))[:NOTE_LIMIT]
    if note == order.easyecom_note:
        return
    order.easyecom_note = note
    Order.objects.filter(pk=order.pk).update(easyecom_note=note)
    sentence = note or "It is at its location in EasyEcom, and not on hold."
    record_event("seen_at_easyecom", sentence, at=now, actor="easyecom", order=order)


def elsewhere(order: Order, found: Sequence[FoundOrder]) -> str:
    """Where else it is, as a sentence; "" where it is at its own location, or nothing says."""
    location = order.location
    for invoice in found:
        key, company_id = invoice.location_key, invoice.company_id
        if key and not location.has_key(key):
            where = name_of(order, location_key__iexact=key)
            place, ours = f"location {key}{where}", location.location_key
        elif not key and company_id and location.company_id not in ("", company_id):
            where = name_of(order, company_id=company_id)
            place, ours = f"warehouse {company_id}{where}", location.company_id
        else:
            continue
        return f"It is at {place}, not {ours}."
    return ""


def name_of(order: Order, **place: str) -> str:
    """Of another location of the seller's."""
    found = Location.objects.filter(seller=order.seller_id, **place)
    known = found.values_list("name", "city").first()
    return f" ({', '.join(filter(None, known))})" if known and any(known) else ""
