"""Webhooks go astray, and Booon lists what EasyEcom does not have."""

from integration.demo import sticking
from integration.demo.hardships import UNHEARD
from integration.demo.journey import Journey
from integration.demo.newcomers import CASHEW, OUTLET
from integration.demo.players import KITCHEN
from integration.demo.telling import expect

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
    journey.say(f"{key}: {REFUSALS} webhooks with a wrong token are refused: a lifeline in danger")


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
    sticking.wait_for(journey, "stage", {sticking.key_of(UNHEARD): "manifested"})


def list_too_much(journey: Journey) -> None:
    listing = {"title": "Iron tawa, giant", "price": "999.00"}
    path = f"/sellers/{KITCHEN.code}/listings/{UNKNOWN_SKU}/"
    listed = journey.console.put(path, listing, 201)
    expect(listed["matched"] is False, f"{UNKNOWN_SKU} unmatched", listed["matched"])
    journey.say(f"PUT {path}: 201, and EasyEcom has no such product")
