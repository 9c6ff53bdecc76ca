"""An older dump is put back, step by step as docs/operations.md#backup-and-restore says, beside a
reader of the feed, one that is away meanwhile, and a receiver of webhooks: all end with what the
console says, and EasyEcom has everything once.

The readers are the client's own example. The receiver takes each `webhook-id` once.
"""

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from tests.faults import checker
from tests.faults.booon import Booon, Given, NotTaken, body_of
from tests.faults.children import TOP
from tests.faults.points import SABOTAGE_VARIABLE
from tests.faults.stand import SELLERS, Stand, World, standing
from tests.receiver import SECRET, Came, Receiver, listening

PATIENCE = 240
# So long nothing may go out once the console knows that its database is an older one.
HELD_FOR = 5
CLIENT = TOP / "clients" / "python"
HOLDS = "SELECT 1 FROM integration_hold WHERE released_at IS NULL"
# What somebody knows of levels, by location key and SKU, and of stages, by seller and number.
Levels = dict[tuple[str, str], int]
Stages = dict[tuple[str, str], str]
Facts = tuple[Levels, Stages]


@dataclass
class Restore:
    """What was lost with a restore and given again, and what came of it."""

    seed: int
    is_quiet: bool
    orders: int = 0
    lost: int = 0
    seconds: float = 0
    findings: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        which = "a quiet hour, in which only stock moved" if self.is_quiet else "a busy hour"
        return (
            f"seed {self.seed}, {which}: {self.orders} orders, {self.lost} of them after the dump, "
            f"{self.seconds:.0f} s, {len(self.findings)} findings"
        )


def restored(
    seed: int,
    *,
    is_quiet: bool,
    say: Callable[[str], None],
    build: str = "",
    patience: float = PATIENCE,
) -> Restore:
    """`build` is one of `sabotage.BUILDS`, "" for the console as it is; `patience`, in seconds, is
    had with what comes after the restore."""
    began, random = time.monotonic(), Random(seed)
    told = Restore(seed, is_quiet)
    with (
        listening(SimpleNamespace()) as receiver,
        standing(World(), **variables(receiver), **{SABOTAGE_VARIABLE: build}) as stand,
        reading(stand, "reader") as reader,
        reading(stand, "absent") as absent,
    ):
        shop = Shop(receiver)
        those = {"reader of the feed": reader.facts, "receiver": shop.facts}
        all_ = those | {"reader that was away": absent.facts}
        give(stand, random.randint(8, 14))
        stand.change_level(random.randint(20, 40))
        await_agreement(stand, all_)

        dump = str(stand.children.folder / "backup.dump")
        stand.checked("backup", dump)
        kept = dict(stand.booon.given)
        if not is_quiet:
            give(stand, random.randint(8, 14))
            stand.manifest(lambda n: n % 3 == 0)
        stand.change_level(random.randint(1, 19))
        await_agreement(stand, all_)
        lost = [order for key, order in stand.booon.given.items() if key not in kept]
        told.orders, told.lost = len(stand.booon.given), len(lost)

        absent.stop()
        put_back(stand, dump)
        until(lambda: stand.postgres.do(HOLDS) > 0, "it holds itself")
        told.findings += went_out_while_held(stand)
        reason = "The database of before was lost."
        stand.checked("release", "--reason", reason, is_honest=False)
        shop.read_anew(stand.booon)
        stand.change_level(random.randint(41, 60))
        give_again(stand, lost)
        say("restored, released, and given again")
        told.findings += await_agreement(stand, those, patience)
        # Whoever comes back now finds cursors beyond its own, whatever they were given for.
        told.findings += await_agreement(stand, all_, patience)
        if told.findings:
            say("; ".join(told.findings))
    told.seconds = time.monotonic() - began
    say(str(told))
    return told


def variables(receiver: Receiver) -> dict[str, str]:
    """An hour is seconds here: what was manifested in it is old enough to be taken at its word."""
    return {
        "BOOON_WEBHOOK_URL": receiver.url,
        "BOOON_WEBHOOK_SECRET": SECRET,
        "TRUST_COMPARES_AT_ONCE": "true",
    }


def give(stand: Stand, count: int) -> None:
    """Every fourth gets no shipment."""
    first = len(stand.booon.given) + 1
    places = [(code, key) for code, keys in SELLERS.items() for key in keys]
    for n in range(first, first + count):
        seller, key = places[n % len(places)]
        order = stand.booon.give(seller, f"TR-{n:05}", key, n)
        if n % 4:
            stand.booon.ship(order)


def put_back(stand: Stand, dump: str) -> None:
    """Steps 1 to 4. The keeper starts nothing meanwhile."""
    with stand.children.lock:
        for child in stand.children.all:
            child.kill()
        stand.postgres.do("DROP SCHEMA public CASCADE")
        stand.postgres.do("CREATE SCHEMA public")
        stand.checked("restore", dump)
        stand.checked("migrate", "--verbosity", "0")
        for child in stand.children.all:
            child.start(stand.children.env)


def went_out_while_held(stand: Stand) -> list[str]:
    before = len(stand.easyecom.calls())
    time.sleep(HELD_FOR)
    count = len(stand.easyecom.calls()) - before
    return [f"misread: calls: {count} went out of a database that is held."] if count else []


