"""The page's heading and its panels, each a picture of one part of the state."""

from datetime import datetime

from integration.sandbox.markup import Markup, el
from integration.sandbox.order_panels import failed_orders, with_awb
from integration.sandbox.parts import Row, columns, empty, number, panel, table
from integration.sandbox.seller_panels import carriers, stock, webhooks


def heading(state: Row, address: str, received: int) -> Markup:
    shipped = sum(1 for order in state["orders"] if order["manifested_at"])
    figures = (
        (len(state["failed_orders"]), "in Failed Orders"),
        (len(state["awbs"]) - shipped, "with AWB"),
        (shipped, "manifested"),
        (received, "requests received"),
    )
    return el(
        "header",
        el("div", el("h1", "EasyEcom sandbox"), el("p", "A stand-in at ", el("code", address))),
        el("ul", [el("li", el("b", n), " ", word) for n, word in figures], class_="figures"),
        el("a", "Refresh", href="/", class_="button quiet"),
    )


def body(state: Row, ledger: list[Row], address: str, sku: str) -> Markup:
    if not state["accounts"]:
        return el("main", _no_account(address), _ledger(ledger))
    return el(
        "main",
        failed_orders(state["failed_orders"]),
        with_awb([order for order in state["orders"] if order["awb"]]),
        stock(state, sku),
        el("div", webhooks(state), carriers(state), _faults(state["faults"]), class_="stack"),
        _ledger(ledger),
    )


def _no_account(address: str) -> Markup:
    command = (
        f"curl {address}/sandbox/accounts -H 'Content-Type: application/json' -d '\n"
        '{"email": "ops@seller.example", "password": "secret", "products": 50,\n'
        ' "locations": [{"location_key": "ne1", "name": "Bengaluru", "city": "Bengaluru",'
        ' "state": "Karnataka"}]}\''
    )
    text = "Set up a seller's account, then point EASYECOM_BASE_URL of the console here:"
    return panel("start", "No seller yet", text, el("pre", command, tabindex="0"), wide=True)


def _faults(faults: list[Row]) -> Markup | None:
    if not faults:
        return None
    rows = [
        el(
            "tr",
            el("th", fault["kind"], scope="row"),
            el("td", fault["fault"]),
            number("for ever" if fault["times"] is None else fault["times"] - fault["used"]),
        )
        for fault in faults
    ]
    note = "What the next matching requests will meet. DELETE /sandbox/faults ends them."
    return panel("faults", "Faults", note, table(columns("Kind | Fault | Left #"), rows))


def _ledger(lines: list[Row]) -> Markup:
    note = "Every request as it came, newest first: the witness that tests count by."
    if not lines:
        return panel("ledger", "Ledger", note, empty("Nobody has called yet."), wide=True)
    lines_table = table(
        columns("No #| Time | Call | Location | Order | Took effect | Answer | Fault"), _rows(lines)
    )
    return panel("ledger", "Ledger", note, lines_table, wide=True)


def _rows(lines: list[Row]) -> list[Markup]:
    return [
        el(
            "tr",
            number(line["n"]),
            el("td", datetime.fromisoformat(line["at"]).strftime("%H:%M:%S")),
            el("th", line["kind"], scope="row"),
            el("td", line["location_key"]),
            el("td", line["order_number"]),
            el("td", "yes" if line["committed"] else "–"),
            el("td", _answered(line)),
            el("td", line["fault"]),
        )
        for line in lines
    ]


def _answered(line: Row) -> Markup:
    if line["status"] is None:
        return el("b", "none", class_="bad")
    is_good = line["status"] == 200 and line["code"] in (None, 200)
    code = f" / {line['code']}" if line["code"] is not None else ""
    return el("span", line["status"], code, class_="good" if is_good else "bad")
