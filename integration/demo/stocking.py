"""The demo's stock: levels that change in EasyEcom, and how they come back to Booon."""

from integration.demo.doors import Json
from integration.demo.journey import Journey
from integration.demo.players import FIRST_LEVEL, TEXTILES
from integration.demo.purchases import PURCHASES
from integration.demo.telling import expect

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
