"""What a platform is told about a seller: may orders go there now, and if not, why."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from integration.api.answers import PageAnswer, Rows
from integration.api.fields import MomentField
from integration.api.queries import MOST_ROWS
from integration.models import api_time
from integration.sync.quota_status import Going
from sellers.models import LocationReason

GOING = [(each.value, each.value) for each in Going]


class QuotaAnswer(serializers.Serializer[Any]):
    """The account's calls at EasyEcom. `daily_quota` and `left_today` are null without a limit.

    Stopped orders are taken as ever, and wait; `…_until` is when the next call goes out.
    """

    daily_quota = serializers.IntegerField(source="day.limit", allow_null=True)
    used_today = serializers.IntegerField(source="day.used")
    left_today = serializers.IntegerField(source="day.left", allow_null=True)
    day_ends_at = MomentField(source="day.ends_at")
    orders = serializers.ChoiceField(choices=GOING)
    orders_until = MomentField(allow_null=True)
    polling = serializers.ChoiceField(choices=GOING)
    polling_until = MomentField(allow_null=True)
    message = serializers.SerializerMethodField(help_text='Why; "" where nothing waits.')

    def get_message(self, standing: Any) -> str:
        return str(standing.orders_message or standing.polling_message)


class HeardAnswer(serializers.Serializer[Any]):
    """When the last webhook of each topic came; null: none yet."""

    inventory = MomentField(source="inventory_at", allow_null=True)
    manifested = MomentField(source="manifested_at", allow_null=True)


class LocationAnswer(serializers.Serializer[Any]):
    """Orders may be given for any location; one that is not live keeps them until it is.

    `token_ok_until` is until when EasyEcom's token serves; a new one is fetched then. null: none.
    """

    location_key = serializers.CharField(source="location.location_key")
    name = serializers.CharField(source="location.name", allow_blank=True)
    live = serializers.BooleanField(source="location.is_live")
    live_at = MomentField(source="location.live_at", allow_null=True)
    reason = serializers.ChoiceField(
        source="location.blocked_reason", choices=LocationReason.choices, allow_blank=True
    )
    reason_message = serializers.CharField(source="location.blocked_message", allow_blank=True)
    webhook_received_at = HeardAnswer(source="location")
    stock_read_at = MomentField(source="location.stock_read_at", allow_null=True)
    token_ok_until = serializers.SerializerMethodField()
    orders_stuck = serializers.IntegerField(help_text="Orders that wait for a person.")

    @extend_schema_field(MomentField(allow_null=True))
    def get_token_ok_until(self, row: dict[str, Any]) -> Any:
        location = row["location"]
        return api_time(location.token_good_until) if location.has_token else None


class SellerAnswer(serializers.Serializer[Any]):
    code = serializers.CharField(source="seller.code")
    name = serializers.CharField(source="seller.name")
    quota = QuotaAnswer(source="standing")
    locations = LocationAnswer(many=True)


class SellerPage(PageAnswer):
    results = Rows(child=SellerAnswer(), max_length=MOST_ROWS)
