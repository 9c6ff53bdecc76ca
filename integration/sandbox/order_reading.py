"""Reading a Create Order body as EasyEcom reads it, refusing what it would refuse."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from integration.sandbox import indian_time
from integration.sandbox.entities import Location, OrderLine, OrderRequest, Product
from integration.sandbox.states import gst_code
from integration.sandbox.world import World

CHARGES = ("shippingCost", "discount", "promoCodeDiscount", "prepaidDiscount", "walletDiscount")
PACKAGE = ("packageWeight", "packageLength", "packageWidth", "packageHeight")
PAYMENT = ("paymentGateway", "paymentTransactionNumber", "remarks1", "remarks2")
COD, PREPAID = 2, 5
LARGEST_NUMBER = 10**9


class Unacceptable(Exception):
    """EasyEcom refuses the body; the text is its message, `lines` what it says of each line."""

    def __init__(self, message: str, lines: Sequence[dict[str, Any]] = ()) -> None:
        super().__init__(message)
        self.lines = lines


def read_order(world: World, location: Location, body: Mapping[str, Any]) -> OrderRequest:
    customer = _customer(body)
    expected = body.get("expDeliveryDate")
    return OrderRequest(
        number=_text(body, "orderNumber"),
        order_type=_text(body, "orderType"),
        marketplace_id=_whole(body.get("marketplaceId", 10), "marketplaceId"),
        ordered_at=_time(_text(body, "orderDate"), "orderDate"),
        date_as_sent=str(body["orderDate"]),
        expected_at=_time(str(expected), "expDeliveryDate") if expected else None,
        payment_mode=_payment_mode(body),
        collectable=_money(body.get("collectableAmount") or 0, "collectableAmount"),
        charges={key: _money(body.get(key) or 0, key) for key in CHARGES},
        lines=_lines(world, location, body),
        billing=_address(world, customer, "billing"),
        shipping=_address(world, customer, "shipping"),
        gst_number=str(customer.get("gst_number") or ""),
        package={key: body.get(key) for key in PACKAGE},
        market_shipped=_whole(body.get("is_market_shipped", 0), "is_market_shipped"),
        company_carrier_id=_carrier(world, location, body),
        payment={key: str(body.get(key) or "") for key in PAYMENT},
    )


def _text(body: Mapping[str, Any], key: str) -> str:
    value = body.get(key)
    if not isinstance(value, str | int) or isinstance(value, bool) or not str(value).strip():
        raise Unacceptable(f"{key} is required")
    return str(value)


def _time(text: str, key: str) -> datetime:
    """The order's date is UTC unless it says +05:30, the delivery's is IST:
    docs/easyecom-contract.md#5-create-order.
    """
    try:
        return (
            indian_time.read_order_date(text) if key == "orderDate" else indian_time.read_ist(text)
        )
    except ValueError:
        raise Unacceptable(f"Invalid {key} format") from None


def _money(value: object, key: str) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if isinstance(value, bool) or not number.is_finite() or not 0 <= number < LARGEST_NUMBER:
        raise Unacceptable(f"Invalid {key}")
    return number


def _whole(value: object, key: str) -> int:
    """A whole number, also as ``"2"`` or ``"2.0"``: clients were seen to send both."""
    number = _money(value, key)
    if number != number.to_integral_value():
        raise Unacceptable(f"Invalid {key}")
    return int(number)


def _payment_mode(body: Mapping[str, Any]) -> int:
    mode = _whole(body.get("paymentMode", -0.5), "paymentMode")
    if mode not in (COD, PREPAID):
        raise Unacceptable("Invalid paymentMode")
    return mode


def _carrier(world: World, location: Location, body: Mapping[str, Any]) -> str:
    carrier = body.get("company_carrier_id")
    if not carrier:
        return ""
    if world.switches.carrier_must_exist and not location.has_carrier(carrier):
        raise Unacceptable("Invalid company_carrier_id")
    return str(carrier)


def _lines(world: World, location: Location, body: Mapping[str, Any]) -> tuple[OrderLine, ...]:
    items = body.get("items")
    if not isinstance(items, list) or not items:
        raise Unacceptable("items are required")
    lines = tuple(_line(world, location, item) for item in items)
    if len({line.order_item_id for line in lines}) != len(lines):
        raise Unacceptable("OrderItemId must be unique for every item")
    untaxed = [item for item in items if item.get("Sku") == world.switches.untaxed_sku]
    if world.switches.untaxed_sku and untaxed:
        rows = [_line_message(item, " Tax Rate Not Set ") for item in untaxed]
        raise Unacceptable("Error creating order", rows)
    return lines


def _line_message(item: Mapping[str, Any], message: str) -> dict[str, Any]:
    told = {key: item.get(key) for key in ("OrderItemId", "Sku", "Quantity", "Price")}
    return told | {"Message": message}


def _line(world: World, location: Location, item: object) -> OrderLine:
    if not isinstance(item, Mapping):
        raise Unacceptable("Invalid items")
    product = _product(location, item)
    quantity = _whole(item.get("Quantity"), "Quantity")
    if quantity < 1:
        raise Unacceptable("Invalid Quantity")
    return OrderLine(
        order_item_id=_text(item, "OrderItemId"),
        product=product,
        name=str(item.get("productName") or product.name),
        quantity=quantity,
        price=_money(item.get("Price"), "Price"),
        discount=_money(item.get("itemDiscount") or 0, "itemDiscount"),
        suborder_id=world.next_id("suborder"),
    )


def _product(location: Location, item: Mapping[str, Any]) -> Product:
    """By SKU, else by EAN or accounting SKU, as the published example does."""
    products = location.account.products
    if sku := item.get("Sku"):
        found = products.get(str(sku))
    else:
        keys = (
            ("EANUPC", str(item.get("ean", ""))),
            ("accounting_sku", str(item.get("AccountingSku", ""))),
        )
        found = next((p for p in products.values() for key in keys if p.answers_to(*key)), None)
    if found is None:
        raise Unacceptable("product/sku doest not exist")
    return found


def _customer(body: Mapping[str, Any]) -> Mapping[str, Any]:
    customers = body.get("customer")
    if not isinstance(customers, list) or len(customers) != 1:
        raise Unacceptable("customer must be an array of one")
    if not isinstance(customers[0], Mapping):
        raise Unacceptable("Invalid customer")
    return customers[0]


def _address(world: World, customer: Mapping[str, Any], key: str) -> dict[str, str]:
    address = customer.get(key)
    if not isinstance(address, Mapping):
        raise Unacceptable(f"customer {key} address is required")
    state = str(address.get("state"))
    unlisted = world.switches.unlisted_state.casefold()
    is_unlisted = bool(unlisted) and state.casefold() == unlisted
    if is_unlisted or (world.switches.check_states and gst_code(state) is None):
        raise Unacceptable("Unable to find states for given country Id")
    return {str(name): str(value or "") for name, value in address.items()}
