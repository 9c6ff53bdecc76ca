"""What EasyEcom's answers and webhook lines come to, in our words."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class TokenIssued:
    """A log-in held. `expires_in` is in seconds, None where EasyEcom did not say."""

    token: str = field(repr=False)
    expires_in: int | None = None


@dataclass(frozen=True, slots=True)
class FoundLocation:
    """One warehouse of the account. EasyEcom's `api_token` beside it is never read."""

    location_key: str
    company_id: str
    name: str
    city: str
    state: str


@dataclass(frozen=True, slots=True)
class Locations:
    """All the locations of the account, not only the one that logged in."""

    locations: tuple[FoundLocation, ...]


@dataclass(frozen=True, slots=True)
class CarrierRegistered:
    """The fruit of Add Carrier Credentials."""

    company_carrier_id: str


@dataclass(frozen=True, slots=True)
class FoundProduct:
    """One row of the product master. `tax_rate` is a fraction: 0.18 is 18 per cent."""

    company_product_id: str
    product_id: str
    sku: str
    name: str
    active: bool
    kind: str
    mrp: Decimal | None
    cost: Decimal | None
    weight_g: Decimal | None
    length_cm: Decimal | None
    width_cm: Decimal | None
    height_cm: Decimal | None
    ean: str
    hsn_code: str
    tax_rate: Decimal | None
    category: str
    brand: str
    image_url: str
    updated_at: datetime | None
    components: tuple[tuple[str, int], ...] = ()
    parent_sku: str = ""


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A page of products. `skipped` has a sentence for each row that could not be used.

    `unread` names those of them that are there all the same.
    """

    products: tuple[FoundProduct, ...]
    next_target: str | None = None
    skipped: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OrderCreated:
    """The order stands in EasyEcom. `invoice_id` may be empty: then the look-up has to fetch it."""

    order_id: str
    suborder_id: str
    invoice_id: str


@dataclass(frozen=True, slots=True)
class OrderQueued:
    """EasyEcom took the order in and will create it later."""

    queue_id: str


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """How far a queued order is. `message` is EasyEcom's word on it."""

    state: Literal["waiting", "finished", "failed"]
    order_id: str = ""
    order_number: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """One invoice of an order, as a look-up shows it; anything may be empty.

    `order_number` is EasyEcom's reference_code: ours, ours with a split's suffix, or empty.
    """

    order_number: str
    order_id: str
    invoice_id: str
    status: str
    location_key: str
    company_id: str
    awb_number: str
    courier: str
    manifest_number: str
    manifested_at: datetime | None
    total: Decimal | None
    lines: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class OrdersFound:
    """What EasyEcom has under one order number: nothing, an order, or the parts of a split one."""

    orders: tuple[FoundOrder, ...]


@dataclass(frozen=True, slots=True)
class AwbAssigned:
    """EasyEcom took courier and AWB for the invoice."""


@dataclass(frozen=True, slots=True)
class Level:
    """The absolute stock of one SKU at one location; `line` is its place in the body, from 0."""

    line: int
    sku: str
    quantity: int
    location_key: str
    company_id: str


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be used, and why; `sku` and `order_number` help to recognise it."""

    line: int
    code: str
    message: str
    sku: str = ""
    order_number: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One shipped invoice, as the Manifested webhook tells it; `line` counts from 0."""

    line: int
    order_number: str
    order_id: str
    invoice_id: str
    location_key: str
    company_id: str
    status: str
    manifested_at: datetime | None
    manifest_number: str
    invoice_number: str
    courier: str
    awb_number: str
    label_url: str
    invoice_url: str


@dataclass(frozen=True, slots=True)
class InventoryPage:
    """A page of stock levels, and the lines of it that could not be used."""

    levels: tuple[Level, ...]
    bad: tuple[BadLine, ...] = ()
    next_target: str | None = None


Reply: TypeAlias = (
    TokenIssued
    | Locations
    | CarrierRegistered
    | ProductPage
    | OrderCreated
    | OrderQueued
    | QueueStatus
    | OrdersFound
    | AwbAssigned
    | InventoryPage
)
