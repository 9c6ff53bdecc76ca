"""The calls that Booon makes to EasyEcom, one function each. None of them talks: they only say.

Paths are verbatim from docs/easyecom-contract.md; their letter case differs from one to the next.
There is no call to cancel or return an order, and there never was one to be hidden.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal
from urllib.parse import quote

from integration.easyecom.envelope import target_of
from integration.easyecom.payloads import NewOrder, carrier_number, ist_text, order_body


class Kind(StrEnum):
    """Which touchpoint a call is for."""

    LOG_IN = "log_in"
    GET_LOCATIONS = "get_locations"
    ADD_CARRIER = "add_carrier"
    GET_PRODUCTS = "get_products"
    CREATE_ORDER = "create_order"
    FIND_ORDER = "find_order"
    GET_QUEUE_STATUS = "get_queue_status"
    ASSIGN_AWB = "assign_awb"
    GET_INVENTORY = "get_inventory"

    @property
    def is_write(self) -> bool:
        """Whether the call changes something at EasyEcom, so that doubt about it matters."""
        return self in (Kind.ADD_CARRIER, Kind.CREATE_ORDER, Kind.ASSIGN_AWB)

    @property
    def needs_token(self) -> bool:
        return self is not Kind.LOG_IN


@dataclass(frozen=True, slots=True)
class Call:
    """One request to EasyEcom, without address, token or key.

    `target` is path and query, sent as they stand. `about` is the order number of a CREATE_ORDER or
    FIND_ORDER, so that an answer about another order is noticed. The body may hold a password.
    """

    kind: Kind
    method: Literal["GET", "POST"]
    target: str
    body: dict[str, Any] | None = field(default=None, repr=False)
    about: str = ""


def log_in(email: str, password: str, location_key: str) -> Call:
    """Ask for a token of one location: docs/easyecom-contract.md#1-get-auth-token."""
    body = {"email": email, "password": password, "location_key": location_key}
    return Call(Kind.LOG_IN, "POST", "/access/token", body)


def get_locations() -> Call:
    """Ask for all the account's locations: docs/easyecom-contract.md#2-get-location."""
    return Call(Kind.GET_LOCATIONS, "GET", "/getAllLocation")


def add_carrier(carrier_id: int, username: str, password: str, token: str = "") -> Call:
    """Register Booon's carrier, once per location: docs/easyecom-contract.md#once-per-location."""
    body: dict[str, Any] = {"carrier_id": carrier_id, "username": username, "password": password}
    if token:
        body["token"] = token
    return Call(Kind.ADD_CARRIER, "POST", "/Credentials/addCarrierCredentials", body)


def get_products(limit: int = 200, updated_after: datetime | None = None) -> Call:
    """Ask for the first page of the product master: docs/easyecom-contract.md#4-get-product.

    `updated_after` is an aware time. How many rows come is EasyEcom's choice, whatever the limit.
    """
    target = f"/Products/GetProductMaster?includeLocations=0&custom_fields=1&limit={limit}"
    if updated_after is not None:
        target += f"&updated_after={quote(ist_text(updated_after), safe='')}"
    return Call(Kind.GET_PRODUCTS, "GET", target)


def create_order(order: NewOrder) -> Call:
    """Push one order, its number exactly as it is: docs/easyecom-contract.md#5-create-order."""
    target = "/webhook/v2/createOrder"
    return Call(Kind.CREATE_ORDER, "POST", target, order_body(order), about=order.order_number)


def find_order(order_number: str) -> Call:
    """Look an order up by our number: docs/easyecom-contract.md#order-look-up."""
    target = f"/orders/V2/getOrderDetails?reference_code={quote(order_number, safe='')}"
    return Call(Kind.FIND_ORDER, "GET", target, about=order_number)


def get_queue_status(queue_id: str | int) -> Call:
    """Ask how far a queued order is: docs/easyecom-contract.md#queued-orders."""
    target = f"/getQueueStatus?queueId={quote(str(queue_id), safe='')}"
    return Call(Kind.GET_QUEUE_STATUS, "GET", target)


def assign_awb(
    invoice_id: str,
    courier: str,
    awb_number: str,
    company_carrier_id: str,
    label_url: str = "",
    invoice_url: str = "",
) -> Call:
    """Give an order its courier and AWB: docs/easyecom-contract.md#6-assign-shipment-details."""
    body: dict[str, Any] = {
        "invoiceId": invoice_id,
        "courier": courier,
        "awbNum": awb_number,
        "companyCarrierId": carrier_number(company_carrier_id),
    }
    links = {"shippingLabelUrl": label_url, "invoiceUrl": invoice_url}
    body |= {name: url for name, url in links.items() if url}
    return Call(Kind.ASSIGN_AWB, "POST", "/Carrier/assignAWB", body)


def get_inventory(sku: str | None = None, limit: int = 200) -> Call:
    """Read back stock levels, of one SKU or all: docs/easyecom-contract.md#reading-levels-back.

    Without a limit a page has 50 rows, and a large catalog takes thousands of calls.
    """
    target = f"/getInventoryDetailsV3?includeLocations=1&limit={limit}"
    if sku is not None:
        target += f"&sku={quote(sku, safe='')}"
    return Call(Kind.GET_INVENTORY, "GET", target)


def next_page(kind: Kind, next_target: str, base_url: str) -> Call:
    """The call for the page that EasyEcom's nextUrl points to, verbatim.

    Raises ForeignPage when that is not a place at `base_url`.
    """
    return Call(kind, "GET", target_of(next_target, base_url))
