"""Waking a drain, and what every task of the queue has in common. Knows tasks by name only."""

import os
import time
from collections.abc import Callable
from functools import partial, wraps

import structlog
from django.db import transaction

from booon_console.lib import clock, faults
from booon_console.lib.repeats import Repeats
from integration.models import Drain
from integration.sync.queue import enqueue

log = structlog.get_logger(__name__)

# Where the tasks are: `drain_` and a kind of drain.
TASKS = "integration.worker.tasks"
# The supervisor names its cluster by this variable; forked workers inherit it.
WORKER_ID_VARIABLE = "BOOON_WORKER_ID"
THROTTLE_SECONDS = 0.25

last_wakes: dict[str, float] = {}
# Made before the cluster forks, so that its processes count together.
repeats = Repeats()


def after_commit(kind: str) -> None:
    """Wake a drain of this kind once what was written is there to be found."""
    transaction.on_commit(partial(wake, kind))


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
                enqueue(f"{TASKS}.drain_{kind}")
    except Exception as error:
        tell(log.warning, "could not wake a drain", error, kind=kind)


def quietly(task: Callable[[], None]) -> Callable[[], None]:
    """A task that never raises: django-q would store and log the exception's text."""

    @wraps(task)
    def run() -> None:
        try:
            task()
        except Exception as error:
            tell(log.error, "task failed", error, task=task.__name__)
        except SystemExit as timeout:
            # django-q must see its own time limit to replace the process. What was being handled
            # when it struck stays out of the stored traceback.
            raise timeout from None

    return run


def tell(say: Callable[..., object], event: str, error: Exception, **fields: str) -> None:
    """The fault's class and where it came from, once a minute however often it comes, with how
    often. Its words may repeat what was stored."""
    name, frames = type(error).__name__, faults.frames(error)
    if times := repeats.due(f"{event} {fields} {name} {frames[-1:]}", time.monotonic()):
        say(event, **fields, error=name, frames=frames, times=times)


def worker_id() -> str:
    return os.environ.get(WORKER_ID_VARIABLE, "")
