"""A location whose key was mistyped: nothing ever came of it, so it may have another, or go."""

from django.db import transaction
from django.db.models import ProtectedError, Q

from booon_console.lib import clock
from integration.models import (
    ApiCall,
    Change,
    Event,
    Order,
    SyncJob,
    open_events,
    record_event,
    record_events,
)
from integration.onboarding import input_hints
from sellers.models import CarrierRegistration, Location

State = CarrierRegistration.State
# What asks EasyEcom about a location that is not known yet.
ASKING = (SyncJob.Kind.LOCATION, SyncJob.Kind.PROBE)

LOGGED_IN = "EasyEcom took its log-in, so its key is right."
SENT = "Booon's carrier was sent to EasyEcom for it, or may have been."
HAS_ORDERS = "Booon gave orders for it."
HAS_MORE = "Something was received for it."
NEWEST = (
    "It was the last that EasyEcom was asked about, and by its newest call and job the console "
    "knows its database. Add the right location, or test the connection of another one; then "
    "remove this one."
)
UNDER_WAY = "A call for it is under way. Try again in a minute."


class Stays(Exception):
    """Something came of it, as `sentence` says. Nothing was removed."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


def what_came_of(location: Location) -> str:
    """Why its key may be right; "" where nothing ever came of it."""
    if location.token_issued_at or location.located_at or location.is_live:
        return LOGGED_IN
    registrations = CarrierRegistration.objects.filter(location_key=location.location_key)
    if registrations.exclude(state=State.NOT_SENT).exists():
        return SENT
    return HAS_ORDERS if Order.objects.filter(location=location).exists() else ""


def is_newest(location: Location) -> bool:
    """Whether the newest job or call of all would go with it: fewer of them are a sign of a
    restored database, and everything would be held
    (docs/decisions/0022-holds-and-restored-databases.md)."""
    last_job = SyncJob.objects.order_by("-pk").first()
    last_call = ApiCall.objects.order_by("-pk").defer("request", "reply").first()
    return any(last and last.location_id == location.pk for last in (last_job, last_call))


@transaction.atomic
def remove(location: Location, reason: str, *, actor: str) -> None:
    """As if it had never been given; what was done to it stays in its seller's events. Raises
    Stays.

    The engine locks a location before it opens a call for it, and orders refer to it: what begins
    meanwhile waits here, and then finds none.
    """
    location = Location.objects.select_for_update().select_related("seller").get(pk=location.pk)
    if sentence := what_came_of(location) or what_hangs_on(location):
        raise Stays(sentence)
    key, seller = input_hints.masked(location.location_key), location.seller
    own = CarrierRegistration.objects.filter(location_key=location.location_key)
    # Typed for this seller: whoever gets the key later has another carrier's log-in.
    own.update(username="", password="", token="")
    give_events_to_the_seller(location, key)
    try:
        SyncJob.objects.filter(location=location, kind__in=ASKING).delete()
        location.delete()
    except ProtectedError:
        raise Stays(HAS_MORE) from None
    said = f"Removed the location {key}, which was mistyped: {reason}"
    record_event("onboarding", said, at=clock.now(), actor=actor, seller=seller)


def what_hangs_on(location: Location) -> str:
    """A job is locked by whoever is at it, and then it is not waited for: that would be one waiting
    for the other."""
    jobs = SyncJob.objects.filter(location=location)
    free = jobs.select_for_update(skip_locked=True).exclude(status=SyncJob.Status.RUNNING)
    if len(free) < jobs.count():
        return UNDER_WAY
    if Change.objects.filter(location=location).exists():
        return HAS_MORE
    return NEWEST if is_newest(location) else ""


def give_events_to_the_seller(location: Location, key: str) -> None:
    """No event is changed, and those of a location go with it: each is written once more, with the
    key in its words."""
    own = Q(location=location) | Q(job__location=location)
    before = list(Event.objects.filter(own).order_by("pk"))
    open_events()
    Event.objects.filter(pk__in=[event.pk for event in before]).delete()
    record_events(
        Event(
            at=event.at,
            kind=event.kind,
            actor=event.actor,
            sentence=f"{key}: {event.sentence}"[:500],
            seller_id=location.seller_id,
            correlation_id=event.correlation_id,
        )
        for event in before
    )
