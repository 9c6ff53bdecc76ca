from datetime import timedelta

import pytest

from integration.sandbox import hooks, indian_time
from tests.integration.sandbox.helpers import HERE, THERE, eventually


def listen(caller, receiver, trigger, **changes):
    url = f"{receiver.address}/{trigger}"
    body = {"location_key": HERE, "trigger": trigger, "url": url, "token": "hook-canary"}
    return caller.control("webhooks", **{**body, **changes})


def settled(caller):
    return eventually(lambda: caller.get("/sandbox/deliveries").json()["waiting"] == 0)


def test_changed_level_is_posted_as_inventory_v1(caller, receiver):
    listen(caller, receiver, "inventory")

    answer = caller.control("levels", location_key=HERE, sku="mob000", quantity=12)
    settled(caller)

    [(path, headers, body)] = receiver.received
    line = body["inventoryData"][0]
    assert answer == {"changed": 1, "posted": {HERE: True}}
    assert (path, headers["Access-Token"]) == ("/inventory", "hook-canary")
    assert (line["sku"], line["inventory"], line["location_key"]) == ("mob000", 12, HERE)
    assert set(line) == {
        *("sku", "company_product_id", "product_id", "inventory", "warehouse_id"),
        *("sku_status", "location_key"),
    }


def test_many_levels_travel_in_one_message_for_each_location(caller, receiver):
    listen(caller, receiver, "inventory")
    listen(caller, receiver, "inventory", location_key=THERE, url=f"{receiver.address}/there")
    rows = [(HERE, "mob000", 1), (THERE, "mob000", 2), (HERE, "shirt", 3)]

    levels = [{"location_key": key, "sku": sku, "quantity": n} for key, sku, n in rows]
    caller.control("levels", levels=levels)
    settled(caller)

    sent = {path: body["inventoryData"] for path, _, body in receiver.received}
    assert [line["inventory"] for line in sent["/inventory"]] == [1, 3]
    assert [line["inventory"] for line in sent["/there"]] == [2]


def test_order_tells_the_stock_it_took(caller, receiver):
    listen(caller, receiver, "inventory")

    caller.create("BN-1")
    settled(caller)

    assert receiver.bodies()[0]["inventoryData"][0]["inventory"] == 8


def test_manifest_is_posted_as_a_bare_array_of_everything(caller, receiver):
    listen(caller, receiver, "manifested", style="bearer")
    invoice = caller.ship("BN-1")

    manifested = caller.control("manifest", order_number="BN-1")["manifested"][0]
    settled(caller)

    [(_, headers, [row])] = receiver.received
    assert headers["Authorization"] == "Bearer hook-canary"
    assert len(row) >= 95
    assert (row["invoice_id"], row["reference_code"]) == (int(invoice), "BN-1")
    assert (row["order_status"], row["order_status_id"]) == ("Shipped", 7)
    assert (row["awb_number"], row["location_key"]) == ("AWB-BN-1", HERE)
    assert row["manifest_no"] == manifested["manifest_no"]
    assert row["order_items"][0]["sku"] == "mob000"


def test_manifest_v1_has_orders_with_suborders(caller, receiver):
    listen(caller, receiver, "manifested")
    caller.control("settings", manifest_version="V1", courier_is_email=True)
    caller.ship("BN-1")

    caller.control("manifest", order_number="BN-1")
    settled(caller)

    [body] = receiver.bodies()
    assert body["nextUrl"] is None
    assert body["orders"][0]["suborders"][0]["sku"] == "mob000"
    assert "@" in body["orders"][0]["courier"]


def test_many_orders_are_manifested_together_and_again(caller, receiver):
    listen(caller, receiver, "manifested")
    numbers = ["BN-1", "BN-2"]
    for number in numbers:
        caller.ship(number)

    first = caller.control("manifest", order_numbers=numbers)
    again = caller.control("manifest", order_numbers=numbers)
    settled(caller)

    assert first == again
    assert [len(body) for body in receiver.bodies()] == [2, 2]


def test_manifest_of_hours_ago_is_told_with_its_own_time(caller, receiver):
    listen(caller, receiver, "manifested")
    caller.ship("BN-1")
    before = indian_time.now() - timedelta(hours=3)

    caller.control("manifest", order_number="BN-1", hours_ago=3)
    settled(caller)

    [[row]] = receiver.bodies()
    assert abs(indian_time.read_ist(row["manifest_date"]) - before) < timedelta(minutes=1)


def test_manifest_needs_an_awb_on_every_order(caller):
    caller.ship("BN-1")
    caller.create("BN-2")

    answer = caller.post("/sandbox/manifest", {"order_numbers": ["BN-1", "BN-2"]})

    assert answer.status_code == 400
    assert answer.json()["error"] == "no AWB is assigned yet: BN-2"
    assert all(order["manifested_at"] is None for order in caller.state("orders"))


