"""A new order in our words, and in EasyEcom's: docs/easyecom-contract.md#5-create-order."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Literal, TypeAlias

from integration.easyecom.values import IST

Number: TypeAlias = int | float | Decimal

_CENT = Decimal("0.01")
# Payment modes were seen on the wire, shipping methods only in working clients.
_PAYMENT_MODE = {"cod": 2, "prepaid": 5}
_SHIPPING_METHOD = {"cod": 1, "prepaid": 3}


@dataclass(frozen=True, slots=True, repr=False)
class Address:
    """A buyer's address; `state` is its name. It has no repr: it is personal data."""

    name: str = ""
    line1: str = ""
    line2: str = ""
    city: str = ""
    state: str = ""
    pincode: str = ""
    country: str = "India"
    phone: str = ""
    email: str = ""


@dataclass(frozen=True, slots=True)
class NewOrderLine:
    """`unit_price` has tax in it; `discount` is for the whole line."""

    line_id: str
    sku: str
    name: str
    quantity: int
    unit_price: Decimal
    discount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order for one location. Times are aware, weight in grams, lengths in centimetres."""

    order_number: str
    marketplace_id: int
    ordered_at: datetime
    expected_delivery_at: datetime | None
    payment_mode: Literal["cod", "prepaid"]
    collectable_amount: Decimal
    payment_gateway: str
    payment_transaction_id: str
    shipping_charge: Decimal
    discount: Decimal
    market_shipped: int
    company_carrier_id: str
    lines: tuple[NewOrderLine, ...]
    shipping: Address = field(repr=False)
    billing: Address = field(repr=False)
    gst_number: str = field(default="", repr=False)
    weight_g: Number | None = None
    length_cm: Number | None = None
    width_cm: Number | None = None
    height_cm: Number | None = None


def order_body(order: NewOrder) -> dict[str, Any]:
    """The JSON body of Create Order. Raises ValueError for a naive time or endless money."""
    body: dict[str, Any] = {
        "orderType": "retailorder",
        "marketplaceId": order.marketplace_id,
        "orderNumber": order.order_number,
        # Without the suffix EasyEcom reads orderDate as UTC, while expDeliveryDate is IST.
        "orderDate": ist_text(order.ordered_at) + "+05:30",
        "is_market_shipped": order.market_shipped,
        "shippingCost": money_number(order.shipping_charge),
        "discount": money_number(order.discount),
        "promoCodeDiscount": 0,
        "prepaidDiscount": 0,
        "walletDiscount": 0,
        "items": [_item(line) for line in order.lines],
        "customer": [_customer(order)],
    }
    return body | _payment(order) | _carriage(order)


def carrier_number(company_carrier_id: str) -> int | str:
    """EasyEcom's examples have this id as a number, so digits go out as one."""
    if not re.fullmatch(r"[0-9]{1,18}", company_carrier_id):
        return company_carrier_id
    return int(company_carrier_id)


def ist_text(moment: datetime) -> str:
    """An aware time as EasyEcom writes them: IST, to the second, without zone."""
    if moment.tzinfo is None:
        raise ValueError("A time for EasyEcom has to carry its zone.")
    return moment.astimezone(IST).strftime("%Y-%m-%d %H:%M:%S")


def money_number(amount: Decimal) -> float:
    """Two decimals as a JSON number. Python writes the shortest text, so 0.3 stays 0.3."""
    if not amount.is_finite() or amount.adjusted() > 12:
        raise ValueError("An amount for EasyEcom has to be below ten million million.")
    return float(amount.quantize(_CENT, ROUND_HALF_UP))


def _payment(order: NewOrder) -> dict[str, Any]:
    due = order.collectable_amount if order.payment_mode == "cod" else Decimal(0)
    return {
        "paymentMode": _PAYMENT_MODE[order.payment_mode],
        "shippingMethod": _SHIPPING_METHOD[order.payment_mode],
        "collectableAmount": money_number(due),
        "paymentGateway": order.payment_gateway,
        "paymentTransactionNumber": order.payment_transaction_id,
    }


def _carriage(order: NewOrder) -> dict[str, Any]:
    """What may be left out: carrier, promised date and measures, when there are none."""
    known: dict[str, Any] = {}
    if order.company_carrier_id:
        known["company_carrier_id"] = carrier_number(order.company_carrier_id)
    if order.expected_delivery_at is not None:
        known["expDeliveryDate"] = ist_text(order.expected_delivery_at)
    measures = {
        "packageWeight": order.weight_g,
        "packageLength": order.length_cm,
        "packageWidth": order.width_cm,
        "packageHeight": order.height_cm,
    }
    return known | {name: plain_number(size) for name, size in measures.items() if size is not None}


def plain_number(size: Number) -> int | float:
    """As JSON writes it shortest: 2 rather than 2.0."""
    whole = int(size)
    return whole if whole == size else float(size)


def _item(line: NewOrderLine) -> dict[str, Any]:
    return {
        "OrderItemId": line.line_id,
        "Sku": line.sku,
        "productName": line.name,
        "Quantity": line.quantity,
        "Price": money_number(line.unit_price),
        "itemDiscount": money_number(line.discount),
    }


def _customer(order: NewOrder) -> dict[str, Any]:
    both = {"billing": _address(order.billing), "shipping": _address(order.shipping)}
    return both | ({"gst_number": order.gst_number} if order.gst_number else {})


def _address(address: Address) -> dict[str, str]:
    return {
        "name": address.name,
        "addressLine1": address.line1,
        "addressLine2": address.line2,
        "postalCode": address.pincode,
        "city": address.city,
        "state": address.state,
        "country": address.country,
        "contact": address.phone,
        "email": address.email,
    }
