"""A table that somebody uploads, as rows of text by column. CSV here; workbooks beside it."""

import csv
import io
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from booon_console.lib.spoken import grouped
from booon_console.lib.spreadsheets import plain

NOT_IN_NAMES = re.compile(r"[\s_.\-–—]+")
FORMULA_CELL = "This cell holds a formula. Give its value."


class BadFile(Exception):
    """Nothing of the file can be used; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What is wrong, in the row that a spreadsheet shows under this number."""

    row: int
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class Shape:
    """What a table of one kind may and must hold."""

    columns: Collection[str]
    needed: Collection[str]
    most_bytes: int
    most_rows: int
    # Read past, and taken as they stand: a password may begin with a space or an apostrophe.
    ignored: Collection[str] = ()
    verbatim: Collection[str] = ()
    # Other names that people give a column; letter case, blanks, hyphens and dots never count.
    also: Mapping[str, str] = field(default_factory=dict)

    def check_size(self, content: bytes) -> None:
        """Raises BadFile."""
        if len(content) > self.most_bytes:
            raise BadFile(f"The file is larger than {self.most_bytes // 1024 // 1024} MB.")

    def header(self, cells: Iterable[str]) -> list[str]:
        """The columns as the first row names them. Raises BadFile."""
        header = [self.named(cell) for cell in cells]
        missing = [name for name in self.needed if name not in header]
        if missing:
            raise BadFile(
                "The first row must name the columns, separated by commas. "
                f"Missing: {listed(missing)}."
            )
        named = [name for name in header if name]
        unknown = sorted(set(named) - {*self.columns, *self.ignored})
        if unknown:
            raise BadFile(f"There is no such column: {listed(unknown)}.")
        twice = sorted({name for name in named if named.count(name) > 1})
        if twice:
            raise BadFile(f"A column stands there twice: {listed(twice)}.")
        return header

    def named(self, heading: str) -> str:
        name = NOT_IN_NAMES.sub("_", heading.strip().casefold()).strip("_")
        return self.also.get(name, name)

    def row(self, number: int, header: list[str], row: list[str]) -> dict[str, str]:
        """Its cells by column; {} where all are empty. Raises BadFile."""
        if number - 1 > self.most_rows:
            raise BadFile(f"The file has more than {grouped(self.most_rows)} rows. Split it.")
        if any(cell.strip() for cell in row[len(header) :]):
            raise BadFile(f"Row {number} has more cells than the heading has columns.")
        cells = {name: self.cell(name, cell) for name, cell in zip(header, row, strict=False)}
        return cells if any(cell.strip() for cell in cells.values()) else {}

    def cell(self, name: str, cell: str) -> str:
        return cell if name in self.verbatim else plain(cell.strip())


def csv_rows(content: bytes, shape: Shape) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row that is not empty, by its number. Raises BadFile."""
    rows = csv.reader(io.StringIO(decoded(content, shape), newline=""), strict=True)
    try:
        header = shape.header(next(rows, []))
        for number, row in enumerate(rows, start=2):
            if cells := shape.row(number, header, row):
                yield number, cells
    except csv.Error:
        raise BadFile(f"Line {rows.line_num} can't be read as CSV: look at its quotes.") from None


def decoded(content: bytes, shape: Shape) -> str:
    """Raises BadFile."""
    shape.check_size(content)
    if content[:4] == b"PK\x03\x04" or content[:4] == b"\xd0\xcf\x11\xe0":
        raise BadFile("This is an Excel workbook. Save it as “CSV UTF-8” and choose that file.")
    if b"\x00" in content or content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise BadFile("This is no CSV text in UTF-8. Save it as “CSV UTF-8”.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = content.count(b"\n", 0, problem.start) + 1
        raise BadFile(
            f"Line {line} has letters that are not UTF-8. Save the file as “CSV UTF-8”."
        ) from None


def listed(names: Iterable[str]) -> str:
    few = [name[:40] for name in names][:10]
    return ", ".join(few)


@dataclass(slots=True, kw_only=True)
class RowsOfOne:
    """The rows of a file that are about one thing, and what is wrong with them.

    What belongs to the whole thing may stand in its first row only.
    """

    # Columns of the whole thing; those in which a = is no formula; what is said of two that differ.
    whole_columns: ClassVar[Collection[str]] = ()
    verbatim: ClassVar[Collection[str]] = ()
    contradicted: ClassVar[str] = ""

    rows: list[int] = field(default_factory=list)
    cells: list[dict[str, str]] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    # Each column as the first of its rows that says it.
    whole: dict[str, str] = field(default_factory=dict)

    def add(self, row: int, cells: dict[str, str]) -> None:
        self.rows.append(row)
        self.cells.append(cells)
        for column, value in cells.items():
            first = self.whole.setdefault(column, value) if value else ""
            if value.startswith("=") and column not in self.verbatim:
                self.troubles.append(Trouble(row, column, FORMULA_CELL))
            elif column in self.whole_columns and value and value != first:
                self.troubles.append(Trouble(row, column, self.contradicted))
