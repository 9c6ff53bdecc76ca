"""The demo's last steps: the change feed, EasyEcom's own account of it all, and the admin."""

from collections import Counter

from integration.demo import staff
from integration.demo.doors import Json
from integration.demo.journey import ADMIN_NAME, Journey
from integration.demo.players import PLAYERS
from integration.demo.purchases import MANIFESTED, PURCHASES, SHIPPED
from integration.demo.receiver import NOT_TAKEN
from integration.demo.telling import expect

STAGES = ["received", "awaiting_carrier", "carrier_assigned", "manifested"]
LOCATIONS = sum(len(player.locations) for player in PLAYERS)
# How often EasyEcom is told something, in all; and what it may be asked besides.
WRITES = {
    "log_in": LOCATIONS,
    "add_carrier": LOCATIONS,
    "create_order": len(PURCHASES),
    "assign_awb": len(SHIPPED),
}
READS = {"get_locations", "get_products", "get_inventory", "find_order"}


def read_feed(journey: Journey) -> None:
    changes = journey.console.changes()
    cursors = [int(change["cursor"]) for change in changes]
    gapless = list(range(cursors[0], cursors[0] + len(cursors)))
    expect(cursors == gapless, "cursors without a gap", cursors)
    counts = Counter(change["type"] for change in changes)
    seen = counts["order.manifested"]
    expect(seen == len(MANIFESTED), f"{len(MANIFESTED)} times order.manifested", seen)
    for purchase in PURCHASES:
        reached = 2 + (purchase in SHIPPED) + (purchase in MANIFESTED)
        told = stages_told(changes, purchase.number)
        expect(told == STAGES[:reached], f"{purchase.number} {STAGES[:reached]}", told)
    journey.teller.rows(*((f"{count} x", kind) for kind, count in sorted(counts.items())))
    story = " -> ".join(stages_told(changes, PURCHASES[0].number))
    journey.say(f"{PURCHASES[0].number}: {story}")
    journey.say(f"the end is cursor {cursors[-1]}; asked again from there, the feed is silent")


def tell_booon(journey: Journey) -> None:
    """Booon's own address does not take manifests here: they wait, and staff see that."""
    told = journey.wait(
        lambda: dict(journey.booon.told),
        lambda told: told.get(NOT_TAKEN) and told.get("order.stage_changed", 0) >= len(PURCHASES),
        "stages and a manifest told to Booon",
    )
    journey.teller.rows(*((f"{count} x", kind) for kind, count in sorted(told.items())))
    refused = journey.booon.answers[503]
    journey.say(f"it refused {refused} of them, the manifests; the console tries them again")


def stages_told(changes: list[Json], number: str) -> list[str]:
    return [
        change["data"]["stage"]
        for change in changes
        if change["type"] == "order.stage_changed" and change["data"]["order_number"] == number
    ]


def ask_easyecom(journey: Journey) -> None:
    lines = journey.sandbox.received()
    counts = Counter(line["kind"] for line in lines)
    for kind, count in WRITES.items():
        expect(counts[kind] == count, f"{count} calls of {kind}", counts[kind])
    others = sorted(set(counts) - set(WRITES) - READS)
    expect(not others, "nothing outside the touchpoints and look-ups", others)
    bare = [line["path"] for line in lines if not line["had_token"] and line["kind"] != "log_in"]
    expect(not bare, "no call without a token but the log-in", bare)
    carriers = journey.sandbox.part("carriers")
    expect(len(carriers) == LOCATIONS, f"{LOCATIONS} carriers", len(carriers))
    journey.teller.rows(*((f"{count} x", kind) for kind, count in sorted(counts.items())))


def open_admin(journey: Journey) -> None:
    browser = staff.log_in(journey)
    orders = browser.ask("GET", "/admin/integration/order/", 200).text
    missing = [purchase.number for purchase in PURCHASES if purchase.number not in orders]
    expect(not missing, "every order in the admin's list", f"{missing} missing")
    journey.say(f"{ADMIN_NAME} logs in and sees all {len(PURCHASES)} orders in the list")
    for address, name in ((journey.console, "/api/docs/"), (journey.sandbox, "/")):
        address.ask("GET", name, 200)
        journey.say(f"{address.address}{name} opens")
