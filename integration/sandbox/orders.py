"""Touchpoints 5 and 6: orders come in, are looked up, and leave Failed Orders by their AWB."""

import json
import time
from collections.abc import Mapping
from typing import Any

from integration.sandbox import indian_time
from integration.sandbox.checks import id_of
from integration.sandbox.entities import Awb, Location, Order, QueueItem
from integration.sandbox.order_reading import Unacceptable, read_order
from integration.sandbox.order_shape import order_row
from integration.sandbox.replies import Reply, as_json, done, refused
from integration.sandbox.world import World

# Where the reasons stand of what a queue did not make. Nobody serves it.
ERROR_FILE = "https://files.easyecom.example/error_{}.csv"


def create_order(world: World, location: Location, body: Mapping[str, Any]) -> Reply:
    number = str(body.get("orderNumber"))
    if world.switches.queued:
        return _queue_order(world, location, body, number)
    if _is_taken(world, location, number):
        return as_json({"code": 400, "message": _taken(number)})
    try:
        order = _add(world, location, body, ready_at=0.0)
    except Unacceptable as problem:
        return refused(str(problem), problem.lines)
    return _created(world, order).having_committed()


def _is_taken(world: World, location: Location, number: str) -> bool:
    """A number is unique in the seller's whole company: docs/easyecom-contract.md#duplicates."""
    same = world.orders_of(location.account, number)
    return any(world.switches.dedupe_covers_failed or not order.is_failed for order in same)


def _taken(number: str) -> str:
    return (
        f"Order Number {number} already exists within the Company."
        " Kindly import with a different Order Number"
    )


def _add(world: World, location: Location, body: Mapping[str, Any], ready_at: float) -> Order:
    asked = read_order(world, location, body)
    ids = world.next_id("order"), world.next_id("invoice")
    order = Order(asked, location, *ids, received_at=indian_time.now(), ready_at=ready_at)
    world.add_order(order)
    if world.switches.stock_follows_orders:
        _take_stock(world, order)
    return order


def _take_stock(world: World, order: Order) -> None:
    for line in order.asked.lines:
        sku = line.product.sku
        level = order.location.levels.get(sku)
        left = (level.quantity if level else 0) - line.quantity
        world.set_level(order.location, sku, left if world.switches.back_orders else max(0, left))
    world.post_levels(order.location, [line.product.sku for line in order.asked.lines])


def _created(world: World, order: Order) -> Reply:
    suborder, invoice = order.asked.lines[0].suborder_id, order.invoice_id
    text = f"Success SuborderID:{suborder} OrderID:{order.order_id} InvoiceID:{invoice}"
    data: dict[str, Any] = {
        "Status": 200,
        "SuborderID": str(suborder),
        "OrderID": str(order.order_id),
        "InvoiceID": str(invoice),
        "Message": text,
    }
    if world.switches.omit_invoice_id:
        data.pop("InvoiceID")
        data["Message"] = text.rpartition(" InvoiceID")[0]
    message = f"{order.number} created successfully"
    return done([data] if world.switches.data_as_list else data, message)


def _queue_order(world: World, location: Location, body: Mapping[str, Any], number: str) -> Reply:
    ready_at = time.monotonic() + world.switches.queue_seconds
    order, error = None, ""
    if _is_taken(world, location, number):
        error = _taken(number)
    else:
        try:
            order = _add(world, location, body, ready_at)
        except Unacceptable as problem:
            error = str(problem)
    item = QueueItem(world.next_id("queue"), ready_at, order, error)
    world.queue[item.queue_id] = item
    reply = done({"queueId": item.queue_id}, "Successfully Queued")
    return reply.having_committed() if order else reply


def queue_status(world: World, location: Location, query: Mapping[str, str]) -> Reply:
    item = world.queue.get(id_of(query.get("queueId")) or 0)
    if item is None:
        return refused("No data found")
    status = item.status_id()
    told: dict[str, Any] = {"id": str(item.queue_id), "status_id": status, "notes": ""}
    if status == 3 and item.order:
        notes = {"order_id": item.order.order_id, "reference_code": item.order.number}
        told["notes"] = json.dumps(notes)
    elif status == 4:
        # The message on top says "Successful" all the same.
        # docs/easyecom-contract.md#queued-orders
        told |= {"message": item.error, "result": ERROR_FILE.format(item.queue_id)}
    return done(told)


