"""One run: the whole console under load and faults, then healed, then checked."""

import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random

import requests

from tests.faults import checker, schedule
from tests.faults.booon import Given
from tests.faults.checker import Finding
from tests.faults.children import send
from tests.faults.easyecom import UNLISTED_STATE, UNTAXED_SKU
from tests.faults.late import NotPlayed, corrected_late
from tests.faults.schedule import Size, Step
from tests.faults.staff import Staff
from tests.faults.stand import SELLERS, Stand, World

# How long one waits for an armed point to be hit before the schedule goes on.
HIT_SECONDS = 12
HEAL_SECONDS = 150
LOOK_EVERY = 10
REFUSED = {"state": {"state": UNLISTED_STATE}, "SKU": {"sku": UNTAXED_SKU}}


@dataclass
class Report:
    """What was done in a run, and what came of it."""

    seed: int
    world: World
    orders: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    hits: Counter[str] = field(default_factory=Counter)
    stops: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    done: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    person: Counter[str] = field(default_factory=Counter)
    corrections: Counter[str] = field(default_factory=Counter)
    replacements: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    carriers: int = 0
    seconds: float = 0
    longest_wait: float = 0

    @property
    def killed(self) -> int:
        return self.kills.total() + self.hits.total()

    def count(self, kind: str) -> int:
        return sum(each.startswith(kind) for each in self.findings)


