"""Orders a second that one worker host carries, and two: EasyEcom takes 4 s for each.

Hosts are `manage.py workers` on this machine, so what is compared is the calls that are under way
at once and not the cores.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import psycopg

from integration.worker.process_group import ProcessGroup
from tests.bench.door import child_environ, cpu_seconds, database
from tests.integration.served import free_port

ACCOUNTS, ORDERS = 80, 25
ANSWERS_AFTER = 4.0
WARM_UP, SECONDS = 12.0, 20.0
PUSHED = "SELECT count(*) FROM integration_order WHERE pushed_at IS NOT NULL"
MANAGE = str(Path(__file__).parents[2] / "manage.py")


@dataclass(frozen=True)
class Turn:
    hosts: int
    per_second: float
    cpu_ms: float


def compare(rounds: int, hosts: tuple[int, ...] = (1, 2)) -> dict[int, list[Turn]]:
    found: dict[int, list[Turn]] = {count: [] for count in hosts}
    with database("postgresql") as url, slow_easyecom() as address:
        environ = child_environ(url) | {
            "EASYECOM_BASE_URL": address,
            "STATE_FILE": f"{tempfile.mkdtemp(prefix='booon-bench-')}/state.json",
        }
        for _ in range(rounds):
            for count in hosts:
                found[count].append(measured(count, url, environ))
    return found


def median_of(turns: list[Turn]) -> Turn:
    rate = median(turn.per_second for turn in turns)
    return Turn(turns[0].hosts, rate, median(turn.cpu_ms for turn in turns))


def measured(count: int, url: str, environ: dict[str, str]) -> Turn:
    seed = [sys.executable, "-m", "tests.bench.seed", str(ACCOUNTS), str(ORDERS)]
    subprocess.run(seed, env=environ, check=True)
    with ExitStack() as stack:
        before = pushed(url)
        groups = [host(environ) for _ in range(count)]
        for group in groups:
            stack.callback(group.kill)
        pids = [group.pid for group in groups]
        give_up_at = time.monotonic() + 60
        while pushed(url) == before:
            assert time.monotonic() < give_up_at, "no order goes out"
            time.sleep(0.2)
        time.sleep(WARM_UP)
        first, cpu, began = pushed(url), cpu_seconds(*pids), time.monotonic()
        time.sleep(SECONDS)
        carried, took = pushed(url) - first, time.monotonic() - began
        return Turn(count, carried / took, (cpu_seconds(*pids) - cpu) * 1000 / max(carried, 1))


def host(environ: dict[str, str]) -> ProcessGroup:
    return ProcessGroup([sys.executable, MANAGE, "workers"], environ)


def pushed(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(PUSHED).fetchone()
        assert row
        return int(row[0])


@contextmanager
def slow_easyecom() -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "tests.bench.slow_easyecom", str(port), str(ANSWERS_AFTER)]
    group = ProcessGroup(command, os.environ)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        group.kill()
