"""What is wrong right now, of what somebody has to be told at once. Reads rows, writes none.

Sentences leave the console, so they hold no secret, no buyer and no free text of anybody's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Sum

from integration.engine import leases
from integration.models import (
    Alert,
    Announcement,
    Delivery,
    Hold,
    Refusal,
    WebhookEndpoint,
    Worker,
)
from integration.telling import announcements
from integration.trouble import lifelines
from sellers.models import CarrierRegistration, Location, LoginTrouble, Seller

Kind = Alert.Kind

SILENCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Cause:
    """The same `key` is the same cause, however its sentence changes."""

    key: str
    kind: Alert.Kind
    sentence: str
    seller_id: int | None = None


def found(now: datetime) -> list[Cause]:
    """A fixed number of queries where all is well."""
    return [
        *silent_worker(now),
        *holds(),
        *carriers_in_doubt(),
        *lifelines_in_danger(now),
        *refused_log_ins(),
        *old_queues(now),
    ]


def is_silent(now: datetime) -> bool:
    """Whether no worker, of any host, gave a sign of life within a minute."""
    return not Worker.objects.filter(beat_at__gte=now - SILENCE).exists()


def silent_worker(now: datetime) -> Iterator[Cause]:
    if is_silent(now):
        sentence = "No worker gives a sign of life: nothing is sent or applied."
        yield Cause("worker", Kind.WORKER, sentence)


def holds() -> Iterator[Cause]:
    for hold in Hold.objects.open().select_related("seller").order_by("pk"):
        whom = hold.seller.code if hold.seller else "Everything"
        why = " The database is not the one that was here before." if hold.doubts_database else ""
        sentence = f"{whom} is held: nothing goes out to EasyEcom.{why}"
        yield Cause(f"hold:{hold.pk}", Kind.HOLD, sentence, hold.seller_id)


def carriers_in_doubt() -> Iterator[Cause]:
    doubtful = CarrierRegistration.objects.filter(state=CarrierRegistration.State.IN_DOUBT)
    keys = dict(doubtful.values_list("location_key", "pk"))
    places = Location.objects.filter(location_key__in=keys)
    owners = dict(places.values_list("location_key", "seller"))
    for location_key, pk in keys.items():
        sentence = (
            f"The carrier registration of {location_key} is in doubt. "
            "A person must look in EasyEcom's Carrier Master."
        )
        yield Cause(f"carrier:{pk}", Kind.CARRIER, sentence, owners.get(location_key))


def lifelines_in_danger(now: datetime) -> Iterator[Cause]:
    for lifeline in lifelines.of(refused_often(now), now):
        if not lifeline.is_in_danger:
            continue
        endpoint = lifeline.endpoint
        sentence = (
            f"The {endpoint.topic} webhook of {endpoint.location.location_key} was refused "
            f"{lifeline.refused} times in a day. EasyEcom switches it off at "
            f"{lifelines.SWITCHED_OFF_AT}."
        )
        seller_id = endpoint.location.seller_id
        yield Cause(f"lifeline:{endpoint.pk}", Kind.LIFELINE, sentence, seller_id)


def refused_often(now: datetime) -> list[WebhookEndpoint]:
    lately = Refusal.objects.filter(hour__gte=now - lifelines.DAY - timedelta(hours=1))
    counts = lately.values("endpoint_id").annotate(refused=Sum("count"))
    often = counts.filter(refused__gte=lifelines.RULE[0][0]).values("endpoint_id")
    endpoints = WebhookEndpoint.objects.filter(pk__in=often).select_related("location")
    return list(endpoints.defer("location__token"))


def refused_log_ins() -> Iterator[Cause]:
    sellers = Seller.objects.filter(locations__login_trouble=LoginTrouble.REFUSED)
    refused = sellers.annotate(places=Count("locations")).values_list("pk", "code", "places")
    for pk, code, places in refused:
        sentence = f"EasyEcom refuses the log-in of {code}, at {places} of its locations."
        yield Cause(f"log_in:{pk}", Kind.LOG_IN, sentence, pk)


def old_queues(now: datetime) -> Iterator[Cause]:
    limit = timedelta(minutes=settings.ALERT_QUEUE_MINUTES)
    for name, is_old in queues(now - limit, now):
        if is_old:
            sentence = f"{name} wait since more than {settings.ALERT_QUEUE_MINUTES:g} minutes."
            yield Cause(f"queue:{name}", Kind.QUEUE, sentence)


def queues(limit: datetime, now: datetime) -> Iterable[tuple[str, bool]]:
    """What should have gone on by itself. Polling may wait, and a replay is no old delivery."""
    jobs = leases.claimable(now).polling(False).filter(due_at__lt=limit)
    stored = Delivery.objects.filter(status=Delivery.Status.STORED, judged_at=None)
    untold = Announcement.objects.waiting().filter(change__at__lt=limit)
    tells = announcements.is_wanted() and not announcements.is_held()
    return [
        ("Calls to EasyEcom", jobs.exists()),
        ("Webhooks from EasyEcom", stored.filter(received_at__lt=limit).exists()),
        ("Webhooks to Booon", tells and untold.exists()),
    ]
