"""From a look-up's answer to the orders found, and to what the Manifested webhook would have told
of each (docs/easyecom-contract.md#order-look-up).
"""

import json
from collections.abc import Iterable
from typing import Any

from integration.easyecom.calls import Call
from integration.easyecom.envelope import Envelope
from integration.easyecom.parsing import NoEvidence
from integration.easyecom.payloads import ist_text
from integration.easyecom.replies import CancelledLine, FoundOrder, OrdersFound
from integration.easyecom.values import (
    CITY_LIMIT,
    COURIER_LIMIT,
    ID_LIMIT,
    KEY_LIMIT,
    NUMBER_LIMIT,
    absent,
    first_present,
    identifier,
    ist,
    money,
    name,
    object_in,
    quantity,
    sku,
    text,
    unless_bad,
    without_split_suffix,
)

BUYER_LIMIT = 500
REASON_LIMIT = 200
# By one of these an object is known as an order.
_MARKS = ("reference_code", "invoice_id", "order_id", "order_status", "order_items", "suborders")
# Our places of an address, and where a row shows them (docs/easyecom-contract.md#order-look-up).
_BUYER = {
    "shipping.name": ("shipping_name", "customer_name"),
    "shipping.line1": ("address_line_1",),
    "shipping.line2": ("address_line_2",),
    "shipping.city": ("city",),
    "shipping.state": ("state",),
    "shipping.pincode": ("pin_code",),
    "shipping.phone": ("contact_num",),
    "shipping.email": ("email",),
    "billing.name": ("billing_name",),
    "billing.line1": ("billing_address_1",),
    "billing.line2": ("billing_address_2",),
    "billing.city": ("billing_city",),
    "billing.state": ("billing_state",),
    "billing.pincode": ("billing_pin_code",),
    "billing.phone": ("billing_mobile",),
}


def orders_found(call: Call, answer: Envelope) -> OrdersFound:
    """The rows that are about the asked order.

    A row whose reference_code names another order is dropped. One without any is kept, with an
    empty number: EasyEcom was asked for this order only, and taking its row for nothing would say
    "not there" of an order that is, and have it sent twice.
    """
    rows = _rows(answer.data)
    return OrdersFound(tuple(_order(row) for row in rows if _is_asked(call.about, row)))


def _rows(data: object) -> list[dict[str, object]]:
    """Of a list, of `{"orders": [...]}`, of a list of those, or of one order by itself."""
    rows: list[dict[str, object]] = []
    for row in data if isinstance(data, list) else [data]:
        if not isinstance(row, dict):
            raise NoEvidence("its data is not a list of orders")
        inside = row.get("orders", row)
        rows += inside if isinstance(inside, list) else [inside]
    if not all(isinstance(row, dict) for row in rows):
        raise NoEvidence("its data is not a list of orders")
    if not isinstance(data, list) and not all(any(key in row for key in _MARKS) for row in rows):
        # One object may be anything: nothing of an order in it is no answer.
        raise NoEvidence("its data is not an order")
    return rows


def _is_asked(order_number: str, row: dict[str, object]) -> bool:
    """In whatever letter case: to drop our own order could have it sent twice."""
    reference = row.get("reference_code")
    if absent(reference):
        return True
    named = unless_bad(text, "", reference, NUMBER_LIMIT).casefold()
    return order_number.casefold() in (named, without_split_suffix(named))


def _order(row: dict[str, object]) -> FoundOrder:
    lines = _lines(first_present(row, "order_items", "suborders"))
    return FoundOrder(
        order_number=_words(row, "reference_code", NUMBER_LIMIT),
        order_id=_id(row, "order_id"),
        invoice_id=_id(row, "invoice_id"),
        status=_words(row, "order_status", ID_LIMIT),
        location_key=_words(row, "location_key", KEY_LIMIT),
        company_id=_id(row, "warehouse_id", "warehouseId", "company_id"),
        awb_number=_words(row, "awb_number", NUMBER_LIMIT),
        courier=name(row.get("courier"), COURIER_LIMIT),
        manifest_number=_words(row, "manifest_no", NUMBER_LIMIT),
        manifested_at=unless_bad(ist, None, row.get("manifest_date")),
        total=unless_bad(money, None, row.get("total_amount")),
        lines=tuple((_sku(line), _ordered(line)) for line in lines),
        collectable=unless_bad(money, None, row.get("collectable_amount")),
        buyer=tuple(
            (place, shown)
            for place, fields in _BUYER.items()
            if (shown := name(first_present(row, *fields), BUYER_LIMIT))
        ),
        other_skus=tuple(_sku(line, "marketplace_sku") for line in lines),
        cancelled=tuple(filter(None, map(_cancelled, lines))),
        cancellation_reason=name(
            first_present(object_in(row.get("meta")), "cancellation_reason"), REASON_LIMIT
        ),
        changed_at=unless_bad(ist, None, row.get("last_update_date")),
        place_name=name(row.get("company_name")),
        place_city=name(row.get("pickup_city"), CITY_LIMIT),
    )


def _lines(items: object) -> list[dict[str, object]]:
    return [row for row in items if isinstance(row, dict)] if isinstance(items, list) else []


def _sku(row: dict[str, object], field: str = "sku") -> str:
    return unless_bad(sku, "", row.get(field))


def _count(row: dict[str, object], *fields: str) -> int | None:
    return unless_bad(quantity, None, first_present(row, *fields))


def _ordered(row: dict[str, object]) -> int | None:
    return _count(row, "item_quantity", "suborder_quantity")


def _cancelled(row: dict[str, object]) -> CancelledLine | None:
    ordered, cancelled = _ordered(row), _count(row, "cancelled_quantity")
    if not cancelled or ordered is None:
        return None
    return CancelledLine(_sku(row), ordered, cancelled, _count(row, "shipped_quantity") or 0)


def _id(row: dict[str, object], *fields: str) -> str:
    return unless_bad(identifier, "", first_present(row, *fields))


def _words(row: dict[str, object], field: str, limit: int) -> str:
    return unless_bad(text, "", row.get(field), limit)


def manifested_body(invoices: Iterable[FoundOrder]) -> bytes:
    """The bare array of Manifested V2: docs/easyecom-contract.md#8-manifested."""
    rows = [_row(invoice) for invoice in invoices]
    return json.dumps(rows, separators=(",", ":")).encode()


def _row(invoice: FoundOrder) -> dict[str, Any]:
    at = invoice.manifested_at
    return {
        "reference_code": invoice.order_number,
        "order_id": invoice.order_id,
        "invoice_id": invoice.invoice_id,
        "location_key": invoice.location_key,
        "warehouse_id": invoice.company_id,
        "order_status": invoice.status,
        "manifest_date": ist_text(at) if at else None,
        "manifest_no": invoice.manifest_number,
        "courier": invoice.courier,
        "awb_number": invoice.awb_number,
        "order_items": [
            {"sku": its_sku, "item_quantity": count} for its_sku, count in invoice.lines
        ],
    }
