"""The demo's sellers join: their accounts, onboarding, webhooks, catalog and first stock levels."""

import json
import os

from integration.demo.doors import Json
from integration.demo.journey import Journey
from integration.demo.players import KITCHEN, PLAYERS, TEXTILES, Player
from integration.demo.telling import expect

TOPICS = ("inventory", "manifested")


def open_accounts(journey: Journey) -> None:
    for player in PLAYERS:
        journey.sandbox.tell("accounts", **player.account())
    for account in journey.sandbox.part("accounts"):
        places = ", ".join(location["name"] for location in account["locations"])
        journey.say(f"{account['email']}: {account['products']} products at {places}")


def onboard_textiles(journey: Journey) -> None:
    onboard(journey, TEXTILES)


def onboard_kitchen(journey: Journey) -> None:
    onboard(journey, KITCHEN)


def onboard(journey: Journey, player: Player) -> None:
    said = run_onboarding(journey, player)
    for location in said["locations"]:
        expect(location["live"] is True, "a live location", location["reason"])
        expect(location["company_carrier_id"], "a companyCarrierId", location["reason"])
        journey.onboarded[location["location_key"]] = location
    tell_locations(journey, said)


def run_onboarding(
    journey: Journey,
    player: Player,
    *,
    exit_code: int = 0,
    password: str = "",
    **variables: str,
) -> Json:
    """The command, as staff would run it. Its file holds a password and does not stay."""
    given = player.file() | ({"api_password": password} if password else {})
    file = journey.directory / f"{player.code}.json"
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with open(handle, "w") as text:
            json.dump(given, text)
        printed = journey.processes.command(
            "onboard_seller", str(file), exit_code=exit_code, **variables
        )
        said: Json = json.loads(printed)
    finally:
        file.unlink()
    expect(said["seller"] == player.code, f"a report about {player.code}", said["seller"])
    return said


def tell_locations(journey: Journey, said: Json) -> None:
    journey.teller.rows(
        *(
            (
                location["location_key"],
                "live" if location["live"] else location["reason"],
                f"companyCarrierId {location['company_carrier_id']}",
                f"{tokens_in(location)} webhook tokens made",
            )
            for location in said["locations"]
        )
    )


def tokens_in(location: Json) -> int:
    return sum(location["webhooks"][topic]["token"] is not None for topic in TOPICS)


def paste_webhooks(journey: Journey) -> None:
    """What the seller does in EasyEcom's Webhook Settings."""
    for location in journey.onboarded.values():
        paste(journey, location)
    hooks = journey.sandbox.part("webhooks")
    expect(len(hooks) == 2 * len(journey.onboarded), "two webhooks per location", len(hooks))
    journey.teller.rows(*((hook["location_key"], hook["trigger"], hook["url"]) for hook in hooks))


def paste(journey: Journey, location: Json) -> None:
    key = location["location_key"]
    for topic in TOPICS:
        webhook = location["webhooks"][topic]
        journey.sandbox.tell("webhooks", location_key=key, trigger=topic, **webhook)


def see_catalog(journey: Journey) -> None:
    for player in PLAYERS:
        see_products(journey, player)
    expected = journey.sandbox.levels()
    levels = journey.wait(
        journey.console.levels,
        lambda levels: levels == expected,
        f"the {len(expected)} stock levels that EasyEcom has",
        lambda levels: f"{len(levels)} levels",
    )
    journey.say(f"GET /api/v1/stock/: {len(levels)} levels, each as EasyEcom has it")


def see_products(journey: Journey, player: Player) -> None:
    expected = {product["sku"] for product in player.products()}
    products = journey.wait(
        lambda: {row["sku"] for row in journey.console.all("/products/", seller=player.code)},
        lambda skus: skus == expected,
        f"the {len(expected)} products of {player.name}",
        lambda skus: f"{len(skus)} products",
    )
    journey.say(f"GET /api/v1/products/?seller={player.code}: {len(products)} products")


def onboard_again(journey: Journey) -> None:
    for player in PLAYERS:
        said = run_onboarding(journey, player)
        tell_locations(journey, said)
        for location in said["locations"]:
            first = journey.onboarded[location["location_key"]]["company_carrier_id"]
            seen = location["company_carrier_id"]
            expect(seen == first, f"companyCarrierId {first} again", seen)
            expect(tokens_in(location) == 0, "no new webhook token", tokens_in(location))
    registrations = len(journey.sandbox.received("add_carrier"))
    expect(registrations == 3, "3 carrier registrations in all", registrations)
    journey.say("EasyEcom received 3 carrier registrations: one per location, and no more")
