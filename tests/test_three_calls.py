"""A refused order is mended by API in the three calls that docs/api.md shows, as they are there."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from integration.models import SyncJob
from integration.sandbox.server import Sandbox
from integration.sync import gateway
from tests.factories import make_location, make_seller
from tests.integration.conftest import run

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

PAGE = (Path(__file__).parent.parent / "docs" / "api.md").read_text(encoding="utf-8")
GIVING = "### Giving an order"
MENDING = "### Changing an order that EasyEcom refused"
ORDER = "/api/v1/sellers/acme/orders/BN-1001/"
REFUSED_STATE, LISTED_STATE = "Ladakh", "Jammu and Kashmir"
PASSWORD = "password-canary"


def blocks(heading: str, kind: str) -> list[str]:
    """The fenced blocks of a section of the page, `kind` behind their fence."""
    section = PAGE.split(heading + "\n")[1].split("\n### ")[0]
    return re.findall(rf"^```{kind}\n(.+?)^```$", section, re.M | re.S)


@dataclass(frozen=True)
class Call:
    """What a command of the page asks for; `change` is its sed, what for what."""

    method: str
    path: str
    change: tuple[str, str] | None


def read_call(command: str) -> Call:
    method = re.search(r"-X (\w+)", command)
    path = re.search(r'"\$BOOON_CONSOLE_URL(/[^"]+)"', command)
    change = re.search(r"sed 's/([^/]+)/([^/]+)/' order\.json", command)
    assert path is not None, command
    return Call(method[1] if method else "GET", path[1], (change[1], change[2]) if change else None)


@pytest.fixture
def order_json() -> str:
    """The page's complete order, to an address in Ladakh."""
    body = json.loads(blocks(GIVING, "json")[0])
    body["shipping_address"] |= {"city": "Leh", "state": REFUSED_STATE, "pincode": "194101"}
    return json.dumps(body)


@pytest.fixture
def sandbox(order_json: str, settings: Any) -> Iterator[Sandbox]:
    """An EasyEcom that the order's location is connected with, over HTTP."""
    body = json.loads(order_json)
    gateway.session_of.cache_clear()
    with Sandbox() as sandbox:
        settings.EASYECOM_BASE_URL = sandbox.address
        sandbox.tell("settings", cool_down_seconds=0, carrier_must_exist=False)
        sandbox.tell(
            "accounts",
            email="api@acme.test",
            password=PASSWORD,
            locations=[
                {
                    "location_key": body["location_key"],
                    "name": "Main",
                    "city": "Bengaluru",
                    "state": "Karnataka",
                }
            ],
            products=[
                {"sku": line["sku"], "name": line["name"], "mrp": 1500, "inventory": 50}
                for line in body["lines"]
            ],
        )
        seller = make_seller(code="acme", api_username="api@acme.test", api_password=PASSWORD)
        make_location(seller=seller, location_key=body["location_key"])
        yield sandbox
    gateway.session_of.cache_clear()


@pytest.fixture
def booon(capsys: Any) -> Client:
    capsys.readouterr()
    call_command("create_api_key", "platform")
    key = capsys.readouterr().out.strip()
    return Client(headers={"Authorization": f"Bearer {key}"})


def ask(booon: Client, call: Call, order_json: str) -> dict[str, Any]:
    """The call as the page writes it; its answer is 200."""
    if call.method == "GET":
        answer = booon.get(call.path)
    else:
        assert call.method == "PUT" and call.change is not None
        body = order_json.replace(*call.change)
        answer = booon.put(call.path, body, content_type="application/json")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def push() -> None:
    run(SyncJob.objects.get(), seconds=60)


def shown(answer: dict[str, Any], example: str) -> dict[str, Any]:
    """Of an answer: what the page's example has of it; ids are EasyEcom's own."""
    told = {name: answer[name] for name in json.loads(example)}
    if told.get("easyecom_order_id"):
        told["easyecom_order_id"] = json.loads(example)["easyecom_order_id"]
    return told


def test_order_refused_for_its_state_is_mended_in_the_three_calls_of_the_page(
    booon, sandbox, order_json
):
    first, change = map(read_call, blocks(MENDING, "sh"))
    why, changed, there, _ = blocks(MENDING, "json")
    sandbox.tell("settings", unlisted_state=REFUSED_STATE)
    created = booon.put(ORDER, order_json, content_type="application/json")
    assert created.status_code == 201, created.content
    push()

    refused = ask(booon, first, order_json)
    assert shown(refused, why) == json.loads(why)

    corrected = ask(booon, change, order_json)
    assert shown(corrected, changed) == json.loads(changed)
    assert corrected["shipping_address"]["state"] == LISTED_STATE
    push()

    waiting = ask(booon, first, order_json)
    assert shown(waiting, there) == json.loads(there)
    assert waiting["shipment"] is None
    [at_easyecom] = sandbox.ask("state", parts="failed_orders")["failed_orders"]
    assert waiting["easyecom_order_id"] == str(at_easyecom["order_id"])
    assert waiting["easyecom_invoice_id"] == str(at_easyecom["invoice_id"])


def test_what_is_wrong_with_a_line_is_mended_in_the_same_three_calls(booon, sandbox, order_json):
    first, _ = map(read_call, blocks(MENDING, "sh"))
    why = blocks(MENDING, "json")[-1]
    sandbox.tell("settings", untaxed_sku="SAREE-RANI")
    booon.put(ORDER, order_json, content_type="application/json")
    push()

    refused = ask(booon, first, order_json)
    assert shown(refused, why) == json.loads(why)

    # The seller's other product in its place.
    line = refused["blocked_lines"][0]
    change = Call("PUT", ORDER, (line["sku"], "KURTA-INDIGO-M"))
    assert ask(booon, change, order_json)["blocked_lines"] == []
    push()

    assert ask(booon, first, order_json)["stage"] == "awaiting_carrier"
