"""What people were alerted to and when it was over, and the workers' signs of life."""

from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest

from booon_console.lib import clock
from booon_console.lib.admin_parts import badge, link, moment, one_of, yes_or_no
from integration.admin.base import ReadOnlyAdmin
from integration.models import Alert, Worker


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

    @admin.display(description="state")
    def standing(self, alert: Alert) -> str:
        return badge("bad" if alert.is_open else "", alert.standing)

    @admin.display(description="told")
    def told(self, alert: Alert) -> str:
        """Of each channel, and of one that is not set nothing is wanted."""
        waiting = alert.tellings - min(alert.mailed, alert.posted)
        return badge("wait", "to be told") if waiting else badge("good", "told")


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
