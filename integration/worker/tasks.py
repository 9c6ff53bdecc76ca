"""What runs in the queue, and how it is woken. Tasks load and call; they never raise.

The queue is only a wake-up: every task here finds its work in our own rows, so a task that is
lost, late or doubled changes nothing.
"""

import datetime as dt
import time
from collections.abc import Callable
from functools import partial

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone
from django_q.models import Schedule, Task

from booon_console.lib import clock
from integration.bulk import runs
from integration.catalog import pull
from integration.feed import sender
from integration.models import Binding, Drain, Shard, Worker
from integration.models.worker import Drains
from integration.monitoring import alerts, reason_refresh, statistics
from integration.onboarding import flow
from integration.orders import manifests
from integration.reconciliation import schedule
from integration.sync import database_guard, shards, wakeup
from integration.sync import engine as sync_engine
from integration.sync.queue import enqueue
from integration.sync.wakeup import quietly, worker_id
from integration.webhooks import processing
from integration.worker import retention

log = structlog.get_logger(__name__)

DRAIN_SECONDS = 10.0
RETENTION_SECONDS = 30.0


def ask_for_beat(worker_id: str) -> None:
    enqueue(f"{__name__}.beat", worker_id)


def pulse() -> None:
    """Wake each kind that has work and no drain. Raises when the database does."""
    for drain in Drain.objects.idle(clock.now()):
        if has_work(drain.kind):
            wakeup.wake(drain.kind)


def has_work(kind: str) -> bool:
    match kind:
        case Drain.Kind.OUTBOX:
            # What a drain has is that drain's to find.
            return sync_engine.has_work(shards.free_part(clock.now()))
        case Drain.Kind.INBOX:
            return processing.has_stored()
        case Drain.Kind.BULK:
            return runs.has_due()
        case Drain.Kind.ALERTS:
            return False  # its schedule's, and theirs who see that no worker is there
        case _:
            return sender.has_work()


@quietly
def drain_outbox() -> None:
    """Some sellers' part of it (`sync.shards`). Where this host has its part already, another that
    has none is asked."""
    me, now = worker_id(), clock.now()
    Drain.objects.filter(kind=Drain.Kind.OUTBOX).update(queued_at=None)
    claim = shards.claim(me, now)
    if claim is not None:
        drain = partial(sync_engine.drain, when_closed=claim.release, part=claim.part)
        run_claimed(Drain.Kind.OUTBOX, claim, drain)
    elif shards.has_drain(me, now) and (host := shards.idle_hosts(me, now).order_by("?").first()):
        enqueue(f"{__name__}.drain_outbox", host.pk)


@quietly
def drain_inbox() -> None:
    run_drain(Drain.Kind.INBOX, processing.drain)


@quietly
def drain_announcements() -> None:
    run_drain(Drain.Kind.ANNOUNCEMENTS, sender.drain)


@quietly
def drain_bulk() -> None:
    run_drain(Drain.Kind.BULK, lambda seconds: runs.drain())


@quietly
def look_for_alerts() -> None:
    alerts.look_for_alerts()


@quietly
def beat() -> None:
    """The cluster's heartbeat: its supervisor asks it, and it alone, for one."""
    Worker.objects.filter(id=worker_id()).update(beat_at=clock.now())


@quietly
def renew_tokens() -> None:
    flow.want_renewals()


@quietly
def look_again() -> None:
    """For manifests parked as unknown, whose order came just as they were being parked."""
    manifests.retry_unknown()


@quietly
def pull_catalogs() -> None:
    pull.want_pulls()


@quietly
def renew_reasons() -> None:
    reason_refresh.renew()


@quietly
def count_tallies() -> None:
    statistics.count()


@quietly
def reconcile() -> None:
    schedule.run_round()


@quietly
def delete_old() -> None:
    """One stretch of retention. Where it did not get through, another task goes on."""
    now = clock.now()
    deadline = time.monotonic() + RETENTION_SECONDS
    finished = Task.objects.filter(stopped__lt=now - retention.KEPT)
    counts = retention.delete_old(now, deadline)
    counts["tasks"] = retention.in_chunks(finished, retention.delete, deadline)
    log.info("old data deleted", **counts)
    if time.monotonic() >= deadline:
        enqueue(f"{__name__}.delete_old")


def run_drain(kind: str, engine: Callable[[float], object]) -> None:
    """One drain at a time takes up work."""
    claim = Drain.objects.filter(kind=kind).claim(worker_id(), clock.now())
    if claim is not None:
        run_claimed(kind, claim, engine)


def run_claimed(kind: str, claim: Drains | shards.Claim, engine: Callable[[float], object]) -> None:
    began = time.monotonic()
    try:
        engine(DRAIN_SECONDS)
    finally:
        claim.release()
    if time.monotonic() - began >= DRAIN_SECONDS:
        wakeup.wake(kind)


# When a task runs by itself: every hour, every so often, or every night at that time in India.
SCHEDULES: dict[str, dt.time | dt.timedelta | None] = {
    "look_for_alerts": dt.timedelta(minutes=1),
    "renew_tokens": None,
    "look_again": None,
    "count_tallies": dt.timedelta(minutes=1),
    "renew_reasons": dt.timedelta(minutes=1),
    "reconcile": dt.timedelta(minutes=10),
    "pull_catalogs": dt.time(2, 30),
    "delete_old": dt.time(3, 30),
}


def install() -> None:
    """The rows that the worker needs: its drains and its schedules. Safe to repeat."""
    tables = connection.introspection.table_names()
    if not {each._meta.db_table for each in (Drain, Shard, Schedule, Binding)} <= set(tables):
        return  # `migrate` went to a point before them
    database_guard.install()
    shards.install(settings.OUTBOX_SHARDS)
    Drain.objects.bulk_create([Drain(kind=kind) for kind in Drain.Kind], ignore_conflicts=True)
    for task, at in SCHEDULES.items():
        fields = {"func": f"{__name__}.{task}", **repeats(at)}
        Schedule.objects.update_or_create(
            name=task, defaults=fields, create_defaults=fields | {"next_run": next_run(at)}
        )
    Schedule.objects.filter(func__startswith=__name__).exclude(name__in=SCHEDULES).delete()


def repeats(at: dt.time | dt.timedelta | None) -> dict[str, str | int]:
    if isinstance(at, dt.timedelta):
        return {"schedule_type": Schedule.MINUTES, "minutes": at // dt.timedelta(minutes=1)}
    return {"schedule_type": Schedule.DAILY if at else Schedule.HOURLY}


def next_run(at: dt.time | dt.timedelta | None) -> dt.datetime:
    now = timezone.localtime()
    if not isinstance(at, dt.time):
        return now
    today = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    return today if today > now else today + dt.timedelta(days=1)
