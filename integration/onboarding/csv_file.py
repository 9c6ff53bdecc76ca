"""Sellers in a CSV file or workbook: a row for each location, rows of one seller under one code.

What is read here are the words of `enrolment.SellerIn`; whether they are right is judged there.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from booon_console.lib.tables import BadFile, RowsOfOne, Shape, Trouble, csv_rows
from booon_console.lib.workbooks import is_workbook, workbook_rows
from integration.onboarding.sellers import LIMITS

SELLER_COLUMNS = ("name", "api_username", "api_password", "x_api_key", *LIMITS)
CARRIER = {f"carrier_{name}": name for name in ("username", "password", "token")}
COLUMNS = ("code", *SELLER_COLUMNS[:4], "location_key", *CARRIER, *LIMITS)
SECRET = ("api_password", "x_api_key", "carrier_password", "carrier_token")
SHAPE = Shape(COLUMNS, ("code", "location_key"), 2 * 1024 * 1024, 500, verbatim=SECRET)
# Without a password, so that the example itself is taken in by nobody.
EXAMPLE = {
    "code": "acme",
    "name": "Acme Traders",
    "api_username": "api@acme.example",
    "location_key": "ne29488101841",
    "rate_per_second": "5",
    "burst": "10",
}
Row = tuple[int, dict[str, str]]


@dataclass(slots=True)
class Draft(RowsOfOne):
    """The rows of one seller."""

    whole_columns = SELLER_COLUMNS
    verbatim = SECRET
    contradicted = "Another row of this seller says something else."

    code: str

    @property
    def keys(self) -> list[str]:
        return [cells.get("location_key", "") for cells in self.cells]

    def body(self) -> dict[str, Any]:
        """As `enrolment.SellerIn` takes it; empty cells are left out."""
        body: dict[str, Any] = {
            name: self.whole[name] for name in ("code", *SELLER_COLUMNS) if self.whole.get(name)
        }
        body["locations"] = [
            {"location_key": cells.get("location_key", ""), "carrier": carrier_of(cells)}
            for cells in self.cells
        ]
        return body

    def blame(self, path: tuple[str, ...], message: str) -> None:
        """A field of the body is wrong: its row and column."""
        self.troubles.append(self.trouble(path, message))

    def trouble(self, path: tuple[str, ...], message: str) -> Trouble:
        if path[0] != "locations" or len(path) < 2:
            return Trouble(self.rows[0], path[0], message)
        column = f"carrier_{path[-1]}" if "carrier" in path else "location_key"
        return Trouble(self.rows[int(path[1])], column, message)


def carrier_of(cells: dict[str, str]) -> dict[str, str] | None:
    carrier = {name: cells.get(column, "") for column, name in CARRIER.items()}
    return carrier if any(carrier.values()) else None


def parse(content: bytes) -> list[Row]:
    """The rows of a file, whichever of the two it is. Raises BadFile."""
    rows = list((workbook_rows if is_workbook(content) else csv_rows)(content, SHAPE))
    if not rows:
        raise BadFile("The file has no rows below its heading.")
    return rows


def drafts_of(rows: Iterable[Row]) -> list[Draft]:
    """By seller, in the sequence of their first rows."""
    drafts: dict[str, Draft] = {}
    for row, cells in rows:
        code = cells.get("code", "")
        drafts.setdefault(code, Draft(code)).add(row, cells)
    return list(drafts.values())
