"""The demo's orders, from Booon to Failed Orders, to their AWBs, to a manifest; and at its end the
feed, and EasyEcom's own account of it all.
"""

from collections import Counter
from collections.abc import Iterable

from integration.demo import clients
from integration.demo.clients import ADMIN_NAME, NOT_TAKEN, Json
from integration.demo.data import MANIFESTED, PLAYERS, PURCHASES, REBOOKED, SHIPPED, Purchase
from integration.demo.journey import Journey
from integration.demo.telling import expect

Orders = dict[str, Json]


def numbers(purchases: Iterable[Purchase]) -> set[str]:
    return {purchase.number for purchase in purchases}


def at_stage(orders: Orders, stage: str) -> set[str]:
    return {number for number, order in orders.items() if order["stage"] == stage}


def stages(orders: Orders) -> str:
    """What is said of a look that was not the one hoped for."""
    return ", ".join(
        f"{number} {order['stage']} {order['blocked_message']}".strip()
        for number, order in sorted(orders.items())
    )


def send_orders(journey: Journey) -> None:
    for purchase in PURCHASES:
        order = journey.console.put(purchase.path, purchase.body(journey.began_at), 201)
        journey.say(f"PUT {purchase.number} {purchase.summary}: 201, {order['stage']}")


def see_failed_orders(journey: Journey) -> None:
    wanted = numbers(PURCHASES)
    orders = journey.wait(
        journey.console.orders,
        lambda orders: at_stage(orders, "awaiting_carrier") == wanted,
        "all orders at awaiting_carrier",
        stages,
    )
    failed = {order["order_number"]: order for order in journey.sandbox.part("failed_orders")}
    expect(set(failed) == wanted, "all of them in Failed Orders", sorted(failed))
    for number, order in orders.items():
        seen, invoice = str(failed[number]["invoice_id"]), order["easyecom_invoice_id"]
        expect(seen == invoice, f"{number} under invoice {invoice}", seen)
    for purchase in PURCHASES:
        seen = failed[purchase.number]["total_amount"]
        expect(seen == str(purchase.total), f"{purchase.number} for {purchase.total}", seen)
    journey.teller.rows(
        *(
            (number, order["stage"], f"EasyEcom order {order['easyecom_order_id']}",
             f"invoice {order['easyecom_invoice_id']}", "in Failed Orders, as it should be")
            for number, order in sorted(orders.items())
        )
    )  # fmt: skip


def send_again(journey: Journey) -> None:
    purchase = PURCHASES[0]
    order = journey.console.put(purchase.path, purchase.body(journey.began_at), 200)
    journey.say(f"PUT {purchase.number} once more: 200, {order['stage']}, nothing new")
    changed = purchase.body(journey.began_at) | {"shipping_charge": "99.00"}
    refused = journey.console.put(purchase.path, changed, 409)["errors"]
    journey.say(f"PUT {purchase.number} changed after it was sent: 409, {refused[0]['message']}")
    count = len(journey.sandbox.orders())
    expect(count == len(PURCHASES), f"{len(PURCHASES)} orders in EasyEcom", count)


def send_shipments(journey: Journey) -> None:
    for purchase in SHIPPED:
        journey.console.put(f"{purchase.path}shipment/", purchase.shipment(), 200)
    journey.say(f"PUT .../shipment/ for {len(SHIPPED)} orders: 200")
    wanted = numbers(SHIPPED)
    journey.wait(
        journey.console.orders,
        lambda orders: at_stage(orders, "carrier_assigned") == wanted,
        f"{len(wanted)} orders at carrier_assigned",
        stages,
    )
    seen = {awb["order_number"]: awb for awb in journey.sandbox.part("awbs")}
    for purchase in SHIPPED:
        given, awb = purchase.shipment(), seen.get(purchase.number, {})
        pair = (awb.get("courier"), awb.get("awb_number"))
        expect(pair == (given["courier"], given["awb_number"]), f"{given} in EasyEcom", pair)
    journey.teller.rows(
        *(
            (number, "carrier_assigned", awb["courier"], f"AWB {awb['awb_number']}",
             f"companyCarrierId {awb['company_carrier_id']}")
            for number, awb in sorted(seen.items())
        )
    )  # fmt: skip
    left = sorted(order["order_number"] for order in journey.sandbox.part("failed_orders"))
    waiting = sorted(numbers(PURCHASES) - wanted)
    expect(left == waiting, f"{waiting} in Failed Orders", left)
    journey.say(f"{' and '.join(left)} stay in Failed Orders, for you to give an AWB in the admin")


