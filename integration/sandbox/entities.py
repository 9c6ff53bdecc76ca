"""The things that EasyEcom knows: accounts, locations, products, carriers, orders."""

import time
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any


@dataclass
class Product:
    sku: str
    name: str
    mrp: Decimal
    cp_id: int
    product_id: int
    updated_at: datetime
    overlay: dict[str, Any] = field(default_factory=dict)

    def answers_to(self, key: str, value: str) -> bool:
        return bool(value) and str(self.overlay.get(key, "")) == value


@dataclass
class Level:
    quantity: int
    changed_at: datetime


@dataclass(frozen=True)
class Carrier:
    """One row of a location's Carrier Master. A second call makes a second row."""

    company_carrier_id: int
    carrier_id: int
    location_key: str
    added_at: datetime


@dataclass
class Location:
    location_key: str
    name: str
    city: str
    state: str
    company_id: int
    account: "Account"
    levels: dict[str, Level] = field(default_factory=dict)
    carriers: list[Carrier] = field(default_factory=list)
    logged_in_at: float | None = None

    def has_carrier(self, company_carrier_id: object) -> bool:
        wanted = str(company_carrier_id)
        return any(str(carrier.company_carrier_id) == wanted for carrier in self.carriers)


@dataclass
class Account:
    email: str
    password: str = field(repr=False)
    x_api_key: str = field(default="", repr=False)
    rate: float | None = None
    burst: int = 10
    locations: dict[str, Location] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    orders_by_number: dict[str, list["Order"]] = field(default_factory=dict)
    allowance: float = 0.0
    allowance_at: float = 0.0
    daily_quota: int | None = None
    used: int = 0
    used_on: date | None = None


@dataclass(frozen=True)
class OrderLine:
    order_item_id: str
    product: Product
    name: str
    quantity: int
    price: Decimal
    discount: Decimal
    suborder_id: int

    @property
    def total(self) -> Decimal:
        """The price has its tax in it, the discount is the whole line's:
        docs/easyecom-contract.md#5-create-order.
        """
        return self.price * self.quantity - self.discount


@dataclass(frozen=True)
class OrderRequest:
    """A Create Order body as EasyEcom understood it."""

    number: str
    order_type: str
    marketplace_id: int
    ordered_at: datetime
    date_as_sent: str
    expected_at: datetime | None
    payment_mode: int
    collectable: Decimal
    charges: dict[str, Decimal]
    lines: tuple[OrderLine, ...]
    billing: dict[str, str]
    shipping: dict[str, str]
    gst_number: str
    package: dict[str, Any]
    market_shipped: int
    company_carrier_id: str
    payment: dict[str, str]

    @property
    def total(self) -> Decimal:
        lines = sum((line.total for line in self.lines), Decimal(0))
        off = sum((v for key, v in self.charges.items() if key != "shippingCost"), Decimal(0))
        return lines + self.charges["shippingCost"] - off


@dataclass(frozen=True)
class Awb:
    courier: str
    number: str
    company_carrier_id: int
    label_url: str | None
    invoice_url: str | None
    assigned_at: datetime


@dataclass
class Order:
    asked: OrderRequest
    location: Location
    order_id: int
    invoice_id: int
    received_at: datetime
    ready_at: float
    awb: Awb | None = None
    manifested_at: datetime | None = None
    manifest_number: str | None = None
    cancelled_at: datetime | None = None
    cancellation_reason: str | None = None
    # Pieces of it that are cancelled, by SKU.
    cancelled: dict[str, int] = field(default_factory=dict)
    is_on_hold: bool = False

    @property
    def number(self) -> str:
        return self.asked.number

    @property
    def is_failed(self) -> bool:
        """Stands in Failed Orders: it has no carrier yet, which is expected."""
        return self.awb is None

    @property
    def is_ready(self) -> bool:
        """Through the queue, if there was one."""
        return time.monotonic() >= self.ready_at


@dataclass(frozen=True)
class QueueItem:
    queue_id: int
    ready_at: float
    order: Order | None
    error: str

    def status_id(self) -> int:
        """1 new, 2 in work, 3 finished, 4 failed: docs/easyecom-contract.md#queued-orders."""
        if time.monotonic() < self.ready_at:
            return 2
        return 3 if self.order else 4


@dataclass(frozen=True)
class Token:
    """What a JWT opens: one location, until then."""

    location: Location
    ends_at: float
