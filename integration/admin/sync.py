"""Sync jobs: what is carried forward, and Retry."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern

from booon_console.lib import clock
from booon_console.lib.admin_parts import (
    Button,
    badge,
    first_sentence,
    link,
    link_to,
    moment,
    one_of,
)
from integration.admin import actions as admin_actions
from integration.admin.base import SellerFilter
from integration.admin.exports import Exports
from integration.admin.selection import Freezes
from integration.bulk import selection
from integration.models import ApiCall, BulkRun, SyncJob

Status = SyncJob.Status
TONES = {
    Status.FAILED: "bad",
    Status.IN_DOUBT: "bad",
    Status.RUNNING: "wait",
    Status.PENDING: "wait",
    Status.SUCCEEDED: "good",
}
LATEST_CALLS = 50


@admin.register(SyncJob)
class SyncJobAdmin(Exports, Freezes):
    change_form_template = "console/sync_job.html"
    list_display = [
        "thing",
        "kind",
        link("seller", "seller", "name"),
        "standing",
        "reason",
        "attempts",
        moment("due_at", "due"),
    ]
    list_filter = [one_of("status", Status.choices), one_of("kind", SyncJob.Kind.choices)]
    list_filter = [*list_filter, SellerFilter]
    related = ("seller", "location", "order")
    ordering = ["-id"]
    search_sources = (
        (SyncJob, "order__order_number", "pk"),
        (SyncJob, "location__location_key", "pk"),
    )
    search_help_text = "The beginning of an order number or location key."
    actions = ["retry"]
    freeze_permission = admin_actions.RETRY
    fields = [
        "kind",
        link("seller", "Seller"),
        link("location", "Location"),
        link("order", "Order"),
        "standing",
        "attempts",
        moment("due_at", "Due"),
        moment("lease_until", "Running, at most until"),
        moment("updated_at", "Last changed"),
        moment("created_at", "Since"),
    ]

    @admin.display(description="of")
    def thing(self, job: SyncJob) -> str:
        return str(job.order or job.location)

    @admin.display(description="status")
    def standing(self, job: SyncJob) -> str:
        status = Status(job.status)
        return badge(TONES.get(status, ""), status.label)

    @admin.display(description="reason")
    def reason(self, job: SyncJob) -> str:
        return first_sentence(job.error_message)

    def facts(self, request: HttpRequest, row: SyncJob) -> dict[str, Any]:
        return {
            "banner": row.error_message,
            "buttons": [Button("Retry", self.url_of(row, "retry"))]
            if self.has_retry_permission(request) and row.status != Status.CANCELLED
            else [],
            "calls": ApiCall.objects.filter(job=row).order_by("-id")[:LATEST_CALLS],
            "whole": link_to(row.order or row.location),
        }

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return admin_actions.may(request, admin_actions.RETRY)

    @admin.action(description="Retry selected", permissions=["retry"])
    def retry(self, request: HttpRequest, queryset: QuerySet[SyncJob]) -> HttpResponse | None:
        if self.is_large(queryset):
            return self.freeze(request, queryset, request.GET.urlencode())
        said = admin_actions.said_of_retry(queryset, actor=request.user.get_username())
        self.message_user(request, said)
        return None

    def frozen(self, rows: QuerySet[SyncJob], filters: str, actor: str) -> BulkRun | None:
        return selection.jobs(rows, filters=filters, actor=actor, now=clock.now())

    def get_urls(self) -> list[URLPattern]:
        return [
            self.door("retry", self.for_one(admin_actions.RETRY, self.retry)),
            *super().get_urls(),
        ]
