"""A permitted person's word settles a doubt that no look-up can, written down with who said so
and why. Each holds only while the row still waits for it."""

from django.db import models, transaction

from booon_console import clock
from integration import onboarding
from integration.doubt import lookups
from integration.entry import intake
from integration.models import Order, OrderReason, Stage, SyncJob, record_event
from sellers.models import CarrierRegistration, Location

State = CarrierRegistration.State


class AlreadySettled(Exception):
    """Somebody, or EasyEcom itself, settled it first. Nothing was changed."""


class InvoiceTaken(Exception):
    """Another order of the seller has this InvoiceID. Nothing was changed."""


def carrier_is_there(
    registration: CarrierRegistration, company_carrier_id: str, *, actor: str, reason: str
) -> None:
    """EasyEcom's Carrier Master shows it. Raises AlreadySettled."""
    settle_carrier(
        registration,
        f"Said that the carrier of {registration.location_key} is in EasyEcom, "
        f"companyCarrierId {company_carrier_id}: {reason}",
        actor,
        state=State.REGISTERED,
        company_carrier_id=company_carrier_id,
    )


def carrier_is_not_there(registration: CarrierRegistration, *, actor: str, reason: str) -> None:
    """Carrier Master does not show it: it may be sent once more. Raises AlreadySettled."""
    settle_carrier(
        registration,
        f"Said that the carrier of {registration.location_key} is not in EasyEcom, "
        f"to be sent once more: {reason}",
        actor,
        state=State.NOT_SENT,
        sent_at=None,
    )


@transaction.atomic
def settle_carrier(
    registration: CarrierRegistration, sentence: str, actor: str, **columns: object
) -> None:
    now = clock.now()
    # The location before the registration: the engine locks in that order too.
    locked = Location.objects.select_for_update(no_key=True)
    location = locked.filter(location_key=registration.location_key).first()
    in_doubt = CarrierRegistration.objects.filter(pk=registration.pk, state=State.IN_DOUBT)
    said = {"doubt_since": None, "doubt_cause": "", "decided_by": actor[:150], "updated_at": now}
    if in_doubt.update(**said, **columns) != 1:
        raise AlreadySettled
    record_event("resolved", sentence, at=now, actor=actor, location=location)
    if location is not None:
        onboarding.unblock(location)
        onboarding.want(location)


class Word(models.TextChoices):
    """What a permitted person saw in EasyEcom, Failed Orders included, and what follows."""

    THERE = "there", "It is there, and it is this order"
    NOT_THERE = "not_there", "It is not there: send it again"
    WITHDRAW = "withdraw", "It is not there and shall not go there: withdraw it"
    AWB_THERE = "awb_there", "The order has this AWB there"
    AWB_NOT_THERE = "awb_not_there", "The order has no AWB there: send it again"


def words_about(order: Order) -> tuple[Word, ...]:
    """What there is to say about an order as it stands. Nothing while it moves on by itself."""
    match (order.stage, order.blocked_reason, order.is_in_doubt):
        case (Stage.RECEIVED, OrderReason.REJECTED, False):
            # EasyEcom refused it and a look-up showed nothing.
            return (Word.WITHDRAW,)
        case (Stage.RECEIVED, OrderReason.CONFLICT, True):
            # Sent again beside another order of that number, there would be two.
            return (Word.THERE, Word.WITHDRAW)
        case (Stage.RECEIVED, OrderReason.NOT_FOUND | OrderReason.NUMBER_TAKEN, True):
            return (Word.THERE, Word.NOT_THERE, Word.WITHDRAW)
        case (Stage.AWAITING_CARRIER, OrderReason.NOT_FOUND | OrderReason.CONFLICT, True):
            return (Word.AWB_THERE, Word.AWB_NOT_THERE)
    return ()


@transaction.atomic
def settle_order(
    order: Order,
    word: Word,
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
    if word not in words_about(order):
        raise AlreadySettled
    said = f"Said: {word.label}"
    match word:
        case Word.THERE:
            if Order.objects.filter(seller=order.seller_id, easyecom_invoice_id=invoice_id):
                raise InvoiceTaken
            said += f" (InvoiceID {invoice_id})"
            lookups.mark_pushed(order, order_id, invoice_id, now)
        case Word.AWB_THERE:
            lookups.mark_assigned(order, now)
        case Word.WITHDRAW:
            order.clear_doubt()
            intake.end(order, actor=actor, now=now)
        case Word.NOT_THERE | Word.AWB_NOT_THERE:
            order.clear_doubt()
            order.change(blocked_reason="", blocked_detail="")
    record_event("resolved", f"{said}. {reason}", at=now, actor=actor, order=order)
    SyncJob.objects.filter(order=order).want()
