"""What the seller does in EasyEcom after packing: manifest, and the webhook that tells of it."""

from datetime import datetime

from integration.sandbox.checks import BadRequest
from integration.sandbox.entities import Location, Order
from integration.sandbox.order_shape import order_row
from integration.sandbox.world import World


def manifest(world: World, orders: list[Order], at: datetime) -> None:
    """Ship these orders, all or none. A second time tells the same shipment again."""
    waiting = [order.number for order in orders if order.is_failed]
    cancelled = [order.number for order in orders if order.cancelled_at]
    if cancelled:
        raise BadRequest(f"cancelled: {', '.join(cancelled)}")
    if waiting:
        raise BadRequest(f"no AWB is assigned yet: {', '.join(waiting)}")
    for location in {order.location.location_key: order.location for order in orders}.values():
        mine = [order for order in orders if order.location is location]
        _ship(world, [order for order in mine if order.manifested_at is None], at)
        _post(world, location, mine)


def _ship(world: World, orders: list[Order], at: datetime) -> None:
    for order in orders:
        carrier = order.awb.company_carrier_id if order.awb else 0
        marketplace, series = order.asked.marketplace_id, world.next_id("manifest")
        order.manifested_at = at
        order.manifest_number = f"{at:%Y%m%d%I%M%S}_{marketplace}_{carrier}_{series}"


def _post(world: World, location: Location, orders: list[Order]) -> None:
    """V2 is a bare array, V1 an object with other keys: docs/easyecom-contract.md#8-manifested."""
    switches = world.switches
    is_v1 = switches.manifest_version == "V1"
    lines_key = "suborders" if is_v1 else "order_items"
    rows = [order_row(order, lines_key, switches.courier_is_email) for order in orders]
    body = {"orders": rows, "nextUrl": None} if is_v1 else rows
    names = [order.number for order in orders]
    world.webhooks.post(location.location_key, "manifested", body, names)
