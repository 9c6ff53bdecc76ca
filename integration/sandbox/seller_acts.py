"""What the seller does to an order in EasyEcom by hand; no webhook tells of any of it."""

from integration.sandbox import indian_time
from integration.sandbox.checks import BadRequest, Body
from integration.sandbox.entities import Order
from integration.sandbox.world import World

ACTS = ("cancel", "cancel_pieces", "reopen", "hold", "release", "move", "scan")


def act(world: World, order: Order, body: Body) -> None:
    """Do what the body asks for; BadRequest where that can't be done."""
    match body.word("act", ACTS):
        case "cancel":
            order.cancellation_reason = body.text("reason", "") or None
            order.cancelled_at = indian_time.now()
        case "cancel_pieces":
            cancel_pieces(order, body.text("sku"), body.whole("quantity", least=1))
        case "reopen":
            order.cancelled_at, order.cancellation_reason, order.cancelled = None, None, {}
        case "hold":
            order.is_on_hold = True
        case "release":
            order.is_on_hold = False
        case "move":
            move(world, order, body.text("to"))
        case "scan":
            order.manifest_number = f"{indian_time.now():%Y%m%d%I%M%S}"
    body.done()


def cancel_pieces(order: Order, sku: str, pieces: int) -> None:
    """Of one line; its quantity is shown unchanged."""
    ordered = sum(line.quantity for line in order.asked.lines if line.product.sku == sku)
    if pieces > ordered:
        raise BadRequest(f"quantity: the order has {ordered} of {sku}")
    order.cancelled = {**order.cancelled, sku: pieces}


def move(world: World, order: Order, location_key: str) -> None:
    """Only before it has an AWB: docs/easyecom-contract.md#moved-orders."""
    there = world.locations.get(location_key)
    if there is None or there.account is not order.location.account:
        raise BadRequest(f"to: no location {location_key} of this account")
    if order.awb is not None:
        raise BadRequest("it has an AWB, so it stays where it is")
    order.location = there
