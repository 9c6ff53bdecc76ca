"""What Booon reads: orders, stock levels, products and changes."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from integration.api import authentication
from integration.api.bodies import MOST_ORDERS, ListingBody, OrderBody, ShipmentBody
from integration.api.errors import MOST_ERRORS
from integration.api.fields import CodeField, MeasureField, MomentField, MoneyField, TextOrNull
from integration.api.queries import MOST_ROWS
from integration.models import Change, Listing, OrderReason, Stage
from integration.orders.revisions import OF_KEY


class Rows(serializers.ListSerializer[Any]):
    """Of an answer; its bounds stand in the description."""


class HeldAwb(serializers.Serializer[Any]):
    """An AWB that EasyEcom shows for an order; `courier` is "" where it names none."""

    courier = serializers.CharField(allow_blank=True)
    awb_number = serializers.CharField()


class BlockedLine(serializers.Serializer[Any]):
    """What EasyEcom says of one line; `line_id` and `sku` as it repeats them, "" where not."""

    line_id = serializers.CharField(allow_blank=True)
    sku = serializers.CharField(allow_blank=True)
    message = serializers.CharField()


class CancelledLine(serializers.Serializer[Any]):
    """Pieces of a line that were cancelled at EasyEcom; `sku` as EasyEcom writes it."""

    sku = serializers.CharField(allow_blank=True)
    quantity = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    shipped = serializers.IntegerField()


class ErrorAnswer(serializers.Serializer[Any]):
    field = serializers.CharField(help_text='Such as "lines.0.quantity"; "" for the whole request.')
    message = serializers.CharField()


class ErrorsAnswer(serializers.Serializer[Any]):
    errors = Rows(  # type: ignore[assignment]
        child=ErrorAnswer(), allow_empty=False, max_length=MOST_ERRORS
    )


class ForeseenAnswer(serializers.Serializer[Any]):
    """What giving an order would come to."""

    result = serializers.ChoiceField(["created", "same", "changed"])
    missing_skus = serializers.ListField(
        child=serializers.CharField(),
        help_text="EasyEcom's catalog, as last read, has no product of these: it refuses the order "
        "while that is so. Empty where no catalog was read yet.",
    )
    location_is_live = serializers.BooleanField(
        help_text="Where it is not, the order waits until the location's onboarding is done."
    )


class ActorField(serializers.CharField):
    """Other keys' names are nobody's outside."""

    def to_representation(self, value: str) -> str:
        return value.partition(OF_KEY)[0]


class ReplacedAwbAnswer(serializers.Serializer[Any]):
    """An AWB that EasyEcom had for the order, and that another was to replace."""

    courier = serializers.CharField(allow_blank=True)
    awb_number = serializers.CharField()
    assigned_at = MomentField(
        allow_null=True, help_text="When EasyEcom took it; null where the seller gave it there."
    )
    replaced_at = MomentField()
    actor = ActorField(help_text='A user name of the console, or "booon" for the API.')
    reason = serializers.CharField()


class ShipmentAnswer(ShipmentBody):
    """Shipment details, and what EasyEcom holds in their place, null where that is nothing."""

    at_easyecom = HeldAwb(many=True, allow_null=True)
    assigned_at = MomentField(
        allow_null=True,
        help_text="When EasyEcom took this AWB; null until then, as while it replaces another.",
    )
    replaced = ReplacedAwbAnswer(
        many=True, source="order.replaced_awbs", help_text="AWBs of before, the oldest first."
    )


NOT_SHOWN = "Not shown to this key"
# Whom and where to, which only a key for orders reads; town and PIN code stay.
BUYERS_OWN = {"name": NOT_SHOWN, "line1": NOT_SHOWN, "line2": "", "phone": "", "email": ""}


class OrderAnswer(OrderBody):
    """The order's body, and how far it got. To a key that does not open orders, without the
    buyer."""

    location_key = CodeField(source="location.location_key")
    order_number = serializers.CharField()
    seller = serializers.CharField(source="seller.code")
    stage = serializers.ChoiceField(choices=Stage.choices)
    blocked_reason = serializers.ChoiceField(choices=OrderReason.choices, allow_blank=True)
    blocked_message = serializers.CharField(allow_blank=True)
    blocked_lines = BlockedLine(many=True, help_text="Of a refused order, where EasyEcom says it.")
    blocked_file = TextOrNull(help_text="EasyEcom's own file that says why it refused.")
    revision = serializers.IntegerField(help_text="Counts the changes of what the order says.")
    easyecom_order_id = TextOrNull()
    easyecom_invoice_id = TextOrNull()
    shipment = ShipmentAnswer(allow_null=True)
    manifested_at = MomentField(allow_null=True)
    manifest_number = TextOrNull()
    cancelled_at_easyecom = MomentField(
        allow_null=True, help_text="When it was cancelled at EasyEcom; null while it is open."
    )
    cancelled_lines = CancelledLine(many=True, help_text="Of which lines, while the order goes on.")
    updated_at = MomentField()

    def to_representation(self, instance: Any) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        request = self.context.get("request")
        # Without one it is staff who look, on a page of their own.
        if request is None or authentication.reads_buyers(request):
            return shown
        for name in ("shipping_address", "billing_address"):
            shown[name] = shown[name] and {**shown[name], **BUYERS_OWN}
        return shown | {"buyer_gstin": ""}


class BulkOrderAnswer(serializers.Serializer[Any]):
    """What the order's own PUT would have been answered: `order`, or else `errors`."""

    seller = serializers.CharField(allow_null=True, help_text="As given; null unless text.")
    order_number = serializers.CharField(allow_null=True, help_text="As given; null unless text.")
    status = serializers.ChoiceField(choices=[201, 200, 400, 404, 409])
    order = OrderAnswer(allow_null=True)
    errors = Rows(  # type: ignore[assignment]
        child=ErrorAnswer(),
        max_length=MOST_ERRORS,
        help_text='Empty unless refused; "field" is within the order.',
    )


class BulkAnswer(serializers.Serializer[Any]):
    """One for each order given, in that sequence."""

    results = Rows(child=BulkOrderAnswer(), max_length=MOST_ORDERS)


class BulkShipmentAnswer(BulkOrderAnswer):
    """What the shipment's own PUT would have been answered: `order`, or else `errors`."""

    status = serializers.ChoiceField(choices=[200, 400, 404, 409])


class BulkShipmentsAnswer(serializers.Serializer[Any]):
    """One for each order given, in that sequence."""

    results = Rows(child=BulkShipmentAnswer(), max_length=MOST_ORDERS)


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
    results = Rows(child=OrderAnswer(), max_length=MOST_ROWS)


class StockPage(PageAnswer):
    results = Rows(child=StockAnswer(), max_length=MOST_ROWS)


class ProductPage(PageAnswer):
    results = Rows(child=ProductAnswer(), max_length=MOST_ROWS)


class ListingPage(PageAnswer):
    results = Rows(child=ListingAnswer(), max_length=MOST_ROWS)


class ChangePage(serializers.Serializer[Any]):
    results = Rows(child=ChangeAnswer(), max_length=MOST_ROWS)
    cursor = CursorField(allow_null=True, help_text="What to pass as `after` next.")


class TooLateAnswer(ErrorsAnswer):
    oldest = CursorField(help_text="The cursor of the oldest change that is still kept.")
    cursor = CursorField(help_text="What to pass as `after` once the lists are read anew.")
