"""Orders get stuck, each for a reason of its own: EasyEcom refuses, loses, mistakes and limits, and
the console says why.
"""

from dataclasses import dataclass
from functools import partial

from integration.demo import onboarding
from integration.demo.clients import Json
from integration.demo.data import (
    ARJUN,
    FATIMA,
    KITCHEN,
    MEERA,
    PURCHASES,
    RAHUL,
    TASHI,
    TEXTILES,
    Purchase,
)
from integration.demo.journey import Journey
from integration.demo.telling import expect
from integration.demo.troubled_sellers import (
    CASHEW,
    GEMS,
    GEMS_BRANCH,
    HANDLOOM,
    OUTLET,
    OUTLET_BRANCH,
    WOOLLENS,
)

Key = tuple[str, str]
REFUSED = {"code": 400, "data": []}
UNSERVED = "Pincode 500034 is not in zone W-7 of this plan (ref 88213)"
WEIGHT = "Courier account is inactive for shipments above 500 g"


@dataclass(frozen=True)
class Hardship:
    """An order, the console's code for why it is stuck, and the faults that are its own."""

    reason: str
    purchase: Purchase
    faults: tuple[Json, ...] = ()
    is_shipped: bool = False


def fault(kind: str, name: str, times: int | None = 1, **more: object) -> Json:
    return {"kind": kind, "fault": name, "times": times, **more}


def says(kind: str, message: str) -> Json:
    """EasyEcom answers so, and does nothing."""
    return fault(kind, "body", body=REFUSED | {"message": message})


TAKEN = "Order Number BN-2007 already exists within the Company."
HARDSHIPS = (
    Hardship(
        "carrier_not_registered",
        Purchase("BN-2001", WOOLLENS, 0, "cod", MEERA, (("SHAWL-RANI", 1),)),
    ),
    Hardship(
        "location_not_live",
        Purchase("BN-2014", WOOLLENS, 2, "prepaid", RAHUL, (("SHAWL-RANI", 1),)),
    ),
    Hardship(
        "access_forbidden",
        Purchase("BN-2002", HANDLOOM, 0, "prepaid", ARJUN, (("TANT-IVORY", 1),)),
        (fault("create_order", "status", None, status=403, message="This user may not do that"),),
    ),
    Hardship(
        "rate_limited",
        Purchase("BN-2003", CASHEW, 0, "cod", RAHUL, (("CASHEW-L", 2),)),
        (fault("create_order", "status", None, status=429, retry_after="900"),),
    ),
    Hardship(
        "in_doubt",
        Purchase("BN-2004", TEXTILES, 0, "prepaid", FATIMA, (("SAREE-BOTTLE", 1),)),
        (
            fault("create_order", "drop_after_commit"),
            fault("find_order", "status", None, status=503),
        ),
    ),
    Hardship(
        "not_found",
        Purchase("BN-2005", TEXTILES, 1, "cod", MEERA, (("KURTA-RANI", 1),)),
        (fault("create_order", "drop"),),
    ),
    Hardship(
        "rejected",
        Purchase("BN-2006", KITCHEN, 0, "cod", ARJUN, (("TAWA-XXL", 1),)),
    ),
    Hardship(
        "rejected",
        Purchase("BN-2012", KITCHEN, 0, "prepaid", FATIMA, (("LOTA-M", 1),)),
        (says("create_order", UNSERVED),),
    ),
    Hardship(
        "rejected",
        Purchase("BN-2016", KITCHEN, 0, "cod", MEERA, (("LOTA-XL", 2), ("MASALA-L", 1))),
    ),
    Hardship(
        "number_taken",
        Purchase("BN-2007", TEXTILES, 0, "prepaid", RAHUL, (("JUTTI-IVORY", 1),)),
        (says("create_order", TAKEN),),
    ),
    Hardship(
        "conflict",
        Purchase(PURCHASES[2].number, OUTLET, 0, "cod", ARJUN, (("DUPATTA-MAROON", 2),)),
    ),
    Hardship(
        "awb_rejected",
        Purchase("BN-2008", KITCHEN, 0, "cod", FATIMA, (("KADHAI-L", 1),)),
        (says("assign_awb", WEIGHT),),
        is_shipped=True,
    ),
    Hardship(
        "awb_conflict",
        Purchase("BN-2009", TEXTILES, 1, "prepaid", MEERA, (("SAREE-INDIGO", 1),)),
        is_shipped=True,
    ),
)
# Of BN-2016: refused by line, because of this SKU.
UNTAXED = "LOTA-XL"
# Cancelled in EasyEcom by the seller.
CANCELLED = Purchase("BN-2017", TEXTILES, 0, "prepaid", ARJUN, (("SAREE-BOTTLE", 1),))
CANCELLED_THERE = "cancelled_at_easyecom"
SOLD_OUT = "Sold out in the shop"
# Refused for its state, mended by Booon, and sent again under its number.
MENDED = Purchase("BN-2015", TEXTILES, 0, "cod", TASHI, (("SAREE-INDIGO", 1),))
LISTED_STATE = "Jammu and Kashmir"
# More than its account's calls of the day allow.
SPENDING = tuple(
    Purchase(f"BN-210{n}", GEMS, 0, "cod", RAHUL, (("RING-M", 1),)) for n in range(1, 9)
)
# Sent while its seller is held.
HELD = Purchase("BN-2013", OUTLET, 0, "prepaid", MEERA, (("KURTA-IVORY", 1),))
# Sent while nobody can reach EasyEcom.
CUT_OFF = Purchase("BN-2010", HANDLOOM, 0, "cod", ARJUN, (("TANT-RANI", 1),))
# Whose manifest is told by no webhook.
UNHEARD = Purchase("BN-2011", KITCHEN, 0, "cod", MEERA, (("MASALA-L", 1),))


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


