"""docs/api.md begins with a first order; each of its snippets is run here as it is written."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from integration.demo.data import PLAYERS, TEXTILES
from integration.models import Order, SyncJob
from integration.sandbox.server import Sandbox
from integration.sync import gateway
from tests.clients import typescript
from tests.factories import make_location, make_seller
from tests.integration.conftest import run
from tests.test_journey import bind_anew

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
HEADING = "## A first order in five minutes\n"

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def snippets(language: str) -> list[str]:
    section = PAGE.split(HEADING)[1].split("\n## ")[0]
    return re.findall(rf"^```{language}\n(.+?)^```$", section, re.M | re.S)


def curl() -> list[str]:
    return ["sh", "-c", snippets("sh")[0]]


def python(folder: Path) -> list[str]:
    script = folder / "first_order.py"
    script.write_text(snippets("python")[0])
    return [sys.executable, str(script)]


def in_typescript() -> list[str]:
    [written] = snippets("ts")
    assert written == (typescript.FOLDER / "examples" / "first_order.ts").read_text()
    return [typescript.node(), str(typescript.FOLDER / "dist" / "examples" / "first_order.js")]


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    """The demo's sellers, as far as the page needs them."""
    gateway.session_of.cache_clear()
    bind_anew()
    with Sandbox() as sandbox:
        settings.EASYECOM_BASE_URL = sandbox.address
        sandbox.tell("settings", cool_down_seconds=0, carrier_must_exist=False)
        for player in PLAYERS:
            sandbox.tell("accounts", **player.account())
        seller = make_seller(
            code=TEXTILES.code, api_username=TEXTILES.email, api_password=TEXTILES.password
        )
        make_location(seller=seller, location_key=TEXTILES.keys[0])
        yield sandbox
    gateway.session_of.cache_clear()


@pytest.fixture
def surroundings(live_server: Any, settings: Any, capsys: Any, sandbox: Sandbox) -> dict[str, str]:
    """What the line that the demo prints sets, and where the Python client lies."""
    settings.PUBLIC_URL = live_server.url
    capsys.readouterr()
    call_command("create_api_key", "developers", seller=[TEXTILES.code], days=1)
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "clients" / "python"),
        "BOOON_CONSOLE_URL": live_server.url,
        "BOOON_CONSOLE_KEY": capsys.readouterr().out.strip(),
    }


@pytest.mark.parametrize("language", ["curl", "python", "typescript"])
def test_first_order_of_the_page_stands_in_failed_orders(
    language: str, surroundings: dict[str, str], sandbox: Sandbox, tmp_path: Path
) -> None:
    commands = {"curl": curl, "python": lambda: python(tmp_path), "typescript": in_typescript}
    command = commands[language]()

    ran = subprocess.run(command, env=surroundings, capture_output=True, text=True, timeout=120)

    assert (ran.returncode, ran.stderr) == (0, "")
    number = f"FIRST-{language.upper()}"
    assert number in ran.stdout and "received" in ran.stdout
    run(SyncJob.objects.get(), seconds=60)
    order = Order.objects.get()
    assert (order.order_number, order.stage) == (number, "awaiting_carrier")
    [failed] = sandbox.ask("state", parts="failed_orders")["failed_orders"]
    assert str(failed["order_id"]) == order.easyecom_order_id


def test_it_is_read_as_the_page_shows(surroundings: dict[str, str], sandbox: Sandbox) -> None:
    give, read = snippets("sh")
    subprocess.run(["sh", "-c", give], env=surroundings, check=True, capture_output=True)
    run(SyncJob.objects.get(), seconds=60)

    ran = subprocess.run(["sh", "-c", read], env=surroundings, capture_output=True, text=True)

    assert '"stage":"awaiting_carrier"' in ran.stdout
    assert "awaiting_carrier" in PAGE.split(HEADING)[1].split("\n## ")[0]


def test_the_page_begins_with_it() -> None:
    assert PAGE.index(HEADING) < 100


def test_every_example_takes_the_address_and_a_key_under_the_same_two_names() -> None:
    texts = [*(ROOT / "docs").glob("*.md"), *(ROOT / "clients").glob("*/README.md")]
    texts += (ROOT / "clients").glob("*/examples/*")
    named = r"""\$(\w+)/api/v1|Bearer \$(\w+)|Client\(\s*(?:os|process)\.env(?:iron)?\W+(\w+)"""
    named += r"""|Client\([^,()]+,\s*(?:os|process)\.env(?:iron)?\W+(\w+)"""
    found = [
        (path.name, name)
        for path in texts
        for groups in re.findall(named, path.read_text())
        for name in groups
        if name
    ]

    assert {name for _, name in found} == {"BOOON_CONSOLE_URL", "BOOON_CONSOLE_KEY"}
    assert {"api.md", "README.md", "follow_stock.py", "first_order.ts"} <= {at for at, _ in found}
