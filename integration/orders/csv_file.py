"""Orders in a CSV file: a row for each line, rows of one order under one number.

What is read here are the words of the API's order body; whether they are right is judged there.
"""

from dataclasses import dataclass
from typing import Any

from booon_console.lib.tables import BadFile, RowsOfOne, Shape, Trouble, csv_rows
from integration.easyecom.plain_text import plain_code

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 5000
TOO_LARGE = "The file is larger than 5 MB."
ADDRESS = ("name", "line1", "line2", "city", "state", "pincode", "country", "phone", "email")
KEY_COLUMNS = ("seller", "order_number")
# A column of the file, and the field of the order's body.
ORDER_COLUMNS = {
    "location_key": "location_key",
    "ordered_at": "ordered_at",
    "expected_delivery_at": "expected_delivery_at",
    "payment_mode": "payment.mode",
    "collectable_amount": "payment.collectable_amount",
    "payment_gateway": "payment.gateway",
    "payment_transaction_id": "payment.transaction_id",
    "shipping_charge": "shipping_charge",
    "order_discount": "discount",
    **{f"shipping_{name}": f"shipping_address.{name}" for name in ADDRESS},
    **{f"billing_{name}": f"billing_address.{name}" for name in ADDRESS},
    "buyer_gstin": "buyer_gstin",
    **{f"package_{name}": f"package.{name}" for name in ("weight_g", "length_cm")},
    **{f"package_{name}": f"package.{name}" for name in ("width_cm", "height_cm")},
}
LINE_COLUMNS = {
    "line_id": "line_id",
    "sku": "sku",
    "item_name": "name",
    "quantity": "quantity",
    "unit_price": "unit_price",
    "line_discount": "discount",
}
# In a file of refused rows; read past when that comes back.
BECAUSE = "refused_because"
COLUMNS = (*KEY_COLUMNS, *ORDER_COLUMNS, *LINE_COLUMNS)
NEEDED = (
    *KEY_COLUMNS,
    *("location_key", "ordered_at", "payment_mode", "shipping_pincode"),
    *("line_id", "sku", "quantity", "unit_price"),
)
COLUMN_OF = {path: column for column, path in ORDER_COLUMNS.items()}
COLUMN_OF_LINE = {path: column for column, path in LINE_COLUMNS.items()}
EXAMPLE = {
    "seller": "acme",
    "order_number": "BN-1001",
    "location_key": "ne29488101841",
    "ordered_at": "2026-11-23T10:15:00+05:30",
    "payment_mode": "cod",
    "collectable_amount": "266.00",
    "shipping_charge": "20.00",
    "shipping_name": "Asha Rao",
    "shipping_line1": "14 Lake Road",
    "shipping_city": "Pune",
    "shipping_state": "Maharashtra",
    "shipping_pincode": "411001",
    "shipping_phone": "9811100000",
    "package_weight_g": "100",
    "line_id": "BN-1001-1",
    "sku": "mob000",
    "item_name": "Galaxy",
    "quantity": "2",
    "unit_price": "123.00",
}


SHAPE = Shape(COLUMNS, NEEDED, MOST_BYTES, MOST_ROWS, ignored=(BECAUSE,))


@dataclass(slots=True)
class Draft(RowsOfOne):
    """The rows of one order."""

    whole_columns = ORDER_COLUMNS
    contradicted = "Another row of this order says something else."

    seller: str
    order_number: str

    @property
    def skus(self) -> list[str]:
        return [cells.get("sku", "") for cells in self.cells]

    def body(self) -> dict[str, Any]:
        """The order's body; empty cells are left out."""
        body: dict[str, Any] = {"shipping_address": {}, "payment": {}}
        for column, path in ORDER_COLUMNS.items():
            if value := self.whole.get(column):
                group, _, name = path.rpartition(".")
                (body.setdefault(group, {}) if group else body)[name] = value
        body["lines"] = [
            {name: cells[column] for column, name in LINE_COLUMNS.items() if cells.get(column)}
            for cells in self.cells
        ]
        return body

    def blame(self, path: str, message: str) -> None:
        """A field of the body is wrong: its row and column."""
        at, column = 0, COLUMN_OF.get(path, path)
        parts = path.split(".")
        if parts[0] == "lines" and len(parts) > 1 and parts[1].isdigit():
            at = min(int(parts[1]), len(self.rows) - 1)
            column = COLUMN_OF_LINE.get(".".join(parts[2:]), ".".join(parts[2:]))
        self.troubles.append(Trouble(self.rows[at], column, message))


def parse(content: bytes) -> list[Draft]:
    """The orders of a file, in the sequence of their first rows. Raises BadFile."""
    drafts: dict[tuple[str, str], Draft] = {}
    for row, cells in csv_rows(content, SHAPE):
        key = (plain_code(cells.get("seller", "")), plain_code(cells.get("order_number", "")))
        draft = drafts.setdefault(key, Draft(*key))
        draft.add(row, cells)
    if not drafts:
        raise BadFile("The file has no rows below its heading.")
    return list(drafts.values())
