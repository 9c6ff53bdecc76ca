"""The whole journey over real HTTP: Booon's platform, the console, and the sandbox EasyEcom.

Only the worker's clock is ours: the drains run here instead of in django-q.
"""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from django.core.management import call_command

from integration.models import Binding, ParkedLine, SyncJob
from integration.sandbox.server import Sandbox
from integration.sync import engine, gateway
from integration.webhooks import processing
from sellers.models import Location
from tests.factories import ADDRESS

pytestmark = pytest.mark.django_db(transaction=True)

KEYS = ["en2948810184", "en2948810185"]
SKUS = [f"KURTA-{n:03}" for n in range(500)]


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    gateway.session_of.cache_clear()
    with Sandbox() as sandbox:
        settings.EASYECOM_BASE_URL = sandbox.address
        locations = [
            {
                "location_key": key,
                "name": f"Warehouse {n}",
                "city": "Pune",
                "state": "Maharashtra",
                "company_id": 7000 + n,
            }
            for n, key in enumerate(KEYS)
        ]
        products = [{"sku": sku, "name": sku.title(), "mrp": 499, "inventory": 50} for sku in SKUS]
        sandbox.tell(
            "accounts",
            email="api@acme.test",
            password="password-canary",
            locations=locations,
            products=products,
        )
        yield sandbox
    gateway.session_of.cache_clear()


