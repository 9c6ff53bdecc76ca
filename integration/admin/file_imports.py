"""What the imports from a file share: uploaded, previewed, and confirmed to be carried out."""

import csv
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar, TypeAlias, cast
from uuid import UUID

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from booon_console.lib import clock
from booon_console.lib.spoken import grouped
from booon_console.lib.tables import BadFile
from integration.admin.base import ConsoleAdmin
from integration.models import record_event
from integration.orders.csv_file import MOST_BYTES

CONFIRM_WITHIN = timedelta(hours=1)
TOO_OLD = "The preview is older than an hour. Upload the file again."
NOT_KEPT = "That file is not kept any more. Upload it again."


# How many, of what, in which tone.
Count: TypeAlias = tuple[int, str, str]


def counted(results: Iterable[str], words: Mapping[str, tuple[str, str]]) -> list[Count]:
    """In the sequence of `words`: what is said of a result, and its badge's tone."""
    found = Counter(results)
    return [(found[result], *said) for result, said in words.items() if found[result]]


def in_words(counts: Iterable[Count]) -> str:
    return ", ".join(f"{grouped(count)} {word}" for count, word, _ in counts)


class FileForm(forms.Form):
    """One file. A kind of import says its label and help, and reads it."""

    file = forms.FileField(
        error_messages={"required": "Choose a file.", "empty": "The file is empty."}
    )
    accept = ".csv,text/csv"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].widget.attrs["accept"] = self.accept

    def clean_file(self) -> Any:
        upload: UploadedFile = self.cleaned_data["file"]
        try:
            return self.read((upload.name or "file")[:200], upload.read())
        except BadFile as problem:
            raise forms.ValidationError(str(problem)) from None

    def read(self, name: str, content: bytes) -> Any:
        """The row that keeps it, not saved yet. Raises BadFile."""
        raise NotImplementedError


class FileImports(ConsoleAdmin):
    """What the admin of a thing stands on that is imported from files.

    A file is a row with `user`, `name`, `uploaded_at`, `begun_at` and `results`.
    """

    file_model: ClassVar[type[Any]]
    file_form: ClassVar[type[FileForm]]
    upload_template = ""
    upload_title = ""
    too_large = ""
    columns: Sequence[str] = ()
    example: Mapping[str, str] = {}
    template_name = ""
    # The names of its pages: where a file is given, and where it is shown.
    upload_page, file_page = "import", "imported"

    @abstractmethod
    def may_import(self, request: HttpRequest) -> bool: ...

    @abstractmethod
    def preview(self, request: HttpRequest, file: Any) -> HttpResponse:
        """What the file would do; after it was confirmed, what became of it."""

    @abstractmethod
    def carry_out(self, request: HttpRequest, file: Any) -> str:
        """Take in what the file gives. Returns the sentence for the timeline."""

    def unreadable(self, file: Any) -> str:
        """Why it can't be previewed or carried out any more; "" where it can."""
        return ""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may = {"may_import": self.may_import(request)}
        return super().changelist_view(request, may | (extra_context or {}))

    def import_pages(self) -> list[URLPattern]:
        return [
            self.import_page("import/", self.upload, "import"),
            self.import_page("import/template.csv", self.template, "import_template"),
            self.import_page("import/<uuid:file_id>/", self.imported, "imported"),
        ]

    def import_page(self, route: str, view: Any, name: str) -> URLPattern:
        return path(route, self.admin_site.admin_view(view), name=self.page_name(name))

    def page_name(self, name: str) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_{name}"

    def demand_import(self, request: HttpRequest) -> None:
        if not self.may_import(request):
            raise PermissionDenied

    def upload(self, request: HttpRequest) -> HttpResponse:
        self.demand_import(request)
        given = (request.POST, request.FILES) if request.method == "POST" else ()
        form = self.file_form(*given)
        if is_too_large(request):
            form.fields["file"].error_messages["required"] = self.too_large
        if form.is_valid():
            return self.kept(request, form.cleaned_data["file"])
        return self.page(
            request,
            self.upload_template,
            title=self.upload_title,
            form=form,
            columns=self.columns,
        )

    def kept(self, request: HttpRequest, file: Any) -> HttpResponse:
        file.user = cast(User, request.user)
        file.uploaded_at = clock.now()
        file.save(force_insert=True)
        name = f"admin:{self.page_name(self.file_page)}"
        return HttpResponseRedirect(reverse(name, args=[file.pk]))

    def imported(self, request: HttpRequest, file_id: UUID) -> HttpResponse:
        """The preview, and after it was confirmed what became of it."""
        self.demand_import(request)
        file = self.file_of(request, file_id)
        why = NOT_KEPT if file is None else self.unreadable(file)
        if file is None or why:
            return self.again(request, why)
        if request.method == "POST":
            return self.confirm(request, file)
        return self.preview(request, file)

    def confirm(self, request: HttpRequest, file: Any) -> HttpResponse:
        now = clock.now()
        if file.uploaded_at < now - CONFIRM_WITHIN:
            return self.again(request, TOO_OLD)
        # A second click, or a second tab, finds it begun.
        mine = self.file_model.objects.filter(pk=file.pk, begun_at=None)
        if mine.update(begun_at=now):
            sentence = self.carry_out(request, file)
            actor = request.user.get_username()
            record_event("import", sentence, at=clock.now(), actor=actor)
        return HttpResponseRedirect(request.path)

    def template(self, request: HttpRequest) -> HttpResponse:
        self.demand_import(request)
        example = [self.example.get(column, "") for column in self.columns]
        return csv_file(self.template_name, [list(self.columns), example])

    def file_of(self, request: HttpRequest, file_id: UUID) -> Any:
        """One's own only, None where there is none: it holds what nobody else may read."""
        return self.file_model.objects.filter(pk=file_id, user=request.user.pk).first()

    def again(self, request: HttpRequest, why: str) -> HttpResponse:
        self.message_user(request, why, "error")
        return HttpResponseRedirect(reverse(f"admin:{self.page_name(self.upload_page)}"))


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
