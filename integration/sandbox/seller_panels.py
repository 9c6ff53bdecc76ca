"""The panels of what a seller has set up: stock, webhooks, carriers."""

from integration.sandbox.hooks import STYLES, TRIGGERS
from integration.sandbox.markup import Markup, el, join
from integration.sandbox.parts import (
    Row,
    age,
    choice,
    columns,
    empty,
    field,
    form,
    number,
    panel,
    table,
)

SHOWN_SKUS = 12
NO_FILL = {"autocomplete": "new-password"}


def stock(state: Row, sku: str) -> Markup:
    note = "A change is posted to the location's Inventory webhook."
    keys = _location_keys(state)
    if not keys:
        return panel("stock", "Stock", note, empty("No location. Post one to /sandbox/accounts."))
    change = form(
        "levels",
        field("Location", choice("location_key", keys)),
        field("SKU", el("input", name="sku", required=True, value=sku)),
        field("Quantity", _quantity()),
        el("button", "Set level"),
        class_="row",
    )
    find = el(
        "form",
        field("Find SKU", el("input", name="sku", value=sku, type="search")),
        el("button", "Find", class_="quiet"),
        method="get",
        action="/#stock",
        class_="row",
    )
    return panel("stock", "Stock", note, change, find, _levels(state["stock"], sku))


def _quantity() -> Markup:
    return el(
        "input", name="quantity", required=True, type="number", min="0", max="999999", step="1"
    )


def _levels(stock: dict[str, dict[str, int]], sku: str) -> Markup:
    """A row for each SKU, a column for each location."""
    names = sorted({name for levels in stock.values() for name in levels})
    found = [name for name in names if sku.lower() in name.lower()]
    if not found:
        hint = f"No SKU has “{sku}” in it." if sku else "No products. Post some to the account."
        return empty(hint)
    rows = [
        el(
            "tr",
            el("th", name, scope="row"),
            [number(levels.get(name, "–")) for levels in stock.values()],
        )
        for name in found[:SHOWN_SKUS]
    ]
    heads = [("SKU", False), *((key, True) for key in stock)]
    rest = len(found) - SHOWN_SKUS
    more = el("p", f"and {rest} more: find one by its SKU.", class_="note") if rest > 0 else None
    return join(table(heads, rows), more)


def webhooks(state: Row) -> Markup:
    note = "As a seller sets them: Account Settings → Other settings → Webhook Settings."
    set_hook = form(
        "webhooks",
        field("Location", choice("location_key", _location_keys(state))),
        field("Trigger", choice("trigger", list(TRIGGERS))),
        field("Header", choice("style", list(STYLES))),
        field("URL", el("input", name="url", type="url", required=True, placeholder="http://…")),
        field("Token", el("input", name="token", type="password", required=True, **NO_FILL)),
        el("button", "Set webhook"),
        class_="row",
    )
    if not state["webhooks"]:
        hint = "None set. The console shows a URL and a token for each when a location goes live."
        return panel("webhooks", "Webhooks", note, empty(hint), set_hook)
    return panel(
        "webhooks", "Webhooks", note, [_hook(hook) for hook in state["webhooks"]], set_hook
    )


def _hook(hook: Row) -> Markup:
    counts = f"{hook['delivered']} delivered, {hook['waiting']} waiting, {hook['failures']} failed"
    if hook["easyecom_would"]:
        counts += f"; EasyEcom: {hook['easyecom_would']}"
    title = el("h3", hook["trigger"], " · ", hook["location_key"])
    url = el("p", hook["url"], class_="url")
    return el("article", title, url, el("p", counts), el("p", _last(hook["last"])))


def _last(last: Row | None) -> Markup:
    if last is None:
        return join("Nothing sent yet.")
    result = last["status"] or last["error"]
    style = "good" if last["status"] == 200 else "bad"
    tail = f" {age(last['at'])} ago, try {last['attempt']}: {last['about']}"
    return join(el("b", result, class_=style), tail)


def carriers(state: Row) -> Markup:
    note = (
        "Add Carrier Credentials belongs once to a location: a second row is a fault of the caller."
    )
    rows = []
    for key in _location_keys(state):
        mine = [one for one in state["carriers"] if one["location_key"] == key]
        rows += [_carrier(one, is_second=place > 0) for place, one in enumerate(mine)]
    if not rows:
        hint = "No carrier is registered. Onboard the seller in the console."
        return panel("carriers", "Carriers", note, empty(hint))
    return panel(
        "carriers", "Carriers", note, table(columns("Location | Carrier | Id | Added"), rows)
    )


def _carrier(carrier: Row, is_second: bool) -> Markup:
    mark = el("b", " registered again", class_="bad") if is_second else None
    return el(
        "tr",
        el("th", carrier["location_key"], mark, scope="row"),
        el("td", carrier["carrier_id"], class_="id"),
        el("td", carrier["company_carrier_id"], class_="id"),
        el("td", age(carrier["added_at"]), " ago"),
    )


def _location_keys(state: Row) -> list[str]:
    return list(state["stock"])
