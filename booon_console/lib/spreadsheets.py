"""Cells on their way to a spreadsheet and back: none may be taken for a formula."""

from collections.abc import Iterable

# How a spreadsheet takes a cell for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def safe(cells: Iterable[str]) -> list[str]:
    return [f"'{cell}" if cell.startswith(FORMULA) else cell for cell in cells]


def plain(cell: str) -> str:
    """The cell as it was before `safe`."""
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(FORMULA) else cell
