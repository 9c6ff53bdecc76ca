"""`manage.py demo` as a person runs it: a child process, told by what it prints."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import requests
from django.conf import settings

from integration.demo.data import PLAYERS
from integration.demo.story import STEPS
from integration.demo.troubled_sellers import ACCOUNTS
from integration.models import OrderReason
from sellers.models import LocationReason
from tests.integration.processes import wait_for
from tests.test_first_order import snippets

DEMO = [sys.executable, str(settings.BASE_DIR / "manage.py"), "demo"]
HELD = f"All {len(STEPS)} steps were seen to hold."
PATIENCE = 300

pytestmark = [
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="it needs /proc"),
    pytest.mark.slow,
]


@contextmanager
def demo(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Killed when the test is over, if it has not ended by then."""
    child = subprocess.Popen(
        [*DEMO, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    with child:
        try:
            yield child
        finally:
            child.kill()


def read_until(child: subprocess.Popen[str], words: str) -> str:
    """All that it says up to the line with these words."""
    assert child.stdout is not None
    told = ""
    for line in child.stdout:
        told += line
        if words in line:
            return told
    raise AssertionError(f"it ended before it said {words!r}:\n{told}")


def run_of(told: str) -> Path:
    found = re.search(r"are in (\S+)\.$", told, re.M)
    assert found, told
    return settings.BASE_DIR / found[1]


def processes_of(run: Path) -> list[Path]:
    """Whatever carries that run's environment."""
    mark = f"BOOON_DEMO_RUN={run}".encode()
    return [path.parent for path in Path("/proc").glob("[0-9]*/environ") if mark in bytes_of(path)]


def bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def conditions(database: Path) -> dict[str, set[str]]:
    """What stands there at the end, to be looked at."""
    with closing(sqlite3.connect(database)) as connection:

        def of(table: str, column: str) -> set[str]:
            rows = connection.execute(f"SELECT DISTINCT {column} FROM {table}")
            return {value for (value,) in rows if value != ""}

        return {
            "orders": of("integration_order", "blocked_reason"),
            "locations": of("sellers_location", "blocked_reason"),
            "registrations": of("sellers_carrierregistration", "state"),
            "jobs": of("integration_syncjob", "status"),
            "deliveries": of("integration_delivery", "status"),
            "refusals": {str(count) for count in of("integration_refusal", "count")},
            "missed": {str(count) for count in of("integration_misseddelivery", "count(*)")},
            "drifts": of("integration_drift", "sku"),
            "unmapped": of("integration_unmappedsku", "sku"),
            "unmatched": of("integration_listing", "sku || ':' || coalesce(product_id, '')"),
            "unknown errors": {
                str(count > 0) for count in of("integration_errormessage", "sum(known_id IS NULL)")
            },
        }


def wanted_conditions() -> dict[str, set[str]]:
    """Every reason but those that pass by themselves within a minute or so, what takes a key that
    the console has lost (tests/test_lost_key.py), and a log-in that is refused after its location
    went live: EasyEcom takes none within the first minute, which a demo does not wait for. A
    location shows it."""
    passing = {LocationReason.ONBOARDING, LocationReason.COOL_DOWN, LocationReason.RATE_LIMITED}
    return {
        "orders": set(OrderReason.values)
        - {OrderReason.SECRET_UNREADABLE, OrderReason.CREDENTIALS_REFUSED},
        "locations": set(LocationReason.values) - passing - {LocationReason.SECRET_UNREADABLE},
        "registrations": {"not_sent", "registered", "in_doubt"},
        "jobs": {"succeeded", "pending", "failed", "in_doubt"},
        "deliveries": {"applied", "parked"},
        "refusals": {"24"},
        "missed": {"1"},
        "drifts": {"KADHAI-S"},
        "unmapped": {"TAWA-XXL"},
        "unmatched": {"TAWA-XXL:"},
        "unknown errors": {"True"},
    }


class Listed:
    """What `ps` shows of a run while it goes on: each command line that its processes have."""

    def __init__(self, child: subprocess.Popen[str]) -> None:
        self.child = child
        self.seen: set[str] = set()
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)
        self.thread.start()

    def look(self) -> None:
        run = b""
        while not self.over.wait(0.1):
            for path in Path("/proc").glob("[0-9]*"):
                if not run and bytes_of(path / "stat").split()[3:4] == [b"%d" % self.child.pid]:
                    found = re.search(rb"BOOON_DEMO_RUN=[^\0]+", bytes_of(path / "environ"))
                    run = found[0] if found else b""
                if run and run in bytes_of(path / "environ"):
                    self.seen.add(bytes_of(path / "cmdline").replace(b"\0", b" ").decode())


def test_the_journey_is_told_and_every_step_holds() -> None:
    with demo("--once") as child:
        listed = Listed(child)
        told, _ = child.communicate(timeout=PATIENCE)

    assert child.returncode == 0, told
    no_secret_is_in(listed)
    assert HELD in told
    assert [title for title, _ in STEPS if title not in told] == []
    assert told.count("seen to hold, step took") == len(STEPS)
    assert "\x1b" not in told
    run = run_of(told)
    wait_for(lambda: not processes_of(run))
    assert conditions(run_of(told) / "db.sqlite3") == wanted_conditions()


def no_secret_is_in(listed: Listed) -> None:
    """Whoever may call `ps` on a host reads the command lines of all."""
    listed.over.set()
    listed.thread.join()
    lines = "\n".join(listed.seen)
    secrets = {player.account()["password"] for player in (*PLAYERS, *ACCOUNTS)}

    for command in ("workers", "easyecom_sandbox", "onboard_seller", "create_api_key", "granian"):
        assert command in lines, command
    assert not [secret for secret in secrets if secret in lines]
    # Nor a key that it made, its own keys, or a buyer of the journey.
    assert not re.search(r"booon_\w{20}|SECRET_KEY|FIELD_KEYS=|PASSWORD=|\+91|@mail", lines)


@pytest.mark.parametrize(
    ("signum", "exit_code"), [(signal.SIGTERM, 143), (signal.SIGKILL, -signal.SIGKILL)]
)
def test_ended_on_its_way_it_leaves_nothing_behind(signum: int, exit_code: int) -> None:
    with demo("--once") as child:
        run = run_of(told := read_until(child, "have a pulse"))
        assert len(processes_of(run)) > 3, told

        child.send_signal(signum)

        assert child.wait(timeout=60) == exit_code
        wait_for(lambda: not processes_of(run))


def test_it_refuses_to_run_on_any_other_database() -> None:
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            "from django.core.management import execute_from_command_line as run;"
            "run(['manage.py', 'demo', '--once'])",
        ],
        capture_output=True,
        text=True,
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
    )

    assert ended.returncode == 1
    assert "database of its own" in ended.stderr


