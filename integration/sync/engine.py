"""The engine of sync jobs: take quota → claim → next_call → prepare → send → record and settle.

It alone claims, loops and counts. All rows are touched by the thread that called `drain`; only
HTTP runs beside it, in a pool.
"""

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction

from booon_console.lib import clock, faults
from integration.easyecom import Exchange
from integration.models import Rest, SyncJob
from integration.sync import (
    api_calls,
    database_guard,
    flows,
    gateway,
    holds,
    leases,
    log_ins,
    rate_limit,
    turns,
)
from integration.sync.api_calls import Answer, Prepared
from integration.sync.flows import AlreadySent
from integration.sync.leases import LeaseLost
from integration.sync.scheduler import Scheduler
from integration.sync.shards import EVERYTHING, Part
from integration.sync.turns import Result, Step

log = structlog.get_logger(__name__)

Status = SyncJob.Status
DEADLOCK = "40P01"
# How long a look for finished calls may block, so that newly due jobs are seen meanwhile.
GLANCE = 0.05
# How much of a drain goes to jobs that stand aside or come back: others don't wait for them all.
HOLDS_FOR = 2.0
# What a job waits for that passes by itself, within a minute or so.
PASSING_CODES = ("", log_ins.AWAITING, "log_in_cool_down", "rate_limited")


def has_work(part: Part = EVERYTHING) -> bool:
    """Whether a drain would find work."""
    return part.jobs(leases.claimable(clock.now())).exists() or holds.has_to_say(part)


def run(only: Collection[int], seconds: float, passing: Collection[str] = PASSING_CODES) -> None:
    """Carry these jobs in the foreground until each rests, or `seconds` are over.

    Waits for what passes by itself (a log-in's cool-down, a rate limit), not for what may not.
    What is held stands aside at once, and says so.
    """
    if why := database_guard.obstacle():
        return holds.stand_aside(only, why)
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
    part: Part = EVERYTHING,
) -> None:
    """Carry due jobs forward for `seconds`, then let the calls under way come in.

    `only` narrows it to these job ids, `part` to the sellers of some shards.

    1. See whether this is the database that was here before; nothing goes out of an unknown one.
    2. Have held jobs stand aside, and released ones come back (`holds.enforce`).
    3. Renew the leases of the jobs whose calls are under way, every third of SYNC_LEASE.
    4. Let due jobs in: take quota, then claim (`Scheduler.admit`).
    5. For all of a kind, in one transaction: load and lock what they are about, settle what an
       ended worker left open, and open the calls that their flow wants next (`advance`).
    6. Once that is committed, send the calls on threads of the pool (`gateway.send`).
    7. For all calls that came back, in one transaction: record them, let the flow settle them, and
       open the jobs' next calls, which are sent as in 6. A job without one is given back.
    8. Go on with 3 until there is nothing to let in and nothing under way. When `seconds` are over
       no call starts and no job is let in any more: `when_closed` is called, so that another drain
       may go on, and the calls under way come in by 7.
    """
    ends_at = time.monotonic() + seconds
    if not database_guard.lets_out():
        return
    holds.enforce(min(ends_at, time.monotonic() + HOLDS_FOR), only, part)
    pool = ThreadPoolExecutor(settings.EASYECOM_IN_FLIGHT, thread_name_prefix="easyecom")
    flying: dict[Future[Exchange], tuple[SyncJob, Prepared]] = {}

    def go_on(steps: Sequence[Step]) -> None:
        for alike in turns.alike(steps):
            for job, prepared in advance(alike, may_call=time.monotonic() < ends_at):
                # Only now that its row is committed as open, for whoever finds this worker killed.
                flying[pool.submit(gateway.send, prepared)] = (job, prepared)

    turnstile, is_open = Scheduler(only, part), True
    keep_at = time.monotonic() + settings.SYNC_LEASE / 3
    try:
        while True:
            if time.monotonic() >= keep_at:
                leases.renew([job for job, _ in flying.values()], clock.now())
                keep_at = time.monotonic() + settings.SYNC_LEASE / 3
            jobs: list[SyncJob] = []
            was_open, is_open = is_open, time.monotonic() < ends_at
            if is_open:
                jobs = turnstile.admit(settings.EASYECOM_IN_FLIGHT - at_easyecom(flying))
                go_on([Step(job) for job in jobs])
            elif was_open:
                when_closed()
            if flying:
                done, _ = wait(flying, timeout=GLANCE, return_when=FIRST_COMPLETED)
                came = [(*flying.pop(future), future.result()) for future in done]
                go_on([Step(job, Answer(prepared, exchange)) for job, prepared, exchange in came])
            elif turnstile.is_waiting and is_open:
                time.sleep(GLANCE)
            elif not jobs:
                return
    finally:
        # django-q's time limit leaves by an exception: then nobody may wait for the calls.
        pool.shutdown(wait=not flying, cancel_futures=True)


