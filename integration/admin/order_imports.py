"""Orders from a CSV file: uploaded, previewed, and imported once someone has said so."""

import csv
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from booon_console import clock
from booon_console.tables import BadFile
from integration.admin import order_verdicts
from integration.admin.freezes import Freezes
from integration.entry import order_files
from integration.entry.order_files import MOST_BYTES
from integration.models import OrderFile, record_event

IMPORT = "integration.import_order"
CONFIRM_WITHIN = timedelta(hours=1)
MOST_SHOWN = 500
NOT_KEPT = "That file is not kept any more. Upload it again."


class FileForm(forms.Form):
    file = forms.FileField(
        label="CSV file",
        help_text="Comma-separated, UTF-8, at most 5 MB and 5,000 rows: one for each line of an "
        "order. Nothing is written before you confirm the preview.",
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
    )

    def clean_file(self) -> OrderFile:
        upload: UploadedFile = self.cleaned_data["file"]
        content = upload.read()
        try:
            order_files.read(content)
        except BadFile as problem:
            raise forms.ValidationError(str(problem)) from None
        return OrderFile(name=(upload.name or "file")[:200], body=content)


class OrderImports(Freezes):
    """What the order's admin stands on."""

    change_list_template = "console/orders.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may = {"may_import": request.user.has_perm(IMPORT)}
        return super().changelist_view(request, may | (extra_context or {}))

    def import_pages(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"integration_order_{name}")

        return [
            page("import/", self.upload, "import"),
            page("import/template.csv", self.template, "import_template"),
            page("import/<uuid:file_id>/", self.imported, "imported"),
            page("import/<uuid:file_id>/refused.csv", self.refused, "import_refused"),
        ]

    def demand_import(self, request: HttpRequest) -> None:
        if not (self.has_view_permission(request) and request.user.has_perm(IMPORT)):
            raise PermissionDenied

    def upload(self, request: HttpRequest) -> HttpResponse:
        self.demand_import(request)
        form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
        if is_too_large(request):
            form.fields["file"].error_messages["required"] = order_files.TOO_LARGE
        if form.is_valid():
            return self.previewed(request, form.cleaned_data["file"])
        return self.page(
            request,
            "console/import_orders.html",
            title="Import orders",
            form=form,
            columns=order_files.COLUMNS,
        )

    def previewed(self, request: HttpRequest, file: OrderFile) -> HttpResponse:
        file.user = cast(User, request.user)
        file.uploaded_at = clock.now()
        file.save(force_insert=True)
        return HttpResponseRedirect(reverse("admin:integration_order_imported", args=[file.pk]))

    def imported(self, request: HttpRequest, file_id: UUID) -> HttpResponse:
        """The preview, and after it was confirmed what became of each order."""
        self.demand_import(request)
        file = self.file_of(request, file_id)
        if file is None:
            return self.again(request, NOT_KEPT)
        if request.method == "POST":
            return self.confirm(request, file)
        verdicts = order_verdicts.of(file)
        return self.page(
            request,
            "console/import_preview.html",
            title=f"Import {file.name}",
            file=file,
            is_under_way=file.begun_at is not None and file.results is None,
            counts=order_verdicts.counted(verdicts),
            would_write=any(verdict.writes for verdict in verdicts),
            has_refused=any(verdict.is_refused for verdict in verdicts),
            verdicts=sorted(verdicts, key=lambda verdict: not verdict.is_refused)[:MOST_SHOWN],
            more=max(0, len(verdicts) - MOST_SHOWN),
        )

    def confirm(self, request: HttpRequest, file: OrderFile) -> HttpResponse:
        now = clock.now()
        if file.uploaded_at < now - CONFIRM_WITHIN:
            return self.again(request, "The preview is older than an hour. Upload the file again.")
        # A second click, or a second tab, finds it begun.
        if OrderFile.objects.filter(pk=file.pk, begun_at=None).update(begun_at=now):
            actor = request.user.get_username()
            verdicts = order_verdicts.carry_out(file, actor)
            said = f"{file.name}: {order_verdicts.in_words(verdicts)}."
            record_event("import", said, at=clock.now(), actor=actor)
        return HttpResponseRedirect(request.path)

    def refused(self, request: HttpRequest, file_id: UUID) -> HttpResponse:
        """The refused rows with their reasons; put right, the file can be uploaded again."""
        self.demand_import(request)
        file = self.file_of(request, file_id)
        if file is None:
            return self.again(request, NOT_KEPT)
        return csv_file("refused-orders.csv", order_verdicts.refused_rows(order_verdicts.of(file)))

    def template(self, request: HttpRequest) -> HttpResponse:
        self.demand_import(request)
        example = [order_files.EXAMPLE.get(column, "") for column in order_files.COLUMNS]
        return csv_file("orders-template.csv", [list(order_files.COLUMNS), example])

    def file_of(self, request: HttpRequest, file_id: UUID) -> OrderFile | None:
        """One's own only: it holds buyers' addresses."""
        return OrderFile.objects.filter(pk=file_id, user=request.user.pk).first()

    def again(self, request: HttpRequest, why: str) -> HttpResponse:
        self.message_user(request, why, "error")
        return HttpResponseRedirect(reverse("admin:integration_order_import"))


def is_too_large(request: HttpRequest) -> bool:
    """Then the upload handler has kept nothing of it."""
    length = str(request.META.get("CONTENT_LENGTH") or "0")
    return not request.FILES and length.isdigit() and int(length) > MOST_BYTES


def csv_file(name: str, rows: Iterable[list[str]]) -> HttpResponse:
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    # So that Excel takes it for UTF-8. All quoted: a ; in a cell would else begin another one.
    answer.write("\ufeff")
    csv.writer(answer, quoting=csv.QUOTE_ALL).writerows(rows)
    return answer
