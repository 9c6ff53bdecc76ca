"""What people were alerted to and when it was over, and the workers' signs of life."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest

from booon_console.lib import clock
from booon_console.lib.admin_parts import (
    Button,
    badge,
    link,
    listed,
    moment,
    one_of,
    page_named,
    yes_or_no,
)
from integration.admin.base import ReadOnlyAdmin
from integration.models import (
    Alert,
    Announcement,
    ApiKey,
    Delivery,
    Hold,
    SyncJob,
    WebhookEndpoint,
    Worker,
)
from sellers.models import CarrierRegistration, Seller

Kind = Alert.Kind
# The row whose key stands in the alert's own.
ABOUT: dict[str, tuple[str, type[Model]]] = {
    Kind.HOLD: ("Open the hold", Hold),
    Kind.CARRIER: ("Open the carrier registration", CarrierRegistration),
    Kind.LIFELINE: ("Open the webhook", WebhookEndpoint),
    Kind.SILENT: ("Open the webhook", WebhookEndpoint),
    Kind.LOG_IN: ("Open the seller", Seller),
    Kind.ACCOUNT: ("Open the seller", Seller),
    Kind.KEY: ("Open the API key", ApiKey),
}
# What waits in a queue, by its name in `causes.queues`.
WAITING = {
    "Calls to EasyEcom": lambda: listed(SyncJob, status="pending"),
    "Webhooks from EasyEcom": lambda: listed(Delivery, status="stored"),
    "Webhooks to Booon": lambda: listed(Announcement, state="next"),
}


@admin.register(Alert)
class AlertAdmin(ReadOnlyAdmin):
    list_display = [
        "sentence",
        "standing",
        "kind",
        moment("opened_at", "since"),
        moment("reminded_at", "reminded"),
        moment("cleared_at", "over"),
        "told",
    ]
    list_filter = [
        yes_or_no("open", "Open", "cleared_at__isnull", yes="Open", no="Over"),
        one_of("kind", Alert.Kind.choices),
    ]
    related = ("seller",)
    ordering = ["-pk"]
    fields = [
        "sentence",
        "standing",
        "kind",
        link("seller", "Seller"),
        moment("opened_at", "Since"),
        moment("reminded_at", "Reminded"),
        moment("cleared_at", "Over"),
        "told",
    ]

    def facts(self, request: HttpRequest, row: Alert) -> dict[str, Any]:
        return {"buttons": [Button(label, url, is_link=True) for label, url in places_of(row)]}

    @admin.display(description="state")
    def standing(self, alert: Alert) -> str:
        return badge("bad" if alert.is_open else "", alert.standing)

    @admin.display(description="told")
    def told(self, alert: Alert) -> str:
        """Of each channel, and of one that is not set nothing is wanted."""
        waiting = alert.tellings - min(alert.mailed, alert.posted)
        return badge("wait", "to be told") if waiting else badge("good", "told")


def places_of(alert: Alert) -> Iterator[tuple[str, str]]:
    """Where it is looked into, and what to call that."""
    _, _, name = alert.key.partition(":")
    if alert.kind in ABOUT:
        label, model = ABOUT[alert.kind]
        yield label, page_named(model, name)
    if name in WAITING:
        yield "Open what waits", WAITING[name]()
    if alert.kind in (Kind.QUEUE, Kind.WORKER):
        yield "Open the workers", listed(Worker)


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    list_display = ["id", "host", "health", moment("beat_at", "last beat")]
    seller_path = None
    fields = [
        "id",
        "host",
        "health",
        moment("started_at", "Started"),
        moment("pulsed_at", "Supervisor's last pulse"),
        moment("beat_at", "Cluster's last beat"),
    ]
    ordering = ["-started_at"]
    is_short = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Worker]:
        """By the database's clock, asked once and not for each row."""
        at_work = Worker.objects.at_work(clock.now()).filter(pk=OuterRef("pk"))
        return super().get_queryset(request).annotate(beats=Exists(at_work))

    @admin.display(description="health")
    def health(self, worker: Any) -> str:
        return badge("good", "at work") if worker.beats else badge("bad", "silent")
