"""What Booon sends: an order, and its shipment details."""

import re
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from integration.api.fields import (
    FlagField,
    HttpsField,
    MeasureField,
    MomentField,
    MoneyField,
    StrictSerializer,
    TextField,
    WholeField,
)
from integration.models import Order

INDIAN_PINCODE = re.compile(r"[1-9][0-9]{2} ?[0-9]{3}")
OTHER_PINCODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9 -]{0,11}")
PHONE = r"^[0-9+(). ,/-]+\Z"
MOST_LINES = 200
MOST_ORDERS = 500
ZERO = Decimal("0.00")
HIGHEST_QUANTITY = 1_000_000
# A SKU in a path, read as one in a body.
SKU = TextField(max_length=255)


def optional_text(max_length: int, **kwargs: Any) -> TextField:
    return TextField(max_length=max_length, allow_blank=True, default="", **kwargs)


class AddressBody(StrictSerializer):
    """Only the pincode is needed and looked at: six digits in India."""

    name = optional_text(200)
    line1 = optional_text(500)
    line2 = optional_text(500)
    city = optional_text(100)
    state = optional_text(100)
    pincode = TextField(max_length=12)
    country = TextField(max_length=100, allow_blank=True, default="India")
    phone = serializers.RegexField(
        PHONE,
        max_length=30,
        allow_blank=True,
        default="",
        error_messages={"invalid": "A phone number has digits, spaces and + ( ) . , / - only."},
    )
    email = optional_text(254)

    def validate(self, attrs: dict[str, str]) -> dict[str, str]:
        attrs["country"] = attrs["country"] or "India"
        if attrs["country"].casefold() in ("india", "in"):
            if not INDIAN_PINCODE.fullmatch(attrs["pincode"]):
                raise ValidationError({"pincode": "A pincode in India has six digits."})
            attrs["pincode"] = attrs["pincode"].replace(" ", "")
        elif not OTHER_PINCODE.fullmatch(attrs["pincode"]):
            raise ValidationError({"pincode": "This is no pincode."})
        return attrs


class PaymentBody(StrictSerializer):
    """`collectable_amount` is what the courier collects where the mode is cod."""

    mode = serializers.ChoiceField(source="payment_mode", choices=Order.Payment.choices)
    collectable_amount = MoneyField(default=ZERO)
    gateway = optional_text(100, source="payment_gateway")
    transaction_id = optional_text(100, source="payment_transaction_id")


class LineBody(StrictSerializer):
    """`unit_price` with tax; `discount` is for the whole line."""

    line_id = TextField(max_length=100)
    sku = TextField(max_length=255)
    name = optional_text(300)
    quantity = WholeField(min_value=1, max_value=HIGHEST_QUANTITY)
    unit_price = MoneyField()
    discount = MoneyField(default=ZERO)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["discount"] > attrs["quantity"] * attrs["unit_price"]:
            raise ValidationError({"discount": "The discount is more than the line costs."})
        return attrs


class PackageBody(StrictSerializer):
    """Grams and centimetres."""

    weight_g = MeasureField(allow_null=True, default=None)
    length_cm = MeasureField(allow_null=True, default=None)
    width_cm = MeasureField(allow_null=True, default=None)
    height_cm = MeasureField(allow_null=True, default=None)


class OrderBody(StrictSerializer):
    """An order as Booon gives it."""

    # Once checked it has the names and types of facts.OrderFacts.
    location_key = TextField(max_length=64)
    ordered_at = MomentField()
    expected_delivery_at = MomentField(allow_null=True, default=None)
    payment = PaymentBody(source="*")
    shipping_charge = MoneyField(default=ZERO)
    discount = MoneyField(default=ZERO)
    lines: Any = serializers.ListSerializer(
        child=LineBody(), allow_empty=False, max_length=MOST_LINES
    )
    shipping_address = AddressBody()
    billing_address = AddressBody(allow_null=True, default=None)
    package = PackageBody(allow_null=True, default=None)

    def validate_lines(self, lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
        seen: set[str] = set()
        twice: dict[str, Any] = {}
        for index, line in enumerate(lines):
            if line["line_id"] in seen:
                twice[str(index)] = {"line_id": ["Another line of this order has this id."]}
            seen.add(line["line_id"])
        if twice:
            raise ValidationError(twice)
        return lines


class BulkOrderBody(OrderBody):
    """An order among many: its body, and what its path would say."""

    seller = TextField(max_length=64, help_text="The seller's code.")
    order_number = TextField(max_length=64, help_text="Booon's number.")


@extend_schema_field(BulkOrderBody(many=True))
class OrdersField(serializers.ListField):
    """Each is read by itself, so that one that is wrong spoils none of the others."""


class BulkBody(StrictSerializer):
    """Many orders, of one seller or several. One that comes twice is taken twice, in sequence."""

    orders = OrdersField(max_length=MOST_ORDERS)


class ShipmentBody(StrictSerializer):
    """Courier and AWB number; the links may be left out."""

    courier = TextField(max_length=100)
    awb_number = TextField(max_length=100)
    label_url = HttpsField()
    invoice_url = HttpsField()


class ListingBody(StrictSerializer):
    """How Booon sells a SKU; `price` with tax, and never above the `mrp`."""

    # Once checked it has the names and types of listings.ListingFacts.
    title = TextField(max_length=300)
    price = MoneyField()
    mrp = MoneyField(allow_null=True, default=None)
    active = FlagField(source="is_active", default=True)
    image_url = HttpsField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["mrp"] is not None and attrs["price"] > attrs["mrp"]:
            raise ValidationError({"price": "The price is above the MRP."})
        return attrs
