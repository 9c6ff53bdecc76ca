"""Lists of which all that match may be asked for again: frozen as they are filtered, into a run."""

from abc import abstractmethod
from typing import Any

from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse

from booon_console.lib.admin_parts import page_of
from booon_console.lib.spoken import grouped
from integration.admin.base import ReadOnlyAdmin, posted
from integration.bulk import runs, selection
from integration.models import BulkRun

NOTHING = "None of them can be asked for again: nothing stands in their way, or they are cancelled."


class Freezes(ReadOnlyAdmin):
    """What the admin of such a list stands on."""

    change_list_template = "console/freezing.html"
    freeze_verb = "Retry"
    freeze_permission = ""

    @abstractmethod
    def frozen(self, rows: QuerySet[Any], filters: str, actor: str) -> BulkRun | None:
        """The run over these rows. None where nothing can come of it. Raises TooMany."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may = request.user.has_perm(self.freeze_permission)
        frame = {
            "freeze_url": reverse(f"admin:{self.freeze_name}") if may else "",
            "freeze_verb": self.freeze_verb,
        }
        return super().changelist_view(request, frame | (extra_context or {}))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.freeze_all)
        return [path("bulk/", view, name=self.freeze_name), *super().get_urls()]

    @property
    def freeze_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_bulk"

    @posted
    def freeze_all(self, request: HttpRequest) -> HttpResponse:
        """All that match the filters and search in the address."""
        if not (
            self.has_view_permission(request) and request.user.has_perm(self.freeze_permission)
        ):
            raise PermissionDenied
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse(f"admin:{self.list_name}"))
        return self.freeze(request, rows, request.GET.urlencode())

    def freeze(self, request: HttpRequest, rows: QuerySet[Any], filters: str) -> HttpResponse:
        try:
            run = self.frozen(rows, filters, request.user.get_username())
        except selection.TooMany:
            self.message_user(
                request, f"More than {grouped(selection.MOST)} match. Filter further.", "error"
            )
        else:
            if run is not None:
                return HttpResponseRedirect(page_of(run))
            self.message_user(request, NOTHING, messages.WARNING)
        return HttpResponseRedirect(self.stands_at(request))

    def is_large(self, rows: QuerySet[Any]) -> bool:
        """Too many to be asked for with one click."""
        return rows.order_by()[: runs.LARGE + 1].count() > runs.LARGE
