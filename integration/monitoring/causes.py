"""What is wrong right now, of what somebody has to be told at once. Reads rows, writes none.

Sentences leave the console, so they hold no secret, no buyer and no free text of anybody's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count
from django.utils import timezone

from integration.feed import announcements
from integration.models import (
    Alert,
    Announcement,
    ApiKey,
    Delivery,
    Hold,
    SyncJob,
    WebhookEndpoint,
    Worker,
)
from integration.monitoring import webhook_health
from integration.sync import leases, log_ins, postponing
from sellers.models import CarrierRegistration, Location, LoginTrouble, Seller

Kind = Alert.Kind
# Before a key ends, and after: whoever still shows it is refused.
KEY_REMINDER, KEY_ENDED = timedelta(days=14), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Cause:
    """The same `key` is the same cause, however its sentence changes."""

    key: str
    kind: Alert.Kind
    sentence: str
    seller_id: int | None = None


def current_causes(now: datetime) -> list[Cause]:
    """A fixed number of queries where all is well."""
    return [
        *silent_worker(now),
        *holds(),
        *carriers_in_doubt(),
        *webhooks_in_danger(now),
        *silent_webhooks(now),
        *refused_log_ins(),
        *unusable_accounts(),
        *old_queues(now),
        *ending_keys(now),
    ]


def silent_worker(now: datetime) -> Iterator[Cause]:
    expected = settings.WORKERS_EXPECTED
    at_work = Worker.objects.at_work(now).count()
    if not at_work:
        sentence = "No worker sends a heartbeat: nothing is sent or applied."
        yield Cause("worker", Kind.WORKER, sentence)
    elif at_work < expected:
        sentence = f"{at_work} of {expected} workers send a heartbeat."
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


def webhooks_in_danger(now: datetime) -> Iterator[Cause]:
    rows = WebhookEndpoint.objects.select_related("location").defer("location__token")
    in_danger = list(webhook_health.in_danger(rows, now))
    for line in webhook_health.health_of(in_danger, now):
        endpoint = line.endpoint
        sentence = (
            f"The {endpoint.topic} webhook of {endpoint.location.location_key} was refused "
            f"{line.refused} times in a day. EasyEcom switches it off at "
            f"{webhook_health.SWITCHED_OFF_AT}."
        )
        seller_id = endpoint.location.seller_id
        yield Cause(f"lifeline:{endpoint.pk}", Kind.LIFELINE, sentence, seller_id)


def silent_webhooks(now: datetime) -> Iterator[Cause]:
    """EasyEcom tells nobody when it switched a webhook off; a silence does."""
    silent = WebhookEndpoint.objects.silent(now).select_related("location")
    for endpoint in silent.defer("location__token").order_by("pk"):
        sentence = (
            f"The inventory webhook of {endpoint.location.location_key} is silent although "
            "EasyEcom took orders since: it was switched off, or never set. Look at EasyEcom's "
            "Webhook Settings; levels are read back meanwhile."
        )
        seller_id = endpoint.location.seller_id
        yield Cause(f"silent:{endpoint.pk}", Kind.SILENT, sentence, seller_id)


def refused_log_ins() -> Iterator[Cause]:
    sellers = Seller.objects.filter(locations__login_trouble=LoginTrouble.REFUSED)
    refused = sellers.annotate(places=Count("locations")).values_list("pk", "code", "places")
    for pk, code, places in refused:
        sentence = f"EasyEcom refuses the log-in of {code}, at {places} of its locations."
        yield Cause(f"log_in:{pk}", Kind.LOG_IN, sentence, pk)


def unusable_accounts() -> Iterator[Cause]:
    """Sellers whose calls the console can't make, and why their jobs say so."""
    waiting = SyncJob.objects.filter(
        status__in=[SyncJob.Status.PENDING, SyncJob.Status.IN_DOUBT],
        error_code__in=[log_ins.UNREADABLE, postponing.FAULT],
    )
    said = waiting.order_by("seller", "-updated_at").values_list(
        "seller", "seller__code", "error_message"
    )
    for seller_id, (code, message) in {pk: more for pk, *more in said}.items():
        sentence = f"Nothing goes out for {code}. {message}"
        yield Cause(f"account:{seller_id}", Kind.ACCOUNT, sentence, seller_id)


def old_queues(now: datetime) -> Iterator[Cause]:
    for name in late_queues(now):
        sentence = f"{name} have waited for more than {settings.ALERT_QUEUE_MINUTES:g} minutes."
        yield Cause(f"queue:{name}", Kind.QUEUE, sentence)


def late_queues(now: datetime) -> list[str]:
    limit = timedelta(minutes=settings.ALERT_QUEUE_MINUTES)
    return [name for name, is_late in queues(now - limit, now) if is_late]


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


def ending_keys(now: datetime) -> Iterator[Cause]:
    valid = ApiKey.objects.filter(revoked_at=None)
    ending = valid.filter(expires_at__gt=now - KEY_ENDED, expires_at__lte=now + KEY_REMINDER)
    for key in ending.order_by("pk"):
        verb = "ended" if key.has_expired(now) else "ends"
        day = f"{timezone.localtime(key.expires_at):%-d %B %Y}"
        sentence = (
            f"The API key {key.name} {verb} on {day}. Make another (manage.py create_api_key), "
            "have it used, then revoke this one."
        )
        yield Cause(f"key:{key.pk}", Kind.KEY, sentence)
