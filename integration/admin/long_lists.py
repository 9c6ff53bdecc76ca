"""Lists of any length: counted to a cap, gone on with behind it by key, read from either end."""

from typing import Any

from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.views.main import ORDER_VAR, PAGE_VAR, ChangeList
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.functional import cached_property

from booon_console.lib.search import CAP, capped_count, render_count
from integration.admin.labels import ANY, OF_SOME, SENTENCES
from sellers import scope

# The key of the row behind which a list's pages begin.
BEYOND = "beyond"
# Whether a list begins with what is oldest: the same index, read from its other end.
OLDEST = "oldest"


class CappedPaginator(Paginator):
    """Counts to the cap and pages no further: its last page leads on."""

    object_list: QuerySet[Any]

    @cached_property
    def counted(self) -> int:
        return capped_count(self.object_list)

    @cached_property
    def count(self) -> int:
        return min(self.counted, CAP)


class CappedChangeList(ChangeList):
    """Pages as far as the cap; the last of them leads to the rows beyond, which are found by the
    key of the last row shown, as quickly as the first ones."""

    paginator: CappedPaginator

    def get_filters_params(self, params: Any = None) -> Any:
        found = super().get_filters_params(params)
        found.pop(BEYOND, None)
        found.pop(OLDEST, None)
        return found

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """Another filter begins with its first rows; another page stays where it is."""
        new_params = new_params or {}
        if PAGE_VAR not in new_params and BEYOND not in new_params:
            new_params = {**new_params, BEYOND: None}
        return super().get_query_string(new_params, remove)

    def get_results(self, request: HttpRequest) -> None:
        """What is done with all that match is done with those before too: only pages begin here."""
        whole, self.is_beyond = self.queryset, False
        self.is_limited = scope.is_limited(request.user)
        last = self.last_before(request)
        if last is not None:
            self.queryset, self.is_beyond = whole.filter(after(last, self.keys(request))), True
        super().get_results(request)
        self.queryset = whole

    def keys(self, request: HttpRequest) -> list[str]:
        return [str(each) for each in self.get_ordering(request, self.root_queryset)]

    def last_before(self, request: HttpRequest) -> Model | None:
        """The row that the address begins behind; None for the list's beginning."""
        key = request.GET.get(BEYOND, "")
        if not (key and self.leads_on):
            return None
        row: Model | None = self.model_admin.get_object(request, unquote(key))
        return row

    @cached_property
    def leads_on(self) -> bool:
        """Whether a row's own values say what stands behind it."""
        names = [str(key).lstrip("-") for key in self.model_admin.ordering or ()]
        fields = [self.lookup_opts.get_field(name) for name in names if name != "pk"]
        return not self.sortable_by and not any(field.null for field in fields)

    @property
    def next_rows(self) -> str:
        """Where the rows beyond these pages are; "" but on the last of them."""
        is_last = self.page_num == self.paginator.num_pages
        if not (self.is_capped and is_last and self.result_list and self.leads_on):
            return ""
        row = list(self.result_list)[-1]
        return self.get_query_string({BEYOND: quote(row.pk), PAGE_VAR: None})

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
        if not self.sortable_by:
            # The stock list would sort by any column that the address names, indexed or not.
            self.params.pop(ORDER_VAR, None)
        keys = super().get_ordering(request, queryset)
        return [turned(key) for key in keys] if self.begins_with_oldest else keys

    @property
    def begins_with_oldest(self) -> bool:
        return OLDEST in self.params and self.has_ends

    @property
    def has_ends(self) -> bool:
        """Whether it stands by time, the newest first; lists that are sorted by columns have their
        headings for it."""
        first = next(iter(self.model_admin.ordering or ()), "")
        return not self.sortable_by and str(first).startswith("-")

    @property
    def other_end(self) -> str:
        """The same rows, from the other end on."""
        flag = None if self.begins_with_oldest else "1"
        return self.get_query_string({OLDEST: flag, PAGE_VAR: None})

    @property
    def is_capped(self) -> bool:
        return self.paginator.counted > CAP

    @property
    def shown_count(self) -> str:
        return render_count(self.paginator.counted)

    @property
    def when_empty(self) -> str:
        if self.is_limited:
            return OF_SOME
        return SENTENCES.get(str(self.opts.model_name), ANY)


def turned(key: Any) -> str:
    return str(key)[1:] if str(key).startswith("-") else f"-{key}"


def after(row: Model, keys: list[str]) -> Q:
    """The rows that stand behind this one in a list that is sorted so, by columns without nulls."""
    found, same = Q(), Q()
    for key in keys:
        name = key.lstrip("-")
        value = row.pk if name == "pk" else getattr(row, name)
        found |= same & Q(**{f"{name}__{'lt' if key.startswith('-') else 'gt'}": value})
        same &= Q(**{name: value})
    # Says no more, and lets an index of the first column serve.
    first = keys[0].lstrip("-")
    value = row.pk if first == "pk" else getattr(row, first)
    return found & Q(**{f"{first}__{'lte' if keys[0].startswith('-') else 'gte'}": value})
