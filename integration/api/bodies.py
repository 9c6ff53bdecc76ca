"""What Booon sends: an order, and its shipment details."""

from decimal import Decimal
from typing import Any, cast

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.settings import api_settings

from integration.api.fields import (
    NO_LIST,
    CodeField,
    FlagField,
    GstinField,
    HttpsField,
    MeasureField,
    MomentField,
    MoneyField,
    OrderedAtField,
    StrictSerializer,
    TextField,
    WholeField,
    merged,
)
from integration.easyecom.plain_text import plain_code, plain_words
from integration.easyecom.states_and_countries import INDIA, country_named
from integration.models import Order
from integration.orders import addresses, damaged_awbs
from integration.orders.facts import (
    NEEDED_FOR_COD,
    NOTHING_TO_COLLECT,
    OrderFacts,
    money_problems,
    total_of,
)

MOST_LINES = 200
MOST_ORDERS = 500
ZERO = Decimal("0.00")
# What an order's total and its collectable amount are reckoned from.
MONEY = {"lines", "shipping_charge", "discount", "payment_mode"}
HIGHEST_QUANTITY = 1_000_000
# A SKU in a path, read as one in a body.
SKU = CodeField(max_length=255)


def optional_text(max_length: int, **kwargs: Any) -> TextField:
    return TextField(max_length=max_length, allow_blank=True, default="", **kwargs)


