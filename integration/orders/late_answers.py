"""What EasyEcom answered to a Create Order after the console had given the call up.

The order went on meanwhile: it may have been looked for in vain, changed, sent again, withdrawn. An
answer that says "created" is evidence all the same, and the call names the revision that it sent
(docs/decisions/0038-revisions.md). It is never taken as the order's own: it brings doubt, and
doubt a look-up.
"""

from datetime import datetime

from integration import easyecom
from integration.easyecom import Kind, Outcome
from integration.models import (
    ApiCall,
    Doubt,
    Order,
    OrderReason,
    Stage,
    SyncJob,
    record_event,
)


def record(call: ApiCall, outcome: Outcome, now: datetime) -> None:
    """Let the order know, where the answer says that EasyEcom has it."""
    if call.kind != Kind.CREATE_ORDER or not isinstance(outcome, easyecom.Done):
        return
    orders = Order.objects.select_for_update(of=("self",), no_key=True)
    order = orders.get(api_calls=call)
    invoice_id = getattr(outcome.reply, "invoice_id", "")
    said = f"EasyEcom says late: {outcome.reply.sentence}"
    if order.stage == Stage.RECEIVED:
        put_in_doubt(order, call.revision or order.revision, said, now)
    elif order.stage == Stage.WITHDRAWN:
        order.change(is_number_spent=True)
        record_late(order, f"{said} The order is withdrawn: cancel it in EasyEcom.", now)
    elif invoice_id and invoice_id != order.easyecom_invoice_id:
        told = f"{said} The order has InvoiceID {order.easyecom_invoice_id}: there may be two."
        record_late(order, told, now)


def put_in_doubt(order: Order, revision: int, said: str, now: datetime) -> None:
    is_earlier = revision < order.revision
    cause = Doubt.EARLIER if is_earlier else Doubt.ACCEPTED
    which = f" It is revision {revision}, not {order.revision}." if is_earlier else ""
    order.mark_in_doubt(cause, now, f"{said}{which}")
    order.mark_blocked(OrderReason.IN_DOUBT, f"{said}{which}")
    record_event("in_doubt", f"{cause.label}. {said}{which}", at=now, order=order)
    SyncJob.objects.filter(order=order).want()


def record_late(order: Order, sentence: str, now: datetime) -> None:
    record_event("late_answer", sentence, at=now, order=order)