def test_refused_delivery_is_tried_again_and_keeps_its_place(caller, receiver):
    receiver.answers = [500, 302]
    listen(caller, receiver, "inventory")

    for quantity in (1, 2):
        caller.control("levels", location_key=HERE, sku="mob000", quantity=quantity)
    settled(caller)

    levels = [body["inventoryData"][0]["inventory"] for body in receiver.bodies()]
    [hook] = caller.state("webhooks")
    assert levels == [1, 1, 1, 2]
    assert (hook["delivered"], hook["failures"], hook["given_up"]) == (2, 1, 0)
    assert [entry["status"] for entry in caller.state("deliveries")] == [500, 302, 200, 200]


def test_delivery_that_nobody_takes_is_given_up(caller, receiver):
    listen(caller, receiver, "inventory", url="http://127.0.0.1:9/nobody")
    caller.control("settings", webhook_tries=2)

    caller.control("levels", location_key=HERE, sku="mob000", quantity=1)
    settled(caller)

    [hook] = caller.state("webhooks")
    assert (hook["given_up"], hook["last"]["error"]) == (1, "ConnectionError")


def test_delivery_may_come_more_than_once(caller, receiver):
    listen(caller, receiver, "inventory")
    caller.control("settings", webhook_repeats=2)

    caller.control("levels", location_key=HERE, sku="mob000", quantity=1)
    settled(caller)

    assert len(receiver.bodies()) == 3


def test_removed_webhook_is_silent(caller, receiver):
    listen(caller, receiver, "inventory")
    caller.delete("/sandbox/webhooks", {"location_key": HERE, "trigger": "inventory"})

    answer = caller.control("levels", location_key=HERE, sku="mob000", quantity=1)

    assert answer["posted"] == {HERE: False}


@pytest.mark.parametrize(
    ("failures", "hours", "verdict"),
    [
        (19, 30, ""),
        (20, 1, ""),
        (20, 2, "warning mail"),
        (80, 7, "warning mail"),
        (80, 8, "second mail"),
        (400, 23, "second mail"),
        (400, 24, "deactivated"),
    ],
)
def test_failures_are_counted_by_easyecoms_rule(failures, hours, verdict):
    first = indian_time.now() - indian_time.timedelta(hours=hours)
    hook = hooks.Hook(HERE, "inventory", failures=failures, first_failure_at=first)

    assert hook.verdict() == verdict


def change_levels(caller, *quantities, location_key=HERE):
    for quantity in quantities:
        caller.control("levels", location_key=location_key, sku="mob000", quantity=quantity)


def told(receiver, path=""):
    return [body["inventoryData"][0]["inventory"] for body in receiver.bodies(path)]


def dropped(caller):
    log = caller.get("/sandbox/deliveries").json()["deliveries"]
    return [(line["location_key"], line["names"]) for line in log if line["error"] == "dropped"]


def test_one_in_so_many_is_dropped_and_the_log_says_which(caller, receiver):
    listen(caller, receiver, "inventory")
    caller.control("settings", webhook_drop_one_in=3)

    change_levels(caller, 1, 2, 3, 4, 5, 6, 7)
    settled(caller)

    assert told(receiver) == [1, 2, 4, 5, 7]
    assert dropped(caller) == [(HERE, ["mob000"])] * 2
    assert caller.state("webhooks")[0]["dropped"] == 2


def test_location_is_cut_off_until_it_is_let_in_again(caller, receiver):
    for key in (HERE, THERE):
        url = f"{receiver.address}/{key}"
        listen(caller, receiver, "inventory", location_key=key, url=url)

    caller.control("settings", webhook_drop_location=HERE)
    change_levels(caller, 1)
    change_levels(caller, 2, location_key=THERE)
    caller.control("settings", webhook_drop_location="")
    change_levels(caller, 3)
    settled(caller)

    assert (told(receiver, HERE), told(receiver, THERE)) == ([3], [2])
    assert dropped(caller) == [(HERE, ["mob000"])]


def test_deliveries_held_back_go_out_last_first(caller, receiver):
    listen(caller, receiver, "inventory")
    caller.control("settings", webhook_reverse=3)

    change_levels(caller, 1, 2, 3, 4)
    eventually(lambda: len(receiver.bodies()) == 3)
    assert caller.get("/sandbox/deliveries").json()["waiting"] == 1
    caller.control("settings", webhook_reverse=0)
    settled(caller)

    assert told(receiver) == [3, 2, 1, 4]
