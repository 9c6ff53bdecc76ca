"""What Booon says of an order and its shipment, once read: types, and what makes two the same."""

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import TypedDict


class LineFacts(TypedDict):
    """One line as parsed."""

    line_id: str
    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    discount: Decimal


class OrderFacts(TypedDict):
    """An order's body as parsed: aware times, Decimal money, every field there."""

    location_key: str
    ordered_at: datetime
    expected_delivery_at: datetime | None
    payment_mode: str
    collectable_amount: Decimal
    payment_gateway: str
    payment_transaction_id: str
    shipping_charge: Decimal
    discount: Decimal
    lines: list[LineFacts]
    shipping_address: dict[str, str]
    billing_address: dict[str, str] | None
    package: dict[str, int | float | None] | None


class ShipmentFacts(TypedDict):
    """Shipment details as parsed."""

    courier: str
    awb_number: str
    label_url: str
    invoice_url: str


def fingerprint(facts: OrderFacts) -> str:
    """The same for two bodies that say the same, however they were written."""
    text = json.dumps(facts, sort_keys=True, separators=(",", ":"), default=canonical)
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    raise TypeError(type(value).__name__)
