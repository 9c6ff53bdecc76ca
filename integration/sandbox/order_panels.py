"""The panels of orders: Failed Orders, and those that have their AWB."""

from typing import Any

from integration.sandbox.markup import Markup, el
from integration.sandbox.parts import Row, age, columns, empty, form, number, panel, table

SHOWN_ORDERS = 25


def failed_orders(orders: list[Row]) -> Markup:
    note = "Pushed and waiting for a carrier. That is expected, not an error."
    if not orders:
        hint = "Nothing waits. Push an order from the console and it stands here until its AWB."
        return panel("failed", "Failed Orders", note, empty(hint), wide=True)
    rows = [_failed_row(order) for order in orders[: -SHOWN_ORDERS - 1 : -1]]
    orders_table = table(columns("Order | Age | Lines | Total #| Location | Invoice id"), rows)
    more = _more(SHOWN_ORDERS, len(orders), "orders")
    return panel("failed", "Failed Orders", note, orders_table, more, wide=True)


def _failed_row(order: Row) -> Markup:
    return el(
        "tr",
        el("th", order["order_number"], scope="row"),
        el("td", age(order["received_at"]), class_="short"),
        el("td", _lines(order), class_="text"),
        number(f"₹ {order['total_amount']}"),
        el("td", order["location_key"]),
        el("td", order["invoice_id"], class_="id"),
    )


def _lines(order: Row) -> str:
    return ", ".join(f"{line['quantity']} × {line['sku']}" for line in order["lines"])


def with_awb(orders: list[Row]) -> Markup:
    note = "Packed by the seller. Manifest one to post the Manifested webhook; again repeats it."
    if not orders:
        hint = "No order has an AWB yet. Give one its shipment details in the console."
        return panel("awb", "Orders with AWB", note, empty(hint), wide=True)
    rows = [_awb_row(order) for order in orders[: -SHOWN_ORDERS - 1 : -1]]
    orders_table = table(columns("Order | | Courier | AWB | Manifest | Location"), rows)
    more = _more(SHOWN_ORDERS, len(orders), "orders")
    return panel("awb", "Orders with AWB", note, orders_table, more, wide=True)


def _awb_row(order: Row) -> Markup:
    word = "Again" if order["manifested_at"] else "Manifest"
    style = "quiet" if order["manifested_at"] else None
    button = el("button", word, class_=style, aria_label=f"{word} {order['order_number']}")
    return el(
        "tr",
        el("th", order["order_number"], scope="row"),
        el("td", form("manifest", _hidden("invoice_id", order["invoice_id"]), button)),
        el("td", order["awb"]["courier"]),
        el("td", order["awb"]["awb_number"], class_="id"),
        el("td", order["manifest_no"] or "–", class_="id"),
        el("td", order["location_key"]),
    )


def _hidden(name: str, value: Any) -> Markup:
    return el("input", type="hidden", name=name, value=value)


def _more(shown: int, of: int, what: str) -> Markup | None:
    return el("p", f"The newest {shown} of {of} {what}.", class_="note") if of > shown else None
