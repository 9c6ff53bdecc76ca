"""Bodies and answers: the console's JSON as it is, so that fields added later pass through.

Money is a string such as "266.00", a time one such as "2026-11-23T13:16:49Z".
"""

from __future__ import annotations

from typing import Literal, TypedDict, Union

Stage = Literal["received", "awaiting_carrier", "carrier_assigned", "manifested", "withdrawn"]


class Address(TypedDict, total=False):
    """`pincode` is needed."""

    name: str
    line1: str
    line2: str
    city: str
    state: str
    pincode: str
    country: str
    phone: str
    email: str


class Payment(TypedDict, total=False):
    """`mode` is needed."""

    mode: Literal["cod", "prepaid"]
    collectable_amount: str
    gateway: str
    transaction_id: str


class NeededOfLine(TypedDict):
    line_id: str
    sku: str
    quantity: int
    unit_price: str


class Line(NeededOfLine, total=False):
    """`unit_price` with tax; `discount` is for the whole line."""

    name: str
    discount: str


class Package(TypedDict, total=False):
    weight_g: float | None
    length_cm: float | None
    width_cm: float | None
    height_cm: float | None


class NeededOfOrder(TypedDict):
    location_key: str
    ordered_at: str
    payment: Payment
    lines: list[Line]
    shipping_address: Address


class OrderBody(NeededOfOrder, total=False):
    expected_delivery_at: str | None
    shipping_charge: str
    discount: str
    billing_address: Address | None
    package: Package | None


class NeededOfShipment(TypedDict):
    courier: str
    awb_number: str


class ShipmentBody(NeededOfShipment, total=False):
    label_url: str | None
    invoice_url: str | None


class Order(OrderBody):
    """The body, and how far it got. `blocked_reason` is "" while nothing is in the way."""

    seller: str
    order_number: str
    stage: Stage
    blocked_reason: str
    blocked_message: str
    easyecom_order_id: str | None
    easyecom_invoice_id: str | None
    shipment: ShipmentBody | None
    manifested_at: str | None
    manifest_number: str | None
    updated_at: str


class NumberedOrder(OrderBody):
    """An order among many: its body, and what its path would say."""

    seller: str
    order_number: str


class Problem(TypedDict):
    field: str
    message: str


class BulkResult(TypedDict):
    """What the order's own PUT would have been answered: `order`, or else `errors`."""

    seller: str | None
    order_number: str | None
    status: int
    order: Order | None
    errors: list[Problem]


class Heard(TypedDict):
    """When the last webhook of each topic came; null: none yet."""

    inventory: str | None
    manifested: str | None


class LocationHealth(TypedDict):
    """`reason` is why it is not live, "" where it is; its orders wait until then."""

    location_key: str
    name: str
    live: bool
    live_at: str | None
    reason: str
    reason_message: str
    webhook_received_at: Heard
    stock_read_at: str | None
    token_ok_until: str | None
    orders_stuck: int


class Quota(TypedDict):
    """The account's calls at EasyEcom; no `daily_quota` means no limit."""

    daily_quota: int | None
    used_today: int
    left_today: int | None
    day_ends_at: str
    orders: str
    orders_until: str | None
    polling: str
    polling_until: str | None
    message: str


class Seller(TypedDict):
    code: str
    name: str
    quota: Quota
    locations: list[LocationHealth]


class StockLevel(TypedDict):
    seller: str
    location_key: str
    sku: str
    quantity: int
    updated_at: str


class Component(TypedDict):
    sku: str
    quantity: int


class Product(TypedDict):
    """As EasyEcom has it; `tax_rate` is a fraction, such as "0.1800"."""

    seller: str
    sku: str
    name: str | None
    active: bool
    mrp: str | None
    tax_rate: str | None
    category: str | None
    brand: str | None
    image_url: str | None
    weight_g: float | None
    length_cm: float | None
    width_cm: float | None
    height_cm: float | None
    ean: str | None
    hsn_code: str | None
    kind: str | None
    parent_sku: str | None
    components: list[Component]
    location_key: str
    updated_at: str | None


class NeededOfListing(TypedDict):
    title: str
    price: str


class ListingBody(NeededOfListing, total=False):
    mrp: str | None
    active: bool
    image_url: str | None


class Listing(ListingBody):
    """`matched` tells whether EasyEcom has a product of its SKU."""

    seller: str
    sku: str
    matched: bool
    updated_at: str


class Told(TypedDict):
    cursor: str
    at: str
    seller: str
    location_key: str


class Level(TypedDict):
    sku: str
    quantity: int
    previous: int | None


class StockUpdated(Told):
    type: Literal["stock.updated"]
    data: Level


class Rise(TypedDict):
    order_number: str
    stage: Stage
    previous: Stage | None


class StageChanged(Told):
    type: Literal["order.stage_changed"]
    data: Rise


class Manifest(TypedDict):
    order_number: str
    manifest_number: str | None
    manifested_at: str
    courier: str | None
    awb_number: str | None
    easyecom_invoice_id: str | None


class Manifested(Told):
    type: Literal["order.manifested"]
    data: Manifest


# Told apart by `type`. Pass over a type that is not here: more may come.
Change = Union[StockUpdated, StageChanged, Manifested]


class ChangePage(TypedDict):
    """`cursor` is what to pass as `after` next; null while nothing was ever told."""

    results: list[Change]
    cursor: str | None
