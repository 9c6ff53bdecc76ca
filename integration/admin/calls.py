"""Api calls: every exchange with EasyEcom, as redacted when it was written down."""

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from booon_console.lib.admin_parts import badge, link, moment, one_of, yes_or_no
from booon_console.lib.spoken import grouped
from integration.admin.base import ReadOnlyAdmin, SellerFilter
from integration.admin.exports import Exports
from integration.admin.periods import period
from integration.easyecom import Kind
from integration.models import ApiCall

KINDS = {
    Kind.LOG_IN: "Log-in",
    Kind.GET_LOCATIONS: "Get Location",
    Kind.ADD_CARRIER: "Add Carrier Credentials",
    Kind.GET_PRODUCTS: "Get Product Master",
    Kind.CREATE_ORDER: "Create Order",
    Kind.FIND_ORDER: "Look-up of the order",
    Kind.GET_QUEUE_STATUS: "Queue status",
    Kind.ASSIGN_AWB: "Assign Shipment Details",
    Kind.GET_INVENTORY: "Stock read-back",
}
OUTCOMES = {
    "done": "Done",
    "not_sent": "Not sent",
    "rate_limited": "Rate limited",
    "log_in_cool_down": "Asked to wait",
    "token_refused": "Token refused",
    "credentials_refused": "Credentials refused",
    "access_forbidden": "Forbidden",
    "rejected": "Refused",
    "already_exists": "Exists already",
    "outcome_unknown": "Outcome unknown",
}
TONES = {"done": "good", "outcome_unknown": "bad", "rejected": "bad", "credentials_refused": "bad"}


def kind_of(call: ApiCall) -> str:
    return KINDS[Kind(call.kind)] if call.kind in KINDS else call.kind


def sentence_of(call: ApiCall) -> str:
    """A call in a sentence, for people."""
    return "Under way." if call.is_open else call.message


def tone_of(call: ApiCall) -> str:
    if call.outcome == "rejected" and not call.is_write:
        return ""  # A look-up that finds nothing is news, not trouble.
    return "wait" if call.is_open else TONES.get(call.outcome, "wait")


@admin.register(ApiCall)
class ApiCallAdmin(Exports, ReadOnlyAdmin):
    change_form_template = "console/api_call.html"
    list_display = [
        moment("started_at", "started"),
        "what",
        "outcome_badge",
        "told",
        "thing",
        "http_status",
        "took",
    ]
    list_filter = [
        one_of("kind", KINDS.items()),
        one_of("outcome", OUTCOMES.items()),
        yes_or_no("open", "open", "is_open"),
        SellerFilter,
        period("started_at", "called"),
    ]
    related = ("location", "order")
    ordering = ["-id"]
    search_sources = (
        (ApiCall, "order__order_number", "pk"),
        (ApiCall, "location__location_key", "pk"),
    )
    search_help_text = "The beginning of an order number or location key."
    fields = [
        "what",
        "outcome_badge",
        "told",
        link("location", "Location"),
        link("order", "Order"),
        "sent_to",
        "http_status",
        "took",
        moment("started_at", "Started"),
        moment("ended_at", "Ended"),
        "correlation_id",
    ]

    @admin.display(description="call")
    def what(self, call: ApiCall) -> str:
        return kind_of(call)

    @admin.display(description="outcome")
    def outcome_badge(self, call: ApiCall) -> str:
        text = "open" if call.is_open else OUTCOMES.get(call.outcome, call.outcome)
        return badge(tone_of(call), text)

    @admin.display(description="what came of it")
    def told(self, call: ApiCall) -> str:
        return sentence_of(call)

    @admin.display(description="of")
    def thing(self, call: ApiCall) -> str:
        return str(call.order or call.location)

    @admin.display(description="took")
    def took(self, call: ApiCall) -> str:
        return "" if call.elapsed_ms is None else f"{grouped(call.elapsed_ms)} ms"

    @admin.display(description="sent to")
    def sent_to(self, call: ApiCall) -> str:
        return f"{call.method} {call.path}"

    def facts(self, request: HttpRequest, row: ApiCall) -> dict[str, Any]:
        return {"sent": readable(row.request), "answered": readable(row.reply)}


def readable(text: str) -> str:
    """Indented where it is JSON."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
