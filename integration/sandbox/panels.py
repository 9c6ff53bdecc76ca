"""What each panel of the page shows, as plain values."""

from datetime import datetime
from itertools import islice
from typing import Any

from integration.sandbox import indian_time
from integration.sandbox.faults import FAULTS
from integration.sandbox.hooks import STYLES, TRIGGERS
from integration.sandbox.ledger import Line, as_json
from integration.sandbox.seller_acts import ACTS
from integration.sandbox.snapshot import snapshot
from integration.sandbox.switches import CHOICES, Switches
from integration.sandbox.touchpoints import KINDS
from integration.sandbox.world import World

SHOWN_ORDERS = 25
SHOWN_SKUS = 12
SHOWN_REQUESTS = 25
# Acts that need more than the order's number.
NEEDS_MORE = ("cancel_pieces", "move")

Row = dict[str, Any]


def panels(world: World, sku: str = "", seller: str = "", location: str = "") -> Row:
    """All that the page's template shows: of one seller or location, where these are named. Of the
    stock it is the SKUs that have ``sku`` in them."""
    state = snapshot(world)
    places = {one["location_key"]: one for each in state["accounts"] for one in each["locations"]}
    keys = {
        one["location_key"]
        for each in state["accounts"]
        for one in each["locations"]
        if seller in ("", each["email"]) and location in ("", one["location_key"])
    }
    is_narrowed = bool(seller or location)

    def here(rows: list[Row]) -> list[Row]:
        """Those of the locations that are shown, each with its location's name."""
        return [
            {**row, "place": places.get(row["location_key"], {}).get("name", "")}
            for row in rows
            if row["location_key"] in keys or not is_narrowed
        ]

    with_awb = here([order for order in state["orders"] if order["awb"]])
    manifested = sum(1 for order in with_awb if order["manifested_at"])
    stock = {key: levels for key, levels in state["stock"].items() if key in keys}
    lines = (
        line
        for line in reversed(world.ledger.lines)
        if line.location_key in keys or not is_narrowed
    )
    requests = here([as_json(line) | {"line": line} for line in islice(lines, SHOWN_REQUESTS)])
    return {
        "accounts": state["accounts"],
        "seller": seller,
        "location": location,
        "places": [places[key] for key in stock],
        "failed_orders": _newest(here(state["failed_orders"])),
        "orders_with_awb": _newest(with_awb),
        "manifested": manifested,
        "not_manifested": len(with_awb) - manifested,
        "sku": sku,
        "levels": _levels(stock, sku),
        "triggers": TRIGGERS,
        "styles": STYLES,
        "webhooks": [_webhook(hook) for hook in here(state["webhooks"])],
        "carriers": _carriers(here(state["carriers"])),
        "faults": [_fault(fault, places) for fault in state["faults"]],
        "kinds": ("*", *KINDS),
        "mishaps": FAULTS,
        "acts": [act for act in ACTS if act not in NEEDS_MORE],
        "habits": [_habit(name, value) for name, value in state["settings"].items()],
        "received": len(world.ledger.lines),
        "requests": [_request(row) for row in requests],
    }


def _last(rows: list[Any], count: int) -> list[Any]:
    return rows[: -count - 1 : -1]


def _newest(orders: list[Row]) -> Row:
    newest = _last(orders, SHOWN_ORDERS)
    rows = [{**order, "age": _age(order["received_at"])} for order in newest]
    return {"rows": rows, "total": len(orders)}


def _levels(stock: dict[str, dict[str, int]], sku: str) -> Row:
    """A row for each SKU, with a quantity for each location."""
    names = sorted({name for levels in stock.values() for name in levels})
    found = [name for name in names if sku.lower() in name.lower()]
    rows = [
        (name, [levels.get(name, "–") for levels in stock.values()]) for name in found[:SHOWN_SKUS]
    ]
    return {"rows": rows, "more": len(found) - len(rows)}


def _webhook(hook: Row) -> Row:
    last = hook["last"]
    return {**hook, "age": _age(last["at"]) if last else None}


def _carriers(carriers: list[Row]) -> list[Row]:
    """Each with whether its location had one already."""
    rows: list[Row] = []
    for carrier in carriers:
        is_second = any(row["location_key"] == carrier["location_key"] for row in rows)
        rows.append({**carrier, "age": _age(carrier["added_at"]), "is_second": is_second})
    return rows


def _fault(fault: Row, places: dict[str, Row]) -> Row:
    """With whom it meets: one order, one location, or everybody."""
    times, match = fault["times"], fault["match"]
    key = match.get("location_key", "")
    named = places.get(key, {}).get("name", "")
    target = [f"{named} {key}".strip()] if key else []
    target += [f"{name} {value}" for name, value in match.items() if name != "location_key"]
    left = None if times is None else times - fault["used"]
    return {**fault, "left": left, "target": ", ".join(target) or "everybody"}


def _habit(name: str, value: Any) -> Row:
    """A switch as it stands, and what it may be."""
    words = [str(choice) for choice in CHOICES.get(name, ())]
    if isinstance(value, bool):
        words = ["true", "false"]
    is_usual = value == getattr(Switches(), name)
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return {"name": name, "value": shown, "words": ", ".join(words), "is_usual": is_usual}


def _request(row: Row) -> Row:
    line: Line = row.pop("line")
    is_good = line.status == 200 and line.code in (None, 200)
    return {**row, "time": f"{line.at:%H:%M:%S}", "is_good": is_good}


def _age(moment: str) -> str:
    seconds = int((indian_time.now() - datetime.fromisoformat(moment)).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