def give_again(stand: Stand, lost: list[Given]) -> None:
    """Steps 7 to 9."""
    for order in lost:
        path = f"/sellers/{order.seller}/orders/{order.number}/"
        stand.booon.insist("PUT", path, body_of(order))
    for code in SELLERS:
        stand.checked("reconcile", "--seller", code)
    for order in lost:
        # One that was manifested in the lost hour takes no AWB any more.
        with suppress(NotTaken):
            if order.awb_number:
                stand.booon.ship(order)


def await_agreement(
    stand: Stand, those: dict[str, Callable[[], Facts]], patience: float = PATIENCE
) -> list[str]:
    """Until nothing is lost, doubled or misread, and those know what the API says. Returns what
    still differs when patience ends."""
    give_up_at = time.monotonic() + patience
    while True:
        ledger, told = stand.witness()
        found = [str(each) for each in checker.findings(stand.booon.given, ledger, told)]
        said = facts_of(told.stock, told.orders)
        found += [differences(who, facts(), said) for who, facts in those.items()]
        found = [each for each in found if each]
        if not found or time.monotonic() > give_up_at:
            return found
        time.sleep(0.5)


def differences(who: str, facts: Facts, said: Facts) -> str:
    wrong = [
        f"{' '.join(key)} is {mine.get(key)}, the API says {its.get(key)}"
        for mine, its in zip(facts, said, strict=True)
        for key in sorted(mine.keys() | its.keys())
        if mine.get(key) != its.get(key)
    ]
    return f"lost: {who}: {len(wrong)} differ, e.g. {wrong[0]}." if wrong else ""


def facts_of(stock: list[dict[str, Any]], orders: list[dict[str, Any]]) -> Facts:
    levels = {(row["location_key"], row["sku"]): row["quantity"] for row in stock}
    return levels, {(row["seller"], row["order_number"]): row["stage"] for row in orders}


def until(is_so: Callable[[], bool], what: str) -> None:
    give_up_at = time.monotonic() + PATIENCE
    while not is_so():
        if time.monotonic() > give_up_at:
            raise TimeoutError(f"In vain for {PATIENCE} s: {what}.")
        time.sleep(0.2)


class Shop:
    """What Booon's receiver knows: each id once, in the sequence in which they came."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.known: Facts = ({}, {})
        self.begins_at = 0

    def read_anew(self, booon: Booon) -> None:
        """The lists; what comes from now on is applied over them."""
        self.begins_at = len(self.receiver.came)
        self.known = facts_of(booon.all("/stock/"), booon.all("/orders/"))

    def facts(self) -> Facts:
        levels, stages = dict(self.known[0]), dict(self.known[1])
        for each in once(self.receiver.came, self.begins_at):
            change = each.message.data
            data: Any = change["data"]
            match change["type"]:
                case "stock.updated":
                    levels[str(change["location_key"]), data["sku"]] = data["quantity"]
                case "order.stage_changed":
                    stages[str(change["seller"]), data["order_number"]] = data["stage"]
        return levels, stages


def once(came: list[Came], begins_at: int) -> Iterator[Came]:
    """What was answered 2xx; an id that came before, also before the lists were read, is none."""
    seen: set[str] = set()
    for place, each in enumerate(list(came)):
        if each.status < 300 and each.message.id not in seen:
            seen.add(each.message.id)
            if place >= begins_at:
                yield each


class Reader:
    """The client's example, in a process that is started again whenever it ended."""

    def __init__(self, stand: Stand, name: str) -> None:
        self.file = stand.children.folder / f"{name}.sqlite3"
        self.log = stand.children.folder / f"{name}.log"
        key = stand.checked("create_api_key", name).split()[-1]
        self.env = os.environ | {
            "PYTHONPATH": str(CLIENT),
            "BOOON_CONSOLE_URL": stand.children.address,
            "BOOON_CONSOLE_KEY": key,
        }
        self.process: subprocess.Popen[bytes] | None = None

    def keep(self) -> None:
        if self.process is None or self.process.poll() is not None:
            command = [sys.executable, str(CLIENT / "examples" / "follow_stock.py"), str(self.file)]
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(command, env=self.env, stdout=log, stderr=log)

    def facts(self) -> Facts:
        self.keep()
        if not Path(self.file).exists():
            return {}, {}
        with closing(sqlite3.connect(self.file, timeout=10)) as shop:
            tables = {name for (name,) in shop.execute("SELECT name FROM sqlite_master")}
            if not {"level", "stage"} <= tables:
                return {}, {}
            levels = shop.execute("SELECT location_key, sku, quantity FROM level").fetchall()
            stages = shop.execute("SELECT seller, order_number, stage FROM stage").fetchall()
        return {(a, b): value for a, b, value in levels}, {(a, b): value for a, b, value in stages}

    def stop(self) -> None:
        """Until its facts are asked for again."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()


@contextmanager
def reading(stand: Stand, name: str) -> Iterator[Reader]:
    reader = Reader(stand, name)
    reader.keep()
    try:
        yield reader
    finally:
        reader.stop()
