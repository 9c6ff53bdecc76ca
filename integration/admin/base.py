"""What every list and page of the admin shares: bounds, no secrets, and pages of our own."""

import re
from collections.abc import Callable, Collection, Iterator
from functools import wraps
from typing import Any, ClassVar, TypeVar, cast
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.utils import flatten_fieldsets, quote, unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.text import capfirst

from booon_console.fields import EncryptedTextField
from booon_console.lib.admin_parts import TypedFilter
from booon_console.lib.posted import lead_back
from booon_console.lib.search import CAP, Source, find_ids
from booon_console.lib.spoken import grouped
from integration.admin.long_lists import CappedChangeList, CappedPaginator
from integration.admin.periods import FROM, TO, PeriodFilter
from integration.easyecom.plain_text import plain_code
from integration.monitoring import saved_views
from sellers import scope
from sellers.models import Location, Seller

# Keys of no row, at which a database would stumble: NUL, and numbers beyond 64 bits.
NO_KEY = re.compile(r"\x00|\d{19}")

# Where the admin keeps a list's filters on the pages of its rows.
FILTERS = "_changelist_filters"
# Of one filter; and from how many letters on a part of a name is looked for.
MOST_SELLERS = 50
SHORTEST_PART = 3


View = TypeVar("View", bound=Callable[..., HttpResponse])


def posted(view: View) -> View:
    """A page of an admin's that takes a POST alone: a GET leads to where its button stands."""

    @wraps(view)
    def guarded(self: "ConsoleAdmin", request: HttpRequest, **named: Any) -> HttpResponse:
        if request.method != "POST":
            return lead_back(request, self.stands_at(request, **named))
        return view(self, request, **named)

    return cast(View, guarded)


def secret_columns(model: type[Model], related: Collection[str]) -> Iterator[str]:
    """The encrypted columns of a model and of what is selected with it."""
    for prefix in ("", *related):
        owner: Any = model
        for step in filter(None, prefix.split("__")):
            owner = owner._meta.get_field(step).related_model
        for field in owner._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield f"{prefix}__{field.name}" if prefix else field.name


