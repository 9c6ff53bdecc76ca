"""Both sides agree in the end: webhooks dropped, cut off, reordered and repeated over real HTTP."""

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from integration.models import Delivery, Drift, MissedDelivery, SyncJob
from integration.reconciliation import order_comparison, report, schedule
from integration.sandbox.server import Sandbox
from integration.sync import engine, gateway
from integration.webhooks import processing
from tests.moment import Moment
from tests.test_journey import KEYS, Platform, connect_webhooks, onboard, order_body

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

SKUS = [f"KURTA-{n:03}" for n in range(40)]


@pytest.fixture
def sandbox(settings: Any) -> Iterator[Sandbox]:
    gateway.session_of.cache_clear()
    with Sandbox() as sandbox:
        settings.EASYECOM_BASE_URL = sandbox.address
        sandbox.tell(
            "accounts",
            email="api@acme.test",
            password="password-canary",
            locations=[{"location_key": key} for key in KEYS],
            products=[{"sku": sku, "mrp": 499, "inventory": 50} for sku in SKUS],
        )
        sandbox.tell("settings", inventory_page_cap=30)
        yield sandbox
    gateway.session_of.cache_clear()


@pytest.fixture
def platform(live_server: Any, settings: Any, capsys: Any) -> Platform:
    settings.PUBLIC_URL = live_server.url
    capsys.readouterr()
    call_command("create_api_key", "agreement")
    return Platform(live_server.url, capsys.readouterr().out.strip())


@pytest.fixture
def connected(
    sandbox: Sandbox,
    platform: Platform,
    settings: Any,
    monkeypatch: Any,
    tmp_path: Any,
    capsys: Any,
) -> None:
    """A seller whose levels were read once; clocks run out the moment they begin."""
    settings.MANIFEST_LIMIT_HOURS = settings.STOCK_READ_HOURS = 1e-9
    monkeypatch.setattr(order_comparison, "GRACE", timedelta(0))
    connect_webhooks(sandbox, onboard(tmp_path, capsys))
    work_until(has_nothing_to_do)


@pytest.fixture
def moment(monkeypatch: Any) -> Moment:
    return Moment(monkeypatch)


@pytest.fixture
def unhurried(
    moment: Moment, sandbox: Sandbox, platform: Platform, tmp_path: Any, capsys: Any
) -> Moment:
    """A seller whose levels were read once; all clocks run as they do in production."""
    connect_webhooks(sandbox, onboard(tmp_path, capsys))
    schedule.run_round()
    work_until(has_nothing_to_do)
    return moment


def assign(sandbox: Sandbox, platform: Platform, count: int) -> list[str]:
    """So many orders that wait for their manifests."""
    numbers = [f"BN-{n}" for n in range(count)]
    for n, number in enumerate(numbers):
        platform.put(f"/sellers/acme/orders/{number}/", order_body(n), 201)
        details = {"courier": "Delhivery", "awb_number": f"8907{n}"}
        platform.put(f"/sellers/acme/orders/{number}/shipment/", details, 200)
    work_until(lambda: set(stages(platform).values()) == {"carrier_assigned"})
    work_until(lambda: is_quiet(sandbox))
    return numbers


def test_after_reconciliation_both_sides_and_the_feed_agree_and_every_loss_has_its_name(
    sandbox, platform, connected
):
    assigned = assign(sandbox, platform, 36)
    sandbox.tell("settings", webhook_drop_one_in=5, webhook_repeats=1, webhook_reverse=4)
    for n, number in enumerate(assigned[:20]):
        set_levels(sandbox, n)
        sandbox.tell("manifest", order_number=number)
    sandbox.tell("settings", webhook_drop_location=KEYS[0])
    for n in range(20, 26):
        set_levels(sandbox, n)
    sandbox.tell("manifest", order_numbers=assigned[20:26])
    sandbox.tell("settings", webhook_drop_location="")
    for n in range(26, 30):
        set_levels(sandbox, n)
        sandbox.tell("manifest", order_number=assigned[n])
    sandbox.tell("settings", webhook_drop_one_in=0, webhook_reverse=0)
    work_until(lambda: is_quiet(sandbox))
    lost = dropped_orders(sandbox)
    assert len(lost) > 6
    assert their_stages(sandbox) != stages(platform)
    assert their_levels(sandbox) != levels(platform)

    reconcile(sandbox)

    assert stages(platform) == their_stages(sandbox) == told_stages(platform)
    assert levels(platform) == their_levels(sandbox) == told_levels(platform)
    missed = MissedDelivery.objects.select_related("order", "endpoint")
    assert {each.order.order_number for each in missed} == lost
    assert {each.endpoint.topic for each in missed} == {"manifested"}
    assert not missed.exclude(arrived_at=None).exists()
    assert told_manifests(platform) == sorted(assigned[:30])
    week = report.Week.of(missed[0].due_at)
    figures = {each.location.location_key: str(each) for each in report.figures(week)}
    assert figures == {
        key: f"lost {sum(place(number) == key for number in lost)} of 15" for key in KEYS
    }
    assert not SyncJob.objects.exclude(status="succeeded").exists()


