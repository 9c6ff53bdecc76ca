"""The drill of docs/operations.md#backup-and-restore, step by step, on a real PostgreSQL."""

import re
import time

import pytest

from tests import only_on
from tests.integration.processes import wait_for
from tests.integration.sync.test_restored import Console, console, created, lines, sandbox
from tests.integration.workers import ask, new_database

__all__ = ["console", "sandbox"]

pytestmark = pytest.mark.slow

ORDERS = """
import sys, django
django.setup()
from sellers.models import Location
from tests.factories import make_order
for number in sys.argv[1:]:
    make_order(Location.objects.get(), order_number=number)
"""
# As a reader of the feed has it done.
READ = """
import django
django.setup()
from integration.feed import feed
while feed.number_some():
    pass
"""
CARRIED = ("awaiting_carrier", "")


def stages(console: Console) -> dict[str, tuple[str, str]]:
    rows = ask(console.url, "SELECT order_number, stage, blocked_reason FROM integration_order")
    return {number: (stage, reason) for number, stage, reason in rows}


def wait_until(console: Console, wanted: dict[str, tuple[str, str]]) -> None:
    wait_for(lambda: stages(console) == wanted, seconds=180)


def last_cursor(console: Console) -> int:
    """Of the feed, once it was read."""
    console.run("-c", READ)
    [(last,)] = ask(console.url, "SELECT last FROM integration_changecounter")
    return last


@only_on.postgresql("pg_dump and pg_restore")
def test_backup_is_taken_lost_facts_are_given_again_and_nothing_is_done_twice(
    console, sandbox, tmp_path
):
    console.variables |= {"IN_DOUBT_DELAYS": "1,1,2", "RETRY_DELAYS": "1,1,2"}
    console.found()
    console.start()
    console.run("-c", ORDERS, "BN-1")
    wait_until(console, {"BN-1": CARRIED})
    in_backup = last_cursor(console)

    backed_up = console.manage("backup", str(tmp_path / "dump"))
    assert (tmp_path / "dump").stat().st_mode & 0o777 == 0o600
    console.run("-c", ORDERS, "BN-2")
    wait_until(console, {"BN-1": CARRIED, "BN-2": CARRIED})
    given = last_cursor(console)
    assert given > in_backup
    console.stop()
    sent = len(lines(sandbox))

    began = time.monotonic()
    new_database(console.url)
    restored = console.manage("restore", str(tmp_path / "dump"))
    assert list(stages(console)) == ["BN-1"]
    console.start()
    wait_for(console.hold, 60)
    held_after = time.monotonic() - began
    assert len(lines(sandbox)) == sent
    console.manage("release", "--reason", "A drill")
    # Booon gives the order of the lost hours again.
    console.run("-c", ORDERS, "BN-2")
    wait_until(console, {"BN-1": CARRIED, "BN-2": CARRIED})
    took = time.monotonic() - began

    assert created(sandbox) == ["BN-1", "BN-2"]
    assert last_cursor(console) > given
    assert re.search(r"MB in [\d.]+ s, the feed at cursor \d+", backed_up)
    assert "held until an Admin releases it" in restored
    # The figures of docs/operations.md: pytest -s shows them.
    print(f"held after {held_after:.1f} s, all carried after {took:.1f} s")  # noqa: T201
    assert took < 300


@only_on.postgresql("pg_dump and pg_restore")
def test_restore_spares_a_database_that_has_tables(console, tmp_path):
    console.manage("migrate", "--verbosity", "0")
    console.manage("backup", str(tmp_path / "dump"))

    console.manage("restore", str(tmp_path / "dump"), exit_code=1)
    console.manage("backup", str(tmp_path / "dump"), exit_code=1)
    assert [path.name for path in tmp_path.glob("dump*")] == ["dump"]
