"""From a look-up's answer to the orders found (EasyEcom contract, section 5)."""

from integration.easyecom.calls import Call
from integration.easyecom.envelope import Envelope
from integration.easyecom.parsing import NoEvidence
from integration.easyecom.replies import FoundOrder, OrdersFound
from integration.easyecom.values import (
    COURIER_LIMIT,
    ID_LIMIT,
    KEY_LIMIT,
    NUMBER_LIMIT,
    SKU_LIMIT,
    absent,
    first_present,
    identifier,
    ist,
    level,
    money,
    name,
    text,
    unless_bad,
    without_split_suffix,
)


def orders_found(call: Call, answer: Envelope) -> OrdersFound:
    """The rows that are about the asked order.

    A row whose reference_code names another order is dropped. One without any is kept, with an
    empty number: EasyEcom was asked for this order only, and taking its row for nothing would say
    "not there" of an order that is, and have it sent twice.
    """
    if not isinstance(answer.data, list) or not all(isinstance(row, dict) for row in answer.data):
        raise NoEvidence("its data is not a list of orders")
    return OrdersFound(tuple(_order(row) for row in answer.data if _is_asked(call.about, row)))


def _is_asked(order_number: str, row: dict[str, object]) -> bool:
    reference = row.get("reference_code")
    if absent(reference):
        return True
    named = unless_bad(text, "", reference, NUMBER_LIMIT)
    return order_number in (named, without_split_suffix(named))


def _order(row: dict[str, object]) -> FoundOrder:
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
        lines=_lines(first_present(row, "order_items", "suborders")),
    )


def _lines(items: object) -> tuple[tuple[str, int | None], ...]:
    rows = [row for row in items if isinstance(row, dict)] if isinstance(items, list) else []
    return tuple((_words(row, "sku", SKU_LIMIT), _quantity(row)) for row in rows)


def _quantity(row: dict[str, object]) -> int | None:
    value = first_present(row, "item_quantity", "suborder_quantity")
    return unless_bad(level, None, value)


def _id(row: dict[str, object], *fields: str) -> str:
    return unless_bad(identifier, "", first_present(row, *fields))


def _words(row: dict[str, object], field: str, limit: int) -> str:
    return unless_bad(text, "", row.get(field), limit)