def at_easyecom(flying: Collection[Future[Exchange]]) -> int:
    """What came back meanwhile waits for its turn, and keeps no other call from going out."""
    return sum(not future.done() for future in flying)


def advance(steps: Sequence[Step], *, may_call: bool) -> Iterator[tuple[SyncJob, Prepared]]:
    """One step of each of these jobs. Yields the calls, each once it is committed: to be sent.

    They are a set of `turns.alike`, and go together. Where that comes to nothing each goes alone:
    a fault of ours with one job fails that job and no other.
    """
    if len(steps) > 1:
        result = together(steps, may_call=may_call)
        if result is not None:
            yield from ended(steps, result)
            return
    for step in steps:
        yield from ended([step], alone(step, may_call=may_call))


def together(steps: Sequence[Step], *, may_call: bool) -> Result | None:
    """None where nothing was written, because of one of them."""
    try:
        return committed(steps, may_call=may_call)
    except (OperationalError, InterfaceError) as fault:
        if not is_deadlock(fault):
            raise
        log.warning("turn_apart", jobs=len(steps), fault="deadlock")
    except Exception as fault:
        name = type(fault).__name__
        log.warning("turn_apart", jobs=len(steps), fault=name, frames=faults.frames(fault))
    return None


def alone(step: Step, *, may_call: bool) -> Result:
    """A fault of ours fails the job."""
    job, nothing = step.job, Result([], [])
    try:
        return once_more([step], may_call=may_call)
    except LeaseLost:
        return Result([], [step])
    except AlreadySent:
        log.warning("job_taken_over", job=job.pk)
    except (OperationalError, InterfaceError):
        # The database is away: the lease will end, and whoever claims the job next looks first.
        raise
    except Exception as fault:
        # Its class and place only: an exception's text may hold what must not be written down.
        log.error("job_fault", job=job.pk, fault=type(fault).__name__, frames=faults.frames(fault))
        give_up(job, fault)
    return nothing


def once_more(steps: Sequence[Step], *, may_call: bool) -> Result:
    """After a deadlock, whose other side is done by then."""
    try:
        return committed(steps, may_call=may_call)
    except OperationalError as fault:
        if not is_deadlock(fault):
            raise
    return committed(steps, may_call=may_call)


def committed(steps: Sequence[Step], *, may_call: bool) -> Result:
    setbacks = [step.job.setbacks for step in steps]
    try:
        with transaction.atomic():
            return turns.take(steps, may_call=may_call)
    except BaseException:
        # Nothing was written, so nothing was counted either.
        for step, before in zip(steps, setbacks, strict=True):
            step.job.setbacks = before
        raise


def is_deadlock(fault: Exception) -> bool:
    """PostgreSQL undid this transaction so that another could go on."""
    return getattr(fault.__cause__, "sqlstate", None) == DEADLOCK


def ended(steps: Sequence[Step], result: Result) -> Iterator[tuple[SyncJob, Prepared]]:
    """After the commit: the calls go out first."""
    yield from result.calls
    for step in result.lost:
        log.warning("job_taken_over", job=step.job.pk)
        if step.answer is not None:
            hear_late(step.job, step.answer)
    sent = {job.pk for job, _ in result.calls}
    idle = Counter(
        (step.job.seller_id, step.job.is_polling)
        for step in steps
        if step.answer is None and step.job.pk not in sent
    )
    for (seller_id, is_polling), calls in sorted(idle.items()):
        rate_limit.give_back(seller_id, clock.now(), calls=calls, is_polling=is_polling)


def hear_late(job: SyncJob, answer: Answer) -> None:
    """An answer to a write, whose job is someone else's by now, is no step of that job any more,
    and evidence all the same."""
    record, now = flows.late_of_kind(job.kind), clock.now()
    if record is None or not answer.prepared.call.kind.is_write:
        return
    try:
        with transaction.atomic():
            call = api_calls.record_late(answer.prepared, answer.exchange)
            if call is not None:
                record(call, answer.exchange.outcome, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        log.error(
            "late_answer_fault", job=job.pk, fault=type(fault).__name__, frames=faults.frames(fault)
        )


def give_up(job: SyncJob, fault: Exception) -> None:
    """The job fails with our own fault; an open call of it is looked up before the next try."""
    message = f"A fault of the console's own ({type(fault).__name__}). Retry once it is mended."
    with suppress(LeaseLost):
        rest = Rest(Status.FAILED, None, "internal_error", message)
        leases.release([(job, rest)], clock.now())
