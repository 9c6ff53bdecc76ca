"""Nine builds of the console that break a promise. The harness has to catch each of them.

Each replaces one function by one as it might have been written without the rule it stands for.
"""

import hashlib
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import F

from booon_console.lib import clock
from integration import easyecom
from integration.models import ChangeCounter, Delivery, Order, SyncJob, SyncJobs
from integration.onboarding import flow as onboarding_flow
from integration.orders import push, revisions, rows
from integration.orders.facts import as_body
from integration.sync import leases, turns
from integration.webhooks import processing
from sellers.models import CarrierRegistration
from tests.faults import points


def no_lease() -> None:
    """Whoever sees a due job sends for it, whether or not somebody is at it already."""

    def due(now: datetime) -> SyncJobs:
        running = SyncJob.objects.filter(status=SyncJob.Status.RUNNING)
        return SyncJob.objects.filter(status__in=["pending", "in_doubt"], due_at__lte=now) | running

    leases.due = due
    turns.left_open = lambda jobs: {}


def no_lease_token() -> None:
    """A worker that was away for long settles what another has taken over."""

    def lock(jobs: Collection[SyncJob]) -> set[int]:
        until = clock.now() + timedelta(seconds=settings.SYNC_LEASE)
        for job in jobs:
            held = SyncJob.objects.filter(pk=job.pk)
            held.update(status="running", lease_token=job.lease_token, lease_until=until)
        return {job.pk for job in jobs}

    leases.lock = lock


def dropped_by_hash() -> None:
    """A body that was seen before is dropped, for ever."""
    judge = processing.judge

    def judge_new(readings: Any) -> int:
        for reading in readings:
            if not reading.delivery.body:
                continue  # what the console asked for itself
            digest = hashlib.sha256(bytes(reading.delivery.body)).digest()
            older = Delivery.objects.filter(topic="inventory", pk__lt=reading.delivery.pk)
            bodies = older.values_list("body", flat=True)
            if any(hashlib.sha256(bytes(body)).digest() == digest for body in bodies):
                reading.lines = ()
        return judge(readings)

    processing.judge = judge_new


def suffixed_number() -> None:
    """A retry goes out under a number of its own, as EasyEcom's message advises."""
    create_order = push.create_order

    def create_again(order: Order, carrier: str) -> Any:
        if order.push_begun_at is not None:
            order.order_number = f"{order.order_number}-R"
        return create_order(order, carrier)

    push.create_order = create_again


def carrier_sent_again() -> None:
    """A 400 is taken for a no, and the carrier is registered anew."""
    settle = onboarding_flow.settle_registration

    def settle_registration(location: Any, outcome: Any, now: datetime) -> Any:
        if not isinstance(outcome, easyecom.Rejected):
            return settle(location, outcome, now)
        states = CarrierRegistration.State
        sending = CarrierRegistration.objects.filter(location_key=location.location_key)
        sending.update(state=states.NOT_SENT, sent_at=None)
        return None

    onboarding_flow.settle_registration = settle_registration


def job_saved_later() -> None:
    """An order is committed first, and its sync job in a second transaction."""
    bulk_create = SyncJobs.bulk_create

    def save_later(jobs: Any, *args: Any, **kwargs: Any) -> Any:
        if connection.connection is not None:
            connection.connection.commit()
        points.pass_by("between_transactions", ())
        return bulk_create(jobs, *args, **kwargs)

    SyncJobs.bulk_create = save_later


def doubt_overwritten() -> None:
    """Asking for a job again forgets that something of it is in doubt."""

    def want(jobs: SyncJobs, *, correlation_id: str = "") -> int:
        now = clock.now()
        ids = list(jobs.values_list("order_id", flat=True))
        Order.objects.filter(pk__in=ids).update(doubt="", doubt_since=None, look_ups=0)
        return jobs.exclude(status__in=["cancelled", "running"]).update(
            wanted=F("wanted") + 1, due_at=now, status="pending", updated_at=now
        )

    SyncJobs.want = want


def revision_forgotten() -> None:
    """A change writes over what was sent, and what EasyEcom has is not told apart from it."""
    fresh = rows.fresh

    def record(order: Order, facts: Any, *args: Any, **kwargs: Any) -> list[Any]:
        before, after = revisions.body_of(order), as_body(facts)
        return list(revisions.differences(before, after))

    revisions.record = record
    rows.fresh = lambda order: fresh(order) | {"revision": order.revision}


def cursors_given_again() -> None:
    """Who restored an older dump goes on where the dump ended."""
    type(ChangeCounter.objects).pass_over = lambda counters, remembered, now: None


BUILDS: dict[str, Callable[[], None]] = {
    build.__name__: build
    for build in (
        no_lease,
        no_lease_token,
        dropped_by_hash,
        suffixed_number,
        carrier_sent_again,
        job_saved_later,
        doubt_overwritten,
        revision_forgotten,
        cursors_given_again,
    )
}
