"""What Booon says of an order and its shipment, once read: types, and what makes two the same."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, NotRequired, TypedDict


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
    buyer_gstin: NotRequired[str]
    package: dict[str, int | float | None] | None


class ShipmentFacts(TypedDict):
    """Shipment details as parsed."""

    courier: str
    awb_number: str
    label_url: str
    invoice_url: str


def total_of(facts: OrderFacts) -> Decimal:
    """What the buyer pays in all, in rupees; below 0 where the discount is more than that."""
    goods = sum(
        (line["unit_price"] * line["quantity"] - line["discount"] for line in facts["lines"]),
        Decimal(0),
    )
    return goods + facts["shipping_charge"] - facts["discount"]


NOTHING_TO_COLLECT = "A prepaid order has nothing to collect."
NEEDED_FOR_COD = "Needed for cod: what the courier collects."


def money_problems(facts: OrderFacts, collectable: Decimal | None) -> Iterator[tuple[str, str]]:
    """What can't be right of an order's money: the body's field, and a sentence.

    `collectable` is the amount as it was given, None where it was not.
    """
    total, field = total_of(facts), "payment.collectable_amount"
    if total < 0:
        yield "discount", "The discount is more than the order costs."
        total += facts["discount"]
    if facts["payment_mode"] == "prepaid":
        if collectable:
            yield field, NOTHING_TO_COLLECT
    elif collectable is None and total:
        yield field, NEEDED_FOR_COD
    elif not collectable and total:
        yield field, "It must be more than 0 for cod."
    elif collectable and collectable > total:
        yield field, f"It is more than the order's total of {total:.2f}."


def fingerprint(facts: OrderFacts) -> str:
    """The same for two bodies that say the same, however they were written."""
    # A body without a GSTIN says what it said before there was one to give.
    said = {name: value for name, value in facts.items() if name != "buyer_gstin" or value}
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), default=canonical)
    return hashlib.sha256(text.encode()).hexdigest()


def as_body(facts: Mapping[str, Any]) -> dict[str, Any]:
    """An order's facts as plain JSON: times in UTC, money as strings with two decimals."""
    body: dict[str, Any] = json.loads(json.dumps(facts, default=canonical))
    return body


def canonical(value: object) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    raise TypeError(type(value).__name__)
