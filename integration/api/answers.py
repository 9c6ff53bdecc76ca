"""What Booon reads: orders, stock levels, products and changes."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from integration.api.bodies import ListingBody, OrderBody, ShipmentBody
from integration.api.fields import MeasureField, MomentField, MoneyField, TextField, TextOrNull
from integration.models import Change, Listing, OrderReason, Stage


class ErrorAnswer(serializers.Serializer[Any]):
    field = serializers.CharField(help_text='Such as "lines.0.quantity"; "" for the whole request.')
    message = serializers.CharField()


class ErrorsAnswer(serializers.Serializer[Any]):
    errors = ErrorAnswer(many=True)  # type: ignore[assignment]


class OrderAnswer(OrderBody):
    """The order's body, and how far it got."""

    location_key = TextField(source="location.location_key")
    order_number = serializers.CharField()
    seller = serializers.CharField(source="seller.code")
    stage = serializers.ChoiceField(choices=Stage.choices)
    blocked_reason = serializers.ChoiceField(choices=OrderReason.choices, allow_blank=True)
    blocked_message = serializers.CharField(allow_blank=True)
    easyecom_order_id = TextOrNull()
    easyecom_invoice_id = TextOrNull()
    shipment = ShipmentBody(allow_null=True)
    manifested_at = MomentField(allow_null=True)
    manifest_number = TextOrNull()
    updated_at = MomentField()


class BulkOrderAnswer(serializers.Serializer[Any]):
    """What the order's own PUT would have been answered: `order`, or else `errors`."""

    seller = serializers.CharField(allow_null=True, help_text="As given; null unless text.")
    order_number = serializers.CharField(allow_null=True, help_text="As given; null unless text.")
    status = serializers.ChoiceField(choices=[201, 200, 400, 404, 409])
    order = OrderAnswer(allow_null=True)
    errors = ErrorAnswer(many=True, help_text='Empty unless refused; "field" is within the order.')  # type: ignore[assignment]


class BulkAnswer(serializers.Serializer[Any]):
    """One for each order given, in that sequence."""

    results = BulkOrderAnswer(many=True)


class StockAnswer(serializers.Serializer[Any]):
    seller = serializers.CharField(source="seller.code")
    location_key = serializers.CharField(source="location.location_key")
    sku = serializers.CharField()
    quantity = serializers.IntegerField()
    updated_at = MomentField()


class ComponentAnswer(serializers.Serializer[Any]):
    sku = serializers.CharField()
    quantity = serializers.IntegerField()


class ProductAnswer(serializers.Serializer[Any]):
    """A product as EasyEcom has it; `tax_rate` is a fraction, `updated_at` EasyEcom's own time."""

    seller = serializers.CharField(source="seller.code")
    sku = serializers.CharField()
    name = TextOrNull()
    active = serializers.BooleanField(source="is_active")
    mrp = MoneyField(allow_null=True)
    tax_rate = serializers.DecimalField(max_digits=7, decimal_places=4, allow_null=True)
    category = TextOrNull()
    brand = TextOrNull()
    image_url = TextOrNull()
    weight_g = MeasureField(allow_null=True)
    length_cm = MeasureField(allow_null=True)
    width_cm = MeasureField(allow_null=True)
    height_cm = MeasureField(allow_null=True)
    ean = TextOrNull()
    hsn_code = TextOrNull()
    kind = TextOrNull()
    parent_sku = TextOrNull()
    components = ComponentAnswer(many=True)
    location_key = serializers.CharField(source="location.location_key")
    updated_at = MomentField(source="changed_at", allow_null=True)


class ListingAnswer(ListingBody):
    """The listing's body; `matched` tells whether EasyEcom has a product of its SKU."""

    seller = serializers.CharField(source="seller.code")
    sku = serializers.CharField()
    matched = serializers.SerializerMethodField()
    updated_at = MomentField()

    def get_matched(self, listing: Listing) -> bool:
        return listing.product_id is not None


class CursorField(serializers.CharField):
    """A number in our columns, a string that nobody should count with outside."""


@extend_schema_field({"type": "object", "additionalProperties": True})
class DataField(serializers.JSONField):
    """What a change says; its keys depend on the type."""


class ChangeAnswer(serializers.Serializer[Any]):
    cursor = CursorField()
    type = serializers.ChoiceField(choices=Change.Type.choices)
    at = MomentField()
    seller = serializers.CharField(source="seller.code")
    location_key = serializers.CharField(source="location.location_key")
    data = DataField()  # type: ignore[assignment]


class PageAnswer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True, help_text="The next page; null on the last.")


class OrderPage(PageAnswer):
    results = OrderAnswer(many=True)


class StockPage(PageAnswer):
    results = StockAnswer(many=True)


class ProductPage(PageAnswer):
    results = ProductAnswer(many=True)


class ListingPage(PageAnswer):
    results = ListingAnswer(many=True)


class ChangePage(serializers.Serializer[Any]):
    results = ChangeAnswer(many=True)
    cursor = CursorField(allow_null=True, help_text="What to pass as `after` next.")


class TooLateAnswer(ErrorsAnswer):
    oldest = CursorField(help_text="The cursor of the oldest change that is still kept.")
    cursor = CursorField(help_text="What to pass as `after` to go on with that one.")
