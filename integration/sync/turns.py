"""One turn of a drain: alike jobs go one step on, together, in one transaction.

A set is locked in the order that everyone keeps (docs/decisions/0008-row-locks.md): what the jobs
are about, then the jobs, each in the order of their keys. Then it is read and written by one
statement a table, however many jobs there are. In between flows decide
(docs/decisions/0060-the-engine-in-sets.md).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings

from booon_console.fields import Undecipherable
from booon_console.lib import clock
from integration import easyecom
from integration.easyecom import Call, Kind, Outcome
from integration.models import ApiCall, Order, Rest, SyncJob, unit_of_work
from integration.sync import api_calls, flows, gateway, leases, log_ins, postponing, rate_limit
from integration.sync.api_calls import Answer, Prepared, Wait, Wanted
from integration.sync.flows import Flow, InSets
from integration.sync.leases import LeaseLost
from integration.sync.rate_limit import Refusal
from sellers.models import Location

Status = SyncJob.Status
WORKER_ENDED = easyecom.OutcomeUnknown("the worker ended before the answer came")
# Jobs of one turn.
MOST = 64


@dataclass(frozen=True, slots=True)
class Step:
    """A job that was let in, or whose call came back."""

    job: SyncJob
    answer: Answer | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """The calls to send now, each of its job; and the steps whose job is someone else's by now."""

    calls: list[tuple[SyncJob, Prepared]]
    lost: list[Step]


def alike(steps: Sequence[Step]) -> Iterator[list[Step]]:
    """The same steps, in sets of those that may go together."""
    together: dict[tuple[str, bool], list[Step]] = {}
    for step in steps:
        if may_join(step):
            together.setdefault((step.job.kind, step.answer is None), []).append(step)
        else:
            yield [step]
    for group in together.values():
        for first in range(0, len(group), MOST):
            yield group[first : first + MOST]


def may_join(step: Step) -> bool:
    """A token that is just being brought changes what others of its location have to do."""
    return flows.in_sets(step.job.kind) is not None and not is_log_in(step)


def is_log_in(step: Step) -> bool:
    return step.answer is not None and step.answer.prepared.call.kind is Kind.LOG_IN


def take(steps: Sequence[Step], *, may_call: bool) -> Result:
    """In a transaction: write down what came back, let the flow settle it, and open the next calls.

    The steps are a set of `alike`. What is returned counts once the transaction is committed.
    Raises LeaseLost and AlreadySent, where there is only one step.
    """
    flow = flows.in_sets(steps[0].job.kind)
    turn = Turn(flow or flows.of_kind(steps[0].job.kind), clock.now(), may_call=may_call)
    if flow is not None and may_join(steps[0]):
        targets, lost = loaded(flow, steps, turn.now)
        with unit_of_work.gathered():
            calls = turn.carry([step for step in steps if step.job.pk in targets], targets)
    else:
        (step,) = steps
        targets, lost = {step.job.pk: loaded_alone(turn.flow, step, turn.now)}, []
        calls = turn.carry(steps, targets)
    turn.end([job for job, _ in calls])
    return Result(calls, lost)


def loaded(flow: InSets, steps: Sequence[Step], now: datetime) -> tuple[dict[int, Any], list[Step]]:
    """What the jobs are about, by job, and the steps whose job was lost. Nothing is written of
    those."""
    jobs = [step.job for step in steps]
    targets = flow.lock(jobs)
    held = leases.lock(jobs)
    mine = {job_id: target for job_id, target in targets.items() if job_id in held}
    answers = [step.answer for step in steps if step.answer and step.job.pk in mine]
    gateway.record(answers, now)
    # After that, which may have dropped a token.
    flow.load_beside(list(mine.values()))
    return mine, [step for step in steps if step.job.pk not in mine]


def loaded_alone(flow: Flow, step: Step, now: datetime) -> Any:
    """What the job is about. Raises LeaseLost."""
    if step.answer is not None:
        # Before the load, which may read the token that this answer brought.
        gateway.record([step.answer], now)
    # First the order or location, then its job. A PUT that changes an order locks the order and
    # then the job: the other way round, the two could wait for each other.
    target = flow.load(step.job)
    if not leases.lock([step.job]):
        raise LeaseLost
    return target


