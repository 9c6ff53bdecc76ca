"""While an upgrade goes on: the web server and workers of the release before on today's schema,
beside today's (docs/operations.md, Updating). The code of before is taken from the history.
"""

import io
import json
import os
import signal
import subprocess
import sys
import tarfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from integration.demo.data import TEXTILES
from integration.sandbox.server import Sandbox
from tests.factories import ADDRESS
from tests.integration.processes import wait_for
from tests.integration.served import free_port, own_database, wait_for_port
from tests.integration.workers import Workers, ask, environment
from tests.test_journey import Platform, connect_webhooks

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

TODAY = Path(settings.BASE_DIR)
# Taken while no release is tagged since: the first landed state that kept to the rules of
# tests/test_migrations.py. What is older can't run on today's schema.
FIRST = "bad038ea9c82a790526d981540162fe544b06667"
CODE = ("manage.py", "booon_console", "sellers", "integration", "templates")
# Of a machine that is busy.
PATIENCE = 150
LEFT = {
    "jobs of orders": "SELECT id, status FROM integration_syncjob "
    "WHERE order_id IS NOT NULL AND status <> 'succeeded'",
    "webhooks": "SELECT id, status FROM integration_delivery WHERE status <> 'applied'",
    "orders": "SELECT order_number, stage FROM integration_order "
    "WHERE stage <> 'manifested' OR blocked_reason <> ''",
    "holds": "SELECT id, reason FROM integration_hold",
    "failed tasks": "SELECT func, result FROM django_q_task WHERE NOT success",
}


def git(*command: str) -> bytes:
    """Raises CalledProcessError where the history lacks what is asked for."""
    return subprocess.run(["git", *command], cwd=TODAY, capture_output=True, check=True).stdout


def release_before() -> str:
    """The newest tag but today's own."""
    tags = git("tag", "--list", "v*", "--sort=-version:refname", "--contains", FIRST,
               "--merged", "HEAD", "--no-contains", "HEAD")  # fmt: skip
    return next(iter(tags.decode().split()), FIRST)


def has_history() -> bool:
    try:
        return git("rev-parse", "--is-shallow-repository").strip() == b"false"
    except (OSError, subprocess.CalledProcessError):
        return False


@pytest.fixture
def code_of_before(tmp_path: Path) -> Path:
    if not has_history():
        pytest.skip("Not tested with the code of before: this is no whole clone.")
    packed = git("archive", release_before(), *CODE)
    folder = tmp_path / "before"
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(folder, filter="data")
    return folder


class Host:
    """A web server and workers of one code."""

    def __init__(self, code: Path, database_url: str, easyecom: str, folder: Path) -> None:
        self.code, self.database_url, self.folder = code, database_url, folder
        self.port, self.is_up = free_port(), False
        self.address = f"http://127.0.0.1:{self.port}"
        self.given = {
            "BOOON_ENVIRONMENT": "rolling",
            "EASYECOM_BASE_URL": easyecom,
            "PUBLIC_URL": self.address,
            "STATE_FILE": str(folder / f"state-{self.port}.json"),
        }

    def command(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, str(self.code / "manage.py"), *arguments],
            cwd=self.code,
            env=environment(self.database_url, **self.given),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return done.stdout

    def start(self) -> None:
        granian = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1"]
        granian += ["--host", "127.0.0.1", "--port", str(self.port)]
        with (self.folder / f"web-{self.port}.log").open("ab") as log:
            self.web = subprocess.Popen(
                [*granian, "booon_console.wsgi:application"],
                cwd=self.code,
                env=environment(self.database_url, **self.given),
                stdout=log,
                stderr=log,
                process_group=0,
            )
        self.workers = Workers(self.database_url, code=self.code, **self.given)
        self.is_up = True
        wait_for_port(self.port, self.web)

    def stop(self) -> None:
        """As an upgrade does, by SIGTERM; what is under way is finished."""
        for process in (self.web, self.workers.process):
            process.terminate()
        codes = [each.wait(PATIENCE) for each in (self.web, self.workers.process)]
        self.is_up = False
        said = self.workers.end()
        assert codes == [0, 0], said
        assert "task failed" not in said

    def kill(self) -> None:
        """What a test that failed left behind."""
        if self.is_up:
            self.workers.end()
            os.killpg(self.web.pid, signal.SIGKILL)
            self.web.wait()


