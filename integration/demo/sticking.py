"""Orders get stuck: EasyEcom refuses, loses, mistakes and limits, and the console says why."""

from functools import partial

from integration.demo import joining
from integration.demo.doors import Json
from integration.demo.hardships import CUT_OFF, HARDSHIPS, HELD, SPENDING, UNHEARD, Hardship
from integration.demo.journey import Journey
from integration.demo.newcomers import GEMS, GEMS_BRANCH, OUTLET, OUTLET_BRANCH
from integration.demo.purchases import Purchase
from integration.demo.telling import expect

Key = tuple[str, str]
# As long as it takes until the worker has met it.
AWAY_SECONDS = 3
OTHER_AWB = "XB-55120"
# What only time brings about; the journey's own orders are late by now.
LATE = {"awb_late", "not_manifested"}


def orders(journey: Journey) -> dict[Key, Json]:
    """By seller and number: two sellers may give the same number."""
    rows = journey.console.all("/orders/", limit=500)
    return {(row["seller"], row["order_number"]): row for row in rows}


def key_of(purchase: Purchase) -> Key:
    return purchase.seller.code, purchase.number


def put(journey: Journey, purchase: Purchase) -> None:
    journey.console.put(purchase.path, purchase.body(journey.began_at), 201)


def ship(journey: Journey, purchase: Purchase) -> None:
    journey.console.put(f"{purchase.path}shipment/", purchase.shipment(), 200)


def wait_for(journey: Journey, column: str, wanted: dict[Key, str]) -> dict[Key, Json]:
    """Until each of these orders has that stage or reason."""

    def missing(seen: dict[Key, Json]) -> dict[str, str]:
        return {
            key[1]: f"{seen[key][column]} instead of {value}"
            for key, value in wanted.items()
            if seen[key][column] != value
        }

    return journey.wait(
        lambda: orders(journey), lambda seen: not missing(seen), f"each {column} as told", missing
    )


def send_hard_orders(journey: Journey) -> None:
    for hardship in HARDSHIPS:
        number = hardship.purchase.number
        for fault in hardship.faults:
            journey.sandbox.tell("faults", **fault, match={"order_number": number})
        put(journey, hardship.purchase)
    put(journey, UNHEARD)
    waiting = [each.purchase for each in HARDSHIPS if each.is_shipped] + [UNHEARD]
    wait_for(journey, "stage", {key_of(each): "awaiting_carrier" for each in waiting})
    journey.say(f"{len(HARDSHIPS) + 1} orders sent, of which {len(waiting)} get their AWB")


def give_awbs(journey: Journey) -> None:
    """For one of them the seller has booked another courier in EasyEcom already."""
    for hardship in HARDSHIPS:
        if hardship.reason == "awb_conflict":
            book_elsewhere(journey, hardship)
    journey.sandbox.tell("settings", awb_can_change=False)
    for purchase in (*(each.purchase for each in HARDSHIPS if each.is_shipped), UNHEARD):
        ship(journey, purchase)
    stuck = {key_of(each.purchase): each.reason for each in HARDSHIPS}
    found = wait_for(journey, "blocked_reason", stuck)
    wait_for(journey, "stage", {key_of(UNHEARD): "carrier_assigned"})
    journey.sandbox.tell("settings", awb_can_change=True)
    journey.teller.rows(
        *((key[1], found[key]["seller"], found[key]["blocked_message"]) for key in stuck)
    )


def book_elsewhere(journey: Journey, hardship: Hardship) -> None:
    purchase = hardship.purchase
    order = orders(journey)[key_of(purchase)]
    journey.sandbox.tell("settings", cool_down_seconds=0)
    journey.sandbox.assign(
        purchase.seller.log_in(purchase.location_key),
        invoiceId=order["easyecom_invoice_id"],
        courier="Xpressbees",
        awbNum=OTHER_AWB,
        companyCarrierId=journey.onboarded[purchase.location_key]["company_carrier_id"],
    )
    journey.sandbox.tell("settings", cool_down_seconds=60)


def spend_quota(journey: Journey) -> None:
    for purchase in SPENDING:
        put(journey, purchase)
    keys = [key_of(purchase) for purchase in SPENDING]
    seen = journey.wait(
        lambda: orders(journey),
        lambda seen: (
            {seen[key]["blocked_reason"] or seen[key]["stage"] for key in keys}
            == {"quota_spent", "awaiting_carrier"}
        ),
        "each order sent, or waiting for more calls",
        lambda seen: [seen[key]["blocked_reason"] or seen[key]["stage"] for key in keys],
    )
    waiting = [key for key in keys if seen[key]["blocked_reason"]]
    journey.say(f"{GEMS.name} has {GEMS.daily_quota} calls a day: {len(waiting)} orders wait")
    journey.say(end_of(seen[waiting[0]]))
    said = joining.run_onboarding(journey, GEMS_BRANCH, exit_code=1)
    branch = said["locations"][0]
    expect(branch["reason"] == "quota_spent", "a branch that waits too", branch["reason"])
    journey.say(f"its branch {branch['location_key']} can't go live before that")


def end_of(order: Json) -> str:
    return f"{order['order_number']}: {order['blocked_message']}"


def hold_back(journey: Journey) -> None:
    """Last of all that this seller does here."""
    reason = "The shop moves to another warehouse this week."
    said = journey.processes.command("hold", "--seller", OUTLET.code, "--reason", reason)
    journey.say(said.strip())
    put(journey, HELD)
    branch = joining.run_onboarding(journey, OUTLET_BRANCH, exit_code=1)["locations"][0]
    expect(branch["reason"] == "held", "a branch that is held too", branch["reason"])
    seen = wait_for(journey, "blocked_reason", {key_of(HELD): "held"})
    journey.say(end_of(seen[key_of(HELD)]))


def cut_off(journey: Journey) -> None:
    journey.sandbox.tell("away", seconds=AWAY_SECONDS)
    is_there = partial(journey.sandbox.answers, "/sandbox/settings")
    journey.wait(is_there, lambda up: not up, "nobody at EasyEcom's address")
    put(journey, CUT_OFF)
    seen = wait_for(journey, "blocked_reason", {key_of(CUT_OFF): "unreachable"})
    journey.say(end_of(seen[key_of(CUT_OFF)]))
    journey.wait_for_answer(journey.sandbox, "/sandbox/settings", "the stand-in EasyEcom")
    journey.say("EasyEcom is back; the order goes out at its next try, or when staff say retry")


def run_late(journey: Journey) -> None:
    """The worker marks late orders every minute; the demo does not wait for that."""
    journey.wait(
        lambda: mark_and_look(journey),
        lambda reasons: reasons >= LATE,
        "late orders of both kinds",
    )
    journey.say("the demo's clocks are short: 18 seconds for an AWB, and as long for a manifest")
    counts: dict[str, int] = {}
    for order in orders(journey).values():
        if reason := order["blocked_reason"]:
            counts[reason] = counts.get(reason, 0) + 1
    expect(len(counts) == ALL_REASONS, f"{ALL_REASONS} reasons", sorted(counts))
    journey.teller.rows(*((f"{count} x", reason) for reason, count in sorted(counts.items())))


ALL_REASONS = len(
    {each.reason for each in HARDSHIPS} | LATE | {"quota_spent", "held", "unreachable"}
)


def mark_and_look(journey: Journey) -> set[str]:
    journey.processes.command("run_now", "renew_reasons")
    return {order["blocked_reason"] for order in orders(journey).values()}
