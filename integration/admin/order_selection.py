"""What may be asked for of the orders that are ticked in the list."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from booon_console.lib.spoken import grouped
from integration.admin import actions, awb_desk, exports, order_comparisons
from integration.admin.base import FILTERS
from integration.admin.order_shipment import SHIPMENT
from integration.admin.selection import Freezes
from integration.models import Order, Stage, SyncJob
from integration.models.reasons import with_nothing_to_send

# Each costs a call: a seller's whole day is compared from the seller's page.
MOST_COMPARED = 200


class OrderSelection(Freezes):
    """Actions of the orders' list. Each has the permission that its button on the page has."""

    actions = ["retry_selected", "compare_selected", "give_awbs", "take_csv", "take_xlsx"]

    def has_retry_permission(self, request: HttpRequest) -> bool:
        return actions.may(request, actions.RETRY)

    def has_compare_permission(self, request: HttpRequest) -> bool:
        return actions.may(request, actions.RECONCILE)

    def has_ship_permission(self, request: HttpRequest) -> bool:
        return actions.may(request, SHIPMENT)

    def has_export_permission(self, request: HttpRequest) -> bool:
        return actions.may(request, exports.PERMISSION)

    @admin.action(description="Retry selected", permissions=["retry"])
    def retry_selected(
        self, request: HttpRequest, queryset: QuerySet[Order]
    ) -> HttpResponse | None:
        """Those that something stands in the way of: a run first where they are many."""
        if self.is_large(queryset):
            return self.freeze(request, queryset, request.GET.urlencode())
        stuck = queryset.exclude(blocked_reason="").order_by().select_related(None)
        waiting = stuck.filter(pk__in=with_nothing_to_send().values("pk"))
        is_tried = stuck.exclude(pk__in=waiting.values("pk")).exclude(stage=Stage.WITHDRAWN)
        counts = {
            "Nothing is left to be sent of {}: Booon's AWB is awaited, or the manifest.": waiting,
            "Nothing stands in the way of {}.": queryset.filter(blocked_reason=""),
            "{} can't be tried: withdrawn.": stuck.filter(stage=Stage.WITHDRAWN),
        }
        rests = [(words, rows.count()) for words, rows in counts.items()]
        jobs = SyncJob.objects.filter(order__in=is_tried.values("pk"))
        if jobs.exists():
            said = actions.said_of_retry(jobs, actor=request.user.get_username())
            self.message_user(request, said)
        for words, count in rests:
            if count:
                self.message_user(request, words.format(grouped(count)), messages.WARNING)
        return None

    @admin.action(description="Compare selected with EasyEcom", permissions=["compare"])
    def compare_selected(
        self, request: HttpRequest, queryset: QuerySet[Order]
    ) -> HttpResponse | None:
        """To the page that shows what came of it, for all of them."""
        rows = list(queryset[: MOST_COMPARED + 1])
        if len(rows) > MOST_COMPARED:
            said = f"Choose at most {MOST_COMPARED}: each is a call."
            self.message_user(request, said, messages.ERROR)
            return None
        actor = request.user.get_username()
        asked = sum(actions.reconcile_order(order, actor=actor) for order in rows)
        self.message_user(request, f"{grouped(asked)} will be compared with EasyEcom.")
        if rest := len(rows) - asked:
            said = f"A comparison would tell nothing of {grouped(rest)} now."
            self.message_user(request, said, messages.WARNING)
        query = {awb_desk.CHOSEN: ",".join(str(order.pk) for order in rows)}
        filters = {FILTERS: request.GET.urlencode()} if request.GET else {}
        page = reverse(f"admin:{order_comparisons.PAGE}")
        return HttpResponseRedirect(f"{page}?{urlencode(query | filters, safe=',')}")

    @admin.action(description="Give AWBs to selected…", permissions=["ship"])
    def give_awbs(self, request: HttpRequest, queryset: QuerySet[Order]) -> HttpResponse | None:
        ids = list(queryset.values_list("pk", flat=True)[: awb_desk.MOST + 1])
        if len(ids) > awb_desk.MOST:
            said = f"Choose at most {awb_desk.MOST}, as many as the desk shows."
            self.message_user(request, said, messages.ERROR)
            return None
        chosen = urlencode({awb_desk.CHOSEN: ",".join(map(str, ids))}, safe=",")
        return HttpResponseRedirect(f"{reverse('admin:integration_order_awbs')}?{chosen}")

    @admin.action(description="Take selected away as CSV", permissions=["export"])
    def take_csv(self, request: HttpRequest, queryset: QuerySet[Order]) -> Any:
        return exports.taken_away(self, request, queryset, exports.CSV, "as they were ticked")

    @admin.action(description="Take selected away as XLSX", permissions=["export"])
    def take_xlsx(self, request: HttpRequest, queryset: QuerySet[Order]) -> Any:
        return exports.taken_away(self, request, queryset, exports.XLSX, "as they were ticked")
