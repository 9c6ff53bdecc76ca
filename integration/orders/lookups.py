"""What a look-up proves about an order in doubt: adopted, not there, or somebody else's."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

from integration import easyecom
from integration.easyecom import FoundOrder, Outcome, Reply
from integration.models import (
    Doubt,
    Order,
    OrderReason,
    Rest,
    Stage,
    SyncJob,
    record_event,
    same_awb,
    unit_of_work,
)
from integration.orders import rows
from integration.orders.earlier_revision import earlier_revision
from integration.orders.loading import shipment_of
from integration.orders.matching import mismatch
from integration.reconciliation import at_easyecom
from integration.sync import location_names

# How long look-ups go on that EasyEcom fails to answer at all.
LOOKS_FOR = timedelta(hours=24)
# An order is through EasyEcom's queue within seconds; so often it is asked about there.
QUEUE_LOOKS = 5
# EasyEcom said that it took something of the order: it is never sent again by itself.
PROVEN = (Doubt.ACCEPTED, Doubt.EARLIER)


def settle(order: Order, reply: Reply, now: datetime) -> Rest | None:
    """Judge what EasyEcom shows under the order's number."""
    was_cancelled = order.cancelled_at_easyecom is not None
    is_asked_about = order.is_in_doubt or was_cancelled or order.stage == Stage.RECEIVED
    if not is_asked_about or order.stage not in at_easyecom.OPEN:
        return None
    assert isinstance(reply, easyecom.OrdersFound)
    if was_cancelled and not reply.orders:
        # Shown no more, it is cancelled all the same.
        return rest_cancelled(order, now)
    if was_cancelled and not order.is_in_doubt:
        is_cancelled = at_easyecom.record(order, reply.orders, now)
        return rest_cancelled(order, now) if is_cancelled else None
    if not order.is_in_doubt:
        if not reply.orders:
            return None
        # A person said meanwhile that it is not there.
        order.mark_in_doubt(Doubt.ACCEPTED, now, "A look-up shows it.")
    if not reply.orders:
        return settle_not_found(order, now)
    location_names.learn_from(order.location, reply.orders, now)
    live = at_easyecom.live(reply.orders)
    earlier = earlier_revision(order, live or reply.orders)
    difference = earlier or mismatch(order, reply.orders)
    if difference:
        # It stays in doubt: a retry looks again, and nothing is sent while the two differ.
        return failed(order, OrderReason.CONFLICT, difference, now)
    if at_easyecom.record(order, reply.orders, now):
        # It stays in doubt here too, so that nothing of it is sent, changed or adopted.
        return rest_cancelled(order, now)
    if order.stage == Stage.RECEIVED:
        return adopt(order, live, now)
    return compare_awb(order, live, now)


def rest_cancelled(order: Order, now: datetime) -> Rest:
    """EasyEcom has it, cancelled: only a person, or a retry that sees it open, goes on."""
    detail = order.blocked_detail
    if order.blocked_reason != OrderReason.CANCELLED_AT_EASYECOM:
        detail = at_easyecom.sentence_of(order.cancelled_at_easyecom or now, "")
    return failed(order, OrderReason.CANCELLED_AT_EASYECOM, detail, now)


def settle_unclear(order: Order, outcome: Outcome, now: datetime) -> Rest | None:
    """A look-up, or a question about the queue, that EasyEcom refused or answered with what tells
    nothing.

    It proves nothing and counts: after the last one, or after LOOKS_FOR where EasyEcom only fails,
    a person has to look, whatever the policy. None: asked again, as after any trouble.
    """
    match outcome:
        case easyecom.Rejected() | easyecom.OutcomeUnknown(is_answered=True):
            is_failing = False
        case easyecom.OutcomeUnknown():
            is_failing = True
        case _:
            return None
    if not order.is_in_doubt:
        return None
    is_old = order.doubt_since is not None and now - order.doubt_since > LOOKS_FOR
    if is_failing and not is_old:
        return None
    order.change(look_ups=order.look_ups + 1)
    if not is_old and order.look_ups < len(settings.IN_DOUBT_DELAYS):
        return look_again(order)
    if order.queue_id:
        # What the queue does not tell, the number may.
        order.change(queue_id="", look_ups=0)
        return None
    return leave_to_person(order, outcome.sentence, now)


def adopt(order: Order, found: Sequence[FoundOrder], now: datetime) -> Rest | None:
    """It is ours. A split order's first invoice stands for it; one without an id is not enough."""
    invoices = sorted(found, key=lambda invoice: invoice.order_number != order.order_number)
    known = next((invoice for invoice in invoices if invoice.invoice_id), None)
    if known is None:
        order.mark_in_doubt(Doubt.ACCEPTED, now, "The look-up shows it without an invoice id.")
        return give_up_or_look_again(order, now)
    record_event("adopted", "Found at EasyEcom by its number.", at=now, order=order)
    rows.mark_pushed(order, known.order_id, known.invoice_id, now)
    if not any(invoice.awb_number for invoice in found):
        return None
    if shipment_of(order) is None:
        order.change(may_have_awb=True)
        return None
    doubt_awb(order, now)
    return compare_awb(order, found, now)


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
    if settings.UNKNOWN_ORDER_POLICY == "resend" and order.doubt not in PROVEN:
        record_event(
            "resend", f"Not found after {order.look_ups} look-ups: sent again.", at=now, order=order
        )
        order.clear_doubt()
        return None
    return leave_to_person(order, order.doubt_message, now)


