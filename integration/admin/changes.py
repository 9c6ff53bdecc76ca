"""What Booon was told (changes) and what people were told (events)."""

import json
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern
from django.utils.html import format_html

from booon_console.lib.admin_parts import (
    NONE,
    Button,
    TypedFilter,
    badge,
    link,
    moment,
    one_of,
)
from booon_console.lib.search import starts_with
from integration.admin import actions as admin_actions
from integration.admin.base import ReadOnlyAdmin, SellerFilter
from integration.admin.exports import Exports
from integration.admin.labels import outcome_of, state_of, thing_of
from integration.admin.periods import period
from integration.feed import announcements
from integration.models import Announcement, Attempt, Change, Event

KINDS = [
    ("received", "Received"),
    ("changed", "Changed"),
    ("shipment", "Shipment details"),
    ("stage", "Stage"),
    ("in_doubt", "In doubt"),
    ("not_found", "Not found"),
    ("adopted", "Adopted"),
    ("cancelled_at_easyecom", "Cancelled at EasyEcom"),
    ("partly_cancelled", "Partly cancelled"),
    ("open_at_easyecom", "Open at EasyEcom again"),
    ("seen_at_easyecom", "Seen at EasyEcom"),
    ("resend", "Sent again"),
    ("failed", "Failed"),
    ("onboarding", "Onboarding"),
    ("log_in", "Log-in at EasyEcom"),
    ("located", "Located"),
    ("registered", "Carrier registered"),
    ("live", "Live"),
    ("retry", "Retry"),
    ("replay", "Replay"),
    ("bulk", "Bulk run"),
    ("token", "Webhook token"),
    ("resolved", "Doubt resolved"),
    ("seller", "Seller changed"),
    ("link", "Seller's link"),
    ("staff", "Staff"),
    ("staff_locked", "Log-in locked"),
    ("session_ended", "Session ended"),
    ("staff_log_in", "Staff logged in"),
    ("staff_log_out", "Staff logged out"),
    ("staff_failed", "Staff log-in failed"),
    ("second_step", "Second step"),
    ("api_key", "API key"),
    ("work", "Work list"),
    ("export", "List taken away"),
    ("view", "Saved view shared"),
    ("buyer_read", "Buyer's data read"),
    ("buyer_search", "Buyer looked for"),
    ("erased", "Buyer's data erased"),
    ("exported", "Buyer's data exported"),
    ("document", "Label or invoice opened"),
    ("evidence", "Evidence downloaded"),
    ("error_named", "Error named"),
    ("resent", "Resent"),
    ("receiver", "Booon's receiver"),
    ("listing", "Listing"),
    ("assigned", "AWB taken"),
    ("manifest", "Manifest"),
    ("manifest_differs", "Manifest differs"),
    ("repeated", "Told again"),
    ("late_answer", "Late answer"),
    ("missed_delivery", "Missed delivery"),
    ("late_delivery", "Late delivery"),
    ("reconcile", "Comparison asked for"),
    ("drift", "Drift"),
    ("hold", "Hold"),
    ("release", "Release"),
    ("import", "File imported"),
    ("read", "Raw body read"),
    ("declared", "Declared"),
    ("learnt", "Learnt"),
    ("probe", "Connection test"),
    ("self_test", "Self-test"),
]


MOST_TRIES = 50


@admin.register(Change)
class ChangeAdmin(Exports, ReadOnlyAdmin):
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
        return badge("good", "delivered") if is_told else NONE

    @admin.display(description="Data")
    def content(self, change: Change) -> str:
        shown = json.dumps(change.data, indent=2, ensure_ascii=False)
        return format_html("<pre>{}</pre>", shown)

    def facts(self, request: HttpRequest, row: Change) -> dict[str, Any]:
        tries = Attempt.objects.filter(change=row).order_by("-id")[:MOST_TRIES]
        may_resend = announcements.is_wanted() and self.has_resend_permission(request)
        return {
            "buttons": [Button("Resend to Booon", self.url_of(row, "resend"))] * may_resend,
            "attempts": [(each, outcome_of(each)) for each in tries],
            "most": MOST_TRIES,
        }

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return admin_actions.may(request, admin_actions.RESEND)

    @admin.action(description="Resend to Booon", permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Change]) -> None:
        self.message_user(
            request, admin_actions.resend(queryset, actor=request.user.get_username())
        )

    def get_urls(self) -> list[URLPattern]:
        resend_one = self.for_one(admin_actions.RESEND, self.resend)
        return [self.door("resend", resend_one), *super().get_urls()]


class ActorFilter(TypedFilter):
    """By who it was: a user name, or the beginning of "booon · …", "seller · …", "manage.py …"."""

    title = "who"
    parameter_name = "who"
    placeholder = "user name, booon, seller, …"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = User.objects.order_by("username")
        if not request.user.has_perm("integration.view_event"):
            people = people.filter(username=request.user.get_username())
        names = people.values_list("username", flat=True)[: self.most_suggestions]
        return [(name, name) for name in names]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        typed = (self.value() or "").strip()
        if not typed:
            return queryset
        if "\x00" in typed:
            return queryset.none()
        exact = queryset.filter(actor=typed)
        return exact if exact.exists() else queryset.filter(starts_with("actor", typed))


@admin.register(Event)
class EventAdmin(Exports, ReadOnlyAdmin):
    list_display = [moment("at", "at"), "kind", "sentence", "actor", "thing"]
    list_filter = [one_of("kind", KINDS), ActorFilter, SellerFilter, period("at", "when")]
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
