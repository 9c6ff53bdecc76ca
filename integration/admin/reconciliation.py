"""What comparing with EasyEcom found: missed deliveries by week, drifted levels, read-backs."""

import csv
import itertools
from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils.html import format_html_join

from booon_console.lib import clock
from booon_console.lib.admin_parts import TypedFilter, badge, link, moment, one_of, plain, yes_or_no
from booon_console.lib.spoken import grouped
from integration.admin.base import ReadOnlyAdmin, SellerByLocation
from integration.admin.periods import period
from integration.models import Drift, MissedDelivery, ReadBack
from integration.reconciliation import report
from integration.reconciliation.report import Week
from sellers import scope
from sellers.models import Location

WEEKS_OFFERED = 12


class WeekFilter(admin.SimpleListFilter):
    """By the week in which it was due; any week may stand in the address."""

    title = "week"
    parameter_name = "week"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        this = Week.of(clock.now())
        weeks = [this.before(n) for n in range(WEEKS_OFFERED)]
        return [(week.name, week.days) for week in weeks]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        week = Week.parse(self.value() or "")
        return queryset.filter(week.has("due_at")) if week else queryset


class LocationFilter(TypedFilter):
    """By a location key. The id is looked up first, so that the list's own index serves."""

    title = "location"
    parameter_name = "location"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        places = scope.within(Location.objects.all(), request.user, "seller")
        locations = places.values_list("location_key", "name")
        return list(locations[: self.most_suggestions])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        key = (self.value() or "").strip()
        if not key:
            return queryset
        locations = Location.objects.filter(location_key=key) if "\x00" not in key else None
        found = locations.values_list("pk", flat=True).first() if locations is not None else None
        return queryset.filter(location=found) if found else queryset.none()