def leave_to_person(order: Order, detail: str, now: datetime) -> Rest:
    """No more look-ups by themselves."""
    order.mark_blocked(OrderReason.NOT_FOUND, detail)
    record_event("not_found", "Not found; waits for a person.", at=now, order=order)
    return Rest(SyncJob.Status.IN_DOUBT, None, OrderReason.NOT_FOUND, order.blocked_message[:500])


def look_again(order: Order) -> Rest:
    delays = settings.IN_DOUBT_DELAYS
    delay = delays[min(order.look_ups, len(delays) - 1)]
    return Rest(SyncJob.Status.IN_DOUBT, delay, OrderReason.IN_DOUBT, order.blocked_message)


def settle_queue(order: Order, outcome: Outcome, now: datetime) -> Rest | None:
    """EasyEcom queued the order: wait for its end, then fetch the ids by the look-up."""
    match outcome:
        case easyecom.Done(easyecom.QueueStatus(state="waiting")):
            order.change(look_ups=order.look_ups + 1)
            if order.look_ups < QUEUE_LOOKS:
                due_in = settings.IN_DOUBT_DELAYS[0]
                message = order.blocked_message
                return Rest(SyncJob.Status.IN_DOUBT, due_in, OrderReason.IN_DOUBT, message)
            # It may be made all the same: from here on it is looked up by its number.
            order.change(queue_id="", look_ups=0)
        case easyecom.Done(easyecom.QueueStatus(state="failed") as status):
            order.change(queue_id="", refused_lines=[], refusal_file=status.error_file)
            order.mark_in_doubt(Doubt.REJECTED, now, status.reason)
        case _:
            order.change(queue_id="")
    return None


def doubt_awb(order: Order, now: datetime) -> None:
    """EasyEcom may have another AWB than the one that is to be sent, so a look comes first."""
    order.change(may_have_awb=False)
    order.mark_in_doubt(Doubt.AWB_UNKNOWN, now, "EasyEcom may have an AWB of it already.")


def compare_awb(order: Order, found: Sequence[FoundOrder], now: datetime) -> Rest | None:
    """Ours there: assigned. None there, or one that is to give way, or ours without the links that
    came later (a look-up does not show those): refused, or sent again.

    Another: a person says which, and the doubt stands, so that a retry looks again and never sends
    ours over it.
    """
    shipment = order.shipment
    theirs = {
        invoice.awb_number: {"courier": invoice.courier, "awb_number": invoice.awb_number}
        for invoice in found
        if invoice.awb_number
    }
    is_ours = any(same_awb(awb, shipment.awb_number) for awb in theirs)
    if is_ours and not shipment.has_new_links:
        rows.mark_assigned(order, now)
        return None
    unknown = [awb for awb in sorted(theirs) if not same_awb(awb, shipment.replaces)]
    others = [] if is_ours else [theirs[awb] for awb in unknown]
    shipment.at_easyecom = others or None
    unit_of_work.save(shipment, "at_easyecom")
    if others:
        named = ", ".join(other["awb_number"] for other in others)
        return failed(order, OrderReason.AWB_CONFLICT, f"It is {named}.", now)
    if order.doubt == Doubt.AWB_REJECTED:
        still = f"EasyEcom still has AWB {', '.join(sorted(theirs))}." if theirs else ""
        detail = " ".join(filter(None, [order.doubt_message, still]))
        return refuse_shipment(order, OrderReason.AWB_REJECTED, detail, now)
    order.clear_doubt()
    return None


def refuse_shipment(order: Order, reason: OrderReason, detail: str, now: datetime) -> Rest:
    """The details did not take, so Booon may give others."""
    order.clear_doubt()
    open_details(order)
    return failed(order, reason, detail, now)


def begin_details(order: Order, now: datetime | None) -> None:
    """They are on their way out, and stay as they are; None: they may be changed again."""
    order.shipment.assign_begun_at = now
    # Not `updated_at`, which tells whether somebody gave others.
    unit_of_work.save(order.shipment, "assign_begun_at")


def open_details(order: Order) -> None:
    """Details that EasyEcom has not taken may be changed again."""
    shipment = shipment_of(order)
    if shipment is not None and shipment.assigned_at is None:
        begin_details(order, None)


def failed(order: Order, reason: OrderReason, detail: str, now: datetime) -> Rest:
    """Only a person can mend this."""
    order.mark_blocked(reason, detail)
    record_event("failed", order.blocked_message, at=now, order=order)
    return Rest(SyncJob.Status.FAILED, None, reason, order.blocked_message[:500])
