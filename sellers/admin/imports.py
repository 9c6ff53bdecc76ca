"""Sellers from a CSV file or workbook: uploaded, shown as they would be, and taken in."""

import json
from functools import partial
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from booon_console import clock
from booon_console.tables import BadFile
from integration import jobs
from integration.admin.order_imports import CONFIRM_WITHIN, NOT_KEPT, csv_file, is_too_large
from integration.joining import seller_files
from integration.models import Drain, SellerFile, record_event
from sellers.admin import verdicts
from sellers.admin.paths import SellerPaths
from sellers.models import Location


class FileForm(forms.Form):
    file = forms.FileField(
        label="CSV file or workbook",
        help_text="CSV in UTF-8 or .xlsx, at most 2 MB and 500 rows: one for each location. "
        "Nothing is written, and nothing is sent, before you confirm what is shown next.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv,.xlsx"}),
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
    )

    def clean_file(self) -> SellerFile:
        upload: UploadedFile = self.cleaned_data["file"]
        try:
            rows = seller_files.read(upload.read())
        except BadFile as problem:
            raise forms.ValidationError(str(problem)) from None
        return SellerFile(name=(upload.name or "file")[:200], rows=json.dumps(rows))


class SellerImports(SellerPaths):
    """What the seller's admin stands on."""

    def import_pages(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"sellers_seller_{name}")

        return [
            page("import/", self.upload, "import"),
            page("import/template.csv", self.template, "import_template"),
            page("import/<uuid:file_id>/", self.imported, "imported"),
        ]

    def may_import(self, request: HttpRequest) -> bool:
        """Sellers are added, and known ones changed."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def demand_import(self, request: HttpRequest) -> None:
        if not self.may_import(request):
            raise PermissionDenied

    def upload(self, request: HttpRequest) -> HttpResponse:
        self.demand_import(request)
        form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
        if is_too_large(request):
            form.fields["file"].error_messages["required"] = "The file is larger than 2 MB."
        if form.is_valid():
            return self.previewed(request, form.cleaned_data["file"])
        return self.page(
            request,
            "console/import_sellers.html",
            title="Onboard from a file",
            form=form,
            columns=seller_files.COLUMNS,
        )

    def previewed(self, request: HttpRequest, file: SellerFile) -> HttpResponse:
        file.user = cast(User, request.user)
        file.uploaded_at = clock.now()
        file.save(force_insert=True)
        return HttpResponseRedirect(reverse("admin:sellers_seller_imported", args=[file.pk]))

    def imported(self, request: HttpRequest, file_id: UUID) -> HttpResponse:
        """The dry run; after it was confirmed, what became of each row."""
        self.demand_import(request)
        # One's own only: it holds passwords.
        file = SellerFile.objects.filter(pk=file_id, user=request.user.pk).first()
        if file is None:
            return self.again(request, NOT_KEPT)
        if request.method == "POST":
            return self.confirm(request, file)
        lines = verdicts.of(file)
        places = {} if file.results is None else places_of(lines)
        return self.page(
            request,
            "console/imported_sellers.html",
            title=f"Onboard from {file.name}",
            file=file,
            is_under_way=file.begun_at is not None and file.results is None,
            counts=verdicts.counted(lines),
            rows=[(line, places.get(line.key)) for line in lines],
            would_write=any(line.result in (verdicts.NEW, verdicts.KNOWN) for line in lines),
            has_doubts=any(line.result == verdicts.DOUBTFUL for line in lines),
            has_places=bool(places),
        )

    def confirm(self, request: HttpRequest, file: SellerFile) -> HttpResponse:
        now = clock.now()
        if file.uploaded_at < now - CONFIRM_WITHIN:
            return self.again(request, "The preview is older than an hour. Upload the file again.")
        # A second click, or a second tab, finds it begun.
        if SellerFile.objects.filter(pk=file.pk, begun_at=None).update(begun_at=now):
            actor = request.user.get_username()
            is_sure = request.POST.get("is_sure") == "yes"
            lines = verdicts.carry_out(file, is_sure=is_sure, actor=actor)
            said = f"Sellers from {file.name}: {verdicts.in_words(lines)}."
            record_event("import", said, at=clock.now(), actor=actor)
            transaction.on_commit(partial(jobs.wake, Drain.Kind.OUTBOX))
        return HttpResponseRedirect(request.path)

    def template(self, request: HttpRequest) -> HttpResponse:
        self.demand_import(request)
        example = [seller_files.EXAMPLE.get(column, "") for column in seller_files.COLUMNS]
        return csv_file("sellers-template.csv", [list(seller_files.COLUMNS), example])

    def again(self, request: HttpRequest, why: str) -> HttpResponse:
        self.message_user(request, why, "error")
        return HttpResponseRedirect(reverse("admin:sellers_seller_import"))


def places_of(lines: list[verdicts.Line]) -> dict[str, Location]:
    """How each location stands by now, by its key."""
    found = Location.objects.defer("token").filter(location_key__in=[each.key for each in lines])
    return {each.location_key: each for each in found}
