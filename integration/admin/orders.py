"""Orders: the list that staff live in, and one order's page."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import URLPattern

from booon_console import clock
from booon_console.admin_parts import (
    NONE,
    Button,
    badge,
    first_sentence,
    link,
    moment,
    one_of,
    outward,
    plain,
)
from integration.admin import asks, order_acts, timeline
from integration.admin.buyer import masked
from integration.admin.order_doors import BUYER, SHIPMENT, WITHDRAW, OrderDoors
from integration.admin.order_forms import ShipmentForm
from integration.admin.order_imports import OrderImports
from integration.admin.stages import stage_badge
from integration.bulk_runs import freezing
from integration.comparing import rounds
from integration.entry import intake
from integration.front.attention import ORDER_REASONS
from integration.models import (
    BulkRun,
    Order,
    OrderLine,
    OrderReason,
    ShipmentDetails,
    Stage,
    SyncJob,
)
from integration.trouble import dictionary, stuck
from integration.trouble.stuck import Act, Finding
from sellers.filters import SellerFilter

RECORD: list[Any] = [
    "order_number",
    link("seller", "Seller"),
    link("location", "Location"),
    "stage_shown",
    moment("ordered_at", "Ordered"),
    moment("expected_delivery_at", "Expected"),
    moment("created_at", "Received"),
]
MONEY: list[Any] = [
    "payment_mode",
    "collectable_amount",
    "shipping_charge",
    "discount",
    "paid_through",
]
AT_EASYECOM: list[Any] = [
    plain("easyecom_order_id", "Order id"),
    plain("easyecom_invoice_id", "Invoice id"),
    moment("push_begun_at", "First sent"),
    moment("pushed_at", "Taken"),
    "doubt",
    moment("doubt_since", "In doubt since"),
    "look_ups",
    "manifest_number",
    moment("manifested_at", "Manifested"),
    "manifest_label",
    "manifest_invoice",
]


@admin.register(Order)
class OrderAdmin(OrderImports, OrderDoors):
    change_form_template = "console/order.html"
    freeze_permission = asks.RETRY
    list_display = [
        "order_number",
        link("seller", "seller", "name"),
        link("location", "location", "location_key"),
        "stage_shown",
        "reason",
        "awb",
        plain("easyecom_order_id", "EasyEcom id"),
        moment("updated_at", "changed"),
    ]
    list_filter = [
        one_of("stage", Stage.choices),
        one_of("blocked_reason", [(each, first_sentence(each.label)) for each in OrderReason]),
        SellerFilter,
    ]
    related = ("seller", "location", "shipment")
    ordering = ["-updated_at", "-id"]
    search_sources = (
        (Order, "order_number", "pk"),
        (Order, "easyecom_order_id", "pk"),
        (Order, "easyecom_invoice_id", "pk"),
        (ShipmentDetails, "awb_number", "order_id"),
        (OrderLine, "sku", "order_id"),
    )
    search_help_text = (
        "The beginning of an order number, EasyEcom order or invoice id, AWB or SKU, case as it is."
    )
    fieldsets = [
        ("Order", {"fields": RECORD}),
        ("Money", {"fields": MONEY}),
        ("At EasyEcom", {"fields": AT_EASYECOM}),
    ]

    @admin.display(description="stage")
    def stage_shown(self, order: Order) -> str:
        return stage_badge(order)

    @admin.display(description="reason")
    def reason(self, order: Order) -> str:
        if not order.blocked_reason:
            return ""
        tone = "bad" if order.blocked_reason in ORDER_REASONS else "wait"
        return badge(f"{tone} words", first_sentence(order.blocked_message), order.blocked_message)

    @admin.display(description="AWB")
    def awb(self, order: Order) -> str:
        shipment = getattr(order, "shipment", None)
        return shipment.awb_number if shipment else ""

    @admin.display(description="Paid through")
    def paid_through(self, order: Order) -> str:
        return " ".join(filter(None, [order.payment_gateway, order.payment_transaction_id])) or NONE

    @admin.display(description="Manifest label")
    def manifest_label(self, order: Order) -> str:
        return outward(order.manifest_label_url)

    @admin.display(description="Manifest invoice")
    def manifest_invoice(self, order: Order) -> str:
        return outward(order.manifest_invoice_url)

    def facts(self, request: HttpRequest, row: Order) -> dict[str, Any]:
        shipment = getattr(row, "shipment", None)
        initial = {name: getattr(shipment, name, "") for name in ShipmentForm.base_fields}
        now = clock.now()
        checked = list(stuck.examine(row, now))
        may_ship = asks.may(request, SHIPMENT) and takes_shipment(row)
        found = [
            (finding, self.button_for(finding, request, row, may_ship))
            for _, finding in checked
            if finding is not None
        ]
        return {
            "buttons": self.buttons(request, row),
            "way": order_acts.way(row, now),
            "lines": row.lines.all(),
            "shipment": shipment,
            "links": [
                outward(getattr(shipment, name, "")) for name in ("label_url", "invoice_url")
            ],
            "form": ShipmentForm(initial=initial) if may_ship else None,
            "shipment_url": self.url_of(row, "shipment"),
            "buyer": masked(row.shipping_address),
            # A reason that has passed stands until the next try.
            "banner": "" if found else row.blocked_message,
            "banner_tone": "wait",
            "findings": found,
            "fine": [name for name, finding in checked if finding is None],
            "known": dictionary.explained([row.blocked_detail]).get(row.blocked_detail),
            "buyer_url": self.url_of(row, "buyer") if asks.may(request, BUYER) else "",
            "job": SyncJob.objects.filter(order=row).first(),
            "timeline": timeline.of_order(row),
            "most": timeline.MOST_OF_EACH,
            "is_asked_for": any(finding.act == Act.SHIP for finding, _ in found),
        }

    def buttons(self, request: HttpRequest, order: Order) -> list[Button]:
        buttons = []
        if asks.may(request, asks.RETRY) and order.stage != Stage.WITHDRAWN:
            buttons.append(Button("Retry", self.url_of(order, "retry")))
        if asks.may(request, asks.RECONCILE) and order.stage in rounds.OPEN:
            buttons.append(Button("Compare with EasyEcom", self.url_of(order, "reconcile")))
        if asks.may(request, WITHDRAW) and intake.is_unsent(order):
            warning = "It will never be sent to EasyEcom. Its number can't be used again."
            buttons.append(Button("Withdraw", self.url_of(order, "withdraw"), warning))
        elif order.blocked_reason == OrderReason.REJECTED:
            url = self.resolve_url(request, order)
            buttons += [Button("Withdraw", url, is_link=True)] if url else []
        return [*buttons, Button("Download evidence", self.url_of(order, "evidence"))]

    def button_for(
        self, finding: Finding, request: HttpRequest, order: Order, may_ship: bool
    ) -> Button | None:
        url = self.resolve_url(request, order) if finding.act == Act.SAY else ""
        if url:
            return Button("Say what EasyEcom shows", url, is_link=True)
        return order_acts.button_for(
            finding, request, lambda door: self.url_of(order, door), may_ship=may_ship
        )

    def frozen(self, rows: QuerySet[Order], filters: str, actor: str) -> BulkRun | None:
        found = SyncJob.objects.filter(order__in=rows.order_by().select_related(None).values("pk"))
        return freezing.jobs(found, filters=filters, actor=actor, now=clock.now())

    def get_urls(self) -> list[URLPattern]:
        return [*self.import_pages(), *self.doors(), *super().get_urls()]


def takes_shipment(order: Order) -> bool:
    """Whether details may still be given or changed."""
    shipment = getattr(order, "shipment", None)
    is_open = shipment is None or not (shipment.assign_begun_at or shipment.assigned_at)
    return is_open and order.stage in (Stage.RECEIVED, Stage.AWAITING_CARRIER)
