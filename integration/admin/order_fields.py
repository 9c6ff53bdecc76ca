"""What an order's page and list show of it."""

from typing import Any

from django.contrib import admin
from django.utils.html import format_html
from django.utils.text import Truncator

from booon_console.lib.admin_parts import (
    NONE,
    badge,
    first_sentence,
    link,
    moment,
    money,
    plain,
    when,
)
from booon_console.lib.spoken import rupees_and_paise
from integration.admin import order_progress
from integration.admin.labels import stage_badge
from integration.models import Order
from integration.models.reasons import ORDER_REASONS, REFUSALS
from integration.orders.earlier_revision import total_of
from integration.orders.revisions import body_of

# Of EasyEcom's words in a row of the list; the whole is in the title and on the order's page.
MOST_OF_WORDS = 70

RECORD: list[Any] = [
    "order_number",
    link("seller", "Seller"),
    link("location", "Location"),
    "stage_shown",
    moment("ordered_at", "Ordered"),
    moment("expected_delivery_at", "Expected"),
    moment("created_at", "Booon gave it"),
]
MONEY: list[Any] = [
    "payment_mode",
    "total",
    money("collectable_amount", "To collect (COD)"),
    money("shipping_charge", "Shipping charge"),
    money("discount", "Discount"),
    "paid_through",
]
AT_EASYECOM: list[Any] = [
    plain("easyecom_order_id", "Order id"),
    plain("easyecom_invoice_id", "Invoice id"),
    "first_sent",
    moment("pushed_at", "Taken"),
    moment("cancelled_at_easyecom", "Cancelled there"),
    plain("easyecom_note", "Seen there"),
    "doubt",
    moment("doubt_since", "In doubt since"),
    plain("look_ups", "Look-ups in this doubt"),
    "manifest_number",
    moment("manifested_at", "Manifested"),
    "manifest_label",
    "manifest_invoice",
]
FIELDSETS: list[Any] = [
    ("Order", {"fields": RECORD}),
    ("Money", {"fields": MONEY}),
    ("At EasyEcom", {"fields": AT_EASYECOM}),
]


class OrderFields:
    """What is shown of an order: what is worked out from its columns."""

    @admin.display(description="stage")
    def stage_shown(self, order: Order) -> str:
        return stage_badge(order)

    @admin.display(description="AWB")
    def awb(self, order: Order) -> str:
        shipment = getattr(order, "shipment", None)
        return shipment.awb_number if shipment else ""

    @admin.display(description="First sent")
    def first_sent(self, order: Order) -> str:
        first, last = order_progress.first_sent_at(order), order.push_begun_at
        if first is None or order.revision == 1:
            return when(first)
        again = when(last) if last else "not yet"
        return format_html("{}<br>Revision {}: {}", when(first), order.revision, again)

    @admin.display(description="Total")
    def total(self, order: Order) -> str:
        return rupees_and_paise(total_of(body_of(order)))

    @admin.display(description="Paid through")
    def paid_through(self, order: Order) -> str:
        return " ".join(filter(None, [order.payment_gateway, order.payment_transaction_id])) or NONE

    @admin.display(description="Manifest label")
    def manifest_label(self, order: Order) -> str:
        return said_to_be_there(order.manifest_label_url)

    @admin.display(description="Manifest invoice")
    def manifest_invoice(self, order: Order) -> str:
        return said_to_be_there(order.manifest_invoice_url)


@admin.display(description="reason")
def reason(order: Order) -> str:
    """Why it does not move on; of a refusal EasyEcom's words too, as many as a row has room for."""
    if not order.blocked_reason:
        return ""
    tone = "bad" if order.blocked_reason in ORDER_REASONS else "wait"
    mark = badge(f"{tone} words", first_sentence(order.blocked_message), order.blocked_message)
    if not (words := easyecoms_words(order)):
        return mark
    cut = Truncator(words).chars(MOST_OF_WORDS)
    return format_html('{} <div class="easyecoms" title="{}">{}</div>', mark, words, cut)


def reason_whole(order: Order) -> str:
    """For a file, which has room."""
    if not order.blocked_reason:
        return ""
    return ": ".join(filter(None, [first_sentence(order.blocked_message), easyecoms_words(order)]))


def easyecoms_words(order: Order) -> str:
    """What it said as it refused, as it is kept; "" where it refused nothing."""
    return "; ".join(order.refusal_words) if order.blocked_reason in REFUSALS else ""


reason.raw = reason_whole  # type: ignore[attr-defined]


def said_to_be_there(url: str) -> str:
    """Of a link that carries the buyer's address: only whether there is one."""
    return "given" if url else NONE