def test_a_day_after_a_lossy_one_with_a_silent_hour_both_sides_agree_by_themselves(
    sandbox, platform, unhurried
):
    assigned = assign(sandbox, platform, 36)
    sandbox.tell("settings", webhook_drop_one_in=5, webhook_repeats=1, webhook_reverse=4)
    for step in range(18):
        # One location hears nothing from its second hour to its third.
        silent = KEYS[0] if 6 <= step < 12 else ""
        sandbox.tell("settings", webhook_drop_location=silent)
        for n in (2 * step, 2 * step + 1):
            set_levels(sandbox, n)
            sandbox.tell("manifest", order_number=assigned[n])
        let_pass(sandbox, unhurried, minutes=10)
    sandbox.tell("settings", webhook_drop_one_in=0, webhook_reverse=0)
    work_until(lambda: is_quiet(sandbox))
    lost = dropped_orders(sandbox)
    assert len(lost) > 6
    assert their_stages(sandbox) != stages(platform)
    assert their_levels(sandbox) != levels(platform)

    for _ in range(50):
        let_pass(sandbox, unhurried, minutes=30)

    assert stages(platform) == their_stages(sandbox) == told_stages(platform)
    assert levels(platform) == their_levels(sandbox) == told_levels(platform)
    missed = MissedDelivery.objects.select_related("order")
    assert {each.order.order_number for each in missed} == lost
    assert len(missed) == len(lost)
    assert not missed.exclude(arrived_at=None).exists()
    drifted = set(Drift.objects.values_list("location__location_key", "sku", "is_mended"))
    assert drifted == {(key, sku, True) for key, sku in dropped_levels(sandbox)}
    assert told_manifests(platform) == sorted(assigned)


def test_second_reconciliation_finds_nothing_more(sandbox, platform, connected):
    assigned = assign(sandbox, platform, 4)
    sandbox.tell("settings", webhook_drop_location=KEYS[1])
    set_levels(sandbox, 1)
    sandbox.tell("manifest", order_numbers=assigned[:2])
    sandbox.tell("settings", webhook_drop_location="")
    work_until(lambda: is_quiet(sandbox))
    reconcile(sandbox)
    found = (MissedDelivery.objects.count(), Drift.objects.count())

    reconcile(sandbox)

    assert found == (1, 1)
    assert (MissedDelivery.objects.count(), Drift.objects.count()) == found


def test_webhook_that_comes_after_all_was_late_and_not_lost(sandbox, platform, connected):
    assigned = assign(sandbox, platform, 4)
    sandbox.tell("settings", webhook_drop_location=KEYS[0])
    sandbox.tell("manifest", order_numbers=[assigned[0], assigned[2]])
    sandbox.tell("settings", webhook_drop_location="")
    reconcile(sandbox)

    sandbox.tell("manifest", order_number=assigned[0])
    work_until(lambda: is_quiet(sandbox))

    late = MissedDelivery.objects.exclude(arrived_at=None).get()
    assert late.order.order_number == assigned[0]
    (figure,) = [each for each in report.figures(report.Week.of(late.due_at)) if each.lost]
    assert (str(figure), figure.late) == ("lost 1 of 2", 1)


