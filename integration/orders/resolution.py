"""A permitted person's word settles a doubt that no look-up can, written down with who said so
and why. Each holds only while the row still waits for it."""

from django.db import models, transaction

from booon_console.lib import clock
from integration.models import TAKES_AWB, Order, OrderReason, Stage, SyncJob, record_event
from integration.orders import corrections, rows


class AlreadySettled(Exception):
    """Somebody, or EasyEcom itself, settled it first. Nothing was changed."""


class InvoiceTaken(Exception):
    """Another order of the seller has this InvoiceID. Nothing was changed."""


class Answer(models.TextChoices):
    """What a permitted person saw in EasyEcom, Failed Orders included, and what follows."""

    THERE = "there", "It is there, and it is this order"
    NOT_THERE = "not_there", "It is not there: send it again"
    WITHDRAW = "withdraw", "It is not there and shall not go there: withdraw it"
    WITHDRAW_CANCELLED = "withdraw_cancelled", "It is cancelled there and stays so: withdraw it"
    AWB_THERE = "awb_there", "The order has this AWB there"
    AWB_NOT_THERE = "awb_not_there", "The order has no AWB there: send it again"


# EasyEcom shows another order under the number, or says that one exists, or has it cancelled.
NUMBER_SPENT = (
    OrderReason.CONFLICT,
    OrderReason.NUMBER_TAKEN,
    OrderReason.CANCELLED_AT_EASYECOM,
)


def possible_answers(order: Order) -> tuple[Answer, ...]:
    """What there is to say about an order as it stands. Nothing while it moves on by itself."""
    match (order.stage, order.blocked_reason, order.is_in_doubt):
        case (Stage.RECEIVED, OrderReason.CONFLICT, True):
            # Sent again beside another order of that number, there would be two.
            return (Answer.THERE, Answer.WITHDRAW)
        case (Stage.RECEIVED, OrderReason.CANCELLED_AT_EASYECOM, True):
            # Opened again there, a look-up finds it; its number can't be sent beside it.
            return (Answer.WITHDRAW_CANCELLED,)
        case (Stage.RECEIVED, OrderReason.NOT_FOUND | OrderReason.NUMBER_TAKEN, True):
            return (Answer.THERE, Answer.NOT_THERE, Answer.WITHDRAW)
        case (stage, OrderReason.NOT_FOUND | OrderReason.CONFLICT, True) if stage in TAKES_AWB:
            return (Answer.AWB_THERE, Answer.AWB_NOT_THERE)
    return ()


@transaction.atomic
def resolve_order(
    order: Order,
    word: Answer,
    *,
    actor: str,
    reason: str,
    order_id: str = "",
    invoice_id: str = "",
) -> None:
    """The person's word about an order that no look-up settles; the ids only with `there`.

    Raises AlreadySettled, and InvoiceTaken where another order of the seller has that id.
    """
    now = clock.now()
    order = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)
    if word not in possible_answers(order):
        raise AlreadySettled
    said = f"Said: {word.label}"
    match word:
        case Answer.THERE:
            if Order.objects.filter(seller=order.seller_id, easyecom_invoice_id=invoice_id):
                raise InvoiceTaken
            said += f" (InvoiceID {invoice_id})"
            rows.mark_pushed(order, order_id, invoice_id, now)
        case Answer.AWB_THERE:
            rows.mark_assigned(order, now)
        case Answer.WITHDRAW | Answer.WITHDRAW_CANCELLED:
            is_spent = order.blocked_reason in NUMBER_SPENT
            order.clear_doubt()
            corrections.end_unsent(order, actor=actor, now=now, is_number_spent=is_spent)
        case Answer.NOT_THERE | Answer.AWB_NOT_THERE:
            order.clear_doubt()
            order.change(blocked_reason="", blocked_detail="")
    record_event("resolved", f"{said}. {reason}", at=now, actor=actor, order=order)
    SyncJob.objects.filter(order=order).want()
