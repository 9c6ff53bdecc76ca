"""The AWB desk: orders that wait for courier and AWB, the oldest first, and AWBs of many at once:
typed into the grid, pasted, or from a CSV file; shown first, and given once somebody has said so.
"""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, reverse

from booon_console.lib import clock
from booon_console.lib.search import CAP, render_count
from booon_console.lib.tables import BadFile
from integration.admin import awb_results
from integration.admin.file_imports import NOT_KEPT, FileImports, csv_file, is_too_large
from integration.admin.labels import is_late
from integration.admin.order_shipment import SHIPMENT
from integration.models import Doubt, Drain, Order, OrderFile, OrderReason, Stage, reasons
from integration.orders import awb_file, couriers
from integration.orders.awb_file import Row
from integration.sync import wakeup
from sellers import scope

# Ids of orders that were ticked in the list, with commas.
CHOSEN = "orders"
# Rows of the grid; the rest comes once these have theirs.
MOST = 200
# Of digits; a database has no longer ones.
LONGEST_ID = 19
MOST_CONFLICTS = 50
MOST_SHOWN = 500
# What EasyEcom has taken.
TAKEN = (Stage.CARRIER_ASSIGNED, Stage.MANIFESTED)
# So long the page of a list looks again by itself whether EasyEcom took its rows.
RENEWED_FOR = timedelta(minutes=15)
PASTED = "Pasted AWBs"
TYPED = "Typed AWBs"


class AwbForm(forms.Form):
    """AWBs as pasted lines or as a file; a courier for the rows that name none."""

    lines = forms.CharField(
        label="Paste from your sheet",
        required=False,
        strip=False,
        max_length=awb_file.MOST_BYTES,
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "class": "sheet"}),
        help_text="Two columns: order, AWB. Or up to five: order, courier, AWB, label, invoice.",
    )
    file = forms.FileField(
        label="Or a CSV file",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"empty": "The file is empty."},
    )
    courier = forms.CharField(
        label="Courier of the rows without one",
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"list": "couriers", "autocomplete": "off"}),
    )

    def clean(self) -> None:
        """What was given as rows; the file before the lines."""
        upload, lines = self.cleaned_data.get("file"), self.cleaned_data.get("lines", "")
        if self.errors:
            return
        try:
            self.rows = awb_file.parse(upload.read()) if upload else awb_file.parse_pasted(lines)
        except BadFile as problem:
            self.add_error("file" if upload else "lines", str(problem))
            return
        for row in self.rows:
            row.cells["courier"] = row.cells.get("courier") or self.cleaned_data["courier"]
        self.name = (upload.name or "file")[:200] if upload else PASTED


