"""`python -m tests.hostile.sequences --count 1000 --seed 1`: deliveries in every order, repeatedly.

A Hypothesis state machine: deliveries come, come again, come late, are replayed and read back, and
are applied in batches of any size. Whatever the order, each level is the one that the highest
arrival told, and its ledger explains it. The seed replays.
"""

import time
from collections import Counter
from typing import Any, NamedTuple

from django.utils import timezone
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from integration import easyecom
from integration.easyecom import Done, InventoryPage, Level
from integration.models import Change, Delivery, StockEntry, StockLevel, SyncJob
from integration.reconciliation import stock_readback
from integration.webhooks import processing
from tests.factories import make_location
from tests.hostile.own_database import own_database
from tests.hostile.report import Counts, tell
from tests.integration import deliveries

STEPS = 30
SKU = st.sampled_from(["KURTA", "LAMP", "WICK"])
# Few quantities, so that the same level comes again: 5, 4, 5 is three facts.
QUANTITY = st.integers(0, 3)
GOOD = st.tuples(SKU, QUANTITY)
BAD_LINES: tuple[dict[str, Any], ...] = (
    {"sku": "KURTA", "inventory": 0.5},
    {"sku": "LAMP", "inventory": 9, "location_key": "another"},
    {"inventory": 9},
)
LINE = st.one_of(GOOD, GOOD, GOOD, st.sampled_from(BAD_LINES))
LINES = st.lists(LINE, min_size=1, max_size=4)
tally: Counter[str] = Counter()


class Word(NamedTuple):
    """What one line said; the higher arrival and line is the newer."""

    arrival: int
    line: int
    quantity: int