class Platform:
    """Booon's side of the API."""

    def __init__(self, address: str, key: str) -> None:
        self.address = address
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"

    def put(self, path: str, body: dict[str, Any], status: int) -> dict[str, Any]:
        answer = self.session.put(f"{self.address}/api/v1{path}", json=body, timeout=10)
        assert answer.status_code == status, answer.text
        return answer.json()

    def get(self, path: str) -> dict[str, Any]:
        answer = self.session.get(f"{self.address}/api/v1{path}", timeout=10)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def all(self, path: str) -> list[dict[str, Any]]:
        rows, page = [], self.get(path)
        rows += page["results"]
        while page["next"]:
            page = self.session.get(page["next"], timeout=10).json()
            rows += page["results"]
        return rows

    def changes(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        page = self.get("/changes/")
        while page["results"]:
            rows += page["results"]
            page = self.get(f"/changes/?after={page['cursor']}")
        return rows


@pytest.fixture
def platform(live_server: Any, settings: Any, capsys: Any) -> Platform:
    settings.PUBLIC_URL = live_server.url
    capsys.readouterr()
    call_command("create_api_key", "journey")
    return Platform(live_server.url, capsys.readouterr().out.strip())


def bind_anew() -> None:
    """A thread of an earlier test may have bound the database elsewhere, after its tables were
    emptied."""
    Binding.objects.update(environment="", base_url="", watched_at=None)


def onboard(tmp_path: Any, capsys: Any) -> dict[str, Any]:
    file = tmp_path / "seller.json"
    seller = {
        "code": "acme",
        "name": "Acme",
        "api_username": "api@acme.test",
        "api_password": "password-canary",
        "rate_per_second": 500,
        "burst": 500,
        "locations": [{"location_key": key} for key in KEYS],
    }
    file.write_text(json.dumps(seller))
    capsys.readouterr()
    bind_anew()
    call_command("onboard_seller", str(file))
    return json.loads(capsys.readouterr().out)


def order_body(n: int) -> dict[str, Any]:
    return {
        "location_key": KEYS[n % 2],
        "ordered_at": "2026-11-23T00:15:00+05:30",
        "payment": {"mode": "cod", "collectable_amount": "1008.00"},
        "shipping_charge": "20.00",
        "lines": [
            {
                "line_id": f"BN-{n}-1",
                "sku": SKUS[n],
                "name": "Kurta",
                "quantity": 2,
                "unit_price": "499.00",
                "discount": "10.00",
            }
        ],
        "shipping_address": ADDRESS,
        "package": {"weight_g": 100, "length_cm": 10, "width_cm": 10, "height_cm": 10},
    }


def settle(until: Callable[[], bool]) -> None:
    """Run the drains until the claim holds."""
    deadline = time.monotonic() + 60
    while not until():
        assert time.monotonic() < deadline, stuck()
        engine.drain(2)
        processing.drain(2)


def connect_webhooks(sandbox: Sandbox, report: dict[str, Any]) -> None:
    for location in report["locations"]:
        for trigger, webhook in location["webhooks"].items():
            sandbox.tell(
                "webhooks", location_key=location["location_key"], trigger=trigger, **webhook
            )


@pytest.mark.slow
def test_orders_go_out_and_stock_and_manifests_come_back(sandbox, platform, tmp_path, capsys):
    report = onboard(tmp_path, capsys)
    assert [location["live"] for location in report["locations"]] == [True, True]
    connect_webhooks(sandbox, report)

    for n in range(10):
        path = f"/sellers/acme/orders/BN-{n}/"
        assert platform.put(path, order_body(n), 201)["stage"] == "received"
        assert platform.put(path, order_body(n), 200)["stage"] == "received"
    settle(lambda: stages(platform) == {"awaiting_carrier"})
    standing = sandbox.ask("state", parts="failed_orders")["failed_orders"]
    assert len(standing) == 10
    assert {order["order_date_ist"] for order in standing} == {"2026-11-23 00:15:00"}
    assert {order["total_amount"] for order in standing} == {"1008.00"}

    for n in range(10):
        details = {"courier": "Delhivery", "awb_number": f"8907{n}"}
        platform.put(f"/sellers/acme/orders/BN-{n}/shipment/", details, 200)
    settle(lambda: stages(platform) == {"carrier_assigned"})

    levels = [
        {"location_key": KEYS[n % 2], "sku": sku, "quantity": 100 + n} for n, sku in enumerate(SKUS)
    ]
    sandbox.tell("levels", levels=levels)
    sandbox.tell("manifest", order_numbers=[f"BN-{n}" for n in range(10)])
    settle(lambda: stages(platform) == {"manifested"} and has_levels(platform, levels))

    assert calls(sandbox, "add_carrier") == 2
    assert calls(sandbox, "create_order") == 10
    assert calls(sandbox, "assign_awb") == 10
    assert calls(sandbox, "log_in") == 2
    lines = sandbox.ask("ledger")["lines"]
    assert all(line["had_token"] for line in lines if line["kind"] != "log_in")
    manifested = [each for each in platform.changes() if each["type"] == "order.manifested"]
    assert {each["data"]["order_number"] for each in manifested} == {f"BN-{n}" for n in range(10)}
    assert len(manifested) == 10
    assert not SyncJob.objects.exclude(status="succeeded").exists()


def test_onboarding_twice_registers_nothing_the_second_time(sandbox, platform, tmp_path, capsys):
    first = onboard(tmp_path, capsys)
    made = len(sandbox.ask("ledger")["lines"])

    second = onboard(tmp_path, capsys)

    assert len(sandbox.ask("ledger")["lines"]) == made
    assert all(
        webhook["token"] for each in first["locations"] for webhook in each["webhooks"].values()
    )
    assert not any(
        webhook["token"] for each in second["locations"] for webhook in each["webhooks"].values()
    )
    ids = [location["company_carrier_id"] for location in first["locations"]]
    assert ids == [location["company_carrier_id"] for location in second["locations"]]


def test_order_that_was_created_without_an_answer_is_adopted_and_not_doubled(
    sandbox, platform, tmp_path, capsys, settings
):
    settings.IN_DOUBT_DELAYS = [0]
    onboard(tmp_path, capsys)
    sandbox.tell("faults", kind="create_order", fault="drop_after_commit", times=1)

    platform.put("/sellers/acme/orders/BN-1/", order_body(1), 201)
    settle(lambda: stages(platform) == {"awaiting_carrier"})

    assert calls(sandbox, "create_order") == 1
    assert len(sandbox.ask("state", parts="orders")["orders"]) == 1


def test_400_that_created_the_order_is_adopted(sandbox, platform, tmp_path, capsys):
    onboard(tmp_path, capsys)
    sandbox.tell("faults", kind="create_order", fault="committed_400", times=1)

    platform.put("/sellers/acme/orders/BN-1/", order_body(1), 201)
    settle(lambda: stages(platform) == {"awaiting_carrier"})

    assert calls(sandbox, "create_order") == 1


def test_catalog_and_stock_follow_in_the_background(sandbox, platform, tmp_path, capsys):
    onboard(tmp_path, capsys)

    settle(lambda: not SyncJob.objects.exclude(status="succeeded").exists())
    processing.drain(2)

    assert len(platform.all("/products/?seller=acme&limit=500")) == 500
    assert len(platform.all("/stock/?seller=acme&limit=500")) == 1000


def test_expired_token_is_renewed_and_the_order_goes_out(sandbox, platform, tmp_path, capsys):
    sandbox.tell("settings", cool_down_seconds=0)
    onboard(tmp_path, capsys)
    sandbox.tell("tokens/expire", location_key=KEYS[1])
    gateway_open_again()

    platform.put("/sellers/acme/orders/BN-1/", order_body(1), 201)
    settle(lambda: stages(platform) == {"awaiting_carrier"})

    assert calls(sandbox, "log_in") == 3


def gateway_open_again() -> None:
    """As if a minute had passed since the last log-in."""
    Location.objects.update(next_login_at=None)


def stages(platform: Platform) -> set[str]:
    return {order["stage"] for order in platform.all("/orders/?seller=acme")}


def has_levels(platform: Platform, levels: list[dict[str, Any]]) -> bool:
    told = {
        (row["location_key"], row["sku"]): row["quantity"]
        for row in platform.all("/stock/?seller=acme&limit=500")
    }
    wanted = {(level["location_key"], level["sku"]): level["quantity"] for level in levels}
    return all(told.get(place) == quantity for place, quantity in wanted.items())


def calls(sandbox: Sandbox, kind: str) -> int:
    return sum(line["kind"] == kind for line in sandbox.ask("ledger")["lines"])


def stuck() -> str:
    """What stands in the way, for the failure's message."""
    jobs = SyncJob.objects.exclude(status="succeeded")
    parked = ParkedLine.objects.values_list("reason", "message").distinct()
    states = jobs.values_list("kind", "status", "error_code", "error_message")
    return f"jobs: {list(states[:5])}; parked: {list(parked[:5])}"
