"""What runs in the queue, and how it is woken. Tasks load and call; they never raise.

The queue is only a wake-up: every task here finds its work in our own rows, so a task that is
lost, late or doubled changes nothing.
"""

import datetime as dt
import os
import time
from collections.abc import Callable
from functools import wraps

import structlog
from django.db import connection, transaction
from django.utils import timezone
from django_q.models import Schedule, Task

from booon_console import clock
from integration import inbox, manifests, onboarding, outbox, products, retention
from integration.alerting import alerts
from integration.bulk_runs import bulk
from integration.comparing import rounds
from integration.engine.broker import enqueue
from integration.front import tallies
from integration.holds import bindings
from integration.models import Binding, Drain, Worker
from integration.telling import announcer
from integration.trouble import freshness

log = structlog.get_logger(__name__)

# The supervisor names its cluster by this variable; forked workers inherit it.
WORKER_ID_VARIABLE = "BOOON_WORKER_ID"
DRAIN_SECONDS = 10.0
THROTTLE_SECONDS = 0.25
RETENTION_SECONDS = 30.0

last_wakes: dict[str, float] = {}


def ask_for_beat(worker_id: str) -> None:
    enqueue(f"{__name__}.beat", worker_id)


def wake(kind: str) -> None:
    """Have due work of this kind looked at soon. Call it after commit, as often as you like.

    Nothing is queued while a drain is queued or running, nor twice in a quarter second: then
    the running drain or the supervisor's pulse finds the work. A broken queue is the pulse's
    worry too, never the caller's.
    """
    moment = time.monotonic()
    if moment - last_wakes.get(kind, -THROTTLE_SECONDS) < THROTTLE_SECONDS:
        return
    last_wakes[kind] = moment
    try:
        now = clock.now()
        drain = Drain.objects.filter(kind=kind)
        if not drain.idle(now).exists():
            return
        with transaction.atomic():
            if drain.mark_queued(now):
                enqueue(f"{__name__}.drain_{kind}")
    except Exception as error:
        log.warning("could not wake a drain", kind=kind, error=type(error).__name__)


def pulse() -> None:
    """Wake each kind that has work and no drain. Raises when the database does."""
    for drain in Drain.objects.idle(clock.now()):
        if has_work(drain.kind):
            wake(drain.kind)


def has_work(kind: str) -> bool:
    match kind:
        case Drain.Kind.OUTBOX:
            return outbox.has_due()
        case Drain.Kind.INBOX:
            return inbox.has_stored()
        case Drain.Kind.BULK:
            return bulk.has_due()
        case Drain.Kind.ALERTS:
            return False  # its schedule's, and theirs who see that no worker is there
        case _:
            return announcer.has_work()


def quietly(task: Callable[[], None]) -> Callable[[], None]:
    """A task that never raises: django-q would store and log the exception's text."""

    @wraps(task)
    def run() -> None:
        try:
            task()
        except Exception as error:
            log.error("task failed", task=task.__name__, error=type(error).__name__)
        except SystemExit as timeout:
            # django-q must see its own time limit to replace the process. What was being handled
            # when it struck stays out of the stored traceback.
            raise timeout from None

    return run


@quietly
def drain_outbox() -> None:
    run_drain(Drain.Kind.OUTBOX, lambda seconds, closed: outbox.drain(seconds, when_closed=closed))


@quietly
def drain_inbox() -> None:
    run_drain(Drain.Kind.INBOX, lambda seconds, closed: inbox.drain(seconds))


@quietly
def drain_announcements() -> None:
    run_drain(Drain.Kind.ANNOUNCEMENTS, lambda seconds, closed: announcer.drain(seconds))


@quietly
def drain_bulk() -> None:
    run_drain(Drain.Kind.BULK, lambda seconds, closed: bulk.drain())


@quietly
def look_for_alerts() -> None:
    """One look at a time, whoever asks for it; no other at once, even if this one took long."""
    claim = Drain.objects.filter(kind=Drain.Kind.ALERTS).claim(worker_id(), clock.now())
    if claim is None:
        return
    try:
        alerts.look()
    finally:
        claim.release()


@quietly
def beat() -> None:
    """The cluster's sign of life: its supervisor asks it, and it alone, for one."""
    Worker.objects.filter(id=worker_id()).update(beat_at=clock.now())


@quietly
def renew_tokens() -> None:
    onboarding.want_renewals()


@quietly
def look_again() -> None:
    """For manifests parked as unknown, whose order came just as they were being parked."""
    manifests.look_again()


@quietly
def pull_catalogs() -> None:
    products.want_pulls()


@quietly
def renew_reasons() -> None:
    freshness.renew()


@quietly
def count_tallies() -> None:
    tallies.count()


@quietly
def reconcile() -> None:
    rounds.go()


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


def run_drain(kind: str, engine: Callable[[float, Callable[[], object]], object]) -> None:
    """One drain at a time takes up work; one that only waits for slow calls is out of the way."""
    began = time.monotonic()
    claim = Drain.objects.filter(kind=kind).claim(worker_id(), clock.now())
    if claim is None:
        return
    try:
        engine(DRAIN_SECONDS, claim.release)
    finally:
        claim.release()
    if time.monotonic() - began >= DRAIN_SECONDS:
        wake(kind)


def worker_id() -> str:
    return os.environ.get(WORKER_ID_VARIABLE, "")


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


def put_in_place() -> None:
    """The rows that the worker needs: its drains and its schedules. Safe to repeat."""
    tables = connection.introspection.table_names()
    if not {each._meta.db_table for each in (Drain, Schedule, Binding)} <= set(tables):
        return  # `migrate` went to a point before them
    bindings.put_in_place()
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
