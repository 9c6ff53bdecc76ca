"""The engine of sync jobs: take quota → claim → next_call → prepare → send → record and settle.

It alone claims, loops and counts. All rows are touched by the thread that called `drain`; only
HTTP runs beside it, in a pool.
"""

import time
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from booon_console import clock
from integration import easyecom, gateway, onboarding, orders, products, reconcile
from integration.allowance import postponing, quota
from integration.comparing import checks
from integration.easyecom import Call, Exchange, Kind, Outcome
from integration.engine import leases
from integration.engine.leases import LeaseLost
from integration.engine.turnstile import Turnstile
from integration.gateway import Prepared, Wait
from integration.holds import bindings, holding
from integration.joining import probes
from integration.models import ApiCall, Order, Rest, SyncJob
from sellers.models import Location

log = structlog.get_logger(__name__)

Status = SyncJob.Status
WORKER_ENDED = easyecom.OutcomeUnknown("the worker ended before the answer came")
# How long a look for finished calls may block, so that newly due jobs are seen meanwhile.
GLANCE = 0.05
# How much of a drain goes to jobs that stand aside or come back: others don't wait for them all.
HOLDS_FOR = 2.0
# What a job waits for that passes by itself, within a minute or so.
PASSING = ("", gateway.AWAITING_LOGIN, "log_in_cool_down", "rate_limited")


class Flow(Protocol):
    """What the engine asks of a flow; `target` is whatever its `load` returned."""

    def load(self, job: SyncJob) -> Any: ...
    def next_call(self, target: Any, now: datetime) -> Call | Rest: ...
    def begin(self, target: Any, call: Call, now: datetime) -> None: ...
    def settle(self, target: Any, kind: Kind, outcome: Outcome, now: datetime) -> Rest | None: ...