class Upgrade:
    """Both hosts, Booon's platform and the stand-in EasyEcom around one database."""

    def __init__(self, sandbox: Sandbox, database_url: str, before: Host, today: Host) -> None:
        self.sandbox, self.database_url = sandbox, database_url
        self.before, self.today = before, today
        self.given: list[str] = []

    def set_up(self) -> None:
        """All by the code of before. Each location's webhooks come to the web server of one."""
        self.before.command("migrate", "--verbosity", "0")
        file = self.before.folder / "seller.json"
        file.write_text(json.dumps(TEXTILES.file()))
        report = json.loads(self.before.command("onboard_seller", str(file)))
        for webhook in report["locations"][1]["webhooks"].values():
            webhook["url"] = webhook["url"].replace(self.before.address, self.today.address)
        connect_webhooks(self.sandbox, report)
        self.key = self.before.command("create_api_key", "platform").strip()

    def give(self, *hosts: Host) -> list[str]:
        """An order to each one's web server; until all wait for their carriers."""
        numbers = [f"ROLL-{len(self.given) + n}" for n in range(1, len(hosts) + 1)]
        self.given += numbers
        for host, number in zip(hosts, numbers, strict=True):
            self.platform(host).put(path_of(number), self.body_for(host, number), 201)
        self.until("awaiting_carrier", numbers)
        return numbers

    def end(self, *hosts: Host, numbers: list[str]) -> None:
        """Each gets its AWB by that host's web server, and is manifested."""
        for host, number in zip(hosts, numbers, strict=True):
            details = {"courier": "Delhivery", "awb_number": f"8900-{number}"}
            self.platform(host).put(f"{path_of(number)}shipment/", details, 200)
        self.until("carrier_assigned", numbers)
        self.sandbox.tell("manifest", order_numbers=numbers)
        self.until("manifested", numbers)

    def carry(self, *hosts: Host) -> None:
        self.end(*hosts, numbers=self.give(*hosts))

    def platform(self, host: Host) -> Platform:
        return Platform(host.address, self.key)

    def body_for(self, host: Host, number: str) -> dict[str, Any]:
        line = {"line_id": f"{number}-1", "sku": "KURTA-INDIGO", "name": "Cotton kurta"}
        return {
            "location_key": TEXTILES.keys[int(host is self.today)],
            "ordered_at": "2026-11-23T00:15:00+05:30",
            "payment": {"mode": "prepaid"},
            "lines": [{**line, "quantity": 1, "unit_price": "799.00"}],
            "shipping_address": ADDRESS,
            "package": {"weight_g": 100, "length_cm": 10, "width_cm": 10, "height_cm": 10},
        }

    def until(self, stage: str, numbers: list[str]) -> None:
        sql = "SELECT order_number, stage FROM integration_order"
        wanted = {(number, stage) for number in numbers}
        wait_for(lambda: wanted <= set(ask(self.database_url, sql)), PATIENCE)

    def left(self) -> dict[str, list[Any]]:
        """What is not done yet, or went wrong."""
        found = {what: ask(self.database_url, sql) for what, sql in LEFT.items()}
        return {what: rows for what, rows in found.items() if rows}

    def made_at_easyecom(self, kind: str) -> Counter[str]:
        lines = self.sandbox.ask("ledger")["lines"]
        return Counter(
            each["order_number"] for each in lines if each["kind"] == kind and each["committed"]
        )


def path_of(number: str) -> str:
    return f"/sellers/{TEXTILES.code}/orders/{number}/"


@pytest.fixture
def upgrade(code_of_before: Path, tmp_path: Path) -> Iterator[Upgrade]:
    with ExitStack() as stack:
        url = stack.enter_context(own_database(tmp_path))
        sandbox = stack.enter_context(Sandbox())
        sandbox.tell("settings", cool_down_seconds=0)
        sandbox.tell("accounts", **TEXTILES.account())
        hosts = [Host(code, url, sandbox.address, tmp_path) for code in (code_of_before, TODAY)]
        for host in hosts:
            stack.callback(host.kill)
        upgrade = Upgrade(sandbox, url, *hosts)
        upgrade.set_up()
        yield upgrade


def test_code_of_before_goes_on_while_its_database_is_upgraded_and_after(upgrade):
    before, today = upgrade.before, upgrade.today
    before.start()
    under_way = upgrade.give(before)

    today.command("migrate", "--verbosity", "0")
    upgrade.end(before, numbers=under_way)
    upgrade.carry(before)

    today.start()
    upgrade.carry(before, today)
    before.stop()
    upgrade.carry(today)
    # The way back: the older code starts on the newer schema.
    before.command("migrate", "--verbosity", "0")
    before.start()
    upgrade.carry(today, before)
    today.stop()
    upgrade.carry(before)
    wait_for(lambda: not upgrade.left(), PATIENCE)
    before.stop()

    once = dict.fromkeys(upgrade.given, 1)
    assert upgrade.made_at_easyecom("create_order") == once
    assert upgrade.made_at_easyecom("assign_awb") == once
    assert upgrade.left() == {}
