"""A workbook's first sheet as rows of text. What it holds besides is not looked at, and what could
cost more than it is worth is refused before it is unpacked.

By openpyxl, which tells a formula and an error from a value. python-calamine gives both as an empty
cell: a password or limit that is a formula would be left out without a word.
"""

import io
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import date, time
from typing import IO, Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from booon_console.lib.tables import BadFile, Shape

MOST_UNPACKED = 20 * 1024 * 1024
MOST_TIMES = 200
MOST_PARTS = 200
UNREADABLE = "This workbook can't be read. Save it as “Excel Workbook (.xlsx)” or as “CSV UTF-8”."
FORMULA = "Row {}, column {} holds a formula. Give its value."
NO_TEXT = "Row {}, column {} holds a date or an error. Format the column as text, and type it anew."


def is_workbook(content: bytes) -> bool:
    return content[:4] in (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


def workbook_rows(content: bytes, shape: Shape) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row of the first sheet that is not empty, by its number. Raises BadFile."""
    shape.check_size(content)
    check_parts(content)
    rows = text_rows(content, len(shape.columns) + len(shape.ignored) + 1, shape.most_rows + 2)
    header = shape.header(next(rows, (1, []))[1])
    for number, row in rows:
        if cells := shape.row(number, header, row):
            yield number, cells


def check_parts(content: bytes) -> None:
    """By the archive's own list: no part gives out more than is written there. Raises BadFile."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise BadFile(UNREADABLE) from None
    unpacked = sum(part.file_size for part in parts)
    is_bomb = unpacked > min(MOST_UNPACKED, max(len(content) * MOST_TIMES, 1024 * 1024))
    if is_bomb or len(parts) > MOST_PARTS:
        raise BadFile("This workbook unpacks to more than a list of sellers can be.")
    if any("vbaproject" in part.filename.lower() for part in parts):
        raise BadFile("This workbook has macros. Save it as “Excel Workbook (.xlsx)”.")
    if any(part.flag_bits & 1 for part in parts):
        raise BadFile("This workbook is encrypted. Save it without a password.")


def text_rows(content: bytes, width: int, height: int) -> Iterator[tuple[int, list[str]]]:
    """Raises BadFile. Never more than `height` rows: a sheet may claim a million empty ones."""
    try:
        with closing(openpyxl.load_workbook(io.BytesIO(content), read_only=True)) as book:
            sheet = book.worksheets[0]
            rows = sheet.iter_rows(min_row=1, max_row=height, max_col=width)
            for number, row in enumerate(rows, start=1):
                yield number, [text_of(cell, number) for cell in row]
    except BadFile:
        raise
    except Exception:
        # A parser of somebody else's, given anything: it raises whatever it stumbles over.
        raise BadFile(UNREADABLE) from None


def text_of(cell: Any, number: int) -> str:
    """As it was typed, as far as the workbook still knows. Raises BadFile."""
    value = cell.value
    if value is None:
        return ""
    if cell.data_type == "f":
        raise BadFile(FORMULA.format(number, cell.column_letter))
    if cell.data_type == "e" or isinstance(value, date | time):
        raise BadFile(NO_TEXT.format(number, cell.column_letter))
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def written_workbook(rows: Iterable[Iterable[str]]) -> IO[bytes]:
    """A sheet of text cells in a file without a name, at its beginning.

    Row by row, so that memory does not grow with them. Every cell is text: none is taken for a
    formula, and no phone or AWB number loses a digit. Letters that XML can't hold are left out.
    """
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        cells = []
        for text in row:
            cell = WriteOnlyCell(sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text))
            cell.data_type = "s"
            cells.append(cell)
        sheet.append(cells)
    file = tempfile.TemporaryFile()  # noqa: SIM115 (whoever sends it closes it)
    book.save(file)
    file.seek(0)
    return file
