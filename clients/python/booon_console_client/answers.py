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
    buyer_gstin: str
    package: Package | None


class NeededOfShipment(TypedDict):
    courier: str
    awb_number: str


class ShipmentBody(NeededOfShipment, total=False):
    """Where EasyEcom has another AWB (Conflict), name it in `replaces`, with a `reason`, to have it
    replaced; one in the place of Booon's is used by giving it. Links may come later, with the same
    AWB."""

    label_url: str | None
    invoice_url: str | None
    replaces: str
    reason: str


class NumberedShipment(ShipmentBody):
    """Shipment details among many: those of one order, and what its path would say."""

    seller: str
    order_number: str


class HeldAwb(TypedDict):
    """An AWB that EasyEcom shows; `courier` is "" where it names none."""

    courier: str
    awb_number: str


class ReplacedAwb(HeldAwb):
    """An AWB of before; `assigned_at` is None where the seller gave it in EasyEcom."""

    assigned_at: str | None
    replaced_at: str
    actor: str
    reason: str


class Shipment(NeededOfShipment):
    """`at_easyecom` is what EasyEcom holds in its place; None where that is nothing. `assigned_at`
    is None until EasyEcom took it."""

    label_url: str | None
    invoice_url: str | None
    at_easyecom: list[HeldAwb] | None
    assigned_at: str | None
    replaced: list[ReplacedAwb]


class BlockedLine(TypedDict):
    """What EasyEcom says of one line as it refuses the order; ids are "" where it names none."""

    line_id: str
    sku: str
    message: str


class CancelledLine(TypedDict):
    """Pieces of a line that were cancelled at EasyEcom; `sku` as EasyEcom writes it."""

    sku: str
    quantity: int
    cancelled: int
    shipped: int


class Order(OrderBody):
    """The body, and how far it got. `blocked_reason` is "" while nothing is in the way.

    `revision` counts the changes of what it says. `cancelled_at_easyecom` is None while the order
    is open there; `cancelled_lines` are those of which pieces were cancelled while it goes on.
    """

    seller: str
    order_number: str
    stage: Stage
    blocked_reason: str
    blocked_message: str
    blocked_lines: list[BlockedLine]
    blocked_file: str | None
    revision: int
    easyecom_order_id: str | None
    easyecom_invoice_id: str | None
    shipment: Shipment | None
    manifested_at: str | None
    manifest_number: str | None
    cancelled_at_easyecom: str | None
    cancelled_lines: list[CancelledLine]
    updated_at: str


class NumberedOrder(OrderBody):
    """An order among many: its body, and what its path would say."""

    seller: str
    order_number: str


class Problem(TypedDict):
    field: str
    message: str


class Foreseen(TypedDict):
    """What giving an order would come to: `result` is created, same or changed.

    EasyEcom's catalog, as last read, lacks the `missing_skus`.
    """

    result: str
    missing_skus: list[str]
    location_is_live: bool


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


class Cancellation(TypedDict):
    """`cancelled_at` is None where EasyEcom shows the order open again."""

    order_number: str
    cancelled_at: str | None
    reason: str | None
    easyecom_order_id: str | None
    easyecom_invoice_id: str | None


class CancelledAtEasyEcom(Told):
    type: Literal["order.cancelled_at_easyecom"]
    data: Cancellation


# Told apart by `type`. Pass over a type that is not here: more may come.
Change = Union[StockUpdated, StageChanged, Manifested, CancelledAtEasyEcom]


class ChangePage(TypedDict):
    """`cursor` is what to pass as `after` next; null while nothing was ever told."""

    results: list[Change]
    cursor: str | None