def test_command_compares_one_order_and_then_all_of_the_seller(
    sandbox, platform, connected, capsys
):
    assigned = assign(sandbox, platform, 6)
    sandbox.tell("settings", webhook_drop_one_in=1)
    set_levels(sandbox, 0)
    sandbox.tell("manifest", order_numbers=assigned[:4])
    sandbox.tell("settings", webhook_drop_one_in=0)
    capsys.readouterr()

    call_command("reconcile", "--seller", "acme", "--order", assigned[0])
    one = capsys.readouterr().out
    call_command("reconcile", "--seller", "acme")
    rest = capsys.readouterr().out

    assert one.endswith("1 missed deliveries, 0 drifted levels\n")
    assert "missed delivery: BN-0, manifested" in one
    assert rest.endswith("3 missed deliveries, 1 drifted levels\n")
    assert f"drift at {KEYS[0]}: KURTA-000: 48 here, 100 there" in rest
    assert stages(platform) == their_stages(sandbox)
    assert levels(platform) == their_levels(sandbox)


def place(number: str) -> str:
    return KEYS[int(number.removeprefix("BN-")) % 2]


def set_levels(sandbox: Sandbox, n: int) -> None:
    sandbox.tell("levels", location_key=KEYS[n % 2], sku=SKUS[n], quantity=100 + n)


def let_pass(sandbox: Sandbox, moment: Moment, *, minutes: int) -> None:
    """So much time, and a round at its end, as the schedule has them."""
    moment.pass_by(minutes=minutes)
    schedule.run_round()
    work_until(lambda: not (engine.has_work() or processing.has_stored()))


def reconcile(sandbox: Sandbox) -> None:
    """Rounds until everything asked for has been compared."""
    before = Delivery.objects.filter(source="reconciled", topic="inventory").count()
    schedule.run_round()
    work_until(lambda: is_quiet(sandbox) and has_nothing_to_do())
    assert Delivery.objects.filter(source="reconciled", topic="inventory").count() > before


def work_until(is_done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not is_done():
        assert time.monotonic() < deadline, list(SyncJob.objects.values("kind", "status"))
        engine.drain(2)
        processing.drain(2)


def has_nothing_to_do() -> bool:
    return not (processing.has_stored() or SyncJob.objects.exclude(status="succeeded").exists())


def is_quiet(sandbox: Sandbox) -> bool:
    return not (sandbox.ask("deliveries")["waiting"] or processing.has_stored())


def dropped_orders(sandbox: Sandbox) -> set[str]:
    return {name for line in dropped(sandbox, "manifested") for name in line["names"]}


def dropped_levels(sandbox: Sandbox) -> set[tuple[str, str]]:
    lost = dropped(sandbox, "inventory")
    return {(line["location_key"], name) for line in lost for name in line["names"]}


def dropped(sandbox: Sandbox, trigger: str) -> list[dict[str, Any]]:
    log = sandbox.ask("deliveries")["deliveries"]
    return [line for line in log if line["error"] == "dropped" and line["trigger"] == trigger]


def their_stages(sandbox: Sandbox) -> dict[str, str]:
    words = {"Shipped": "manifested", "Confirmed": "carrier_assigned"}
    orders = sandbox.ask("state", parts="orders")["orders"]
    return {order["order_number"]: words[order["order_status"]] for order in orders}


def their_levels(sandbox: Sandbox) -> dict[tuple[str, str], int]:
    stock = sandbox.ask("state", parts="stock")["stock"]
    return {(key, sku): count for key, levels in stock.items() for sku, count in levels.items()}


def stages(platform: Platform) -> dict[str, str]:
    orders = platform.all("/orders/?seller=acme&limit=500")
    return {order["order_number"]: order["stage"] for order in orders}


def levels(platform: Platform) -> dict[tuple[str, str], int]:
    rows = platform.all("/stock/?seller=acme&limit=500")
    return {(row["location_key"], row["sku"]): row["quantity"] for row in rows}


def told_stages(platform: Platform) -> dict[str, str]:
    """What a reader of the feed holds at its end."""
    changes = [each for each in platform.changes() if each["type"] == "order.stage_changed"]
    return {each["data"]["order_number"]: each["data"]["stage"] for each in changes}


def told_levels(platform: Platform) -> dict[tuple[str, str], int]:
    changes = [each for each in platform.changes() if each["type"] == "stock.updated"]
    return {
        (each["location_key"], each["data"]["sku"]): each["data"]["quantity"] for each in changes
    }


def told_manifests(platform: Platform) -> list[str]:
    """Once for each order, or this is not the list of their numbers."""
    changes = [each for each in platform.changes() if each["type"] == "order.manifested"]
    return sorted(each["data"]["order_number"] for each in changes)
