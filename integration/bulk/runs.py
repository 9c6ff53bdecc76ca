"""The engine of bulk runs: asks for a run's rows a few at a time, and sees what became of them.

It sends and applies nothing. A retry is "wanted again" and a replay "stored again"; the outbox and
the inbox carry them as they carry everything. A seller has few rows asked for at any time, so that
what comes in anew, and other sellers, go on as ever. Each step is one transaction and the rows
remember it: whoever is killed in the middle has done all of it or nothing.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import transaction
from django.db.models import Count, QuerySet

from booon_console.lib import clock
from booon_console.lib.spoken import grouped
from integration.bulk import results, retry
from integration.models import BulkItem, BulkRun, Hold, record_event
from integration.sync import rate_limit
from sellers.models import Seller

State, Kind, Result = BulkRun.State, BulkRun.Kind, BulkItem.Result

# Rows of one seller asked for and not at rest yet.
AT_ONCE = 20
TICK = timedelta(seconds=1)
# So many need a permission of their own.
LARGE = 100


class Move(NamedTuple):
    """What people may do to a run in one of these states."""

    states: tuple[BulkRun.State, ...]
    to: BulkRun.State
    word: str


MOVES = {
    "pause": Move((State.RUNNING,), State.PAUSED, "paused"),
    "resume": Move((State.PAUSED,), State.RUNNING, "resumed"),
    "cancel": Move((State.FROZEN, State.RUNNING, State.PAUSED), State.CANCELLED, "cancelled"),
}


@transaction.atomic
def start(run: BulkRun, *, reason: str, actor: str) -> bool:
    """False where somebody did so already."""
    now = clock.now()
    frozen = BulkRun.objects.filter(pk=run.pk, state=State.FROZEN)
    started = frozen.update(
        state=State.RUNNING, reason=reason, started_by=actor, started_at=now, due_at=now
    )
    if started:
        record_event("bulk", f"{run}: started. {reason}", at=now, actor=actor)
    return bool(started)


@transaction.atomic
def move(run: BulkRun, verb: str, *, actor: str) -> bool:
    """Pause, resume or cancel. What was asked for goes on. False where it can't be done now."""
    move, now = MOVES[verb], clock.now()
    movable = BulkRun.objects.filter(pk=run.pk, state__in=move.states)
    # A step is due in each case: it sees to what is asked for, and ends what is cancelled.
    if not movable.update(state=move.to, due_at=now):
        return False
    if move.to == State.CANCELLED:
        run.items.filter(result=Result.WAITING).update(
            result=Result.LEFT, message="The run was cancelled.", ended_at=now
        )
    record_event("bulk", f"{run}: {move.word}.", at=now, actor=actor)
    return True


def has_due() -> bool:
    """Whether a drain would find work."""
    return due(clock.now()).exists()


def due(now: datetime) -> QuerySet[BulkRun]:
    return BulkRun.objects.filter(due_at__lte=now)


def drain() -> int:
    """One step of each run that is due. Returns how many."""
    ids = list(due(clock.now()).order_by("due_at").values_list("pk", flat=True))
    return sum(step(pk) for pk in ids)


@transaction.atomic
def step(pk: int) -> bool:
    """Write down what came to rest, and ask for more where there is room."""
    now = clock.now()
    locked = BulkRun.objects.select_for_update(no_key=True, skip_locked=True)
    run = locked.filter(pk=pk, due_at__lte=now).first()
    if run is None:
        return False
    results.record_results(run, now)
    if run.state == State.RUNNING:
        ask(run, now)
    rest(run, now)
    return True


def rest(run: BulkRun, now: datetime) -> None:
    left = Counter(dict(run.items.values_list("result").annotate(Count("pk"))))
    is_busy = left[Result.ASKED] > 0
    if run.state == State.RUNNING:
        is_busy = is_busy or left[Result.WAITING] > 0
        run.state = State.RUNNING if is_busy else State.DONE
    run.due_at = now + TICK if is_busy else None
    if run.is_over and not is_busy:
        run.ended_at = now
        record_event("bulk", f"{run}: {in_words(left)}.", at=now, actor=run.started_by or "console")
    run.save(update_fields=["state", "due_at", "ended_at"])


def in_words(counts: Counter[str]) -> str:
    said = [
        f"{grouped(counts[result])} {result.label.lower()}" for result in Result if counts[result]
    ]
    return ", ".join(said)


def ask(run: BulkRun, now: datetime) -> None:
    sentence = f"{run.get_kind_display()} asked for in bulk run {run.pk}."
    for items in next_items(run, now):
        chosen = BulkItem.objects.filter(pk__in=items)
        if run.kind == Kind.RETRY:
            ids = list(chosen.values_list("job_id", flat=True))
            retry.retry(ids, actor=run.started_by, now=now, sentence=sentence)
        else:
            ids = list(chosen.values_list("delivery_id", flat=True))
            retry.replay(ids, actor=run.started_by, now=now, sentence=sentence)
        chosen.update(result=Result.ASKED, asked_at=now)


def next_items(run: BulkRun, now: datetime) -> Iterator[list[int]]:
    """Ids of the next rows, seller by seller: as many as have room."""
    waiting = run.items.filter(result=Result.WAITING)
    asked = BulkItem.objects.filter(result=Result.ASKED, run__kind=run.kind)
    under_way = dict(asked.values_list("seller").annotate(Count("pk")))
    for seller in Seller.objects.filter(pk__in=waiting.values("seller")).order_by("pk"):
        room = AT_ONCE - under_way.get(seller.pk, 0)
        if room > 0 and (run.kind == Kind.REPLAY or may_call(seller, now)):
            rows = waiting.filter(seller=seller).order_by("pk")
            yield list(rows.values_list("pk", flat=True)[:room])


def may_call(seller: Seller, now: datetime) -> bool:
    """Of an account that is held or out of calls nothing is asked for: its rows wait here."""
    is_held = Hold.objects.over(seller.pk) is not None
    return not (is_held or rate_limit.refusal(seller, now).is_of_the_day)