class Deliveries(RuleBasedStateMachine):
    """One location, what was told of it, and what its tables hold."""

    @initialize()
    def begin(self) -> None:
        tally["sequences"] += 1
        self.location = make_location()
        self.job = SyncJob.objects.create(
            kind=SyncJob.Kind.STOCK,
            seller=self.location.seller,
            location=self.location,
            due_at=timezone.now(),
        )
        self.told: dict[int, list[tuple[str, Word]]] = {}
        self.late: list[Delivery] = []
        self.is_asked = False

    def deliveries(self) -> Any:
        return Delivery.objects.filter(location=self.location)

    def keep(self, delivery: Delivery, lines: list[Any]) -> None:
        tally["deliveries"] += 1
        self.told[delivery.pk] = [
            (line[0], Word(delivery.pk, place, line[1]))
            for place, line in enumerate(lines)
            if isinstance(line, tuple)
        ]

    @rule(lines=LINES, at_once=st.booleans())
    def deliver(self, lines: list[Any], at_once: bool) -> None:
        self.keep(deliveries.inventory(self.location, *lines), lines)
        if at_once:
            self.apply_all()

    @precondition(lambda self: self.deliveries().filter(source="webhook").exists())
    @rule(which=st.integers(0, 99))
    def repeat(self, which: int) -> None:
        """The same bytes once more: a delivery, and a fact, of its own."""
        tally["repeats"] += 1
        sent = list(self.deliveries().filter(source="webhook").order_by("pk"))
        old = sent[which % len(sent)]
        again = deliveries.stored(self.location, "inventory", bytes(old.body))
        self.told[again.pk] = [
            (sku, word._replace(arrival=again.pk)) for sku, word in self.told[old.pk]
        ]

    @rule(lines=LINES)
    def hold_up(self, lines: list[Any]) -> None:
        """Its number is taken, and its row not yet committed."""
        held = deliveries.inventory(self.location, *lines)
        self.keep(held, lines)
        self.late.append(Delivery.objects.get(pk=held.pk))
        held.delete()

    @precondition(lambda self: self.late)
    @rule(which=st.integers(0, 99))
    def come_late(self, which: int) -> None:
        tally["late"] += 1
        self.late.pop(which % len(self.late)).save(force_insert=True)

    @precondition(lambda self: self.deliveries().exists())
    @rule(which=st.lists(st.integers(0, 99), min_size=1, max_size=3), at_once=st.booleans())
    def replay(self, which: list[int], at_once: bool) -> None:
        known = list(self.deliveries().order_by("pk").values_list("pk", flat=True))
        chosen = {known[place % len(known)] for place in which}
        tally["replays"] += processing.replay(Delivery.objects.filter(pk__in=chosen))
        if at_once:
            self.apply_all()

    @precondition(lambda self: not self.is_asked)
    @rule()
    def ask(self) -> None:
        """A read-back takes its number before it asks."""
        stock_readback.begin(self.job, easyecom.get_inventory(), timezone.now())
        self.is_asked = True

    @precondition(lambda self: self.is_asked)
    @rule(lines=st.lists(GOOD, max_size=3, unique_by=lambda line: line[0]))
    def answer(self, lines: list[tuple[str, int]]) -> None:
        tally["read_backs"] += 1
        levels = tuple(Level(place, *line, "", "") for place, line in enumerate(lines))
        reply = Done(InventoryPage(levels))
        stock_readback.settle(self.job, easyecom.Kind.GET_INVENTORY, reply, timezone.now())
        self.keep(Delivery.objects.get(pk=self.job.arrival), lines)
        self.is_asked = False

    @rule(count=st.integers(1, 5))
    def apply_some(self, count: int) -> None:
        """The oldest few, as one batch."""
        batch = processing.next_batch()[:count]
        processing.judge([processing.parse(delivery) for delivery in batch])

    @rule()
    def apply_all(self) -> None:
        while processing.drain(60):
            pass

    @invariant()
    def levels_are_what_the_highest_arrival_told(self) -> None:
        applied = self.deliveries().filter(times_applied__gt=0).values_list("pk", flat=True)
        newest: dict[str, Word] = {}
        for sku, word in (said for pk in applied for said in self.told[pk]):
            newest[sku] = max(word, newest.get(sku, word))
        rows = StockLevel.objects.filter(location=self.location)
        found = {row.sku: Word(row.arrival, row.line, row.quantity) for row in rows}
        assert found == newest

    @invariant()
    def ledger_explains_every_level(self) -> None:
        entries = StockEntry.objects.filter(location=self.location).order_by("pk")
        stands: dict[str, int] = {}
        for entry in entries:
            assert entry.previous == stands.get(entry.sku) != entry.quantity
            said = {(sku, word.line, word.quantity) for sku, word in self.told[entry.delivery_id]}
            assert (entry.sku, entry.line, entry.quantity) in said
            stands[entry.sku] = entry.quantity
        rows = StockLevel.objects.filter(location=self.location)
        assert stands == {row.sku: row.quantity for row in rows}
        assert Change.objects.filter(location=self.location).count() == len(entries)

    def teardown(self) -> None:
        """At rest, everything that ever came counts."""
        for delivery in self.late:
            delivery.save(force_insert=True)
        self.late = []
        self.apply_all()
        assert not self.deliveries().filter(status="stored").exists()
        self.levels_are_what_the_highest_arrival_told()
        self.ledger_explains_every_level()


def run(count: int, number: int, phases: tuple[Phase, ...] = tuple(Phase)) -> Counts:
    """Run this many sequences. Raises AssertionError, with the shortest one that shows it."""
    began = time.monotonic()
    tally.clear()
    machine = seed(number)(Deliveries)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=count,
            stateful_step_count=STEPS,
            deadline=None,
            database=None,
            phases=phases,
            suppress_health_check=list(HealthCheck),
        ),
    )
    return {"seed": number, **tally, "seconds": round(time.monotonic() - began, 1)}


def main(count: int, number: int) -> Counts:
    with own_database():
        return run(count, number)


if __name__ == "__main__":
    tell(main, bad=(), count=1_000)