def replace_awb(journey: Journey) -> None:
    path, old = f"{REBOOKED.path}shipment/", REBOOKED.shipment()
    given = {"courier": "Bluedart", "awb_number": f"77{old['awb_number']}"}
    refused = journey.console.put(path, given, 409)["errors"]
    journey.say(f"PUT .../shipment/ with another AWB: 409, {refused[0]['message']}")
    said = {"replaces": old["awb_number"], "reason": "Delhivery missed the pickup."}
    journey.console.put(path, given | said, 200)
    order = journey.wait(
        lambda: journey.console.orders()[REBOOKED.number],
        lambda order: bool(order["shipment"]["assigned_at"]),
        f"AWB {given['awb_number']} taken",
        lambda order: order["blocked_message"] or "not taken yet",
    )
    seen = {awb["order_number"]: awb["awb_number"] for awb in journey.sandbox.part("awbs")}
    expect(seen[REBOOKED.number] == given["awb_number"], given["awb_number"], seen)
    [before] = order["shipment"]["replaced"]
    expect(before["awb_number"] == old["awb_number"], old["awb_number"], before)
    journey.say(
        f"named in `replaces`, with a reason: EasyEcom has {given['courier']} "
        f"{given['awb_number']} now, and {before['awb_number']} stays on the order's page"
    )


def manifest(journey: Journey) -> None:
    wanted = numbers(MANIFESTED)
    told = journey.sandbox.tell("manifest", order_numbers=sorted(wanted))["manifested"]
    journey.say("the seller packs and manifests in EasyEcom, whose webhooks say so")
    orders = journey.wait(
        journey.console.orders,
        lambda orders: at_stage(orders, "manifested") == wanted,
        f"{len(wanted)} orders at manifested",
        stages,
    )
    for each in told:
        number, manifest_number = each["order_number"], each["manifest_no"]
        seen = orders[number]["manifest_number"]
        expect(seen == manifest_number, f"{number} on manifest {manifest_number}", seen)
    journey.teller.rows(
        *(
            (number, orders[number]["stage"], orders[number]["manifested_at"],
             f"manifest {orders[number]['manifest_number']}")
            for number in sorted(wanted)
        )
    )  # fmt: skip


STAGES = ["received", "awaiting_carrier", "carrier_assigned", "manifested"]
LOCATIONS = sum(len(player.locations) for player in PLAYERS)
# How often EasyEcom is told something, in all; and what it may be asked besides.
WRITES = {
    "log_in": LOCATIONS,
    "add_carrier": LOCATIONS,
    "create_order": len(PURCHASES),
    "assign_awb": len(SHIPPED) + 1,
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


def wait_for_webhooks(journey: Journey) -> None:
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
    browser = clients.log_in(journey.console, journey.admin_password)
    orders = browser.ask("GET", "/admin/integration/order/", 200).text
    missing = [purchase.number for purchase in PURCHASES if purchase.number not in orders]
    expect(not missing, "every order in the admin's list", f"{missing} missing")
    journey.say(f"{ADMIN_NAME} logs in and sees all {len(PURCHASES)} orders in the list")
    for address, name in ((journey.console, "/api/docs/"), (journey.sandbox, "/")):
        address.ask("GET", name, 200)
        journey.say(f"{address.address}{name} opens")
