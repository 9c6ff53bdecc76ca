"""What EasyEcom's answers and webhook lines come to, in our words; `sentence` is for people."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from integration.easyecom.statuses import is_cancelled_word, is_on_hold_word

QUEUE = {"waiting": "not got to it", "finished": "created it", "failed": "failed"}


def counted(count: int, thing: str) -> str:
    return f"{count} {thing}" + ("" if count == 1 else "s")


def page(read: str, unread: int, next_target: str | None) -> str:
    """A page of many, and what could not be read of it."""
    bad = f", {counted(unread, 'row')} not to be read" if unread else ""
    return f"{read}{bad}; {'more to come' if next_target else 'the last page'}."


@dataclass(frozen=True, slots=True)
class TokenIssued:
    """A log-in held. `expires_in` is in seconds, None where EasyEcom did not say."""

    token: str = field(repr=False)
    expires_in: int | None = None

    @property
    def sentence(self) -> str:
        if self.expires_in is None:
            return "A log-in."
        return f"A log-in for {counted(self.expires_in // 86_400, 'day')}."


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

    @property
    def sentence(self) -> str:
        return f"{counted(len(self.locations), 'location')}."


@dataclass(frozen=True, slots=True)
class CarrierRegistered:
    """The fruit of Add Carrier Credentials."""

    company_carrier_id: str

    @property
    def sentence(self) -> str:
        return f"The carrier is registered as {self.company_carrier_id}."


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
    # The SKU in EasyEcom's own letters, where `sku` is written otherwise; "" else.
    spelled: str = ""


@dataclass(frozen=True, slots=True)
class ProductPage:
    """A page of products. `skipped` has a sentence for each row that could not be used.

    `unread` names those of them that are there all the same.
    """

    products: tuple[FoundProduct, ...]
    next_target: str | None = None
    skipped: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    company_name: str = ""

    @property
    def sentence(self) -> str:
        return page(counted(len(self.products), "product"), len(self.skipped), self.next_target)


@dataclass(frozen=True, slots=True)
class OrderCreated:
    """The order stands in EasyEcom. `invoice_id` may be empty: then the look-up has to fetch it."""

    order_id: str
    suborder_id: str
    invoice_id: str

    @property
    def sentence(self) -> str:
        if self.invoice_id:
            return f"Created: InvoiceID {self.invoice_id}."
        return "Created, but without an InvoiceID."


@dataclass(frozen=True, slots=True)
class OrderQueued:
    """EasyEcom took the order in and will create it later."""

    queue_id: str

    @property
    def sentence(self) -> str:
        return f"Taken in; it is created later, by queue {self.queue_id}."


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """How far a queued order is. `message` is EasyEcom's word on it.

    `error_file` is the https address of the CSV file that says why it failed, "" where none is
    named.
    """

    state: Literal["waiting", "finished", "failed"]
    order_id: str = ""
    order_number: str = ""
    message: str = ""
    error_file: str = ""

    @property
    def sentence(self) -> str:
        said = self.reason if self.state == "failed" else self.message
        return f"The queue has {QUEUE[self.state]}{f': {said}' if said else '.'}"

    @property
    def reason(self) -> str:
        """Why it failed, with its error file; a link's query may be a key, and is left out."""
        if not self.error_file:
            return self.message
        address = self.error_file.partition("?")[0].partition("#")[0]
        return f"{self.message} (error file: {address})".strip()


@dataclass(frozen=True, slots=True)
class CancelledLine:
    """A line of which pieces are cancelled; `quantity` is what it was before."""

    sku: str
    quantity: int
    cancelled: int
    shipped: int = 0


@dataclass(frozen=True, slots=True)
class FoundOrder:
    """One invoice of an order, as a look-up shows it; anything may be empty.

    `order_number` is EasyEcom's reference_code: ours, ours with a split's suffix, or empty.
    `lines` are SKU and quantity as ordered; `other_skus` has for each of them the marketplace's
    own name of the SKU, "" where none is shown. `cancelled` are those lines of which something is
    cancelled. `changed_at` is EasyEcom's time of the last change.
    `buyer` has what it shows of the addresses, as ("shipping.state", "Odisha"); it has no repr:
    it is personal data.
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
    collectable: Decimal | None = None
    buyer: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    other_skus: tuple[str, ...] = ()
    cancelled: tuple[CancelledLine, ...] = ()
    cancellation_reason: str = ""
    changed_at: datetime | None = None
    place_name: str = ""
    place_city: str = ""

    @property
    def is_cancelled(self) -> bool:
        """By its status word, or because every piece of every line is cancelled."""
        if is_cancelled_word(self.status):
            return True
        is_open = bool(self.manifested_at) or len(self.cancelled) != len(self.lines)
        return bool(self.cancelled) and not is_open and all(map(is_whole, self.cancelled))

    @property
    def is_on_hold(self) -> bool:
        return is_on_hold_word(self.status)

    @property
    def sentence(self) -> str:
        """Of no more than what leads to it in EasyEcom, and how far it is there."""
        invoice = f"InvoiceID {self.invoice_id}" if self.invoice_id else "no InvoiceID"
        awb = f" with AWB {self.awb_number}" if self.awb_number else ""
        manifest = f"manifest {self.manifest_number}" if self.manifest_number else ""
        return ", ".join(filter(None, [f"{invoice}{awb}", self.state, manifest]))

    @property
    def state(self) -> str:
        """Its status as EasyEcom words it, but for what stops it there."""
        return "cancelled" if self.is_cancelled else "on hold" if self.is_on_hold else self.status


def is_whole(line: CancelledLine) -> bool:
    """Whether nothing of the line is left."""
    return line.cancelled >= line.quantity


@dataclass(frozen=True, slots=True)
class OrdersFound:
    """What EasyEcom has under one order number: nothing, an order, or the parts of a split one."""

    orders: tuple[FoundOrder, ...]

    @property
    def sentence(self) -> str:
        if not self.orders:
            return "EasyEcom shows no order of this number."
        return f"EasyEcom shows it: {', '.join(order.sentence for order in self.orders)}."


@dataclass(frozen=True, slots=True)
class AwbAssigned:
    """EasyEcom took courier and AWB for the invoice."""

    @property
    def sentence(self) -> str:
        return "EasyEcom took courier and AWB."


@dataclass(frozen=True, slots=True)
class Level:
    """The absolute stock of one SKU at one location; `line` is its place in the body, from 0.

    `said` is EasyEcom's own number where `quantity` is the nearest that can be sold; "" else.
    """

    line: int
    sku: str
    quantity: int
    location_key: str
    company_id: str
    said: str = ""


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that could not be used, and why; `sku` and `order_number` help to recognise it.

    `location_key` is the one it names, "" where that is none or can't be read.
    """

    line: int
    code: str
    message: str
    sku: str = ""
    order_number: str = ""
    location_key: str = ""


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
    place_name: str = ""
    place_city: str = ""


@dataclass(frozen=True, slots=True)
class InventoryPage:
    """A page of stock levels, and the lines of it that could not be used."""

    levels: tuple[Level, ...]
    bad: tuple[BadLine, ...] = ()
    next_target: str | None = None

    @property
    def sentence(self) -> str:
        return page(counted(len(self.levels), "level"), len(self.bad), self.next_target)


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
