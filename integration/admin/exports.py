"""A list as a file: what is filtered, with the list's columns and some more, as CSV or XLSX.

Who takes it away needs the right for it, and that is written down. A list shows no buyer, so its
file holds none.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import unescape
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Field, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponseRedirect, StreamingHttpResponse
from django.utils import timezone
from django.utils.html import strip_tags
from django.utils.text import capfirst

from booon_console.lib import clock
from booon_console.lib.admin_parts import NONE
from booon_console.lib.spoken import grouped
from booon_console.lib.spreadsheets import safe
from booon_console.lib.workbooks import written_workbook
from integration.models import record_event

PERMISSION = "integration.export_list"
ASKED = "_export"
CSV, XLSX = "csv", "xlsx"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_ROWS = 50_000
# Writing one costs ten times what CSV costs: 20,000 rows of eight columns take 4 s of a processor.
MOST_IN_WORKBOOK = 20_000
CHUNK = 500


class Echo:
    """What is written comes back, line by line."""

    def write(self, line: str) -> str:
        return line


class Exports:
    """For a list whose columns cost no query of their own."""

    is_exported = True
    # Columns that a file has behind the list's own.
    export_also: Sequence[Any] = ()

    def for_export(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """With what those columns need."""
        return rows

    def changelist_view(
        self: Any, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        if request.method == "POST" and ASKED in request.POST:
            return self.take_away(request)
        may = self.has_view_permission(request) and request.user.has_perm(PERMISSION)
        context = {"export_name": ASKED if may else ""}
        return super().changelist_view(request, context | (extra_context or {}))  # type: ignore[misc]

    def take_away(self: Any, request: HttpRequest) -> Any:
        """The filtered rows, the list's first one first. Raises PermissionDenied."""
        if not (self.has_view_permission(request) and request.user.has_perm(PERMISSION)):
            raise PermissionDenied
        try:
            changes: ChangeList = self.get_changelist_instance(request)
        except IncorrectLookupParameters:
            # As the list itself does, for a page that is not there.
            return HttpResponseRedirect(f"{request.path}?e=1")
        how = f"filtered by {names_of(request)}"
        return taken_away(self, request, changes.queryset, kind_asked(request), how)


def kind_asked(request: HttpRequest) -> str:
    return XLSX if request.POST[ASKED] == XLSX else CSV


def taken_away(admin: Any, request: HttpRequest, rows: QuerySet[Any], kind: str, how: str) -> Any:
    """These rows of a list as a file, which is written down; back to the list where they are too
    many."""
    most = MOST_IN_WORKBOOK if kind == XLSX else MOST_ROWS
    count = rows.order_by()[: most + 1].count()
    if count > most:
        way = "take them as CSV, or filter them" if kind == XLSX else "filter them"
        said = f"More than {grouped(most)} rows: {way}, by time for instance."
        admin.message_user(request, said, "warning")
        return HttpResponseRedirect(request.get_full_path())
    name = str(admin.opts.verbose_name_plural)
    record_event(
        "export",
        f"{grouped(count)} rows of {name} taken away as {kind.upper()}, {how}.",
        at=clock.now(),
        actor=request.user.get_username(),
    )
    return file_of(f"{name} {timezone.localdate():%Y-%m-%d}", kind, cells_of(admin, rows))


def names_of(request: HttpRequest) -> str:
    """What it was filtered by. The search's own words may be a buyer's, and are left out."""
    kept = [
        f"{name} {value}" for name, value in request.GET.items() if name not in ("q", "p", "beyond")
    ]
    kept += ["a search"] if request.GET.get("q") else []
    # What nobody can see PostgreSQL may not be able to keep.
    return "".join(each for each in ", ".join(kept) if each.isprintable())[:300] or "nothing"


def file_of(
    name: str, kind: str, lines: Iterable[list[str]]
) -> StreamingHttpResponse | FileResponse:
    """The heading, then the rows. `name` is without its ending."""
    name = f"{name.replace(' ', '-').lower()}.{kind}"
    if kind == XLSX:
        file = written_workbook(lines)
        return FileResponse(file, as_attachment=True, filename=name, content_type=WORKBOOK)
    answer = StreamingHttpResponse(csv_lines(lines), "text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def csv_lines(lines: Iterable[list[str]]) -> Iterator[str]:
    """So that Excel takes it for UTF-8, and no cell for a formula."""
    writer = csv.writer(Echo(), quoting=csv.QUOTE_ALL)
    yield "\ufeff"
    for line in lines:
        yield writer.writerow(safe(line))


def cells_of(admin: Any, rows: QuerySet[Any]) -> Iterator[list[str]]:
    """The heading, then the rows, read some at a time."""
    columns = [each for each in admin.list_display if each != "action_checkbox"]
    columns += admin.export_also
    yield list(heads(admin, columns))
    for row in admin.for_export(rows).iterator(CHUNK):
        yield [cell(admin, column, row) for column in columns]


def heads(admin: Any, columns: Iterable[Any]) -> Iterator[str]:
    for column in columns:
        yield capfirst(str(label_for_field(column, admin.model, admin)))


def cell(admin: Any, column: Any, row: Any) -> str:
    raw = getattr(column, "raw", None)
    if raw is not None:
        return as_text(raw(row))
    field, _, value = lookup_field(column, row, admin)
    if isinstance(field, Field) and field.choices:
        value = getattr(row, f"get_{field.name}_display")()
    return as_text(value)


def as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if value is None or value in (NONE, ""):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return unescape(strip_tags(str(value))).strip()
