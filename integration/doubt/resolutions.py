"""A permitted person's word settles a doubt that no look-up can. Each is one conditional UPDATE,
written down with who said so and why."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from booon_console import clock
from integration import onboarding
from integration.models import Doubt, Order, OrderReason, Stage, SyncJob, record_event
from sellers.models import CarrierRegistration, Location

State = CarrierRegistration.State


class AlreadySettled(Exception):
    """Somebody, or EasyEcom itself, settled it first. Nothing was changed."""


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


@transaction.atomic
def order_is_not_there(order: Order, *, actor: str, reason: str) -> None:
    """No look-up and no person finds it at EasyEcom: the same number goes out again.

    Raises AlreadySettled.
    """
    now = clock.now()
    if unfindable(order).update(**nothing_in_doubt(now)) != 1:
        raise AlreadySettled
    sentence = f"Said that the order is not in EasyEcom, to be sent again: {reason}"
    record_event("resolved", sentence, at=now, actor=actor, order=order)
    SyncJob.objects.filter(order=order).want()


def unfindable(order: Order) -> QuerySet[Order]:
    """The order's row, while it waits for just that word."""
    waiting = Order.objects.filter(
        pk=order.pk, stage=Stage.RECEIVED, blocked_reason=OrderReason.NOT_FOUND
    )
    return waiting.exclude(doubt=Doubt.NONE)


def nothing_in_doubt(now: datetime) -> dict[str, object]:
    return {
        "doubt": Doubt.NONE,
        "doubt_since": None,
        "doubt_message": "",
        "look_ups": 0,
        "queue_id": "",
        "blocked_reason": "",
        "blocked_detail": "",
        "updated_at": now,
    }