FLOWS: dict[str, Flow] = {
    SyncJob.Kind.ORDER: orders,
    SyncJob.Kind.LOCATION: onboarding,
    SyncJob.Kind.PRODUCTS: products,
    SyncJob.Kind.STOCK: reconcile,
    SyncJob.Kind.CHECKS: checks,
    SyncJob.Kind.PROBE: probes,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """A call that came back."""

    prepared: Prepared
    exchange: Exchange


def has_due() -> bool:
    """Whether a drain would find work."""
    return leases.has_due() or holding.has_to_say()


def run(only: Collection[int], seconds: float, passing: Collection[str] = PASSING) -> None:
    """Carry these jobs in the foreground until each rests, or `seconds` are over.

    Waits for what passes by itself (a log-in's cool-down, a rate limit), not for what may not.
    What is held stands aside at once, and says so.
    """
    if not bindings.lets_out():
        return holding.stand_aside(only, bindings.UNKNOWN)
    ends_at = time.monotonic() + seconds
    jobs = SyncJob.objects.filter(pk__in=only)
    while time.monotonic() < ends_at:
        drain(min(10, ends_at - time.monotonic()), only)
        under_way = jobs.filter(status=Status.RUNNING) | jobs.filter(
            status__in=[Status.PENDING, Status.IN_DOUBT],
            due_at__isnull=False,
            error_code__in=passing,
        )
        if not under_way.exists():
            return
        time.sleep(GLANCE * 4)


def drain(
    seconds: float = 10,
    only: Collection[int] | None = None,
    when_closed: Callable[[], object] = lambda: None,
) -> None:
    """Carry due jobs forward for `seconds`, then let the calls under way come in.

    `only` narrows it to these job ids. No call starts after `seconds`: then `when_closed` is
    called, so that another drain may go on while slow calls of this one come in.
    """
    ends_at = time.monotonic() + seconds
    if not bindings.lets_out():
        return
    holding.see_to(min(ends_at, time.monotonic() + HOLDS_FOR), only)
    pool = ThreadPoolExecutor(settings.EASYECOM_IN_FLIGHT, thread_name_prefix="easyecom")
    flying: dict[Future[Exchange], tuple[SyncJob, Prepared]] = {}

    def go_on(job: SyncJob, answer: Answer | None) -> None:
        may_call = time.monotonic() < ends_at
        prepared = advance(job, answer, may_call=may_call)
        if prepared is not None:
            flying[pool.submit(gateway.send, prepared)] = (job, prepared)

    turnstile, is_open = Turnstile(only), True
    keep_at = time.monotonic() + settings.SYNC_LEASE / 3
    try:
        while True:
            if time.monotonic() >= keep_at:
                leases.keep([job for job, _ in flying.values()], clock.now())
                keep_at = time.monotonic() + settings.SYNC_LEASE / 3
            jobs: list[SyncJob] = []
            was_open, is_open = is_open, time.monotonic() < ends_at
            if is_open:
                jobs = turnstile.admit(settings.EASYECOM_IN_FLIGHT - len(flying))
                for job in jobs:
                    go_on(job, None)
            elif was_open:
                when_closed()
            if flying:
                done, _ = wait(flying, timeout=GLANCE, return_when=FIRST_COMPLETED)
                for future in done:
                    job, prepared = flying.pop(future)
                    go_on(job, Answer(prepared, future.result()))
            elif turnstile.is_waiting and is_open:
                time.sleep(GLANCE)
            elif not jobs:
                return
    finally:
        # django-q's time limit leaves by an exception: then nobody may wait for the calls.
        pool.shutdown(wait=not flying, cancel_futures=True)


def advance(job: SyncJob, answer: Answer | None, *, may_call: bool) -> Prepared | None:
    """One hop, in one transaction: write down what came back, and open the next call.

    Returns the call to send once this is committed; None when the job came to rest, or is
    someone else's by now. A fault of ours with one job fails that job and no other.
    """
    prepared = None
    try:
        with transaction.atomic():
            prepared = hop(job, answer, may_call=may_call)
    except (LeaseLost, onboarding.AlreadySent):
        log.warning("job_taken_over", job=job.pk)
    except (OperationalError, InterfaceError):
        # The database is away: the lease will end, and whoever claims the job next looks first.
        raise
    except Exception as fault:
        # The class only: an exception's text may hold what must not be written down.
        log.error("job_fault", job=job.pk, fault=type(fault).__name__)
        give_up(job, fault)
    if prepared is None and answer is None:
        quota.give_back(job.seller_id, clock.now(), is_polling=job.is_polling)
    return prepared


def hop(job: SyncJob, answer: Answer | None, *, may_call: bool) -> Prepared | None:
    """Locks the target before the job: everyone else locks in that order too."""
    now = clock.now()
    flow = FLOWS[job.kind]
    if answer is not None:
        # Before the load, which may read the token that this answer brought.
        gateway.record(answer.prepared, answer.exchange, now)
    target = flow.load(job)
    leases.renew(job, now)
    if answer is None:
        rest = take_over(job, flow, target, now)
    else:
        rest = receive(job, flow, target, answer, now)
    if rest is not None:
        leases.settle(job, rest, now)
        return None
    return ask(job, flow, target, now, has_quota=answer is None, may_call=may_call)


def take_over(job: SyncJob, flow: Flow, target: Any, now: datetime) -> Rest | None:
    """A call that an ended worker left open is closed, and a write among them is in doubt."""
    rest = None
    for left in ApiCall.objects.filter(job=job, is_open=True).order_by("pk"):
        gateway.abandon(left, now)
        if left.is_write:
            rest = flow.settle(target, Kind(left.kind), WORKER_ENDED, now) or rest
    return rest


def receive(job: SyncJob, flow: Flow, target: Any, answer: Answer, now: datetime) -> Rest | None:
    """Let the flow settle the answer, and put the job off where nothing was learnt."""
    kind, outcome = answer.prepared.call.kind, answer.exchange.outcome
    if isinstance(outcome, easyecom.Done) and kind is not Kind.LOG_IN:
        # Whatever stands in the way next begins with short delays.
        job.setbacks = 0
    rest = flow.settle(target, kind, outcome, now)
    if rest is None and is_setback(kind, outcome):
        return put_off(job, target, outcome, now)
    return rest


def is_setback(kind: Kind, outcome: Outcome) -> bool:
    """Nothing was learnt. A write that was rejected is news; a read that was is none."""
    if isinstance(outcome, easyecom.Done):
        return False
    is_news = isinstance(outcome, easyecom.Rejected | easyecom.AlreadyExists)
    return not (kind.is_write and is_news)


def put_off(job: SyncJob, target: Any, outcome: Outcome, now: datetime) -> Rest:
    """Due again by RETRY_DELAYS, or when EasyEcom will listen."""
    delays = settings.RETRY_DELAYS
    delay = delays[min(job.setbacks, len(delays) - 1)]
    until = gateway.listens_at(job, outcome, now)
    if until is not None:
        delay = max((until - now).total_seconds(), 0)
    job.setbacks += 1
    spent = refused_for_the_day(job, outcome, now)
    if spent is not None:
        return rest_until(spent, job, target, now)
    return Rest(waiting_status(target), delay, outcome.code, outcome.sentence, job.setbacks)


def refused_for_the_day(job: SyncJob, outcome: Outcome, now: datetime) -> quota.Refusal | None:
    is_limit = isinstance(outcome, easyecom.RateLimited) and not outcome.cool_down
    return quota.refused_for_the_day(job.seller_id, now) if is_limit else None


def rest_until(refusal: quota.Refusal, job: SyncJob, target: Any, now: datetime) -> Rest:
    """Waits for calls of another hour or day, and says so where people look."""
    postponing.say_so([job.pk], refusal, now)
    delay = max((refusal.until - now).total_seconds(), 0)
    return Rest(waiting_status(target), delay, refusal.code, refusal.message, job.setbacks)


def waiting_status(target: Any) -> SyncJob.Status:
    in_doubt = isinstance(target, Order) and target.is_in_doubt
    return Status.IN_DOUBT if in_doubt else Status.PENDING


def ask(
    job: SyncJob, flow: Flow, target: Any, now: datetime, *, has_quota: bool, may_call: bool
) -> Prepared | None:
    """Open the call that the flow wants next, or let the job rest."""
    call = flow.next_call(target, now)
    if isinstance(call, Rest):
        leases.settle(job, call, now)
        return None
    if not may_call:
        leases.settle(job, Rest(waiting_status(target), 0), now)
        return None
    prepared = gateway.prepare(job, location_of(target), call, now, has_quota=has_quota)
    if isinstance(prepared, Wait):
        if prepared.outcome is not None:
            flow.settle(target, Kind.LOG_IN, prepared.outcome, now)
        refusal = quota.Refusal(prepared.until, prepared.code, prepared.message)
        leases.settle(job, rest_until(refusal, job, target, now), now)
        return None
    if prepared.call is call:
        flow.begin(target, call, now)
    return prepared


def location_of(target: Order | Location | SyncJob) -> Location:
    return target if isinstance(target, Location) else target.location


def give_up(job: SyncJob, fault: Exception) -> None:
    """The job fails with our own fault; an open call of it is looked up before the next try."""
    message = f"A fault of the console's own ({type(fault).__name__}). Retry once it is mended."
    with suppress(LeaseLost):
        leases.settle(job, Rest(Status.FAILED, None, "internal_error", message), clock.now())
