"""Deliveries: what EasyEcom sent, what became of it, and Replay. And what was refused."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from booon_console.lib import clock
from booon_console.lib.admin_parts import (
    NONE,
    Button,
    badge,
    first_sentence,
    link,
    link_to,
    moment,
    one_of,
)
from booon_console.lib.spoken import grouped
from integration.admin import actions as admin_actions
from integration.admin.base import ReadOnlyAdmin, SellerByLocation, posted
from integration.admin.exports import Exports
from integration.admin.labels import PARKED
from integration.admin.masking import SHOWN_BYTES, raw_body, render_body
from integration.admin.periods import period
from integration.admin.selection import Freezes
from integration.bulk import selection
from integration.models import (
    BulkRun,
    Delivery,
    Event,
    ParkedLine,
    Refusal,
    StockEntry,
    Topic,
    WebhookEndpoint,
)
from integration.monitoring.webhook_health import CAUSES, likely_cause
from integration.webhooks import preview as webhooks_preview

Status = Delivery.Status
TONES = {
    Status.APPLIED: "good",
    Status.PARTLY: "bad",
    Status.PARKED: "bad",
    Status.STORED: "wait",
    Status.ASKED: "wait",
}
MOST_ROWS = 200
# Why something was refused, in a word or two.
LIKELY = [(each, words.split(":")[0].rstrip(".")) for each, words in CAUSES.items()]


@admin.register(Delivery)
class DeliveryAdmin(Exports, Freezes):
    seller_path = "location__seller"
    change_form_template = "console/delivery.html"
    list_display = [
        "__str__",
        link("location", "location"),
        "standing",
        "lines_done",
        "why",
        moment("received_at", "received"),
    ]
    list_filter = [
        one_of("status", Status.choices),
        one_of("topic", Topic.choices),
        one_of("reason", PARKED.items()),
        SellerByLocation,
        period("received_at", "received"),
    ]
    related = ("location",)
    ordering = ["-id"]
    search_sources = (
        (ParkedLine, "order_number", "delivery_id"),
        (ParkedLine, "reference", "delivery_id"),
        (Delivery, "location__location_key", "pk"),
    )
    search_help_text = "The beginning of a parked order number or a location key."
    actions = ["replay"]
    freeze_verb = "Replay"
    freeze_permission = admin_actions.REPLAY
    fields = [
        "topic",
        link("location", "Location"),
        "source",
        "standing",
        "lines_done",
        "times_applied",
        "size",
        "called",
        moment("received_at", "Received"),
        moment("judged_at", "Judged"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Delivery]:
        return super().get_queryset(request).defer("body", "location__token")

    @admin.display(description="status")
    def standing(self, delivery: Delivery) -> str:
        status = Status(delivery.status)
        return badge(TONES.get(status, ""), status.label)

    @admin.display(description="lines")
    def lines_done(self, delivery: Delivery) -> str:
        return f"{delivery.lines_applied}/{delivery.lines}" if delivery.judged_at else ""

    @admin.display(description="EasyEcom calls it")
    def called(self, delivery: Delivery) -> str:
        return called_in_words(delivery)

    @admin.display(description="reason")
    def why(self, delivery: Delivery) -> str:
        return first_sentence(delivery.reason_message)

    def facts(self, request: HttpRequest, row: Delivery) -> dict[str, Any]:
        body = bytes(row.body)
        can_replay = row.body_deleted_at is None and row.status not in (
            Status.STORED,
            Status.ASKED,
            Status.EMPTY,
        )
        buttons = [Button("Replay…", self.url_of(row, "preview"))] if can_replay else []
        if body:
            buttons.append(Button("Show it as it came", self.url_of(row, "raw")))
        return {
            "banner": row.reason_message,
            "buttons": buttons if self.has_replay_permission(request) else [],
            "body": render_body(body),
            "is_cut": len(body) > SHOWN_BYTES,
            "shown_kb": SHOWN_BYTES // 1024,
            "parked": row.parked_lines.all()[:MOST_ROWS],
            "entries": StockEntry.objects.filter(delivery=row).order_by("line")[:MOST_ROWS],
            "events": Event.objects.filter(delivery=row).order_by("-id")[:MOST_ROWS],
            "most": MOST_ROWS,
        }

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return admin_actions.may(request, admin_actions.REPLAY)

    @admin.action(description="Replay selected", permissions=["replay"])
    def replay(self, request: HttpRequest, queryset: QuerySet[Delivery]) -> HttpResponse | None:
        if self.is_large(queryset):
            return self.freeze(request, queryset, request.GET.urlencode())
        count = admin_actions.replay(queryset, actor=request.user.get_username())
        self.message_user(request, f"{grouped(count)} will be applied again.")
        return None

    def frozen(self, rows: QuerySet[Delivery], filters: str, actor: str) -> BulkRun | None:
        return selection.deliveries(rows, filters=filters, actor=actor, now=clock.now())

    def get_urls(self) -> list[URLPattern]:
        doors = [
            self.door("preview", self.preview),
            self.door("replay", self.for_one(admin_actions.REPLAY, self.replay)),
            self.door("raw", self.show_raw),
        ]
        return [*doors, *super().get_urls()]

    @posted
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A POST, though it changes nothing: for a moment it holds the rows that it tries."""
        delivery = self.demand(request, object_id, admin_actions.REPLAY)
        return self.page(
            request,
            "console/rehearsal.html",
            delivery,
            title="What a replay would change",
            found=webhooks_preview.preview_of([delivery.pk]),
            button=Button("Replay it", self.url_of(delivery, "replay")),
            most=MOST_ROWS,
        )

    @posted
    def show_raw(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Asking for it is written down: it may hold a buyer's name and address."""
        delivery = self.demand(request, object_id, admin_actions.REPLAY)
        admin_actions.record_body_read(delivery, actor=request.user.get_username())
        body = bytes(delivery.body)
        return self.page(
            request,
            "console/raw_body.html",
            delivery,
            title="As it came",
            body=raw_body(body),
            is_cut=len(body) > SHOWN_BYTES,
            shown_kb=SHOWN_BYTES // 1024,
        )


@admin.register(Refusal)
class RefusalAdmin(ReadOnlyAdmin):
    """Counters by hour: what was refused is not kept."""

    list_display = [
        "endpoint",
        "count",
        "likely",
        moment("hour", "hour"),
        moment("last_at", "last"),
    ]
    list_display_links = ["count"]
    list_filter = [one_of("cause", LIKELY)]
    search_sources = ((Refusal, "endpoint_id", "pk"),)
    search_help_text = "The beginning of an endpoint id, as in its address."
    ordering = ["-id"]
    seller_path = None
    fields = [
        "endpoint",
        "likely",
        "called",
        "count",
        moment("hour", "Hour"),
        moment("last_at", "Last"),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Refusal]:
        endpoints = WebhookEndpoint.objects.filter(pk=OuterRef("endpoint_id"))
        return super().get_queryset(request).annotate(topic=Subquery(endpoints.values("topic")[:1]))

    @admin.display(description="endpoint")
    def endpoint(self, refusal: Refusal) -> str:
        if not refusal.endpoint_id:
            return "none of ours"
        return link_to(WebhookEndpoint(pk=refusal.endpoint_id), refusal.endpoint_id)

    @admin.display(description="likely cause")
    def likely(self, refusal: Refusal) -> str:
        return likely_cause(refusal, getattr(refusal, "topic", None) or "")

    @admin.display(description="EasyEcom calls it")
    def called(self, refusal: Refusal) -> str:
        return called_in_words(refusal)


def called_in_words(row: Delivery | Refusal) -> str:
    """What EasyEcom's headers said, which anybody can send."""
    company = f"company {row.company_id}" if row.company_id else ""
    return ", ".join(filter(None, [row.action, company])) or NONE
