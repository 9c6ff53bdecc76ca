"""AWBs of many orders as a CSV file, or as lines that were pasted: read, and kept as they were."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from booon_console.lib.spoken import grouped
from booon_console.lib.tables import BadFile, Shape, csv_rows
from integration.easyecom.plain_text import plain_code

MOST_BYTES = 2 * 1024 * 1024
MOST_ROWS = 1000
TOO_LARGE = "The file is larger than 2 MB."
COLUMNS = ("order_number", "courier", "awb_number", "label_url", "invoice_url", "seller")
NEEDED = ("order_number", "awb_number")
# In a file of refused rows; read past when that comes back.
BECAUSE = "refused_because"
EXAMPLE = {
    "order_number": "BN-1001",
    "courier": "Delhivery",
    "awb_number": "890012345",
    "label_url": "https://labels.booon.example/BN-1001.pdf",
    "seller": "acme",
}
ALSO = {
    **dict.fromkeys(("order", "order_no", "order_id", "booon_order"), "order_number"),
    **dict.fromkeys(("awb", "awb_no", "tracking", "tracking_no", "tracking_number"), "awb_number"),
    **dict.fromkeys(("carrier", "courier_name", "carrier_name"), "courier"),
    **dict.fromkeys(("label", "label_link"), "label_url"),
    **dict.fromkeys(("invoice", "invoice_link"), "invoice_url"),
    "seller_code": "seller",
}
SHAPE = Shape(COLUMNS, NEEDED, MOST_BYTES, MOST_ROWS, ignored=(BECAUSE,), also=ALSO)
# What the cells of a pasted line are, by how many there are.
PASTED = {
    2: ("order_number", "awb_number"),
    3: ("order_number", "courier", "awb_number"),
    4: ("order_number", "courier", "awb_number", "label_url"),
    5: ("order_number", "courier", "awb_number", "label_url", "invoice_url"),
}
MARK = b'{"awbs": '
WRONG_LINE = (
    "Line {} has {} cells. Paste two columns (order, AWB), or up to five (order, courier, AWB, "
    "label, invoice)."
)


@dataclass(slots=True)
class Row:
    """One order's AWB as it was given."""

    number: int
    cells: dict[str, str] = field(default_factory=dict)

    def cell(self, name: str) -> str:
        return plain_code(self.cells.get(name, ""))


def parse(content: bytes) -> list[Row]:
    """Raises BadFile."""
    return some([Row(number, cells) for number, cells in csv_rows(content, SHAPE)])


def parse_pasted(text: str) -> list[Row]:
    """Lines of two to five cells, with or without a heading. Raises BadFile."""
    delimiter = next((each for each in "\t;," if each in text), "\t")
    rows = csv.reader(io.StringIO(text.strip("\r\n")), delimiter=delimiter)
    try:
        return some(list(pasted(rows)))
    except csv.Error:
        raise BadFile("This can't be read as lines of cells: look at its quotes.") from None


def pasted(lines: Iterator[list[str]]) -> Iterator[Row]:
    for number, cells in enumerate(lines, start=1):
        while cells and not cells[-1].strip():
            cells.pop()
        # No order's AWB is without a digit.
        is_heading = number == 1 and not any(map(str.isdigit, "".join(cells)))
        if not cells or is_heading:
            continue
        names = PASTED.get(len(cells))
        if names is None:
            raise BadFile(WRONG_LINE.format(number, len(cells)))
        yield Row(number, {name: cell.strip() for name, cell in zip(names, cells, strict=True)})


def some(rows: list[Row]) -> list[Row]:
    """Raises BadFile."""
    if not rows:
        raise BadFile("There are no rows.")
    if len(rows) > MOST_ROWS:
        raise BadFile(f"There are more than {grouped(MOST_ROWS)} rows. Split them.")
    return rows


def kept(rows: Sequence[Row]) -> bytes:
    """As they are kept until they are confirmed."""
    return MARK + json.dumps([[row.number, row.cells] for row in rows]).encode() + b"}"


def is_kept(body: bytes) -> bool:
    return body.startswith(MARK)


def read_kept(body: bytes) -> list[Row]:
    return [Row(number, cells) for number, cells in json.loads(body)["awbs"]]