class AddressBody(StrictSerializer):
    """Kept as it was typed. EasyEcom gets it made plain: no marks that nobody sees, ASCII digits in
    phone and pincode, the state by its name. In India a state is needed, by its name, a former
    name, a usual spelling or its code, and a pincode of six digits."""

    name = TextField(max_length=200)
    line1 = TextField(max_length=500)
    line2 = optional_text(500)
    city = TextField(max_length=100)
    state = optional_text(100)
    pincode = TextField(max_length=30)
    country = TextField(
        max_length=100,
        allow_blank=True,
        default="India",
        help_text="By name, usual spelling or ISO code; what is certainly none is refused.",
    )
    phone = optional_text(
        60, help_text="An extension or a second number goes to the end of the address's lines."
    )
    email = optional_text(254)

    def problems_of(self, read: dict[str, Any]) -> dict[str, Any]:
        if "country" not in read:
            return {}
        sent = addresses.as_sent(read | {"country": read["country"] or INDIA})
        return {field: [why] for field, why in addresses.problems(sent)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        attrs["country"] = attrs["country"] or INDIA
        country = country_named(plain_words(attrs["country"]))
        if country == INDIA and attrs["pincode"].isascii():
            attrs["pincode"] = attrs["pincode"].replace(" ", "")
        return attrs


class PaymentBody(StrictSerializer):
    """`collectable_amount` is what the courier collects: cod needs it, above 0 and at most the
    order's total; prepaid takes none. An order that costs nothing is prepaid, whatever it says."""

    mode = serializers.ChoiceField(
        source="payment_mode",
        choices=Order.Payment.choices,
        error_messages={"invalid_choice": "Say cod or prepaid."},
    )
    collectable_amount = MoneyField(required=False)
    gateway = optional_text(100, source="payment_gateway")
    transaction_id = optional_text(100, source="payment_transaction_id")


class LineBody(StrictSerializer):
    """`unit_price` with tax; `discount` is for the whole line."""

    line_id = CodeField(max_length=100)
    sku = CodeField(max_length=255)
    name = optional_text(300)
    quantity = WholeField(min_value=1, max_value=HIGHEST_QUANTITY)
    unit_price = MoneyField()
    discount = MoneyField(default=ZERO)

    def problems_of(self, read: dict[str, Any]) -> dict[str, Any]:
        if not {"discount", "quantity", "unit_price"} <= set(read):
            return {}
        if read["discount"] > read["quantity"] * read["unit_price"]:
            return {"discount": ["The discount is more than the line costs."]}
        return {}


class Lines(serializers.ListSerializer[Any]):
    """An order's lines, each id once."""

    default_error_messages = {"not_a_list": NO_LIST}

    def to_internal_value(self, data: Any) -> Any:
        twice = ids_given_twice(data)
        try:
            lines = super().to_internal_value(data)
        except ValidationError as problem:
            wrong: Any = problem.detail
            if api_settings.NON_FIELD_ERRORS_KEY in wrong:
                raise
            raise ValidationError(merged(wrong, twice)) from None
        if twice:
            raise ValidationError(twice)
        return lines


def ids_given_twice(lines: Any) -> dict[Any, Any]:
    """By the place of each line whose id an earlier one has."""
    seen: set[str] = set()
    twice: dict[Any, Any] = {}
    for index, line in enumerate(lines if isinstance(lines, list) else ()):
        line_id = line.get("line_id") if isinstance(line, dict) else None
        if isinstance(line_id, str | int) and (told := plain_code(str(line_id))):
            if told in seen:
                twice[index] = {"line_id": ["Another line of this order has this id."]}
            seen.add(told)
    return twice


def payment_problems(read: dict[str, Any]) -> dict[str, Any]:
    """What is wrong of a payment whatever the order costs."""
    mode, collectable = read.get("payment_mode"), read.get("collectable_amount")
    if mode == Order.Payment.PREPAID and collectable:
        return {"collectable_amount": [NOTHING_TO_COLLECT]}
    if mode == Order.Payment.COD and collectable is None:
        return {"collectable_amount": [NEEDED_FOR_COD]}
    return {}


class PackageBody(StrictSerializer):
    """Grams and centimetres."""

    weight_g = MeasureField(allow_null=True, default=None)
    length_cm = MeasureField(allow_null=True, default=None)
    width_cm = MeasureField(allow_null=True, default=None)
    height_cm = MeasureField(allow_null=True, default=None)


class OrderBody(StrictSerializer):
    """An order as Booon gives it."""

    # Once checked it has the names and types of facts.OrderFacts.
    location_key = CodeField(max_length=64)
    ordered_at = OrderedAtField(help_text="When the buyer ordered: at most a day ahead of now.")
    expected_delivery_at = MomentField(allow_null=True, default=None)
    payment = PaymentBody(source="*")
    shipping_charge = MoneyField(default=ZERO)
    discount = MoneyField(default=ZERO)
    lines: Any = Lines(child=LineBody(), allow_empty=False, max_length=MOST_LINES)
    shipping_address = AddressBody()
    billing_address = AddressBody(allow_null=True, default=None)
    buyer_gstin = GstinField(
        max_length=40, allow_blank=True, default="", help_text="The buyer's GST number, if any."
    )
    package = PackageBody(allow_null=True, default=None)

    def problems_of(self, read: dict[str, Any]) -> dict[str, Any]:
        if not set(read) >= MONEY:
            # Without the lines there is no total to compare with.
            payment = payment_problems(read)
            return {"payment": payment} if payment else {}
        facts, collectable = cast(OrderFacts, read), read.get("collectable_amount")
        wrong: dict[str, Any] = {}
        for path, sentence in money_problems(facts, collectable):
            *group, name = path.split(".")
            place = wrong.setdefault(group[0], {}) if group else wrong
            place[name] = [sentence]
        return wrong

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        attrs = super().validate(attrs)
        attrs["collectable_amount"] = attrs.get("collectable_amount") or ZERO
        if not total_of(cast(OrderFacts, attrs)):
            attrs["payment_mode"] = Order.Payment.PREPAID
        return attrs


class BulkOrderBody(OrderBody):
    """An order among many: its body, and what its path would say."""

    seller = TextField(max_length=64, help_text="The seller's code.")
    order_number = TextField(max_length=64, help_text="Booon's number.")


@extend_schema_field(BulkOrderBody(many=True))
class OrdersField(serializers.ListField):
    """Each is read by itself, so that one that is wrong spoils none of the others."""

    default_error_messages = {"not_a_list": NO_LIST}


class BulkBody(StrictSerializer):
    """Many orders, of one seller or several. One that comes twice is taken twice, in sequence."""

    orders = OrdersField(max_length=MOST_ORDERS)


class AwbField(CodeField):
    """An AWB number, refused where a spreadsheet has spoiled it."""

    def to_internal_value(self, data: Any) -> str:
        # As a number of JSON it can only be a decimal.
        written = str(data) if isinstance(data, float | Decimal) else data
        awb = super().to_internal_value(written)
        damage = damaged_awbs.damage_of(awb)
        if damage:
            raise ValidationError(damage)
        return awb


class ShipmentBody(StrictSerializer):
    """Courier and AWB number; the links may be left out."""

    courier = CodeField(max_length=100)
    awb_number = AwbField(
        max_length=100,
        help_text="As text: 9.87655E+11 and other marks of a spreadsheet are refused.",
    )
    label_url = HttpsField()
    invoice_url = HttpsField()


class GivenShipmentBody(ShipmentBody):
    """Shipment details as they are given. Where EasyEcom has another AWB for the order (409), name
    it in `replaces`, with a reason, to have it replaced; its answer decides. One that it holds in
    the place of Booon's is used by giving it. Links may come later, with the same AWB."""

    replaces = optional_text(100, help_text="The AWB number at EasyEcom that is to give way.")
    reason = optional_text(300, help_text="Why it is to give way; it stays on record.")

    def problems_of(self, read: dict[str, Any]) -> dict[str, Any]:
        if read.get("replaces") and not read.get("reason"):
            return {"reason": ["Say why the other AWB is to be replaced."]}
        return {}


class BulkShipmentBody(GivenShipmentBody):
    """Shipment details among many: those of one order, and what its path would say."""

    seller = TextField(max_length=64, help_text="The seller's code.")
    order_number = TextField(max_length=64, help_text="Booon's number.")


@extend_schema_field(BulkShipmentBody(many=True))
class ShipmentsField(serializers.ListField):
    """Each is read by itself, so that one that is wrong spoils none of the others."""

    default_error_messages = {"not_a_list": NO_LIST}


class BulkShipmentsBody(StrictSerializer):
    """Shipment details of many orders, of one seller or several, taken in sequence."""

    shipments = ShipmentsField(max_length=MOST_ORDERS)


class ListingBody(StrictSerializer):
    """How Booon sells a SKU; `price` with tax, and never above the `mrp`."""

    # Once checked it has the names and types of listings.ListingFacts.
    title = TextField(max_length=300)
    price = MoneyField()
    mrp = MoneyField(allow_null=True, default=None)
    active = FlagField(source="is_active", default=True)
    image_url = HttpsField()

    def problems_of(self, read: dict[str, Any]) -> dict[str, Any]:
        price, mrp = read.get("price"), read.get("mrp")
        if price is not None and mrp is not None and price > mrp:
            return {"price": ["The price is above the MRP."]}
        return {}