class Turn:
    """What becomes of the jobs of one turn."""

    def __init__(self, flow: Flow, now: datetime, *, may_call: bool) -> None:
        self.flow = flow
        self.now = now
        self.may_call = may_call
        self.resting: list[tuple[SyncJob, Rest]] = []
        # Why jobs wait for another hour or day: whose, by code and message.
        self.reasons: dict[tuple[str, str], list[int]] = {}

    def carry(
        self, steps: Sequence[Step], targets: dict[int, Any]
    ) -> list[tuple[SyncJob, Prepared]]:
        """One step on, each. Returns the calls that are open now."""
        left = left_open([step.job for step in steps if step.answer is None])
        wanted: list[tuple[Wanted, Any]] = []
        for step in steps:
            job, target = step.job, targets[step.job.pk]
            if step.answer is None:
                rest = self.take_over(target, left.get(job.pk, []))
            else:
                rest = self.receive(job, target, step.answer)
            call = rest or self.next_call(job, target)
            if isinstance(call, Rest):
                self.resting.append((job, call))
                continue
            order = target if isinstance(target, Order) else None
            asked = Wanted(job, location_of(target), call, step.answer is None, order)
            wanted.append((asked, target))
        return list(self.opened(wanted))

    def opened(self, wanted: Sequence[tuple[Wanted, Any]]) -> Iterator[tuple[SyncJob, Prepared]]:
        """Those of the calls that may go out. The jobs of the others rest."""
        found = gateway.prepare([each for each, _ in wanted], self.now)
        for (each, target), prepared in zip(wanted, found, strict=True):
            if isinstance(prepared, Wait):
                if prepared.outcome is not None:
                    self.flow.settle(target, Kind.LOG_IN, prepared.outcome, self.now)
                rest = self.rest_until(prepared, each.job, target)
                self.resting.append((each.job, rest))
                continue
            if prepared.call is each.call:
                self.flow.begin(target, each.call, self.now)
            yield each.job, prepared

    def end(self, going_on: Sequence[SyncJob]) -> None:
        """What stands in the way is said, and the jobs are given back or kept."""
        for (code, message), job_ids in self.reasons.items():
            postponing.record_reason(job_ids, code, message, self.now)
        leases.release(self.resting, self.now)
        if going_on:
            leases.renew(going_on, self.now)

    def take_over(self, target: Any, left: Sequence[ApiCall]) -> Rest | None:
        """A call that an ended worker left open is closed, and a write among them is in doubt."""
        rest = None
        for call in left:
            api_calls.abandon(call, self.now)
            if call.is_write:
                rest = self.flow.settle(target, Kind(call.kind), WORKER_ENDED, self.now) or rest
        return rest

    def receive(self, job: SyncJob, target: Any, answer: Answer) -> Rest | None:
        """Let the flow settle the answer, and put the job off where nothing was learnt."""
        kind, outcome = answer.prepared.call.kind, answer.exchange.outcome
        if isinstance(outcome, easyecom.Done) and kind is not Kind.LOG_IN:
            # Whatever stands in the way next begins with short delays.
            job.setbacks = 0
        rest = self.flow.settle(target, kind, outcome, self.now)
        if rest is None and is_setback(kind, outcome):
            return self.put_off(job, target, outcome)
        return rest

    def put_off(self, job: SyncJob, target: Any, outcome: Outcome) -> Rest:
        """Due again by RETRY_DELAYS, or when EasyEcom will listen."""
        delays = settings.RETRY_DELAYS
        delay = delays[min(job.setbacks, len(delays) - 1)]
        until = gateway.listens_at(job, outcome, self.now)
        if until is not None:
            delay = max((until - self.now).total_seconds(), 0)
        job.setbacks += 1
        spent = refused_for_the_day(job, outcome, self.now)
        if spent is not None:
            return self.rest_until(spent, job, target)
        return Rest(waiting_status(target), delay, outcome.code, outcome.sentence, job.setbacks)

    def rest_until(self, why: Wait | Refusal, job: SyncJob, target: Any) -> Rest:
        """Waits for calls of another hour or day, and says so where people look."""
        # On the orders themselves once they are written: what is said here comes last.
        self.reasons.setdefault((why.code, why.message), []).append(job.pk)
        delay = max((why.until - self.now).total_seconds(), 0)
        return Rest(waiting_status(target), delay, why.code, why.message, job.setbacks)

    def next_call(self, job: SyncJob, target: Any) -> Call | Rest:
        """What the flow wants next, or how the job rests."""
        try:
            call = self.flow.next_call(target, self.now)
        except Undecipherable as problem:
            return self.rest_until(log_ins.unreadable(problem, self.now), job, target)
        if isinstance(call, Rest) or self.may_call:
            return call
        return Rest(waiting_status(target), 0)


def left_open(jobs: Sequence[SyncJob]) -> dict[int, list[ApiCall]]:
    """The calls of each job whose end nobody wrote down."""
    found: dict[int, list[ApiCall]] = {}
    if jobs:
        for call in ApiCall.objects.filter(job__in=jobs, is_open=True).order_by("pk"):
            found.setdefault(call.job_id, []).append(call)
    return found


def is_setback(kind: Kind, outcome: Outcome) -> bool:
    """Nothing was learnt. A write that was rejected is news; a read that was is none."""
    if isinstance(outcome, easyecom.Done):
        return False
    is_news = isinstance(outcome, easyecom.Rejected | easyecom.AlreadyExists)
    return not (kind.is_write and is_news)


def refused_for_the_day(job: SyncJob, outcome: Outcome, now: datetime) -> Refusal | None:
    is_limit = isinstance(outcome, easyecom.RateLimited) and not outcome.cool_down
    return rate_limit.refused_for_the_day(job.seller_id, now) if is_limit else None


def waiting_status(target: Any) -> SyncJob.Status:
    in_doubt = isinstance(target, Order) and target.is_in_doubt
    return Status.IN_DOUBT if in_doubt else Status.PENDING


def location_of(target: Order | Location | SyncJob) -> Location:
    return target if isinstance(target, Location) else target.location
