"""What Booon was told (changes) and what people were told (events)."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from booon_console.admin_base import ReadOnlyAdmin
from booon_console.admin_parts import NONE, Button, badge, link, moment, one_of
from integration.admin import asks
from integration.admin.told import outcome_of, state_of, thing_of
from integration.models import Announcement, Attempt, Change, Event
from integration.telling import announcements
from sellers.filters import SellerFilter

KINDS = [
    ("received", "Received"),
    ("changed", "Changed"),
    ("shipment", "Shipment details"),
    ("stage", "Stage"),
    ("in_doubt", "In doubt"),
    ("not_found", "Not found"),
    ("adopted", "Adopted"),
    ("resend", "Sent again"),
    ("failed", "Failed"),
    ("onboarding", "Onboarding"),
    ("log_in", "Log-in"),
    ("located", "Located"),
    ("registered", "Carrier registered"),
    ("live", "Live"),
    ("retry", "Retry"),
    ("replay", "Replay"),
    ("bulk", "Bulk run"),
    ("token", "Webhook token"),
    ("resolved", "Doubt resolved"),
    ("seller", "Seller changed"),
    ("staff", "Staff"),
    ("api_key", "API key"),
    ("buyer_read", "Buyer's data read"),
    ("evidence", "Evidence downloaded"),
    ("error_named", "Error named"),
    ("resent", "Told again"),
    ("receiver", "Booon's receiver"),
]


MOST_TRIES = 50


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    change_form_template = "console/change.html"
    list_display = [
        "cursor",
        "type",
        link("seller", "seller", "name"),
        "thing",
        moment("at", "at"),
    ]
    list_filter = [one_of("type", Change.Type.choices), SellerFilter]
    related = ("seller", "location", "order")
    ordering = ["-id"]
    search_sources = ((Change, "order__order_number", "pk"),)
    search_help_text = "The beginning of an order number."
    actions = ["resend"]
    fields = [
        "cursor",
        "type",
        link("seller", "Seller"),
        link("location", "Location"),
        link("order", "Order"),
        moment("at", "At"),
        "told",
        "content",
    ]

    @admin.display(description="of")
    def thing(self, change: Change) -> str:
        return thing_of(change)

    @admin.display(description="By webhook")
    def told(self, change: Change) -> str:
        waits = Announcement.objects.filter(change=change).first()
        if waits:
            return state_of(waits)
        is_told = announcements.is_over(change)
        return badge("good", "told") if is_told else NONE

    @admin.display(description="Data")
    def content(self, change: Change) -> str:
        shown = json.dumps(change.data, indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", shown)

    def facts(self, request: HttpRequest, row: Change) -> dict[str, Any]:
        tries = Attempt.objects.filter(change=row).order_by("-id")[:MOST_TRIES]
        may_resend = announcements.is_wanted() and self.has_resend_permission(request)
        return {
            "buttons": [Button("Tell Booon again", self.url_of(row, "resend"))] * may_resend,
            "attempts": [(each, outcome_of(each)) for each in tries],
            "most": MOST_TRIES,
        }

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return asks.may(request, asks.RESEND)

    @admin.action(description="Tell Booon again", permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Change]) -> None:
        self.message_user(request, asks.resend(queryset, actor=request.user.get_username()))

    def get_urls(self) -> list[URLPattern]:
        return [self.door("resend", self.resend_one), *super().get_urls()]

    @method_decorator(require_POST)
    def resend_one(self, request: HttpRequest, object_id: str) -> HttpResponse:
        change = self.demand(request, object_id, asks.RESEND)
        self.resend(request, Change.objects.filter(pk=change.pk))
        return HttpResponseRedirect(self.url_of(change))


@admin.register(Event)
class EventAdmin(ReadOnlyAdmin):
    list_display = [moment("at", "at"), "kind", "sentence", "actor", "thing"]
    list_filter = [one_of("kind", KINDS), SellerFilter]
    related = ("seller", "location", "order")
    ordering = ["-id"]
    search_sources = (
        (Event, "order__order_number", "pk"),
        (Event, "location__location_key", "pk"),
    )
    search_help_text = "The beginning of an order number or location key."
    fields = [
        moment("at", "At"),
        "kind",
        "sentence",
        "actor",
        link("seller", "Seller"),
        link("location", "Location"),
        link("order", "Order"),
        "correlation_id",
    ]

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may_see_own = request.user.has_perm("integration.view_own_event")
        return may_see_own or super().has_view_permission(request, obj)

    def in_scope(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        rows = super().in_scope(request, rows)
        if super().has_view_permission(request):
            return rows
        return rows.filter(actor=request.user.get_username())

    @admin.display(description="of")
    def thing(self, event: Event) -> str:
        return str(event.order or event.location or event.seller or "")