class ConsoleAdmin(admin.ModelAdmin):
    """Bounded lists: a capped count, prefix search, filters of ours only, and no secret loaded."""

    paginator = CappedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    list_max_show_all = 50
    # Short enough to be sorted by any of its columns.
    is_short = False
    # Selected with every row.
    related: ClassVar[tuple[str, ...]] = ()
    search_sources: ClassVar[tuple[Source, ...]] = ()
    # How a row leads to its seller. None: to no seller, so that staff of some sellers don't see it.
    seller_path: ClassVar[str | None] = "seller"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = self.in_scope(request, super().get_queryset(request))
        if self.related:
            rows = rows.select_related(*self.related)
        return rows.defer(*secret_columns(self.model, self.related))

    def in_scope(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """What this person sees of a list, and of its pages and actions."""
        return scope.within(rows, request.user, self.seller_path)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return CappedChangeList

    def get_sortable_by(self, request: HttpRequest) -> Any:
        return super().get_sortable_by(request) if self.is_short else ()

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        """The first column that is no link already."""
        if self.list_display_links != ():
            return self.list_display_links
        return [next(each for each in list_display if not getattr(each, "leads_away", False))]

    def get_search_fields(self, request: HttpRequest) -> list[str]:
        return [column for _, column, _ in self.search_sources]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        # What is pasted brings marks along that nobody sees, and no row has.
        words = plain_code(search_term)
        if not words:
            return queryset, False
        ids, is_whole = find_ids(self.search_sources, words)
        if not is_whole:
            self.message_user(
                request,
                f"Only the first {grouped(CAP)} matches were looked at. Type more of it.",
                messages.WARNING,
            )
        return queryset.filter(pk__in=ids), False

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Our own filters only: any other lookup may scan the table, or feel for a secret."""
        offered = self.get_list_filter(request)
        names = {getattr(each, "parameter_name", "") for each in offered}
        if any(isinstance(each, type) and issubclass(each, PeriodFilter) for each in offered):
            names |= {FROM, TO}
        return lookup in names

    def get_object(self, request: HttpRequest, object_id: str, from_field: Any = None) -> Any:
        if NO_KEY.search(object_id):
            return None
        return super().get_object(request, object_id, from_field)

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> HttpResponseRedirect:
        """Nothing is deleted here, and what is another seller's is told of no more than this."""
        what = f"There is no such {opts.verbose_name}, or it is of a seller whom you don't see."
        self.message_user(request, what, messages.WARNING)
        return HttpResponseRedirect(reverse("admin:index"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        frame = {
            "title": capfirst(self.opts.verbose_name_plural),
            "views": saved_views.views_of(request, self.model),
        }
        return super().changelist_view(request, frame | (extra_context or {}))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # Pages of ours under one row ---------------------------------------------------------------

    def door(self, name: str, view: Callable[..., HttpResponse]) -> URLPattern:
        """`<id>/<name>/`, for staff only. The view itself demands what else it needs."""
        url_name = f"{self.opts.app_label}_{self.opts.model_name}_{name}"

        def led_back(request: HttpRequest, object_id: str) -> HttpResponse:
            answer = view(request, object_id=object_id)
            own = reverse(self.change_name, args=[object_id])
            if answer.headers.get("Location") == own:
                answer["Location"] = self.as_filtered(request, own)
            return answer

        guarded = self.admin_site.admin_view(led_back)
        return path(f"<path:object_id>/{name}/", guarded, name=url_name)

    def as_filtered(self, request: HttpRequest, page: str) -> str:
        """With the filters of the list from which a row's page was opened, for the way back."""
        kept = request.GET.get(FILTERS)
        return f"{page}?{urlencode({FILTERS: kept})}" if kept else page

    def for_one(
        self, permission: str, action: Callable[[HttpRequest, QuerySet[Any]], object]
    ) -> Callable[..., HttpResponse]:
        """The view of a button: for one row what the list's action does for those selected."""

        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            if request.method != "POST":
                return lead_back(request, self.stands_at(request, object_id=object_id))
            row = self.demand(request, object_id, permission)
            action(request, self.model._default_manager.filter(pk=row.pk))
            return HttpResponseRedirect(self.url_of(row))

        return view

    def stands_at(self, request: HttpRequest, **named: Any) -> str:
        """The page whose button posts to one of ours: of a row its own, else the list as it is
        filtered."""
        if "object_id" in named:
            return reverse(self.change_name, args=[named["object_id"]])
        return reverse(f"admin:{self.list_name}", query=request.GET)

    def demand(self, request: HttpRequest, object_id: str, permission: str) -> Any:
        """The row, for someone who may see it and has the permission. 403 or 404 otherwise."""
        if not (self.has_view_permission(request) and request.user.has_perm(permission)):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        return row

    def url_of(self, row: Model, page: str = "change") -> str:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"
        return reverse(name, args=[quote(row.pk)])

    def page(
        self, request: HttpRequest, template: str, row: Model | None = None, **context: Any
    ) -> TemplateResponse:
        """A page of ours in the admin's frame. It may hold a token, so nobody keeps a copy."""
        frame = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": row,
            "has_view_permission": True,
            "preserved_filters": self.get_preserved_filters(request),
            "back": self.as_filtered(request, self.url_of(row))
            if row
            else reverse(f"admin:{self.list_name}"),
        }
        response = TemplateResponse(request, template, frame | context)
        add_never_cache_headers(response)
        return response

    @property
    def change_name(self) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_change"

    @property
    def list_name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_changelist"


class ReadOnlyAdmin(ConsoleAdmin):
    """Facts: nobody adds, changes or deletes them here, superusers included."""

    change_form_template = "console/facts.html"

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return flatten_fieldsets(self.get_fieldsets(request, obj))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = kwargs["obj"]
        context |= {"title": str(row), "subtitle": None, **self.facts(request, row)}
        return super().render_change_form(request, context, *args, **kwargs)

    def facts(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        """What the page shows beside the fields: `banner`, `buttons`, and its own panels."""
        return {}


class SellerFilter(TypedFilter):
    """By a seller's code or name, or several. The ids are looked up first, so that the list's own
    index serves."""

    title = "seller"
    parameter_name = "seller"
    placeholder = "code or name, or several, …"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        sellers = scope.within(Seller.objects.all(), request.user, "pk").values_list("code", "name")
        return list(sellers[: self.most_suggestions])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        typed = (self.value() or "").strip()
        if not typed:
            return queryset
        ids = named_sellers(typed, request.user)
        return self.of_sellers(queryset, ids) if ids else queryset.none()

    def of_sellers(self, queryset: QuerySet[Any], ids: list[int]) -> QuerySet[Any]:
        return queryset.filter(seller__in=ids) if len(ids) > 1 else queryset.filter(seller=ids[0])


class SellerByLocation(SellerFilter):
    """For rows that name a location only."""

    def of_sellers(self, queryset: QuerySet[Any], ids: list[int]) -> QuerySet[Any]:
        places = Location.objects.filter(seller__in=ids).values_list("pk", flat=True)
        return queryset.filter(location__in=list(places))


def named_sellers(typed: str, user: Any) -> list[int]:
    """Ids by code or name, several with commas; by a part of a name where nobody has that name."""
    if "\x00" in typed:
        return []
    words = [word for each in typed.split(",")[:MOST_SELLERS] if (word := each.strip())]
    sellers = scope.within(Seller.objects.all(), user, "pk").values_list("pk", flat=True)
    found = Q(code__in=words)
    for word in {typed, *words}:
        found |= Q(name__iexact=word)
    ids = list(sellers.filter(found))
    if not ids and len(typed) >= SHORTEST_PART:
        ids = list(sellers.filter(name__icontains=typed)[:MOST_SELLERS])
    return ids
