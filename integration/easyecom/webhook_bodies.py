"""Which lines a webhook's body has, in all the wrappings that were seen (contract, 7 and 8)."""

from collections.abc import Callable
from dataclasses import dataclass

from integration.easyecom.stock_lines import LEVEL_FIELDS
from integration.easyecom.strict_json import Unreadable

MOST_LINES = 5_000

# Triggers that somebody may point at one of our URLs by mistake, by a key that only they have.
_OTHER_TRIGGERS = {
    "shipments": ("batch_manifest", "This is a Batch Manifest; its URL is not for that trigger."),
    "currentShippingStatus": ("tracking", "This is a Tracking update; its URL is not for that."),
}
_INVENTORY_BODY = ("inventory_body", "This is an inventory update on the URL for manifests.")
_ORDER_BODY = ("order_body", "This is an order on the URL for inventory updates.")
_ORDER_FIELDS = ("order_items", "suborders", "reference_code", "order_status", "invoice_id")


@dataclass(frozen=True, slots=True)
class _Topic:
    """Its own wrapper and kind of line, and those of the other topic."""

    wrapper: str
    other_wrapper: str
    is_own: Callable[[dict[str, object]], bool]
    is_other: Callable[[dict[str, object]], bool]
    refusal: tuple[str, str]


def inventory_rows(parsed: object) -> list[object]:
    """The lines of an Inventory Update. Raises Unreadable for anything else."""
    return _rows(parsed, _INVENTORY)


def order_rows(parsed: object) -> list[object]:
    """The orders of a Manifested webhook. Raises Unreadable for anything else."""
    return _rows(parsed, _MANIFESTED)


def _is_level(row: dict[str, object]) -> bool:
    return "sku" in row or any(field in row for field in LEVEL_FIELDS)


def _is_order(row: dict[str, object]) -> bool:
    return any(field in row for field in _ORDER_FIELDS)


_INVENTORY = _Topic("inventoryData", "orders", _is_level, _is_order, _ORDER_BODY)
_MANIFESTED = _Topic("orders", "inventoryData", _is_order, _is_level, _INVENTORY_BODY)


def _rows(parsed: object, topic: _Topic) -> list[object]:
    rows = _unwrapped(parsed, topic)
    if len(rows) > MOST_LINES:
        raise Unreadable("too_many_lines", f"The body has more than {MOST_LINES} lines.")
    if rows or not isinstance(parsed, dict):
        _refuse_foreign([row for row in rows if isinstance(row, dict)], topic)
    return rows


def _unwrapped(parsed: object, topic: _Topic) -> list[object]:
    """Through `[...]`, `[[...]]` and the topic's own wrapper, in any mix of them."""
    rows: list[object] = []
    for outer in _items(parsed, topic):
        for inner in _items(outer, topic):
            rows.extend(_items(inner, topic))
    return rows


def _items(value: object, topic: _Topic) -> list[object]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict) and topic.wrapper in value:
        inside = value[topic.wrapper]
        if not isinstance(inside, list | dict):
            raise Unreadable("wrong_shape", f"What stands under {topic.wrapper} is no list.")
        return inside if isinstance(inside, list) else [inside]
    return [value]


def _refuse_foreign(rows: list[dict[str, object]], topic: _Topic) -> None:
    """One line of another kind is a bad line; a body of nothing else came to the wrong URL."""
    refusals = [_refusal(row, topic) for row in rows]
    if not refusals:
        raise Unreadable("wrong_shape", "The body holds no lines.")
    if refusals[0] is not None and all(refusals):
        raise Unreadable(*refusals[0])


def _refusal(row: dict[str, object], topic: _Topic) -> tuple[str, str] | None:
    for key, refusal in _OTHER_TRIGGERS.items():
        if key in row:
            return refusal
    if topic.is_own(row):
        return None
    if topic.other_wrapper in row or topic.is_other(row):
        return topic.refusal
    return ("wrong_shape", "The body holds nothing like the lines of this trigger.")
