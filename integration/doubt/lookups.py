"""What a look-up proves about an order in doubt: adopted, not there, or somebody else's."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from integration import easyecom
from integration.doubt.matching import mismatch
from integration.easyecom import FoundOrder, Outcome, Reply
from integration.models import (
    Doubt,
    Order,
    OrderReason,
    Rest,
    ShipmentDetails,
    Stage,
    SyncJob,
    raise_stage,
    record_event,
)


def settle(order: Order, reply: Reply, now: datetime) -> Rest | None:
    """Judge what EasyEcom shows under the order's number."""
    assert isinstance(reply, easyecom.OrdersFound)
    if not reply.orders:
        return settle_not_found(order, now)
    difference = mismatch(order, reply.orders)
    if difference:
        # It stays in doubt: a retry looks again, and nothing is sent while the two differ.
        return failed(order, OrderReason.CONFLICT, difference, now)
    if order.stage == Stage.RECEIVED:
        return adopt(order, reply.orders, now)
    return compare_awb(order, reply.orders, now)


def adopt(order: Order, found: Sequence[FoundOrder], now: datetime) -> Rest | None:
    """It is ours. A split order's first invoice stands for it; one without an id is not enough."""
    invoices = sorted(found, key=lambda invoice: invoice.order_number != order.order_number)
    known = next((invoice for invoice in invoices if invoice.invoice_id), None)
    if known is None:
        order.mark_in_doubt(Doubt.ACCEPTED, now, "The look-up shows it without an invoice id.")
        return give_up_or_look_again(order, now)
    record_event("adopted", "Found at EasyEcom by its number.", at=now, order=order)
    mark_pushed(order, known.order_id, known.invoice_id, now)
    return None


def settle_not_found(order: Order, now: datetime) -> Rest | None:
    """EasyEcom shows nothing under our number; what that proves depends on what it said before."""
    message = order.doubt_message
    match order.doubt:
        case Doubt.REJECTED:
            order.clear_doubt()
            return failed(order, OrderReason.REJECTED, message, now)
        case Doubt.AWB_REJECTED:
            return refuse_shipment(order, OrderReason.AWB_REJECTED, message, now)
        case Doubt.EXISTS:
            # It stays in doubt: a retry looks again and never sends first.
            return failed(order, OrderReason.NUMBER_TAKEN, message, now)
        case _:
            return give_up_or_look_again(order, now)


def give_up_or_look_again(order: Order, now: datetime) -> Rest | None:
    """After the last look-up the policy decides: the same number again, or a person."""
    order.change(look_ups=order.look_ups + 1)
    if order.look_ups < len(settings.IN_DOUBT_DELAYS):
        return look_again(order)
    if settings.UNKNOWN_ORDER_POLICY == "resend" and order.doubt != Doubt.ACCEPTED:
        record_event(
            "resend", f"Not found after {order.look_ups} look-ups: sent again.", at=now, order=order
        )
        order.clear_doubt()
        return None
    order.mark_blocked(OrderReason.NOT_FOUND, order.doubt_message)
    record_event("not_found", "Not found; waits for a person.", at=now, order=order)
    return Rest(SyncJob.Status.IN_DOUBT, None, OrderReason.NOT_FOUND, order.blocked_message)


def look_again(order: Order) -> Rest:
    delays = settings.IN_DOUBT_DELAYS
    delay = delays[min(order.look_ups, len(delays) - 1)]
    return Rest(SyncJob.Status.IN_DOUBT, delay, OrderReason.IN_DOUBT, order.blocked_message)


def settle_queue(order: Order, outcome: Outcome, now: datetime) -> Rest | None:
    """EasyEcom queued the order: wait for its end, then fetch the ids by the look-up."""
    match outcome:
        case easyecom.Done(easyecom.QueueStatus(state="waiting")):
            return look_again(order)
        case easyecom.Done(easyecom.QueueStatus(state="failed", message=message)):
            order.change(queue_id="")
            order.mark_in_doubt(Doubt.REJECTED, now, message)
        case _:
            order.change(queue_id="")
    return None


def compare_awb(order: Order, found: Sequence[FoundOrder], now: datetime) -> Rest | None:
    """Ours there: assigned. None there: refused, or sent again. Another: a person."""
    shipment = ShipmentDetails.objects.get(order=order)
    theirs = {invoice.awb_number for invoice in found if invoice.awb_number}
    if shipment.awb_number in theirs:
        mark_assigned(order, now)
        return None
    if theirs:
        return refuse_shipment(
            order, OrderReason.AWB_CONFLICT, f"It is {', '.join(sorted(theirs))}.", now
        )
    if order.doubt == Doubt.AWB_REJECTED:
        return refuse_shipment(order, OrderReason.AWB_REJECTED, order.doubt_message, now)
    order.clear_doubt()
    return None


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
    ShipmentDetails.objects.filter(order=order).update(assigned_at=now)
    raise_stage(
        order,
        Stage.CARRIER_ASSIGNED,
        at=now,
        blocked_reason="",
        blocked_detail="",
        check_due_at=now + timedelta(hours=settings.MANIFEST_LIMIT_HOURS),
    )


def refuse_shipment(order: Order, reason: OrderReason, detail: str, now: datetime) -> Rest:
    """The details did not take, so Booon may give others."""
    order.clear_doubt()
    ShipmentDetails.objects.filter(order=order).update(assign_begun_at=None)
    return failed(order, reason, detail, now)


def failed(order: Order, reason: OrderReason, detail: str, now: datetime) -> Rest:
    """Only a person can mend this."""
    order.mark_blocked(reason, detail)
    record_event("failed", order.blocked_message, at=now, order=order)
    return Rest(SyncJob.Status.FAILED, None, reason, order.blocked_message[:500])