class AwbDesk(FileImports):
    """Not registered: its pages stand under the orders'."""

    file_model = OrderFile
    columns = awb_file.COLUMNS
    example = awb_file.EXAMPLE
    template_name = "awbs-template.csv"
    upload_page, file_page = "awbs", "awbs_file"

    def desk_pages(self) -> list[URLPattern]:
        return [
            self.import_page("awbs/", self.desk, "awbs"),
            self.import_page("awbs/template.csv", self.template, "awbs_template"),
            self.import_page("awbs/<uuid:file_id>/", self.imported, "awbs_file"),
            self.import_page("awbs/<uuid:file_id>/refused.csv", self.refused, "awbs_refused"),
        ]

    def may_import(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request) and request.user.has_perm(SHIPMENT)

    def desk(self, request: HttpRequest) -> HttpResponse:
        self.demand_import(request)
        form = AwbForm()
        typed = list(typed_rows(request.POST))
        if request.method == "POST" and typed:
            return self.shown(request, typed, TYPED)
        if request.method == "POST":
            form = AwbForm(request.POST, request.FILES)
            if is_too_large(request):
                form.errors["file"] = form.error_class([awb_file.TOO_LARGE])
            elif form.is_valid():
                return self.shown(request, form.rows, form.name)
        seller = request.GET.get("seller", "").replace("\x00", "")
        chosen = chosen_ids(request.GET.get(CHOSEN, ""))
        orders = waiting(request.user, seller, chosen)
        some = list(orders[: MOST + 1])
        return self.page(
            request,
            "console/awb_desk.html",
            title="AWB desk",
            form=form,
            orders=[(order, is_late(order)) for order in some[:MOST]],
            has_more=len(some) > MOST,
            in_all=render_count(orders[: CAP + 1].count()),
            most=MOST,
            late=sum(is_late(order) for order in some[:MOST]),
            seller=seller,
            chosen=len(chosen or ()),
            couriers=couriers.used(),
            conflicts=[
                (order, order.shipment.at_easyecom or ())
                for order in conflicts(request.user)[:MOST_CONFLICTS]
            ],
            here=reverse("admin:integration_order_awbs"),
        )

    def shown(self, request: HttpRequest, rows: list[Row], name: str) -> HttpResponse:
        """To the page that says what each would do."""
        awb_results.mark_seen(rows, request.user)
        return self.kept(request, OrderFile(name=name, body=awb_file.kept(rows)))

    def unreadable(self, file: OrderFile) -> str:
        return "" if awb_file.is_kept(bytes(file.body)) else NOT_KEPT

    def preview(self, request: HttpRequest, file: OrderFile) -> HttpResponse:
        verdicts = awb_results.verdicts_of(file)
        writes = sum(verdict.writes for verdict in verdicts)
        given = [verdict.order for verdict in verdicts if verdict.writes and verdict.order]
        taken = sum(order.stage in TAKEN for order in given)
        open_ = [order for order in given if order.stage not in TAKEN]
        stopped = sum(order.blocked_reason not in reasons.GO_ON for order in open_)
        is_fresh = file.begun_at is not None and clock.now() - file.begun_at < RENEWED_FOR
        return self.page(
            request,
            "console/awb_preview.html",
            title=file.name,
            file=file,
            is_under_way=file.begun_at is not None and file.results is None,
            counts=awb_results.counted(verdicts),
            writes=writes,
            taken=taken,
            stopped=stopped,
            left=len(given) - taken - stopped,
            renews=file.results is not None and is_fresh and taken + stopped < len(given),
            here=request.path,
            has_refused=any(verdict.is_refused for verdict in verdicts),
            verdicts=sorted(verdicts, key=awb_results.first_to_look_at)[:MOST_SHOWN],
            more=max(0, len(verdicts) - MOST_SHOWN),
        )

    def carry_out(self, request: HttpRequest, file: OrderFile) -> str:
        verdicts = awb_results.carry_out(file, request.user.get_username())
        wakeup.after_commit(Drain.Kind.OUTBOX)
        return f"{file.name}: {awb_results.in_words(verdicts)}."

    def refused(self, request: HttpRequest, file_id: UUID) -> HttpResponse:
        """The refused rows with their reasons; put right, the file can be given again."""
        self.demand_import(request)
        file = self.file_of(request, file_id)
        if file is None or self.unreadable(file):
            return self.again(request, NOT_KEPT)
        return csv_file("refused-awbs.csv", awb_results.refused_rows(awb_results.verdicts_of(file)))


def typed_rows(post: Any) -> Iterator[Row]:
    """Of the grid: the rows in which an AWB was typed."""
    orders, sellers = post.getlist("order_number"), post.getlist("seller")
    typed = zip(orders, sellers, post.getlist("courier"), post.getlist("awb_number"), strict=False)
    for place, (order, seller, courier, awb) in enumerate(typed, start=1):
        if awb.strip():
            cells = {"order_number": order, "seller": seller, "awb_number": awb}
            yield Row(
                place, cells | {"courier": courier.strip() or post.get("courier_for_all", "")}
            )


def chosen_ids(typed: str) -> list[int] | None:
    """None where none were chosen, and all are meant."""
    words = [word for word in typed.split(",")[:MOST] if word.isascii() and word.isdigit()]
    return [int(word) for word in words if len(word) < LONGEST_ID] if typed else None


def waiting(user: Any, seller: str, chosen: list[int] | None) -> QuerySet[Order]:
    """Those that EasyEcom has and Booon gave no AWB for, the oldest first; of `chosen` only."""
    orders = Order.objects.filter(
        stage=Stage.AWAITING_CARRIER,
        shipment__isnull=True,
        doubt=Doubt.NONE,
        cancelled_at_easyecom__isnull=True,
    )
    if seller:
        orders = orders.filter(seller__code=seller)
    if chosen is not None:
        orders = orders.filter(pk__in=chosen)
    mine = scope.within(orders, user, "seller").select_related("seller", "location")
    return mine.defer("location__token").order_by("stage_since", "pk")


def conflicts(user: Any) -> QuerySet[Order]:
    """Those for which EasyEcom holds another AWB."""
    orders = Order.objects.filter(
        blocked_reason=OrderReason.AWB_CONFLICT, shipment__at_easyecom__isnull=False
    )
    mine = scope.within(orders, user, "seller").select_related("seller", "shipment")
    return mine.order_by("blocked_since", "pk")
