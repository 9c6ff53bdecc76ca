"""Each account's calls at EasyEcom: used, left, by what; and what waits, until when."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from booon_console.lib.admin_parts import NONE, badge, link
from booon_console.lib.spoken import grouped
from integration.admin.base import ReadOnlyAdmin
from integration.models import Quota
from integration.sync import quota_status
from integration.sync.quota_status import Going, Standing, out_of_quota
from sellers.models import Seller

TONES = {Going.NORMAL: "good", Going.SLOWED: "wait", Going.STOPPED: "bad"}


class OutOfCalls(admin.SimpleListFilter):
    title = "out of calls today"
    parameter_name = "out"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Quota]) -> QuerySet[Quota]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(pk__in=out_of_quota(timezone.now()).values("pk"))


@admin.register(Quota)
class QuotaAdmin(ReadOnlyAdmin):
    change_form_template = "console/quota.html"
    list_display = [link("seller", "seller"), "today", "left", "uses", "orders", "polling"]
    list_display_links = ["today"]
    list_filter = [OutOfCalls]
    fields = [link("seller", "Seller")]
    related = ("seller",)
    ordering = ["seller_id"]

    @admin.display(description="calls today")
    def today(self, quota: Quota) -> str:
        day = standing_of(quota).day
        return format_html("{} {}", bar(day.used, day.limit), of_limit(day.used, day.limit))

    @admin.display(description="left")
    def left(self, quota: Quota) -> str:
        left = standing_of(quota).day.left
        return NONE if left is None else f"{grouped(left)}"

    @admin.display(description="orders / polling")
    def uses(self, quota: Quota) -> str:
        day = standing_of(quota).day
        return f"{grouped(day.used - day.polled)} / {grouped(day.polled)}"

    @admin.display(description="orders")
    def orders(self, quota: Quota) -> str:
        standing = standing_of(quota)
        return badge(TONES[standing.orders], standing.orders, standing.orders_message)

    @admin.display(description="polling")
    def polling(self, quota: Quota) -> str:
        standing = standing_of(quota)
        return badge(TONES[standing.polling], standing.polling, standing.polling_message)

    def facts(self, request: HttpRequest, row: Quota) -> dict[str, Any]:
        return {"title": f"Calls of {row.seller}", "calls": panels(row.seller)}


def standing_of(quota: Quota) -> Standing:
    return Standing.of(quota.seller, timezone.now())


def panels(seller: Seller) -> SafeString:
    """The account's calls, for its own page and the seller's. `seller` was read with its quota."""
    now = timezone.now()
    standing = Standing.of(seller, now)
    context = {
        "standing": standing,
        "orders_tone": TONES[standing.orders],
        "polling_tone": TONES[standing.polling],
        "usage": quota_status.usage_of(seller, now),
    }
    return render_to_string("console/_calls.html", context)


def of_limit(used: int, limit: int | None) -> str:
    return f"{grouped(used)}" if limit is None else f"{grouped(used)} of {grouped(limit)}"


def bar(value: int, most: int | None) -> str:
    """A picture of a number that stands beside it."""
    if not most:
        return ""
    return format_html('<progress class="bar" max="{}" value="{}"></progress>', most, value)
