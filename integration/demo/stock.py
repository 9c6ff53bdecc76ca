"""Levels that change in EasyEcom and how they come back to Booon; webhooks that are lost; listings
that EasyEcom does not have.
"""

from integration.demo import stuck_orders
from integration.demo.clients import Json
from integration.demo.data import FIRST_LEVEL, KITCHEN, PURCHASES, TEXTILES
from integration.demo.journey import Journey
from integration.demo.stuck_orders import UNHEARD
from integration.demo.telling import expect
from integration.demo.troubled_sellers import CASHEW, OUTLET

KEY = TEXTILES.keys[0]
COUNTED = "SAREE-IVORY"
REPEATED = "DUPATTA-RANI"
MARKER = "JUTTI-INDIGO"


def level_of(journey: Journey, sku: str) -> int | None:
    rows = journey.console.all("/stock/", location_key=KEY, sku=sku)
    return rows[0]["quantity"] if rows else None


def wait_for_level(journey: Journey, sku: str, quantity: int) -> None:
    journey.wait(
        lambda: level_of(journey, sku),
        lambda level: level == quantity,
        f"{sku} at {quantity} in GET /api/v1/stock/",
        lambda level: f"a level of {level}",
    )


def set_level(journey: Journey, sku: str, quantity: int) -> None:
    journey.sandbox.tell("levels", location_key=KEY, sku=sku, quantity=quantity)


def see_orders_in_stock(journey: Journey) -> None:
    expected = journey.sandbox.levels()
    levels = journey.wait(
        journey.console.levels,
        lambda levels: levels == expected,
        "the levels that EasyEcom has after the orders",
        lambda levels: {sku: level for sku, level in levels.items() if level != expected.get(sku)},
    )
    journey.teller.rows(
        *(
            (purchase.location_key, sku, f"{FIRST_LEVEL} - {quantity}",
             f"= {levels[purchase.location_key, sku]}")
            for purchase in PURCHASES
            for sku, quantity in purchase.basket
        )
    )  # fmt: skip


def change_levels(journey: Journey) -> None:
    for quantity in (7, 0, 12):
        before = level_of(journey, COUNTED)
        set_level(journey, COUNTED, quantity)
        wait_for_level(journey, COUNTED, quantity)
        journey.say(f"GET /api/v1/stock/?sku={COUNTED}: {before} -> {quantity}")


def repeat_a_body(journey: Journey) -> None:
    """The last level of all goes in after the repeated body, and shows that it has been read."""
    journey.sandbox.tell("settings", webhook_repeats=1)
    set_level(journey, REPEATED, 3)
    journey.sandbox.tell("settings", webhook_repeats=0)
    set_level(journey, MARKER, 9)
    wait_for_level(journey, REPEATED, 3)
    wait_for_level(journey, MARKER, 9)
    log = journey.sandbox.deliveries()["deliveries"]
    taken = [each for each in log if each["about"] == REPEATED and each["status"] == 200]
    expect(len(taken) == 2, "the same body answered 200 twice", f"{len(taken)} times")
    effects = [change for change in journey.console.changes() if is_about(change, REPEATED)]
    expect(len(effects) == 1, "one change from it", [change["data"] for change in effects])
    journey.say(
        f"posted twice, 200 both times, one change: {REPEATED}"
        f" {effects[0]['data']['previous']} -> {effects[0]['data']['quantity']}"
    )


def is_about(change: Json, sku: str) -> bool:
    """A later change of this SKU's level; the first one has no level before it."""
    data = change["data"]
    is_later = data.get("previous") is not None
    return is_later and data.get("sku") == sku and change["location_key"] == KEY


DRIFTED = "KADHAI-S"
# Enough for EasyEcom's first warning mail, were they spread over two hours.
REFUSALS = 24
UNKNOWN_SKU = "TAWA-XXL"


def stray(journey: Journey) -> None:
    point_at_the_wrong_address(journey)
    use_an_old_token(journey)


def point_at_the_wrong_address(journey: Journey) -> None:
    """The seller pastes the manifest address into the inventory trigger."""
    key = OUTLET.keys[0]
    wrong = journey.onboarded[key]["webhooks"]["manifested"]
    journey.sandbox.tell("webhooks", location_key=key, trigger="inventory", **wrong)
    journey.sandbox.tell("levels", location_key=key, sku="SAREE-RANI", quantity=4)
    wait_for_posts(journey, key, "inventory", 200, 1)
    journey.say(f"{key}: levels come to the manifest address; taken with 200, and parked")


def use_an_old_token(journey: Journey) -> None:
    key = CASHEW.keys[0]
    webhook = journey.onboarded[key]["webhooks"]["inventory"]
    stale = webhook | {"token": f"{webhook['token']}-of-last-year"}
    journey.sandbox.tell("webhooks", location_key=key, trigger="inventory", **stale)
    journey.sandbox.tell("settings", webhook_tries=1)
    for quantity in range(REFUSALS):
        journey.sandbox.tell("levels", location_key=key, sku="CASHEW-S", quantity=quantity)
    wait_for_posts(journey, key, "inventory", 401, REFUSALS)
    journey.sandbox.tell("settings", webhook_tries=5)
    journey.say(
        f"{key}: {REFUSALS} webhooks with a wrong token are refused: it may be switched off"
    )


def wait_for_posts(journey: Journey, key: str, trigger: str, status: int, count: int) -> None:
    def answered() -> int:
        log = journey.sandbox.deliveries()["deliveries"]
        posts = [(each["location_key"], each["trigger"], each["status"]) for each in log]
        return posts.count((key, trigger, status))

    journey.wait(answered, lambda seen: seen >= count, f"{count} posts answered {status}")


def lose_webhooks(journey: Journey) -> None:
    """EasyEcom believes that it sent them; the console finds out by asking."""
    key = KITCHEN.keys[0]
    journey.sandbox.tell("settings", webhook_drop_location=key)
    journey.sandbox.tell("manifest", order_number=UNHEARD.number, hours_ago=3)
    journey.sandbox.tell("levels", location_key=key, sku=DRIFTED, quantity=2)
    said = journey.processes.command("reconcile", "--seller", KITCHEN.code)
    journey.sandbox.tell("settings", webhook_drop_location="")
    for line in said.splitlines():
        journey.say(line)
    expect("1 missed deliveries, 1 drifted levels" in said, "one of each found", said)
    stuck_orders.wait_for(journey, "stage", {stuck_orders.key_of(UNHEARD): "manifested"})


def list_too_much(journey: Journey) -> None:
    listing = {"title": "Iron tawa, giant", "price": "999.00"}
    path = f"/sellers/{KITCHEN.code}/listings/{UNKNOWN_SKU}/"
    listed = journey.console.put(path, listing, 201)
    expect(listed["matched"] is False, f"{UNKNOWN_SKU} unmatched", listed["matched"])
    journey.say(f"PUT {path}: 201, and EasyEcom has no such product")