@admin.register(MissedDelivery)
class MissedDeliveryAdmin(ReadOnlyAdmin):
    seller_path = "location__seller"
    change_list_template = "console/missed_deliveries.html"
    list_display = [
        "__str__",
        link("location", "location"),
        "standing",
        moment("due_at", "due"),
        moment("found_at", "found"),
        moment("arrived_at", "came after all"),
        "after",
    ]
    list_filter = [
        WeekFilter,
        yes_or_no("late", "late", "arrived_at__isnull", yes="Late", no="Lost", is_yes=False),
        LocationFilter,
        SellerByLocation,
        period("due_at", "due"),
    ]
    related = ("location", "order")
    ordering = ["-due_at", "-id"]
    search_sources = ((MissedDelivery, "order__order_number", "pk"),)
    search_help_text = "The beginning of an order number."
    fields = [
        link("order", "Order"),
        link("location", "Location"),
        "address",
        "standing",
        moment("due_at", "Due"),
        moment("found_at", "Found by asking"),
        link("found_by", "Found by"),
        moment("arrived_at", "Came after all"),
        link("arrived_by", "Came by"),
        "after",
    ]

    @admin.display(description="standing")
    def standing(self, missed: MissedDelivery) -> str:
        return badge("wait", "late") if missed.arrived_at else badge("bad", "lost")

    @admin.display(description="after")
    def after(self, missed: MissedDelivery) -> str:
        minutes = int(missed.delay.total_seconds() // 60)
        return f"{grouped(minutes // 60)} h {minutes % 60} min"

    @admin.display(description="Endpoint")
    def address(self, missed: MissedDelivery) -> str:
        return missed.endpoint.path if missed.endpoint else "none"

    def get_urls(self) -> list[URLPattern]:
        def view(each: Any) -> Any:
            return self.admin_site.admin_view(each)

        return [
            path("weeks/", view(self.weeks), name="integration_misseddelivery_weeks"),
            path("list.csv", view(self.download), name="integration_misseddelivery_csv"),
            *super().get_urls(),
        ]

    def weeks(self, request: HttpRequest) -> HttpResponse:
        """Each location's figure for one week."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        this = Week.of(clock.now())
        week = Week.parse(request.GET.get("week", "")) or this
        return self.page(
            request,
            "console/missed_weeks.html",
            title=f"Week of {week.days}",
            week=week,
            before=week.before(1),
            after=week.before(-1) if week.monday < this.monday else None,
            figures=report.figures(week, scope.seller_ids(request.user)),
        )

    def download(self, request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
        """The list under the same filters, to be sent to EasyEcom."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseBadRequest("No such filter.", content_type="text/plain")
        # Quoted, and known for UTF-8 by Excel, as the other files (`file_imports.csv_file`).
        writer = csv.writer(Echo(), quoting=csv.QUOTE_ALL)
        lines = (writer.writerow(cells) for cells in report.rows_of(rows))
        answer = StreamingHttpResponse(
            itertools.chain(["\ufeff"], lines), content_type="text/csv; charset=utf-8"
        )
        answer["Content-Disposition"] = 'attachment; filename="missed-deliveries.csv"'
        return answer


class Echo:
    """What a csv writer writes to, when each line goes out as it is made."""

    def write(self, line: str) -> str:
        return line


@admin.register(Drift)
class DriftAdmin(ReadOnlyAdmin):
    list_display = [
        plain("sku", "SKU"),
        link("location", "location"),
        "here",
        "theirs",
        "standing",
        moment("at", "found"),
    ]
    list_filter = [yes_or_no("mended", "mended", "is_mended"), LocationFilter, SellerByLocation]
    seller_path = "location__seller"
    related = ("location",)
    ordering = ["-id"]
    search_sources = ((Drift, "sku", "pk"),)
    search_help_text = "The beginning of a SKU, case as it is."
    fields = [
        plain("sku", "SKU"),
        link("location", "Location"),
        "here",
        "theirs",
        "standing",
        moment("at", "Found"),
        link("delivery", "Found by"),
    ]

    @admin.display(description="here")
    def here(self, drift: Drift) -> str:
        return "none" if drift.ours is None else f"{drift.ours}"

    @admin.display(description="standing")
    def standing(self, drift: Drift) -> str:
        return badge("good", "set right") if drift.is_mended else badge("bad", "left as it is")


@admin.register(ReadBack)
class ReadBackAdmin(ReadOnlyAdmin):
    list_display = [
        link("location", "location"),
        "cause",
        "standing",
        "pages",
        "levels",
        "unread",
        moment("asked_at", "asked"),
        moment("ended_at", "ended"),
    ]
    list_display_links = ["cause"]
    list_filter = [one_of("cause", ReadBack.Cause.choices), LocationFilter, SellerByLocation]
    seller_path = "location__seller"
    related = ("location",)
    ordering = ["-id"]
    search_sources = ((ReadBack, "location__location_key", "pk"),)
    search_help_text = "The beginning of a location key."
    fields = [
        link("location", "Location"),
        "cause",
        "standing",
        "pages",
        "levels",
        "unread",
        "rows_not_read",
        moment("asked_at", "Asked"),
        moment("begun_at", "Begun"),
        moment("ended_at", "Ended"),
    ]

    @admin.display(description="standing")
    def standing(self, read_back: ReadBack) -> str:
        if read_back.ended_at is None:
            return badge("wait", "being read" if read_back.begun_at else "waits for its turn")
        if read_back.arrival is None:
            return badge("bad", "refused")
        return badge("wait", "read in part") if read_back.unread else badge("good", "read")

    @admin.display(description="Rows not read")
    def rows_not_read(self, read_back: ReadBack) -> str:
        """Whose levels stay as they were; the first of them."""
        rows = read_back.unread_rows or ()
        return format_html_join("", "<div>{}: {}</div>", named(rows)) or "none"


def named(rows: Iterable[dict[str, str]]) -> Iterator[tuple[str, str]]:
    return ((row["sku"] or "no SKU", row["message"]) for row in rows)
