"""A permitted person's word settles whether EasyEcom has the carrier, written down with who said so
and why. It holds only while the registration still waits for it."""

from django.db import transaction

from booon_console.lib import clock
from integration.models import SyncJob, record_event
from integration.onboarding import flow
from sellers.models import CarrierRegistration, Location

State = CarrierRegistration.State


class AlreadySettled(Exception):
    """Somebody, or EasyEcom itself, settled it first. Nothing was changed."""


def carrier_is_there(
    registration: CarrierRegistration, company_carrier_id: str, *, actor: str, reason: str
) -> None:
    """EasyEcom's Carrier Master shows it. Raises AlreadySettled."""
    resolve_carrier(
        registration,
        f"Said that the carrier of {registration.location_key} is in EasyEcom, "
        f"companyCarrierId {company_carrier_id}: {reason}",
        actor,
        state=State.REGISTERED,
        company_carrier_id=company_carrier_id,
    )


def carrier_is_not_there(registration: CarrierRegistration, *, actor: str, reason: str) -> None:
    """Carrier Master does not show it: it may be sent once more. Raises AlreadySettled."""
    resolve_carrier(
        registration,
        f"Said that the carrier of {registration.location_key} is not in EasyEcom, "
        f"to be sent once more: {reason}",
        actor,
        state=State.NOT_SENT,
        sent_at=None,
    )


@transaction.atomic
def resolve_carrier(
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
        flow.unblock(location)
        SyncJob.objects.want_location(location)
