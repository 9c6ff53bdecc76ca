"""Sellers in a CSV file that each get a link of their own: code and name, a row for each."""

from dataclasses import dataclass, field

from booon_console.lib.tables import FORMULA_CELL, BadFile, Shape, csv_rows
from integration.onboarding.sellers import SellerIn
from sellers.models import Seller

MOST_LINKS = 50
SHAPE = Shape(("code", "name"), ("code", "name"), 64 * 1024, MOST_LINKS)


@dataclass(frozen=True, slots=True)
class Named:
    """A seller who is to get a link; `seller` where there is one."""

    code: str
    name: str
    seller: Seller | None = field(repr=False)


def parse(content: bytes) -> list[Named]:
    """All of them or none. Raises BadFile, which names the row."""
    rows = list(csv_rows(content, SHAPE))
    if not rows:
        raise BadFile("The file has no rows below its heading.")
    known = {each.code: each for each in Seller.objects.filter(code__in=codes_of(rows))}
    found: dict[str, Named] = {}
    for number, cells in rows:
        code, name = cells.get("code", ""), cells.get("name", "")
        if trouble := trouble_of(code, name, known.get(code)):
            raise BadFile(f"Row {number}: {trouble}")
        if code in found:
            raise BadFile(f"Row {number}: the code {code} stands there twice.")
        seller = known.get(code)
        found[code] = Named(code, seller.name if seller else name, seller)
    return list(found.values())


def codes_of(rows: list[tuple[int, dict[str, str]]]) -> list[str]:
    return [cells.get("code", "") for _, cells in rows]


def trouble_of(code: str, name: str, known: Seller | None) -> str:
    """What is wrong with the words of one seller; "" where nothing is."""
    if code.startswith("=") or name.startswith("="):
        return FORMULA_CELL
    if known is not None:
        return ""
    checked = SellerIn(data={"code": code, "name": name})
    checked.is_valid()
    for column in ("code", "name"):
        if messages := checked.errors.get(column):
            return f"{column}: {messages[0]}"
    return ""