class Run:
    """Goes through a schedule. `say` gets a line now and then."""

    def __init__(self, stand: Stand, seed: int, size: Size, say: Callable[[str], None]) -> None:
        self.stand, self.size, self.say = stand, size, say
        self.steps = schedule.drawn(seed, size)
        self.random = Random(seed)
        self.report = Report(seed, stand.world)
        self.places = [(code, key) for code, keys in SELLERS.items() for key in keys]
        self.given = len(stand.booon.given)
        self.first = self.given
        self.met = Counter(stand.proxy.plan.met)
        self.kill_times: list[float] = []
        self.refused: list[Given] = []

    def go(self) -> Report:
        began = time.monotonic()
        self.stand.easyecom.refuse()
        for n, step in enumerate(self.steps, 1):
            self.say(f"{n}/{len(self.steps)} {step}")
            self.act(step)
            self.give(step)
            self.await_hit()
            self.correct_refused(self.put)
            if n % LOOK_EVERY == 0:
                self.correct_refused(self.mend)
                self.look()
        self.fill_up()
        self.heal()
        self.sum_up()
        self.report.seconds = time.monotonic() - began
        return self.report

    # Load -----------------------------------------------------------------------------------

    def give(self, step: Step) -> None:
        for kind, fault in step.faults:
            self.stand.proxy.plan.add(kind, fault)
        for _ in range(step.orders):
            self.give_order()

    def give_order(self, **facts: str) -> Given:
        """Every sixth gets no shipment: it stays in Failed Orders, which is no error."""
        self.given += 1
        seller, key = self.places[self.given % len(self.places)]
        order = self.stand.booon.give(seller, number(self.given), key, self.given, **facts)
        if self.given % 6:
            self.stand.booon.ship(order)
        return order

    def give_refused(self, what: str) -> Given:
        order = self.give_order(**REFUSED[what])
        self.refused.append(order)
        return order

    def correct_refused(self, correct: Callable[[Given], bool]) -> None:
        """Of what EasyEcom refused, every other one by Booon, the rest by staff."""
        is_ours = [order for n, order in enumerate(self.refused) if n % 2 == (correct == self.mend)]
        for order in is_ours:
            if not order.earlier and self.is_refused(order):
                correct(order)

    def is_refused(self, order: Given) -> bool:
        return bool(self.stand.booon.shown(order)["blocked_reason"] == "rejected")

    def put(self, order: Given) -> bool:
        is_taken = self.stand.booon.correct(order)
        self.report.corrections["PUT" if is_taken else "PUT answered 409"] += 1
        return is_taken

    def mend(self, order: Given) -> bool:
        """By staff, whose answer may be lost: then the order itself tells."""
        before = self.stand.booon.shown(order)["revision"]
        try:
            Staff(self.stand.children, self.stand.easyecom).mend(order)
        except (requests.RequestException, LookupError):
            self.report.corrections["staff answered otherwise"] += 1
        if self.stand.booon.shown(order)["revision"] == before:
            return False
        order.take_correction()
        self.report.corrections["staff"] += 1
        return True

    def replace_awb(self, step: Step) -> None:
        """Of an order that has its carrier and that nobody manifests: what EasyEcom is to do with
        another AWB once the parcel is gone is not this harness's matter."""
        order = self.replaceable()
        if order is None:
            self.report.replacements["no order was there"] += 1
            return
        fault = step.whom.removeprefix("and ")
        if fault:
            self.stand.proxy.plan.add("assign_awb", fault)
        is_taken = self.stand.booon.replace_awb(order)
        self.report.replacements["PUT" if is_taken else "PUT answered 409"] += 1

    def replaceable(self) -> Given | None:
        """One of this run's, drawn of those that the API shows with their carrier."""
        rows = self.stand.booon.all("/orders/?stage=carrier_assigned")
        keys = [(row["seller"], row["order_number"]) for row in rows if not row["blocked_reason"]]
        orders = [self.stand.booon.given[key] for key in keys if is_never_manifested(key[1])]
        return self.random.choice(orders) if orders else None

    def change_meanwhile(self, step: Step) -> None:
        """Corrected while its first revision is yet to come, and not by a fault of the proxy's."""
        self.stand.proxy.plan.clear()
        staff = Staff(self.stand.children, self.stand.easyecom)
        try:
            is_made = corrected_late(
                self.stand,
                number(self.given + 1),
                give=lambda: self.give_refused("state"),
                settle=lambda: self.settle_meanwhile(staff),
                correct=self.random.choice((self.put, self.mend)),
            )
        except NotPlayed as problem:
            self.say(f"not played: {problem}")
            is_made = False
        self.report.stops["call_opened@create_order"] += 1
        self.report.corrections["revision 1 made late" if is_made else "came to nothing"] += 1

    def settle_meanwhile(self, staff: Staff) -> None:
        with suppress(requests.RequestException, LookupError):
            staff.settle_orders(self.stand.booon)

    def fill_up(self) -> None:
        """A point may go unhit and a fault unmet: what lacks of the promised counts is added."""
        give_up_at = time.monotonic() + HEAL_SECONDS
        while time.monotonic() < give_up_at:
            kills = self.size.kills - self.report.killed
            faults = self.size.faults - (self.stand.proxy.plan.met - self.met).total()
            if kills <= 0 and faults <= 0:
                return
            if kills > 0:
                self.act(Step("kill", self.random.choice(schedule.ROLES)))
            if self.stand.proxy.plan.is_waiting("create_order"):
                time.sleep(0.5)
                continue
            spoilt = (("create_order", "unanswered"),) * min(max(faults, 0), 5)
            self.give(Step("fill", orders=max(len(spoilt), 1), faults=spoilt))

    # Faults ---------------------------------------------------------------------------------

    def act(self, step: Step) -> None:
        acts: dict[str, Callable[[Step], None]] = {
            "kill": self.kill,
            "kill at": lambda step: self.arm(step.whom, "kill"),
            "stop at": lambda step: self.arm(step.whom, "stop"),
            "poison": self.poison,
            "pause": self.pause,
            "database": self.stop_database,
            "secret key rotated": lambda step: self.rotate(),
            "tokens expired": lambda step: self.expire_tokens(),
            "stock": lambda step: self.stand.change_level(4 + self.given % 2),
            "manifest": lambda step: self.stand.manifest(lambda n: n % 3 == 0),
            "AWB replaced": self.replace_awb,
            "refused for its": lambda step: self.give_refused(step.whom),
            "changed meanwhile": self.change_meanwhile,
            "newcomer and": self.bring_newcomer,
            "newcomer killed at": self.bring_newcomer,
        }
        if step.what in STATEMENTS:
            self.stand.postgres.do(STATEMENTS[step.what])
        else:
            acts[step.what](step)
        if step.what not in ("kill", "kill at", "stop at"):
            self.report.done[f"{step.what} {step.whom}".strip()] += 1

    def kill(self, step: Step) -> None:
        pids = self.stand.children.pids(step.whom, self.random.randrange(8))
        if pids and send(self.random.choice(pids), signal.SIGKILL):
            self.report.kills[step.whom] += 1
            self.kill_times.append(time.time())

    def pause(self, step: Step) -> None:
        pids = self.stand.children.pids(step.whom, self.random.randrange(8))
        if pids:
            self.stand.children.pause(self.random.choice(pids), step.seconds)

    def arm(self, key: str, action: str) -> None:
        self.stand.children.arm(key, action, self.random.randrange(2))

    def poison(self, step: Step) -> None:
        """One order kills its worker each time it is sent: F11 of docs/reliability.md#2-faults."""
        poisoned = number(self.given + 1)
        for n in range(int(step.seconds)):
            self.stand.children.arm(f"call_opened@{poisoned}", "kill")
            if n == 0:
                self.give_order()
            self.await_hit(2 * HIT_SECONDS)

    def await_hit(self, seconds: float = HIT_SECONDS) -> None:
        """Whoever stopped itself goes on after longer than a lease."""
        give_up_at = time.monotonic() + seconds
        while self.stand.children.armed() and time.monotonic() < give_up_at:
            time.sleep(0.05)
        self.stand.children.disarm()
        for hit in self.stand.children.new_hits():
            if hit["action"] == "stop":
                self.report.stops[hit["key"]] += 1
                self.stand.children.will_go_on(hit["pid"], 8)
            else:
                self.report.hits[hit["key"]] += 1
                self.kill_times.append(hit["at"])

    def stop_database(self, step: Step) -> None:
        self.stand.postgres.stop(step.whom)
        time.sleep(step.seconds)
        self.stand.postgres.start()

    def rotate(self) -> None:
        self.stand.children.restart(SECRET_KEY=f"another-{self.random.random()}" + "k" * 50)

    def expire_tokens(self) -> None:
        for _, key in self.places:
            self.stand.easyecom.tell("tokens/expire", location_key=key)

    def bring_newcomer(self, step: Step) -> None:
        if step.what == "newcomer and":
            self.stand.proxy.plan.add("add_carrier", step.whom)
        elif step.whom in ("call_opened", "answer_unwritten"):
            self.stand.children.arm(f"{step.whom}@add_carrier", "kill")
        else:
            self.stand.children.arm(step.whom, "kill")
        self.stand.add_newcomer()

    # Judging --------------------------------------------------------------------------------

    def look(self) -> None:
        """In the middle of it: nothing is doubled, and nothing is claimed that is not so.

        What is not there yet is not lost yet.
        """
        ledger, told = self.stand.witness()
        found = [
            finding
            for finding in checker.findings(self.stand.booon.given, ledger, told)
            if finding.kind != "lost"
        ]
        self.report.findings += [str(finding) for finding in found]

    def heal(self) -> None:
        """No more faults; persons do their part; then all that was promised has to hold."""
        self.stand.proxy.plan.clear()
        self.stand.children.disarm()
        self.stand.children.go_on()
        staff = Staff(self.stand.children, self.stand.easyecom)
        give_up_at = time.monotonic() + HEAL_SECONDS + self.size.orders / 10
        found: list[Finding] = []
        while time.monotonic() < give_up_at:
            self.settle_carriers(staff)
            self.stand.board_newcomers()
            staff.settle_orders(self.stand.booon)
            self.correct_refused(self.put)
            self.correct_refused(self.mend)
            self.stand.manifest(lambda n: not is_never_manifested(number(n)))
            found = self.findings()
            self.say(f"healing: {len(found)} to be settled, e.g. {found[:1]}")
            is_over = not (found or set(self.report.waiting) - {checker.HAS_EARLIER})
            if is_over or any(each.kind == "doubled" for each in found):
                break
            time.sleep(1)
        self.report.findings += [str(finding) for finding in found]
        self.report.person = staff.said

    def settle_carriers(self, staff: Staff) -> None:
        places = [
            place["location_key"]
            for seller in self.stand.booon.all("/sellers/")
            for place in seller["locations"]
            if not place["live"] and place["reason"] == "carrier_in_doubt"
        ]
        staff.settle_carriers(places)

    def findings(self) -> list[Finding]:
        ledger, told = self.stand.witness()
        found = checker.findings(self.stand.booon.given, ledger, told)
        not_live = [
            Finding("lost", place["location_key"], f"Not live: {place['reason']}.")
            for seller in told.sellers
            for place in seller["locations"]
            if not place["live"]
        ]
        self.report.waiting = Counter(checker.waiting(self.stand.booon.given, ledger, told))
        if self.stand.easyecom.waiting():
            found.append(Finding("lost", "webhooks", "EasyEcom still has some to deliver."))
        return found + not_live

    def sum_up(self) -> None:
        report, calls = self.report, self.stand.easyecom.calls()
        report.orders = self.given - self.first
        report.faults = Counter(self.stand.proxy.plan.met) - self.met
        report.answers = Counter(self.stand.booon.answers)
        report.carriers = len(self.stand.easyecom.carriers())
        wrong = {code for code in report.answers if code.startswith("5") and code != "503"}
        report.findings += [f"misread: the API answered {code}" for code in sorted(wrong)]
        times = [self.stand.easyecom.time_of(call) for call in calls]
        report.longest_wait = longest_wait(self.kill_times, times)


STATEMENTS = {
    "queue deleted": "DELETE FROM django_q_ormq",
    "queue doubled": "INSERT INTO django_q_ormq (key, payload, lock) "
    "SELECT key, payload, lock FROM django_q_ormq",
    "due times moved": "UPDATE integration_syncjob "
    "SET due_at = due_at + (random() * 10 - 5) * interval '1 second' WHERE due_at IS NOT NULL",
    "leases ended": "UPDATE integration_syncjob "
    "SET lease_until = now() - interval '1 second' WHERE status = 'running'",
}


def number(n: int) -> str:
    """None is the beginning of another, so that a person's search finds one."""
    return f"TR-{n:05}"


def is_never_manifested(order_number: str) -> bool:
    """A third of them, whose numbers are no multiples of three as those that the schedule's own
    manifests take."""
    return int(order_number.removeprefix("TR-")) % 3 == 1


def longest_wait(kills: list[float], calls: list[float]) -> float:
    """From a kill to the next call that EasyEcom sees, at worst."""
    waits = [min((call - kill for call in calls if call > kill), default=0.0) for kill in kills]
    return max(waits, default=0.0)
