"""The demo's sellers in trouble: their onboarding, and what EasyEcom makes of it."""

from concurrent.futures import ThreadPoolExecutor

from integration.demo import joining, staff
from integration.demo.doors import Json
from integration.demo.journey import Journey
from integration.demo.newcomers import (
    ACCOUNTS,
    JOINING_FAULTS,
    METALS,
    NEWCOMERS,
    REASONS,
    SHANTIPUR,
    SPICES,
)
from integration.demo.players import Player
from integration.demo.telling import expect

# Commands at once: each is a Python of its own.
AT_ONCE = 3
WITHOUT_TOKENS = "The webhook endpoints have no tokens yet."


def onboard_newcomers(journey: Journey) -> None:
    for player in ACCOUNTS:
        journey.sandbox.tell("accounts", **player.account())
    for fault in JOINING_FAULTS:
        journey.sandbox.tell("faults", **fault)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        said = list(pool.map(lambda player: onboard(journey, player), NEWCOMERS))
    locations = [location for each in said for location in each["locations"]]
    for location in locations:
        key, wanted = location["location_key"], REASONS.get(location["location_key"], "")
        expect(location["reason"] == wanted, f"{key}: {wanted or 'live'}", location["reason"])
        if location["live"]:
            journey.onboarded[key] = location
            joining.paste(journey, location)
    carry_on(journey, SHANTIPUR)
    journey.teller.rows(
        *((each["location_key"], each["reason"] or "live, with its webhooks") for each in locations)
    )


def carry_on(journey: Journey, key: str) -> None:
    """Staff have the onboarding continued. Nobody was there to see tokens, so none were made."""
    browser = staff.log_in(journey)
    place = f"/admin/sellers/location/{staff.row_of(browser, 'sellers/location', key)}"
    staff.press(browser, f"{place}/proceed/", f"{place}/change/")
    journey.wait(
        lambda: browser.ask("GET", f"{place}/change/", 200).text,
        lambda page: WITHOUT_TOKENS in page,
        f"{key} live, without tokens",
        lambda _: "its page without that sentence",
    )
    journey.say(f"{key}: continued in the admin; live, and its webhooks have no tokens yet")


def onboard(journey: Journey, player: Player) -> Json:
    """One gives a password that has changed since, one comes before Booon's carrier is set."""
    is_well = not any(key in REASONS for key in player.keys)
    return joining.run_onboarding(
        journey,
        player,
        exit_code=0 if is_well else 1,
        password="changed-since" if player is SPICES else "",
        **({"EASYECOM_CARRIER_PASSWORD": ""} if player is METALS else {}),
    )
