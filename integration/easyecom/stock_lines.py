"""One line of stock levels, pushed by the webhook or read back, as a Level or a BadLine."""

from integration.easyecom.replies import BadLine, Level
from integration.easyecom.values import (
    KEY_LIMIT,
    SKU_LIMIT,
    BadValue,
    first_present,
    identifier,
    level,
    shown,
    text,
)

# A webhook says `inventory`, the read-back `availableInventory` (EasyEcom contract, 7 and 8).
LEVEL_FIELDS = ("inventory", "availableInventory")
_WAREHOUSE_FIELDS = ("warehouse_id", "warehouseId")


def level_of(line: int, row: object) -> Level | BadLine:
    """Read one line. An absent level is not a level of nought: the line is bad."""
    if not isinstance(row, dict):
        return BadLine(line, "not_an_object", "The line is not an object.")
    try:
        sku = text(row.get("sku"), SKU_LIMIT, "The sku")
        key = text(row.get("location_key"), KEY_LIMIT, "The location_key")
        company = identifier(first_present(row, *_WAREHOUSE_FIELDS), "The warehouse_id")
    except BadValue as problem:
        return BadLine(line, "bad_text", str(problem), sku=recognisable(row.get("sku")))
    if not sku:
        return BadLine(line, "no_sku", "The sku is missing.")
    try:
        quantity = level(first_present(row, *LEVEL_FIELDS))
    except BadValue as problem:
        return BadLine(line, "bad_level", str(problem), sku=sku)
    return Level(line, sku, quantity, key, company)


def recognisable(value: object) -> str:
    """What a person may know a bad line by, cut and cleaned."""
    return shown(value, SKU_LIMIT)
