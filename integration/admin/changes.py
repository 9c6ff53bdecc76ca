"""What Booon was told (changes) and what people were told (events)."""

import json
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html

from booon_console.admin_base import ReadOnlyAdmin
from booon_console.admin_parts import link, moment, one_of
from integration.models import Change, Event
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
    ("token", "Webhook token"),
    ("resolved", "Doubt resolved"),
    ("seller", "Seller changed"),
    ("staff", "Staff"),
    ("api_key", "API key"),
    ("buyer_read", "Buyer's data read"),
    ("evidence", "Evidence downloaded"),
    ("error_named", "Error named"),
]


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
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
    fields = [
        "cursor",
        "type",
        link("seller", "Seller"),
        link("location", "Location"),
        link("order", "Order"),
        moment("at", "At"),
        "content",
    ]

    @admin.display(description="of")
    def thing(self, change: Change) -> str:
        return str(change.order or change.data.get("sku") or change.location)

    @admin.display(description="Data")
    def content(self, change: Change) -> str:
        shown = json.dumps(change.data, indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", shown)


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
