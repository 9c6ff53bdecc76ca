"""What EasyEcom pushes to us: stock levels and manifested orders, from a body in any of the
wrappings that were seen to typed lines (docs/easyecom-contract.md#7-and-8-webhooks).

Both readers give one entry for each line, in the body's order, and a bad line never spoils the
others. They raise strict_json.Unreadable for a body that cannot be understood as a whole.
"""

from collections.abc import Callable
from dataclasses import dataclass

from integration.easyecom import strict_json
from integration.easyecom.replies import BadLine, FoundOrder, Level, Manifest
from integration.easyecom.statuses import is_cancelled_word, is_left_word
from integration.easyecom.strict_json import Unreadable
from integration.easyecom.values import (
    CITY_LIMIT,
    COURIER_LIMIT,
    ID_LIMIT,
    KEY_LIMIT,
    NUMBER_LIMIT,
    SKU_LIMIT,
    BadValue,
    first_present,
    https_url,
    identifier,
    ist,
    level,
    name,
    object_in,
    render_words,
    sku,
    text,
    unless_bad,
)

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
    return any(field in row for field in ("sku", "inventory", "availableInventory"))


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


# A webhook says `inventory`, in one client's account `quantity`; the read-back says
# `availableInventory`: docs/easyecom-contract.md#reading-levels-back.
LEVEL_FIELDS = ("inventory", "availableInventory", "quantity")
_WAREHOUSE_FIELDS = ("warehouse_id", "warehouseId")


def level_of(line: int, row: object) -> Level | BadLine:
    """Read one line. An absent level is not a level of nought: the line is bad."""
    if not isinstance(row, dict):
        return BadLine(line, "not_an_object", "The line is not an object.")
    key = unless_bad(text, "", row.get("location_key"), KEY_LIMIT)
    try:
        its_sku = sku(row.get("sku"))
        text(row.get("location_key"), KEY_LIMIT, "The location_key")
        company = identifier(first_present(row, *_WAREHOUSE_FIELDS), "The warehouse_id")
    except BadValue as problem:
        shown_sku = recognisable(row.get("sku"))
        return BadLine(line, "bad_text", str(problem), sku=shown_sku, location_key=key)
    if not its_sku:
        return BadLine(line, "no_sku", "The sku is missing.", location_key=key)
    try:
        quantity, said = level(first_present(row, *LEVEL_FIELDS))
    except BadValue as problem:
        return BadLine(line, "bad_level", str(problem), sku=its_sku, location_key=key)
    return Level(line, its_sku, quantity, key, company, said)


def recognisable(value: object) -> str:
    """What a person may know a bad line by, cut and cleaned."""
    return render_words(value, SKU_LIMIT)


def manifest_of(line: int, row: object) -> Manifest | BadLine:
    """Read one order; one that is not shipped is a BadLine."""
    if not isinstance(row, dict):
        return BadLine(line, "not_an_object", "The line is not an object.")
    number = recognisable(row.get("reference_code"))
    try:
        found = _manifest(line, row)
    except BadValue as problem:
        return BadLine(line, "bad_text", str(problem), order_number=number)
    if not found.order_number and not found.invoice_id:
        return BadLine(line, "no_reference", "Both reference_code and invoice_id are missing.")
    if not is_shipped(found):
        return BadLine(line, "not_shipped", _not_shipped(found), order_number=number)
    return found


def _manifest(line: int, row: dict[str, object]) -> Manifest:
    documents = object_in(row.get("documents"))
    return Manifest(
        line=line,
        order_number=text(row.get("reference_code"), NUMBER_LIMIT, "The reference_code"),
        order_id=identifier(row.get("order_id"), "The order_id"),
        invoice_id=identifier(row.get("invoice_id"), "The invoice_id"),
        location_key=text(row.get("location_key"), KEY_LIMIT, "The location_key"),
        company_id=identifier(
            first_present(row, "warehouse_id", "warehouseId"), "The warehouse_id"
        ),
        status=text(row.get("order_status"), ID_LIMIT, "The order_status"),
        manifested_at=unless_bad(ist, None, row.get("manifest_date")),
        manifest_number=_words(row, "manifest_no"),
        invoice_number=_words(row, "invoice_number"),
        courier=name(row.get("courier"), COURIER_LIMIT),
        awb_number=text(row.get("awb_number"), NUMBER_LIMIT, "The awb_number"),
        label_url=https_url(documents.get("label")),
        invoice_url=https_url(documents.get("easyecom_invoice")),
        place_name=name(row.get("company_name")),
        place_city=name(row.get("pickup_city"), CITY_LIMIT),
    )


def _words(row: dict[str, object], field: str) -> str:
    return unless_bad(text, "", row.get(field), NUMBER_LIMIT)


def is_shipped(found: Manifest | FoundOrder) -> bool:
    """It has a manifest date, or its status word says that it left, and it is not cancelled.

    A manifest number alone is not enough: "Manifest Scanned" has one
    (docs/easyecom-contract.md#order-status-words). By the time a late delivery arrives, the word
    may be "Delivered" already.
    """
    if is_cancelled(found):
        return False
    return bool(found.manifested_at) or is_left_word(found.status)


def is_cancelled(found: Manifest | FoundOrder) -> bool:
    return found.is_cancelled if isinstance(found, FoundOrder) else is_cancelled_word(found.status)


def _not_shipped(found: Manifest) -> str:
    if not found.status:
        return "The order has neither a status nor a manifest."
    return f"The order is not shipped: its status is {recognisable(found.status)}."


def read_inventory(body: bytes) -> tuple[Level | BadLine, ...]:
    """The levels of an Inventory Update; each is absolute, and a later line is the newer one."""
    rows = inventory_rows(strict_json.loads(body))
    return tuple(level_of(line, row) for line, row in enumerate(rows))


def read_manifested(body: bytes) -> tuple[Manifest | BadLine, ...]:
    """The shipped orders of a Manifested webhook, V1 or V2; key on their `invoice_id`."""
    rows = order_rows(strict_json.loads(body))
    return tuple(manifest_of(line, row) for line, row in enumerate(rows))
