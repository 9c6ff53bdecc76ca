"""What a list may be asked: each parameter checked, and refused by name."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from integration.api import authentication
from integration.api.fields import CodeField, QueryMomentField, StrictSerializer
from integration.models import OrderReason, Stage
from sellers.models import Location, Seller

MOST_ROWS = 500
LONGEST_CURSOR = 18
LONGEST_WAIT = 20
NO_PARAMETER = "There is no such parameter here."


def one_of(words: Sequence[str]) -> str:
    return f"Give one of {', '.join(words)}."


class LimitQuery(StrictSerializer):
    unknown = NO_PARAMETER
    limit = serializers.IntegerField(min_value=1, max_value=MOST_ROWS, default=100)


class PageQuery(LimitQuery):
    cursor = serializers.CharField(
        max_length=100, required=False, help_text="Opaque; it comes in `next`."
    )


class SellerQuery(PageQuery):
    seller = serializers.CharField(max_length=64, required=False)

    def validate_seller(self, code: str) -> Seller:
        sellers = authentication.visible(self.context["request"], Seller.objects.all(), "pk")
        seller = sellers.filter(code=code).first()
        if seller is None:
            raise ValidationError("There is no such seller.")
        return seller


class UpdatedQuery(SellerQuery):
    updated_after = QueryMomentField(required=False)


class OrderQuery(UpdatedQuery):
    stage = serializers.ChoiceField(
        choices=Stage.choices,
        required=False,
        error_messages={"invalid_choice": one_of(Stage.values)},
    )
    blocked_reason = serializers.ChoiceField(
        choices=OrderReason.choices,
        required=False,
        error_messages={"invalid_choice": one_of(OrderReason.values)},
    )


class StockQuery(UpdatedQuery):
    location_key = serializers.CharField(max_length=64, source="location", required=False)
    sku = CodeField(max_length=255, required=False)

    def validate_location_key(self, location_key: str) -> Location:
        locations = authentication.visible(self.context["request"], Location.objects.all())
        location = locations.filter(location_key=location_key).first()
        if location is None:
            raise ValidationError("There is no such location.")
        return location


class ChangeQuery(LimitQuery):
    after = serializers.RegexField(
        rf"^[0-9]{{1,{LONGEST_CURSOR}}}\Z",
        required=False,
        error_messages={"invalid": "Pass what the last page gave as `cursor`, as it stands."},
        help_text="The `cursor` of the last page; left out, from the oldest change kept.",
    )
    wait = serializers.IntegerField(
        min_value=0,
        max_value=LONGEST_WAIT,
        default=0,
        help_text="Seconds to wait for a change where there is none yet. An empty page may come "
        "sooner when many readers wait: then ask again after a second.",
    )


def parse_query(query_class: type[LimitQuery], request: Request) -> dict[str, Any]:
    """The checked parameters. An empty one counts as not given; `format` means nothing here."""
    given = {name: value for name, value in request.query_params.dict().items() if value}
    given.pop("format", None)
    query = query_class(data=given, context={"request": request})
    query.is_valid(raise_exception=True)
    found: dict[str, Any] = query.validated_data
    return found
