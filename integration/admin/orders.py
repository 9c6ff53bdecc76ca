"""Orders: the list that staff live in, and one order's page."""

from collections.abc import Iterator
from typing import Any

from django.contrib import admin
from django.db.models import F, OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern

from booon_console.lib import clock
from booon_console.lib.admin_parts import (
    Button,
    first_sentence,
    link,
    moment,
    one_of,
    plain,
)
from integration.admin import actions, documents, order_progress, timeline
from integration.admin.awb_desk import AwbDesk
from integration.admin.base import SellerFilter
from integration.admin.exports import Exports
from integration.admin.masking import masked
from integration.admin.mending import revisions_of, said_of
from integration.admin.order_actions import MEND, WITHDRAW, OrderDoors
from integration.admin.order_buyers import OrderBuyers
from integration.admin.order_comparisons import OrderComparisons
from integration.admin.order_fields import FIELDSETS, OrderFields, reason, said_to_be_there
from integration.admin.order_forms import ShipmentForm
from integration.admin.order_imports import OrderImports
from integration.admin.order_selection import OrderSelection
from integration.admin.order_shipment import BUYER, SHIPMENT, shown_details
from integration.admin.periods import period
from integration.admin.presence import ToldOfEachOther
from integration.bulk import selection
from integration.models import (
    BulkRun,
    Order,
    OrderLine,
    OrderReason,
    ReplacedAwb,
    ShipmentDetails,
    Stage,
    SyncJob,
)
from integration.monitoring import order_checks
from integration.monitoring.front_page.order_needs import is_stuck
from integration.monitoring.order_findings import Act, Finding
from integration.orders import corrections, couriers, shipments
from integration.orders.addresses import sent_addresses
from integration.reconciliation import schedule
from integration.sync import error_dictionary

MEND_LABEL = "Mend it and send again…"


class StuckFilter(admin.SimpleListFilter):
    """By whether it waits for a person, as the front page and the sellers' board count them."""

    title = "stuck"
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Waits for a person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(is_stuck(clock.now()))


@admin.display(description="amount")
def worth(order: Any) -> str:
    """In rupees, what the buyer pays in all: `for_export` has summed the lines."""
    return f"{(order.of_lines or 0) + order.shipping_charge - order.discount:.2f}"


@admin.display(description="courier")
def courier(order: Order) -> str:
    shipment = getattr(order, "shipment", None)
    return shipment.courier if shipment else ""


