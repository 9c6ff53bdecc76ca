"""The control plane under /sandbox/: what a test, the demo or the page tells the sandbox to do."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from integration.sandbox import indian_time, tokens
from integration.sandbox.checks import BadRequest, Body
from integration.sandbox.entities import Location, Order
from integration.sandbox.hooks import STYLES, TRIGGERS
from integration.sandbox.manifests import manifest
from integration.sandbox.seeding import set_account
from integration.sandbox.seller_acts import act
from integration.sandbox.snapshot import PARTS, order_as_json, snapshot
from integration.sandbox.touchpoints import KINDS
from integration.sandbox.world import World

Answer = dict[str, Any]
MOST_PROMISED = 1_000_000


def control(
    world: World, method: str, path: str, query: dict[str, str], body: object
) -> tuple[int, Answer]:
    """Follow one control call: the HTTP status and the JSON to answer."""
    action = ACTIONS.get((method, path))
    if action is None:
        calls = ", ".join(f"{verb} {where}" for verb, where in sorted(ACTIONS))
        return 404, {"error": f"no such control call; there are: {calls}"}
    try:
        with world.lock:
            return 200, action(world, Body(query if method == "GET" else body))
    except BadRequest as problem:
        return 400, {"error": str(problem)}


def _set_account(world: World, body: Body) -> Answer:
    account = set_account(world, body)
    return {
        "email": account.email,
        "locations": list(account.locations),
        "products": len(account.products),
    }


def _state(world: World, query: Body) -> Answer:
    parts = tuple(part for part in query.text("parts", "").split(",") if part) or PARTS
    unknown = sorted(set(parts) - set(PARTS))
    query.done()
    if unknown:
        raise BadRequest(f"parts: unknown: {', '.join(unknown)}; there are {', '.join(PARTS)}")
    return snapshot(world, parts)


def _ledger(world: World, query: Body) -> Answer:
    after, limit = _number(query, "after", 0), _number(query, "limit", 0)
    query.done()
    lines = world.ledger.after(after or 0, limit or None)
    return {"lines": lines, "last": lines[-1]["n"] if lines else after}


def _deliveries(world: World, query: Body) -> Answer:
    after = _number(query, "after", 0)
    query.done()
    entries = [entry for entry in world.webhooks.log if entry["n"] > after]
    return {
        "deliveries": entries,
        "last": entries[-1]["n"] if entries else after,
        "waiting": world.webhooks.waiting(),
    }


def _number(query: Body, key: str, default: int) -> int:
    text = query.text(key, str(default))
    if not text.isascii() or not text.isdecimal():
        raise query.wrong(key, "a whole number is needed")
    return int(text)


def _set_webhook(world: World, body: Body) -> Answer:
    location, trigger = _location(world, body), body.word("trigger", TRIGGERS)
    url, token = body.text("url"), body.text("token")
    style = body.word("style", STYLES, STYLES[0])
    body.done()
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadRequest("url: an http or https address is needed")
    if not token.isascii() or not token.isprintable():
        raise BadRequest("token: printable ASCII is needed, it travels in a header")
    return world.webhooks.set(location.location_key, trigger, url, token, style).as_json()


def _remove_webhook(world: World, body: Body) -> Answer:
    location, trigger = _location(world, body), body.word("trigger", TRIGGERS)
    body.done()
    return {"removed": world.webhooks.remove(location.location_key, trigger)}


def _set_levels(world: World, body: Body) -> Answer:
    """One level, or many: those of one location travel in one message."""
    rows = body.bodies("levels") if "levels" in body else [body]
    found = [_level(world, row) for row in rows]
    body.done()
    by_location: dict[str, list[str]] = {}
    for location, sku, quantity in found:
        world.set_level(location, sku, quantity)
        by_location.setdefault(location.location_key, []).append(sku)
    told = {key: world.post_levels(world.locations[key], skus) for key, skus in by_location.items()}
    return {"changed": len(found), "posted": told}


def _level(world: World, row: Body) -> tuple[Location, str, int]:
    location, sku = _location(world, row), row.text("sku")
    # Below 0 is more than was there, promised to buyers.
    quantity = row.whole("quantity", least=-MOST_PROMISED)
    row.done()
    if sku not in location.account.products:
        raise BadRequest(f"{row.where}: sku: {sku} is not a product of {location.account.email}")
    return location, sku, quantity


def _rename(world: World, body: Body) -> Answer:
    """A SKU gets another name in its account: its levels move along, and no webhook tells."""
    location, old, new = _location(world, body), body.text("sku"), body.text("new_sku")
    body.done()
    products = location.account.products
    if old not in products or new in products:
        raise BadRequest(f"body: sku: {old} can't become {new} in {location.account.email}")
    products[new] = replace(products.pop(old), sku=new, updated_at=indian_time.now())
    for place in location.account.locations.values():
        if old in place.levels:
            place.levels[new] = place.levels.pop(old)
    return {"renamed": new}


def _manifest(world: World, body: Body) -> Answer:
    """Orders by their number, or by invoice id; those of one location travel in one message.

    With ``hours_ago`` it was done then, and EasyEcom tells of it only now.
    """
    numbers = body.any("order_numbers", []) or []
    if not isinstance(numbers, list):
        raise body.wrong("order_numbers", "a list is needed")
    if "order_number" in body:
        numbers = [body.text("order_number"), *numbers]
    invoice = body.whole("invoice_id", 0)
    key = body.text("location_key", "")
    at = indian_time.now() - timedelta(hours=body.number("hours_ago", 0))
    body.done()
    orders = [order for number in numbers for order in _numbered(world, str(number), key)]
    if invoice:
        orders += [_invoiced(world, invoice)]
    if not orders:
        raise BadRequest("order_number, order_numbers or invoice_id is needed")
    manifest(world, orders, at)
    return {"manifested": [picked(order) for order in orders]}


def _act(world: World, body: Body) -> Answer:
    """One order by its number, else by its invoice id; `act` is one of `ACTS`."""
    number, key = body.text("order_number", ""), body.text("location_key", "")
    invoice = body.whole("invoice_id", 0)
    orders = _numbered(world, number, key) if number else [_invoiced(world, invoice)]
    if len(orders) > 1:
        raise BadRequest("order_number: several orders have it; give a location_key too")
    act(world, orders[0], body)
    return {"order": order_as_json(orders[0])}


def picked(order: Order) -> Answer:
    return {
        "order_number": order.number,
        "invoice_id": order.invoice_id,
        "manifest_no": order.manifest_number,
    }


def _numbered(world: World, number: str, location_key: str) -> list[Order]:
    found = [
        order
        for account in world.accounts.values()
        for order in world.orders_of(account, number)
        if location_key in ("", order.location.location_key)
    ]
    if not found:
        raise BadRequest(f"order_number: no order {number} here")
    return found


def _invoiced(world: World, invoice_id: int) -> Order:
    order = world.orders.get(invoice_id)
    if order is None:
        raise BadRequest(f"invoice_id: no order with {invoice_id} here")
    return order


def _add_fault(world: World, body: Body) -> Answer:
    world.faults.add(body, KINDS)
    return {"faults": world.faults.as_json()}


def _faults(world: World, query: Body) -> Answer:
    return {"faults": world.faults.as_json()}


def _clear_faults(world: World, body: Body) -> Answer:
    world.faults.clear()
    return {"faults": []}


def _settings(world: World, body: Body) -> Answer:
    world.set_switches(world.switches.changed(body.values))
    return {"settings": vars(world.switches).copy()}


def _go_away(world: World, body: Body) -> Answer:
    seconds = body.number("seconds")
    body.done()
    if world.leave is not None:
        world.leave(seconds)
    return {"away": seconds}


def _expire_tokens(world: World, body: Body) -> Answer:
    location = _location(world, body)
    body.done()
    return {"expired": tokens.revoke(world, location.location_key)}


def _reset(world: World, body: Body) -> Answer:
    world.clear()
    return {"reset": True}


def _location(world: World, body: Body) -> Location:
    key = body.text("location_key")
    location = world.locations.get(key)
    if location is None:
        raise BadRequest(f"{body.where}: location_key: no location {key} here")
    return location


ACTIONS: dict[tuple[str, str], Callable[[World, Body], Answer]] = {
    ("POST", "/sandbox/accounts"): _set_account,
    ("GET", "/sandbox/state"): _state,
    ("GET", "/sandbox/ledger"): _ledger,
    ("GET", "/sandbox/deliveries"): _deliveries,
    ("POST", "/sandbox/webhooks"): _set_webhook,
    ("DELETE", "/sandbox/webhooks"): _remove_webhook,
    ("POST", "/sandbox/levels"): _set_levels,
    ("POST", "/sandbox/rename"): _rename,
    ("POST", "/sandbox/manifest"): _manifest,
    ("POST", "/sandbox/order"): _act,
    ("GET", "/sandbox/faults"): _faults,
    ("POST", "/sandbox/faults"): _add_fault,
    ("DELETE", "/sandbox/faults"): _clear_faults,
    ("GET", "/sandbox/settings"): lambda world, query: {"settings": vars(world.switches).copy()},
    ("POST", "/sandbox/settings"): _settings,
    ("POST", "/sandbox/away"): _go_away,
    ("POST", "/sandbox/tokens/expire"): _expire_tokens,
    ("POST", "/sandbox/reset"): _reset,
}
