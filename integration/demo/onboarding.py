"""The demo begins: everything is started, Booon's platform gets its key, and the sellers join."""

import json
import os
from urllib.parse import urlsplit

from django.conf import settings

from integration.demo.clients import ADMIN_NAME, Json
from integration.demo.data import KITCHEN, PLAYERS, TEXTILES, Player
from integration.demo.journey import Journey
from integration.demo.processes import MANAGE, web_server
from integration.demo.telling import expect

DEVELOPERS = "whoever tries the API (demo)"


def make_database(journey: Journey) -> None:
    processes = journey.processes
    processes.command("migrate", "--no-input")
    journey.say("manage.py migrate: every table is there")
    if not (settings.STATIC_ROOT / "staticfiles.json").exists():
        processes.command("collectstatic", "--no-input")
        journey.say("manage.py collectstatic: the admin's styles are in place")
    processes.command(
        *("createsuperuser", "--no-input", "--username", ADMIN_NAME),
        *("--email", "demo-admin@booon.example"),
        DJANGO_SUPERUSER_PASSWORD=journey.admin_password,
    )
    journey.say(f"manage.py createsuperuser: {ADMIN_NAME}")


def start_everything(journey: Journey) -> None:
    processes, console, sandbox = journey.processes, journey.console, journey.sandbox
    port = str(urlsplit(sandbox.address).port)
    processes.start("sandbox", *MANAGE, "easyecom_sandbox", "--port", port)
    processes.start("web", *web_server("127.0.0.1", urlsplit(console.address).port or 0))
    processes.start_workers()
    journey.wait_for_answer(sandbox, "/sandbox/settings", "the stand-in EasyEcom")
    journey.say(f"sandbox  {sandbox.address}  stands in for EasyEcom")
    journey.wait_for_answer(console, "/readyz", "the web server")
    journey.say(f"web      {console.address}  is ready")
    journey.wait_for_answer(console, "/healthz/workers", "the workers' health")
    journey.say("workers  have a pulse")


def make_key(journey: Journey) -> None:
    key = journey.processes.command("create_api_key", "Booon's platform (demo)").strip()
    journey.say("manage.py create_api_key: it was printed once, and only its digest is kept")
    refused = journey.console.ask("GET", "/api/v1/orders/", 401).json()["errors"]
    expect(len(refused) == 1, "one error for a call without a key", refused)
    journey.say(f"GET /api/v1/orders/ without it: 401, {refused[0]['message']}")
    journey.console.show(key)
    orders = journey.console.one("/orders/")
    expect(orders["results"] == [], "no orders yet", orders)
    journey.say("GET /api/v1/orders/ with it: 200, no orders yet")


def make_developers_key(journey: Journey) -> str:
    """For whoever tries the API on this run: the two sellers of the journey, and a day."""
    sellers = [player.code for player in PLAYERS]
    said = journey.processes.command(
        "create_api_key", DEVELOPERS, "--seller", *sellers, "--days", "1"
    )
    return said.strip()


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
    say_locations(journey, said)


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


def say_locations(journey: Journey, said: Json) -> None:
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
        say_locations(journey, said)
        for location in said["locations"]:
            first = journey.onboarded[location["location_key"]]["company_carrier_id"]
            seen = location["company_carrier_id"]
            expect(seen == first, f"companyCarrierId {first} again", seen)
            expect(tokens_in(location) == 0, "no new webhook token", tokens_in(location))
    registrations = len(journey.sandbox.received("add_carrier"))
    expect(registrations == 3, "3 carrier registrations in all", registrations)
    journey.say("EasyEcom received 3 carrier registrations: one per location, and no more")