def test_key_that_it_prints_gives_the_first_order_of_the_page() -> None:
    """docs/api.md, as a developer follows it: two lines are copied, and EasyEcom has the order."""
    with demo() as child:
        told = read_until(child, "It stays up")
        pair = r"BOOON_CONSOLE_URL=(\S+) BOOON_CONSOLE_KEY=(booon_\S+)"
        line = re.search(rf"^ +export ({pair})$", told, re.M)
        assert line, told
        sandbox = re.search(r"^EasyEcom +(\S+)/ ", told, re.M)
        assert sandbox, told
        give, read = snippets("sh")
        shell = f"export {line[1]}\n"

        given = subprocess.run(["sh", "-c", shell + give], capture_output=True, text=True)
        assert '"stage":"received"' in given.stdout, given

        def is_there() -> bool:
            shown = subprocess.run(["sh", "-c", shell + read], capture_output=True, text=True)
            return '"stage":"awaiting_carrier"' in shown.stdout

        wait_for(is_there, seconds=60)
        page = requests.get(f"{sandbox[1]}/", timeout=30).text
        assert "FIRST-CURL" in page
        # Printed once, to the terminal: no log of the run has it.
        logs = "".join(path.read_text() for path in run_of(told).glob("*.log"))
        assert line[3] not in logs
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)
    assert child.returncode == 0
