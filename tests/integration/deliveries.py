"""Deliveries as EasyEcom sends them, stored as the webhook view stores them."""

import json
from datetime import UTC, datetime
from typing import Any

from integration.models import Delivery, Order, StockLevel, Topic
from sellers.models import Location

RECEIVED_AT = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def stored(location: Location, topic: str, body: object, **fields: Any) -> Delivery:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {
        "endpoint": location.endpoints.get(topic=topic),
        "location": location,
        "topic": topic,
        "body": raw,
        "size": len(raw),
        "received_at": RECEIVED_AT,
    } | fields
    return Delivery.objects.create(**fields)


def inventory(location: Location, *lines: dict[str, Any] | tuple[str, Any]) -> Delivery:
    """Lines as they are, or as (sku, inventory)."""
    rows = [
        {"sku": line[0], "inventory": line[1]} if isinstance(line, tuple) else line
        for line in lines
    ]
    return stored(location, Topic.INVENTORY, {"inventoryData": rows})


def manifest_row(order: Order | None = None, **fields: Any) -> dict[str, Any]:
    """One order of a Manifested V2 body."""
    row: dict[str, Any] = {
        "order_status": "Shipped",
        "manifest_date": "2026-11-23 14:00:00",
        "manifest_no": "MAN-7",
        "courier": "Delhivery",
        "awb_number": "8900000001",
        "order_items": [{"sku": "KURTA-RED-M", "item_quantity": 2}],
        "documents": {
            "label": "https://files.easyecom.test/label.pdf",
            "easyecom_invoice": "https://files.easyecom.test/invoice.pdf",
        },
        "customer_name": "Asha Rao",
    }
    if order is not None:
        row["reference_code"] = order.order_number
        row["invoice_id"] = int(order.easyecom_invoice_id or 654_999_001)
        row["order_id"] = int(order.easyecom_order_id or 558_999_001)
        row["location_key"] = order.location.location_key
    return row | fields


def manifested(location: Location, *rows: dict[str, Any]) -> Delivery:
    return stored(location, Topic.MANIFESTED, list(rows))


def levels(location: Location) -> dict[str, int]:
    return dict(StockLevel.objects.filter(location=location).values_list("sku", "quantity"))