def find_order(world: World, location: Location, query: Mapping[str, str]) -> Reply:
    rows = [_shown(world, order_row(order)) for order in _matching(world, location, query)]
    if rows:
        return done(_wrapped(world, rows))
    match world.switches.nothing_found:
        case "empty_list":
            return done([])
        case "text":
            return as_json({"code": 200, "message": None, "data": "No Data Found"})
        case "no_result":
            return refused("No result found")
        case _:
            return refused("No data found for given filters")


def _shown(world: World, row: dict[str, Any]) -> dict[str, Any]:
    """As some accounts see it: docs/easyecom-contract.md#order-look-up."""
    if world.switches.skus_in_capitals:
        lines = [line | {"sku": line["sku"].upper()} for line in row["order_items"]]
        row = row | {"order_items": lines}
    if world.switches.whole_rupees:
        row = row | {"total_amount": f"{round(float(row['total_amount']))}.0000"}
    return row


def _wrapped(world: World, rows: list[dict[str, Any]]) -> Any:
    match world.switches.lookup_shape:
        case "orders":
            return {"orders": rows}
        case "object" if len(rows) == 1:
            return rows[0]
        case _:
            return rows


def _matching(world: World, location: Location, query: Mapping[str, str]) -> list[Order]:
    switches = world.switches
    found = _by_query(world, location, query)
    return [
        order
        for order in found
        if order.is_ready
        and (switches.lookup_sees_failed or not order.is_failed)
        and (switches.lookup_spans_locations or order.location is location)
    ]


def _by_query(world: World, location: Location, query: Mapping[str, str]) -> list[Order]:
    if reference := query.get("reference_code"):
        return world.orders_of(location.account, reference)
    order = invoiced(world, location, query.get("invoice_id"))
    return [order] if order else []


def invoiced(world: World, location: Location, invoice_id: object) -> Order | None:
    """The account's order with this invoice id, given as a number or as text."""
    order = world.orders.get(id_of(invoice_id) or 0)
    return order if order and order.location.account is location.account else None


def assign_awb(world: World, location: Location, body: Mapping[str, Any]) -> Reply:
    order = invoiced(world, location, body.get("invoiceId"))
    if order is None or not order.is_ready:
        return refused("Invalid invoice id")
    if order.cancelled_at:
        return refused("Order is cancelled")
    courier, number = body.get("courier"), body.get("awbNum")
    if not courier or not number:
        return refused("courier and awbNum are required")
    carrier = id_of(body.get("companyCarrierId"))
    if carrier is None:
        return refused("companyCarrierId is required")
    if world.switches.carrier_must_exist and not order.location.has_carrier(carrier):
        return refused("Invalid companyCarrierId")
    if _is_settled(world, order, str(courier), str(number)):
        return refused("AWB is already assigned to this order")
    order.awb = _awb(body, order, carrier)
    return as_json({"code": 200, "message": "Successful"}).having_committed()


def _is_settled(world: World, order: Order, courier: str, number: str) -> bool:
    """Whether an AWB stands that may not be given again, or not be replaced."""
    if order.awb is None:
        return False
    if (order.awb.courier, order.awb.number) == (courier, number):
        return not world.switches.awb_can_repeat
    return order.manifested_at is not None or not world.switches.awb_can_change


def _awb(body: Mapping[str, Any], order: Order, company_carrier_id: int) -> Awb:
    return Awb(
        courier=str(body["courier"]),
        number=str(body["awbNum"]),
        company_carrier_id=company_carrier_id,
        label_url=body.get("shippingLabelUrl") or None,
        invoice_url=body.get("invoiceUrl") or None,
        assigned_at=order.awb.assigned_at if order.awb else indian_time.now(),
    )