@admin.register(Order)
class OrderAdmin(
    OrderFields,
    ToldOfEachOther,
    Exports,
    OrderSelection,
    OrderComparisons,
    OrderImports,
    OrderBuyers,
    OrderDoors,
):
    change_form_template = "console/order.html"
    freeze_permission = actions.RETRY
    list_display = [
        "order_number",
        link("seller", "seller", "name"),
        link("location", "location", "location_key"),
        "stage_shown",
        reason,
        "awb",
        plain("easyecom_order_id", "EasyEcom id"),
        moment("updated_at", "changed"),
    ]
    export_also = (
        moment("ordered_at", "ordered"),
        moment("created_at", "taken"),
        "payment_mode",
        worth,
        "collectable_amount",
        courier,
        moment("manifested_at", "manifested"),
        "manifest_number",
    )
    list_filter = [
        one_of("stage", Stage.choices),
        one_of("blocked_reason", [(each, first_sentence(each.label)) for each in OrderReason]),
        StuckFilter,
        SellerFilter,
        period("created_at", "taken"),
    ]
    related = ("seller", "location", "shipment")
    ordering = ["-updated_at", "-id"]
    search_sources = (
        (Order, "order_number", "pk"),
        (Order, "easyecom_order_id", "pk"),
        (Order, "easyecom_invoice_id", "pk"),
        (ShipmentDetails, "awb_number", "order_id"),
        (ReplacedAwb, "awb_number", "order_id"),
        (OrderLine, "sku", "order_id"),
    )
    search_help_text = (
        "The beginning of an order number, EasyEcom order or invoice id, AWB or SKU, case as it is."
    )

    fieldsets = FIELDSETS

    def for_export(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        of_order = OrderLine.objects.filter(order=OuterRef("pk")).order_by().values("order")
        each = F("unit_price") * F("quantity") - F("discount")
        return rows.annotate(of_lines=Subquery(of_order.values(total=Sum(each))))

    def facts(self, request: HttpRequest, row: Order) -> dict[str, Any]:
        shipment = getattr(row, "shipment", None)
        now = clock.now()
        checked = list(order_checks.run_checks(row, now))
        may_ship = actions.may(request, SHIPMENT) and shipments.takes_shipment(row)
        job = SyncJob.objects.filter(order=row).first()
        moves = order_progress.movement(row, job, now)
        found = [
            (finding, [] if moves else self.buttons_for(finding, request, row, may_ship))
            for _, finding in checked
            if finding is not None
        ]
        is_calm = all(finding.is_calm for finding, _ in found)
        return {
            "moves": moves,
            "buttons": self.buttons(request, row, found, is_moving=bool(moves)),
            "way": order_progress.way(row, now),
            "lines": [(line, said_of(row, line.line_id, line.sku)) for line in row.lines.all()],
            "cancelled_lines": row.cancelled_lines,
            "revisions": revisions_of(row, whole=False),
            "shipment": shipment,
            "links": [
                said_to_be_there(getattr(shipment, name, ""))
                for name in ("label_url", "invoice_url")
            ],
            "documents": self.document_buttons(request, row),
            "form": ShipmentForm(
                initial=shown_details(shipment) | {"seen": shipments.version_of(shipment)}
            )
            if may_ship
            else None,
            "shipment_url": self.url_of(row, "shipment"),
            "couriers": couriers.used() if may_ship else [],
            "replaced": row.replaced_awbs.all(),
            "replace_url": (
                self.url_of(row, "replace_awb")
                if may_ship and shipments.is_replaceable(shipment, row)
                else ""
            ),
            "buyer": masked(sent_addresses(row)[0]),
            # A reason that has passed stands until the next try.
            "banner": "" if found else row.blocked_message,
            "banner_tone": "wait",
            "findings": found,
            "is_calm": is_calm,
            "fine": [name for name, finding in checked if finding is None],
            # Where a finding says it, it says it once.
            "known": None
            if any(finding.meaning for finding, _ in found)
            else next(iter(error_dictionary.explained(row.refusal_words).values()), None),
            "buyer_url": self.url_of(row, "buyer") if actions.may(request, BUYER) else "",
            "job": job,
            "timeline": (entries := timeline.of_page(row)),
            "last_call": timeline.last_call_at(entries),
            "most": timeline.MOST_OF_EACH,
            "is_asked_for": any(finding.act == Act.SHIP for finding, _ in found),
            # Whether Save is no primary button, and what is a finding's words already.
            "has_primary": bool(found and (moves or is_calm or found[0][1])),
            "note": ""
            if row.easyecom_note in [each.sentence for each, _ in found]
            else row.easyecom_note,
        }

    def document_buttons(self, request: HttpRequest, order: Order) -> list[Button]:
        """One for each document of the order, for whoever may read the buyer."""
        if not actions.may(request, BUYER):
            return []
        url, known = self.url_of(order, "document"), documents.addresses(order)
        return [
            Button(f"Open {documents.WORDS[name]}", url, hidden=(("document", name),))
            for name in known
        ]

    def buttons(
        self,
        request: HttpRequest,
        order: Order,
        found: list[tuple[Finding, list[Button]]],
        *,
        is_moving: bool,
    ) -> list[Button]:
        """Beside what the findings offer; while it moves nothing that would only be in its way."""
        findings = [finding for finding, _ in found]
        offered = {button.url for _, each in found for button in each}
        acts = [] if is_moving else [*self.acts(request, order, findings)]
        buttons = [button for button in acts if button.url not in offered]
        if actions.may(request, WITHDRAW) and corrections.is_changeable(order):
            warning = order_progress.withdraw_warning(order)
            buttons.append(Button("Withdraw", self.url_of(order, "withdraw"), warning))
        return [
            *buttons,
            Button("Download evidence", self.url_of(order, "evidence"), is_download=True),
        ]

    def acts(self, request: HttpRequest, order: Order, findings: list[Finding]) -> Iterator[Button]:
        """What may bring it on."""
        if self.may_mend(request, order):
            yield Button(MEND_LABEL, self.url_of(order, "mend"))
        helps = order_checks.retry_helps(order, findings)
        if helps and actions.may(request, actions.RETRY):
            yield Button("Retry", self.url_of(order, "retry"))
        if actions.may(request, actions.RECONCILE) and order.stage in schedule.OPEN:
            yield Button("Compare with EasyEcom", self.url_of(order, "reconcile"))

    def buttons_for(
        self, finding: Finding, request: HttpRequest, order: Order, may_ship: bool
    ) -> list[Button]:
        """What may be done about a finding; one of them only, but where two ways lead on."""

        def url_of(door: str) -> str:
            return self.url_of(order, door)

        url = self.resolve_url(request, order) if finding.act == Act.SAY else ""
        if url:
            return [Button("Say what EasyEcom shows", url, is_link=True)]
        if finding.act == Act.MEND and self.may_mend(request, order):
            return [Button(MEND_LABEL, url_of("mend"))]
        may_choose = finding.act == Act.CHOOSE_AWB and actions.may(request, SHIPMENT)
        if may_choose and shipments.has_conflict(getattr(order, "shipment", None), order):
            return order_progress.awb_buttons(order, url_of)
        button = order_progress.button_for(finding, request, url_of, may_ship=may_ship)
        return [button] if button else []

    def may_mend(self, request: HttpRequest, order: Order) -> bool:
        may = actions.may(request, MEND) and actions.may(request, BUYER)
        return may and corrections.may_mend(order)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The page, or what of it is renewed while the order moves."""
        answer = super().render_change_form(request, context, *args, **kwargs)
        if "HX-Request" in request.headers and isinstance(answer, TemplateResponse):
            answer.template_name = "console/_order_renewed.html"
        return answer

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may = {"may_give": actions.may(request, SHIPMENT)}
        return super().changelist_view(request, may | (extra_context or {}))

    def frozen(self, rows: QuerySet[Order], filters: str, actor: str) -> BulkRun | None:
        found = SyncJob.objects.filter(order__in=rows.order_by().select_related(None).values("pk"))
        return selection.jobs(found, filters=filters, actor=actor, now=clock.now())

    def get_urls(self) -> list[URLPattern]:
        desk = AwbDesk(self.model, self.admin_site)
        return [
            *self.import_pages(),
            *desk.desk_pages(),
            *self.buyer_pages(),
            *self.comparison_pages(),
            *self.doors(),
            *super().get_urls(),
        ]