def mend_refused(journey: Journey) -> None:
    journey.sandbox.tell("settings", unlisted_state=TASHI[3])
    put(journey, MENDED)
    key = key_of(MENDED)
    seen = wait_for(journey, "blocked_reason", {key: "rejected"})
    journey.say(end_of(seen[key]))
    body = MENDED.body(journey.began_at)
    body["shipping_address"]["state"] = LISTED_STATE
    order = journey.console.put(MENDED.path, body, 200)
    expect(order["revision"] == 2, "revision 2 of it", order["revision"])
    wait_for(journey, "stage", {key: "awaiting_carrier"})
    journey.say(f"PUT {MENDED.number} with {LISTED_STATE}: 200, and sent again under its number")
    journey.sandbox.tell("settings", unlisted_state="")


def cancel_over_there(journey: Journey) -> None:
    """The seller does it by hand, and nothing tells of it until the console looks."""
    put(journey, CANCELLED)
    key = key_of(CANCELLED)
    wait_for(journey, "stage", {key: "awaiting_carrier"})
    journey.sandbox.tell("order", order_number=CANCELLED.number, act="cancel", reason=SOLD_OUT)
    journey.say(f"the seller cancels {CANCELLED.number} in EasyEcom; Booon gives it an AWB")
    ship(journey, CANCELLED)
    seen = wait_for(journey, "blocked_reason", {key: CANCELLED_THERE})
    journey.say(end_of(seen[key]))
    expect(seen[key]["stage"] == "awaiting_carrier", "its stage unchanged", seen[key]["stage"])
    told = journey.wait(
        lambda: journey.booon.told[f"order.{CANCELLED_THERE}"], bool, "Booon told of it"
    )
    journey.say(f"Booon is told: {told} x order.{CANCELLED_THERE}")


def send_hard_orders(journey: Journey) -> None:
    journey.sandbox.tell("settings", untaxed_sku=UNTAXED)
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
    said = onboarding.run_onboarding(journey, GEMS_BRANCH, exit_code=1)
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
    branch = onboarding.run_onboarding(journey, OUTLET_BRANCH, exit_code=1)["locations"][0]
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
    {each.reason for each in HARDSHIPS}
    | LATE
    | {CANCELLED_THERE}
    | {"quota_spent", "held", "unreachable"}
)


def mark_and_look(journey: Journey) -> set[str]:
    journey.processes.command("run_now", "renew_reasons")
    return {order["blocked_reason"] for order in orders(journey).values()}
