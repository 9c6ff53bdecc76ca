"""Sellers from a CSV file or workbook: uploaded, shown as they would be, and taken in."""

import json
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.cache import add_never_cache_headers

from booon_console.fields import Undecipherable, reveal
from booon_console.lib import clock
from integration.admin.base import posted
from integration.admin.file_imports import NOT_KEPT, FileForm, FileImports
from integration.admin.sellers import import_results, import_tokens
from integration.admin.sellers.paths import ISSUE, SellerPaths, is_under_way
from integration.models import Drain, SellerFile, record_event
from integration.onboarding import csv_file as onboarding_csv_file
from integration.sync import wakeup
from sellers.models import Location

NONE_HELD = "Their tokens were shown for a quarter of an hour to whoever had them made."
NOT_READABLE = "What was uploaded can't be read any more. Upload the file again."


class SellerFileForm(FileForm):
    accept = ".csv,text/csv,.xlsx"

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].label = "CSV file or workbook"
        self.fields["file"].help_text = (
            "CSV in UTF-8 or .xlsx, at most 2 MB and 500 rows: one for each location. Nothing is "
            "written, and nothing is sent, before you confirm what is shown next."
        )

    def read(self, name: str, content: bytes) -> SellerFile:
        return SellerFile(name=name, rows=json.dumps(onboarding_csv_file.parse(content)))


class SellerImports(FileImports, SellerPaths):
    """What the seller's admin stands on."""

    file_model = SellerFile
    file_form = SellerFileForm
    upload_template = "console/import_sellers.html"
    upload_title = "Onboard from a file"
    too_large = "The file is larger than 2 MB."
    columns = onboarding_csv_file.COLUMNS
    example = onboarding_csv_file.EXAMPLE
    template_name = "sellers-template.csv"

    def may_import(self, request: HttpRequest) -> bool:
        """Sellers are added, and known ones changed."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def unreadable(self, file: SellerFile) -> str:
        try:
            reveal(file.rows)
        except Undecipherable:
            return NOT_READABLE
        return ""

    def preview(self, request: HttpRequest, file: SellerFile) -> HttpResponse:
        lines = import_results.results_of(file)
        places = {} if file.results is None else places_of(lines)
        moving = sum(map(is_under_way, places.values()))
        live = sum(place.is_live for place in places.values())
        return self.page(
            request,
            "console/imported_sellers.html",
            title=f"Onboard from {file.name}",
            file=file,
            is_under_way=file.begun_at is not None and file.results is None,
            counts=import_results.counted(lines),
            rows=[
                (line, places.get(line.key))
                for line in sorted(lines, key=import_results.first_to_look_at)
            ],
            moving=moving,
            live=live,
            stuck=len(places) - live - moving,
            here=request.path,
            would_write=any(
                line.result in (import_results.NEW, import_results.KNOWN) for line in lines
            ),
            has_doubts=any(line.result == import_results.DOUBTFUL for line in lines),
            has_places=bool(places),
            tokens=import_tokens.standing(request, import_tokens.taken_in(lines))
            if places and self.may_issue(request)
            else None,
        )

    def import_pages(self) -> list[URLPattern]:
        of_file = "import/<uuid:file_id>/"
        return [
            *super().import_pages(),
            self.import_page(f"{of_file}issue/", self.issue_tokens_of, "import_tokens"),
            self.import_page(f"{of_file}hand-outs/", self.hand_outs_of, "import_handouts"),
        ]

    def stands_at(self, request: HttpRequest, **named: Any) -> str:
        if "file_id" in named:
            return reverse(f"admin:{self.page_name('imported')}", args=[named["file_id"]])
        return super().stands_at(request, **named)

    def may_issue(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return self.may_import(request) and user.has_perm(ISSUE)

    def keys_of(self, request: HttpRequest, file_id: UUID) -> tuple[SellerFile | None, list[str]]:
        """The file and the keys of what was taken in of it. Raises PermissionDenied."""
        if not self.may_issue(request):
            raise PermissionDenied
        file = self.file_of(request, file_id)
        if file is None or file.results is None:
            return None, []
        return file, import_tokens.taken_in(import_results.results_of(file))

    @posted
    def issue_tokens_of(self, request: HttpRequest, file_id: UUID) -> HttpResponse:
        file, keys = self.keys_of(request, file_id)
        if file is None:
            return self.again(request, NOT_KEPT)
        made = import_tokens.issue_missing(request, keys)
        self.message_user(request, f"{made} tokens are made. Download them within 15 minutes.")
        return HttpResponseRedirect(reverse(f"admin:{self.page_name('imported')}", args=[file.pk]))

    @posted
    def hand_outs_of(self, request: HttpRequest, file_id: UUID) -> HttpResponse:
        """A ZIP with the tokens, for whoever had them made; that is written down."""
        file, keys = self.keys_of(request, file_id)
        if file is None:
            return self.again(request, NOT_KEPT)
        content, count = import_tokens.zipped(request, keys)
        if not count:
            self.message_user(request, NONE_HELD, "warning")
            page = reverse(f"admin:{self.page_name('imported')}", args=[file.pk])
            return HttpResponseRedirect(page)
        sentence = f"Hand-outs with {count} webhook tokens downloaded: sellers from {file.name}."
        actor = request.user.get_username()
        record_event("token", sentence, at=clock.now(), actor=actor)
        answer = HttpResponse(content, content_type="application/zip")
        answer["Content-Disposition"] = 'attachment; filename="hand-outs.zip"'
        add_never_cache_headers(answer)
        return answer

    def carry_out(self, request: HttpRequest, file: SellerFile) -> str:
        is_sure = request.POST.get("is_sure") == "yes"
        actor = request.user.get_username()
        lines = import_results.carry_out(file, is_sure=is_sure, actor=actor)
        wakeup.after_commit(Drain.Kind.OUTBOX)
        return f"Sellers from {file.name}: {import_results.in_words(lines)}."


def places_of(lines: list[import_results.Line]) -> dict[str, Location]:
    """How each location stands by now, by its key."""
    found = Location.objects.defer("token").filter(location_key__in=[each.key for each in lines])
    return {each.location_key: each for each in found}
