"""The sandbox's state as plain values, for the control plane and the page."""

from typing import Any

from integration.sandbox import indian_time
from integration.sandbox.entities import Carrier, Location, Order
from integration.sandbox.order_shape import status
from integration.sandbox.world import World

PARTS = (
    "accounts",
    "orders",
    "failed_orders",
    "carriers",
    "awbs",
    "stock",
    "webhooks",
    "deliveries",
    "faults",
    "settings",
)


def snapshot(world: World, parts: tuple[str, ...] = PARTS) -> dict[str, Any]:
    """The parts asked for. Passwords, tokens and API keys are in none of them."""
    return {part: _READERS[part](world) for part in parts}


def _accounts(world: World) -> list[dict[str, Any]]:
    return [
        {
            "email": account.email,
            "has_x_api_key": bool(account.x_api_key),
            "rate": account.rate,
            "burst": account.burst,
            "products": len(account.products),
            "locations": [_location(one) for one in account.locations.values()],
        }
        for account in world.accounts.values()
    ]


def _location(location: Location) -> dict[str, Any]:
    return {
        "location_key": location.location_key,
        "name": location.name,
        "city": location.city,
        "state": location.state,
        "company_id": location.company_id,
    }


def _orders(world: World) -> list[dict[str, Any]]:
    return [order_as_json(order) for order in world.orders.values()]


def _failed_orders(world: World) -> list[dict[str, Any]]:
    return [order_as_json(order) for order in world.orders.values() if order.is_failed]


def order_as_json(order: Order) -> dict[str, Any]:
    asked = order.asked
    return {
        "order_number": order.number,
        "invoice_id": order.invoice_id,
        "order_id": order.order_id,
        "account": order.location.account.email,
        "location_key": order.location.location_key,
        "order_status": status(order)[0],
        "in_failed_orders": order.is_failed,
        "order_date_sent": asked.date_as_sent,
        "order_date_ist": indian_time.stamp(asked.ordered_at),
        "expected_delivery_ist": indian_time.stamp(asked.expected_at)
        if asked.expected_at
        else None,
        "received_at": order.received_at.isoformat(),
        "payment_mode": asked.payment_mode,
        "collectable_amount": str(asked.collectable),
        "total_amount": f"{asked.total:.2f}",
        "shipping_state": asked.shipping.get("state", ""),
        "market_shipped": asked.market_shipped,
        "marketplace_id": asked.marketplace_id,
        "company_carrier_id": asked.company_carrier_id,
        "lines": _lines(order),
        "awb": _awb(order),
        "manifested_at": order.manifested_at.isoformat() if order.manifested_at else None,
        "manifest_no": order.manifest_number,
        "cancelled_at": order.cancelled_at.isoformat() if order.cancelled_at else None,
        "is_on_hold": order.is_on_hold,
    }


def _lines(order: Order) -> list[dict[str, Any]]:
    return [
        {
            "order_item_id": line.order_item_id,
            "sku": line.product.sku,
            "quantity": line.quantity,
            "price": str(line.price),
            "discount": str(line.discount),
            "total": f"{line.total:.2f}",
        }
        for line in order.asked.lines
    ]


def _awb(order: Order) -> dict[str, Any] | None:
    if order.awb is None:
        return None
    return {
        "courier": order.awb.courier,
        "awb_number": order.awb.number,
        "company_carrier_id": order.awb.company_carrier_id,
        "label_url": order.awb.label_url,
        "invoice_url": order.awb.invoice_url,
        "assigned_at": order.awb.assigned_at.isoformat(),
    }


def _carriers(world: World) -> list[dict[str, Any]]:
    return [
        carrier_as_json(carrier)
        for location in world.locations.values()
        for carrier in location.carriers
    ]


def carrier_as_json(carrier: Carrier) -> dict[str, Any]:
    return {
        "company_carrier_id": carrier.company_carrier_id,
        "carrier_id": carrier.carrier_id,
        "location_key": carrier.location_key,
        "added_at": carrier.added_at.isoformat(),
    }


def _awbs(world: World) -> list[dict[str, Any]]:
    return [
        {"order_number": order.number, "invoice_id": order.invoice_id, **(_awb(order) or {})}
        for order in world.orders.values()
        if order.awb
    ]


def _stock(world: World) -> dict[str, dict[str, int]]:
    return {
        key: {sku: level.quantity for sku, level in location.levels.items()}
        for key, location in world.locations.items()
    }


def _webhooks(world: World) -> list[dict[str, Any]]:
    return [hook.as_json() for hook in world.webhooks.hooks.values()]


_READERS: dict[str, Any] = {
    "accounts": _accounts,
    "orders": _orders,
    "failed_orders": _failed_orders,
    "carriers": _carriers,
    "awbs": _awbs,
    "stock": _stock,
    "webhooks": _webhooks,
    "deliveries": lambda world: list(world.webhooks.log)[-50:],
    "faults": lambda world: world.faults.as_json(),
    "settings": lambda world: vars(world.switches).copy(),
}
