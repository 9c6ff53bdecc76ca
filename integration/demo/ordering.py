"""The demo's orders: from Booon to Failed Orders, to their AWBs, to a manifest."""

from collections.abc import Iterable

from integration.demo.doors import Json
from integration.demo.journey import Journey
from integration.demo.purchases import MANIFESTED, PURCHASES, SHIPPED, Purchase
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
    changed = purchase.body(journey.began_at) | {"shipping_charge": "0.00"}
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
