"""A busy day under a daily quota: 200 orders and 500 calls, while polling wants more all day.

The sandbox counts and refuses as EasyEcom would; its day and ours are moved together.
"""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from integration.api.bodies import OrderBody, ShipmentBody
from integration.catalog import pull
from integration.models import CallCount, Order, Quota, SyncJob
from integration.orders import shipments
from integration.reconciliation import order_comparison, schedule
from integration.sandbox import indian_time
from integration.sandbox.server import Sandbox
from integration.sync import engine, gateway
from sellers.models import Seller
from tests import factories
from tests.moment import Moment
from tests.test_journey import KEYS, SKUS, bind_anew, order_body

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

# Midnight in India.
MIDNIGHT = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
STEP = timedelta(minutes=30)
ACCOUNT = {"email": "api@acme.test", "password": "password-canary"}


@pytest.fixture
def day(monkeypatch: Any) -> Moment:
    return Moment(monkeypatch, now=MIDNIGHT - timedelta(hours=6))


@pytest.fixture
def sandbox(settings: Any, day: Moment) -> Iterator[Sandbox]:
    gateway.session_of.cache_clear()
    with Sandbox() as sandbox:
        settings.EASYECOM_BASE_URL = sandbox.address
        goods = [{"sku": sku, "mrp": 499, "inventory": 50} for sku in SKUS[:200]]
        places = [{"location_key": key} for key in KEYS]
        sandbox.tell("accounts", **ACCOUNT, locations=places, products=goods)
        yield sandbox
    gateway.session_of.cache_clear()


@pytest.fixture
def seller(sandbox: Sandbox, settings: Any, monkeypatch: Any, tmp_path: Any) -> Seller:
    """On board since the day before, with 500 calls a day; everything is to be compared always."""
    settings.MANIFEST_LIMIT_HOURS = settings.STOCK_READ_HOURS = 1e-9
    monkeypatch.setattr(order_comparison, "GRACE", timedelta(0))
    file = tmp_path / "seller.json"
    places = [{"location_key": key} for key in KEYS]
    limits = {"rate_per_second": 500, "burst": 500, "daily_quota": 500}
    log_in = {"api_username": ACCOUNT["email"], "api_password": ACCOUNT["password"]}
    about = {"code": "acme", "name": "Acme", **log_in, **limits, "locations": places}
    file.write_text(json.dumps(about))
    bind_anew()
    call_command("onboard_seller", str(file))
    sandbox.tell("accounts", **ACCOUNT, daily_quota=500)
    # Many small pages, so that polling never has enough.
    sandbox.tell("settings", inventory_page_cap=5)
    return Seller.objects.get()


def orders_until(hour: float, count: int) -> int:
    """How many of the day's orders came before this hour: none at night, most in the evening."""
    share = [(9, 0.0), (18, 0.4), (22, 0.9), (23.5, 1.0)]
    before, earlier = share[0]
    for at, so_far in share[1:]:
        if hour < at:
            passed = max(hour - before, 0) / (at - before)
            return round(count * (earlier + (so_far - earlier) * passed))
        before, earlier = at, so_far
    return count


def give(seller: Seller, n: int) -> None:
    """As Booon's platform does: the order, and its shipment details."""
    body = OrderBody(data=order_body(n))
    body.is_valid(raise_exception=True)
    receipt = factories.accept(seller, f"BN-{n}", body.validated_data)
    details = ShipmentBody(data={"courier": "Delhivery", "awb_number": f"8907{n:04d}"})
    details.is_valid(raise_exception=True)
    shipments.give_shipment(receipt.order, details.validated_data)


def live_through(day: Moment, seller: Seller, count: int) -> list[int]:
    """From midnight to midnight. Returns how many polling calls were made by each step's end."""
    given, polled = 0, []
    day.set(MIDNIGHT)
    while day.now < MIDNIGHT + timedelta(days=1):
        hour = (day.now - MIDNIGHT) / timedelta(hours=1)
        for n in range(given, given := orders_until(hour, count)):
            give(seller, n)
        pull.want_pulls()
        schedule.run_round()
        engine.drain(60)
        polled.append(Quota.objects.get(seller=seller).polled_today)
        day.set(day.now + STEP)
    assert given == count
    return polled


def test_day_of_500_calls_carries_200_orders_and_their_awbs(sandbox, seller, day):
    first = sandbox.ask("ledger")["lines"]

    polled = live_through(day, seller, 200)

    lines = sandbox.ask("ledger")["lines"][len(first) :]
    orders = sandbox.ask("state", parts="orders")["orders"]
    refused = [line for line in lines if line["status"] == 429]
    by_use = Counter[bool]()
    for row in CallCount.objects.filter(day=(MIDNIGHT + STEP).astimezone(indian_time.IST).date()):
        by_use[row.is_polling] += row.count
    assert set(Order.objects.values_list("stage", flat=True)) == {"carrier_assigned"}
    assert len({order["order_number"] for order in orders}) == len(orders) == 200
    assert {order["order_status"] for order in orders} == {"Confirmed"}
    assert refused == []
    # What is counted here is what was asked there: two calls an order, and polling's own share.
    assert by_use == {False: 400, True: 75}
    assert Quota.objects.get().used_today == len(lines) == 475
    # Polling was there for the whole day, and did not leave the evening without.
    assert polled[len(polled) // 2] < 75 == polled[-1]
    waiting = SyncJob.objects.exclude(kind="order").exclude(error_code="")
    assert set(waiting.values_list("error_code", flat=True)) == {"quota_spent"}
