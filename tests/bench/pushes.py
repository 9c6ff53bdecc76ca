"""Orders a second that worker hosts push: `manage.py workers` beside an EasyEcom that answers late.

How many one host carries is the smaller of what the accounts' rates allow, and of the calls that it
has under way at once through the time that each takes. Whether it comes near that limit is a matter
of its cores; whether two hosts carry twice as many is not, when each call takes seconds.
"""

import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg

from integration.worker.process_group import ProcessGroup
from tests.bench.door import child_environ, cpu_seconds, database
from tests.integration.served import free_port

# Of each account, a second.
RATE, BURST = 10, 10
SECONDS = 20.0
# EASYECOM_IN_FLIGHT, as it is by default.
IN_FLIGHT = 64
PUSHED = "SELECT count(*) FROM integration_order WHERE pushed_at IS NOT NULL"
MANAGE = str(Path(__file__).parents[2] / "manage.py")


@dataclass(frozen=True)
class Case:
    vendor: str
    accounts: int
    answers_after: float
    hosts: int = 1
    # So much sooner or later does each answer come, at random.
    spread: float = 0

    @property
    def limit(self) -> float:
        """Orders a second, for one host: the accounts' rates, or Little's law."""
        return min(self.accounts * RATE, IN_FLIGHT / self.answers_after)

    @property
    def warm_up(self) -> float:
        """Seconds until the first calls are answered and each account's burst is used up."""
        return 4.0 + 2 * self.answers_after

    @property
    def orders(self) -> int:
        """For each account, so many that none runs out."""
        seconds = self.warm_up + SECONDS + 10
        return int(BURST + seconds * min(RATE, self.limit * self.hosts / self.accounts * 1.2))


ONE_HOST = (
    Case("postgresql", 40, 0.2),
    Case("postgresql", 40, 0.3, spread=0.2),
    Case("postgresql", 8, 0.2),
    Case("postgresql", 1, 0.2),
    Case("sqlite", 8, 0.2),
)
HOSTS = tuple(Case("postgresql", 80, 4.0, hosts=hosts) for hosts in (1, 2, 3))


@dataclass(frozen=True)
class Turn:
    per_second: float
    cpu_ms: float


def compare(cases: Sequence[Case], rounds: int) -> dict[Case, Turn]:
    """The median of each case's turns, which are taken by turns."""
    found: dict[Case, list[Turn]] = {case: [] for case in cases}
    for _ in range(rounds):
        for case in cases:
            found[case].append(measured(case))
    return {case: median_of(turns) for case, turns in found.items()}


def median_of(turns: Sequence[Turn]) -> Turn:
    return Turn(median(turn.per_second for turn in turns), median(turn.cpu_ms for turn in turns))


def measured(case: Case) -> Turn:
    """From an empty database, so that no turn leaves the next one more rows."""
    with ExitStack() as stack:
        url = stack.enter_context(database(case.vendor))
        address = stack.enter_context(slow_easyecom(case.answers_after, case.spread))
        environ = child_environ(url) | {
            "EASYECOM_BASE_URL": address,
            "STATE_FILE": f"{tempfile.mkdtemp(prefix='booon-bench-')}/state.json",
        }
        seed = [sys.executable, "-m", "tests.bench.seed", str(case.accounts), str(case.orders)]
        subprocess.run(seed, env=environ, check=True)
        groups = [host(environ) for _ in range(case.hosts)]
        for group in groups:
            stack.callback(group.kill)
        pids = [group.pid for group in groups]
        give_up_at = time.monotonic() + 60
        while not pushed(url):
            assert time.monotonic() < give_up_at, "no order goes out"
            time.sleep(0.2)
        time.sleep(case.warm_up)
        first, cpu, began = pushed(url), cpu_seconds(*pids), time.monotonic()
        time.sleep(SECONDS)
        carried, took = pushed(url) - first, time.monotonic() - began
        return Turn(carried / took, (cpu_seconds(*pids) - cpu) * 1000 / max(carried, 1))


def host(environ: dict[str, str]) -> ProcessGroup:
    return ProcessGroup([sys.executable, MANAGE, "workers"], environ)


def pushed(url: str) -> int:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as connection:
            return int(connection.execute(PUSHED).fetchone()[0])
    with psycopg.connect(url) as connection:
        row = connection.execute(PUSHED).fetchone()
        assert row
        return int(row[0])


@contextmanager
def slow_easyecom(answers_after: float, spread: float) -> Iterator[str]:
    port = free_port()
    bounds = [str(answers_after - spread), str(answers_after + spread)]
    command = [sys.executable, "-m", "tests.bench.slow_easyecom", str(port), *bounds]
    group = ProcessGroup(command, os.environ)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        group.kill()
