"""A real older dump, put back under real workers: EasyEcom hears nothing until somebody says so."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from integration.sandbox.server import Sandbox
from tests.integration.processes import wait_for
from tests.integration.workers import SERVER, Workers, ask, drop, environment, new_database

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

SELLER = {
    "code": "acme",
    "name": "Acme Traders",
    "api_username": "api@acme.test",
    "api_password": "password-canary",
    "locations": [{"location_key": "en2948810184"}],
}
ORDERS = """
import django
django.setup()
from sellers.models import Location
from tests.factories import make_order
for number in ("BN-1", "BN-2"):
    make_order(Location.objects.get(), order_number=number)
"""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        place = {"location_key": "en2948810184", "name": "W", "city": "Pune", "company_id": 7000}
        sandbox.tell(
            "accounts",
            email="api@acme.test",
            password="password-canary",
            locations=[place | {"state": "Maharashtra"}],
            products=[{"sku": "KURTA-RED-M", "name": "Kurta", "mrp": 499, "inventory": 50}],
        )
        yield sandbox


class Console:
    """One installation: its database, and what it is told by its environment."""

    def __init__(self, url: str, directory: Path, sandbox: Sandbox) -> None:
        self.url = new_database(url)
        self.directory = directory
        self.variables = {
            "EASYECOM_BASE_URL": sandbox.address,
            "BOOON_ENVIRONMENT": "production",
            "STATE_FILE": str(directory / "state.json"),
        }
        self.workers: Workers | None = None

    def run(self, *command: str, exit_code: int = 0) -> str:
        ended = subprocess.run(
            [sys.executable, *command],
            cwd=settings.BASE_DIR,
            env=environment(self.url, **self.variables),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert ended.returncode == exit_code
        return ended.stdout

    def manage(self, *words: str, exit_code: int = 0) -> str:
        return self.run("manage.py", *words, exit_code=exit_code)

    def found(self) -> None:
        """A live seller, as a new installation gets its first."""
        self.manage("migrate", "--verbosity", "0")
        file = self.directory / "seller.json"
        file.write_text(json.dumps(SELLER))
        self.manage("onboard_seller", str(file))

    def start(self) -> None:
        self.workers = Workers(self.url, **self.variables)

    def stop(self) -> None:
        if self.workers is not None:
            self.workers.process.terminate()
            self.workers.process.wait(30)
            self.workers.end()
            self.workers = None

    def wait_for_orders(self, wanted: tuple[str, str]) -> None:
        """Until each is at this stage, for this reason."""
        sql = "SELECT stage, blocked_reason FROM integration_order"
        wait_for(lambda: ask(self.url, sql) == [wanted] * 2, seconds=120)

    def hold(self) -> list[Any]:
        return ask(self.url, "SELECT reason FROM integration_hold WHERE released_at IS NULL")

    def dump(self, file: Path) -> None:
        if SERVER:
            subprocess.run(["pg_dump", "-Fc", "-f", str(file), self.url], check=True)
            return
        with (
            closing(sqlite3.connect(urlsplit(self.url).path)) as source,
            closing(sqlite3.connect(file)) as copy,
        ):
            source.backup(copy)

    def restore(self, file: Path) -> None:
        """In the place of what is there."""
        if SERVER:
            new_database(self.url)
            subprocess.run(["pg_restore", "-d", self.url, str(file)], check=True)
            return
        place = Path(urlsplit(self.url).path)
        for leftover in place.parent.glob(f"{place.name}*"):
            leftover.unlink()
        place.write_bytes(file.read_bytes())


@pytest.fixture
def console(tmp_path: Path, sandbox: Sandbox) -> Iterator[Console]:
    url = f"{SERVER}_restored_{os.getpid()}" if SERVER else f"sqlite:///{tmp_path}/restored"
    console = Console(url, tmp_path, sandbox)
    yield console
    console.stop()
    drop(console.url)


def lines(sandbox: Sandbox) -> list[dict[str, Any]]:
    ledger: list[dict[str, Any]] = sandbox.ask("ledger")["lines"]
    return ledger


def created(sandbox: Sandbox) -> list[str]:
    """The orders that EasyEcom has made, one for each time it did."""
    return sorted(
        line["order_number"]
        for line in lines(sandbox)
        if line["kind"] == "create_order" and line["committed"]
    )


def test_older_dump_sends_nothing_until_it_is_released(console, sandbox, tmp_path):
    console.found()
    console.run("-c", ORDERS)
    console.dump(tmp_path / "dump")
    console.start()
    console.wait_for_orders(("awaiting_carrier", ""))
    console.stop()
    sent = len(lines(sandbox))

    console.restore(tmp_path / "dump")
    console.start()
    console.wait_for_orders(("received", "held"))

    [(reason,)] = console.hold()
    assert reason.startswith("This database is older than it was: it knows sync jobs up to ")
    report = json.loads(console.manage("onboard_seller", str(tmp_path / "seller.json")))
    assert report["locations"][0]["live"]
    assert len(lines(sandbox)) == sent

    console.manage("release", "--reason", "It is the backup of today")
    console.wait_for_orders(("awaiting_carrier", ""))
    assert created(sandbox) == ["BN-1", "BN-2"]
    # Not even asked for again: they were looked up.
    asked = {line["kind"] for line in lines(sandbox)[sent:]}
    assert "find_order" in asked
    assert not asked & {"create_order", "add_carrier", "assign_awb"}


def test_copy_in_another_environment_sends_nothing(console, sandbox, tmp_path):
    console.found()
    console.run("-c", ORDERS)
    sent = len(lines(sandbox))

    console.variables |= {"BOOON_ENVIRONMENT": "staging", "STATE_FILE": str(tmp_path / "new.json")}
    console.start()
    console.wait_for_orders(("received", "held"))

    [(reason,)] = console.hold()
    assert reason.startswith("This database was made for production at http://127.0.0.1:")
    assert len(lines(sandbox)) == sent


def test_command_of_a_shell_set_for_elsewhere_stops_nothing_that_runs(console, sandbox):
    console.found()
    console.start()
    wait_for(console.workers.beats, seconds=60)
    right = console.variables

    console.variables = right | {"EASYECOM_BASE_URL": "http://127.0.0.1:9"}
    console.manage("reconcile", "--seller", "acme", exit_code=1)
    console.variables = right
    console.run("-c", ORDERS)
    console.wait_for_orders(("awaiting_carrier", ""))

    assert console.hold() == []
    console.manage("reconcile", "--seller", "acme")


def test_restart_goes_on_where_it_was(console, sandbox):
    console.found()
    console.start()
    wait_for(console.workers.beats, seconds=60)
    console.stop()
    console.run("-c", ORDERS)

    console.start()
    console.wait_for_orders(("awaiting_carrier", ""))

    assert console.hold() == []
