"""Small pieces that pages are made of: times, badges, links, buttons, filters."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.admin.views.main import ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

from booon_console.lib.spoken import distance, rupees_and_paise

NONE = "—"


@dataclass(frozen=True)
class Button:
    """One POST. With a `warning` it takes a second click, under that sentence. A link only goes
    where it is done."""

    label: str
    url: str
    warning: str = ""
    hidden: tuple[tuple[str, str], ...] = ()
    is_link: bool = False
    # Its answer is a file, and the page stays.
    is_download: bool = False


def when(moment: datetime | None) -> str:
    """The time in India, and how long ago or ahead that is."""
    if moment is None:
        return NONE
    return format_html(
        '<time datetime="{}" title="{}">{} <span class="away">{}</span></time>',
        *exactly(moment),
        date_format(timezone.localtime(moment), "j M, H:i"),
        distance(timezone.now() - moment),
    )


def ago(moment: datetime | None) -> str:
    """How long ago or ahead it is; the time itself on pointing at it."""
    if moment is None:
        return NONE
    away = distance(timezone.now() - moment)
    return format_html('<time datetime="{}" title="{}">{}</time>', *exactly(moment), away)


def exactly(moment: datetime) -> tuple[str, str]:
    """For machines, and for people."""
    local = timezone.localtime(moment)
    return local.isoformat(timespec="seconds"), date_format(local, "j F Y, H:i:s") + " IST"


def badge(tone: str, text: str, title: str = "") -> SafeString:
    return format_html('<span class="badge {}" title="{}">{}</span>', tone, title, text)


def link_to(row: Model | None, text: str = "") -> str:
    """A link to the row's page."""
    if row is None:
        return NONE
    return format_html('<a href="{}">{}</a>', page_of(row), text or str(row))


def page_of(row: Model) -> str:
    """The address of the row's page."""
    return page_named(type(row), row.pk)


def page_named(model: type[Model], key: int | str | UUID) -> str:
    """The address of the page of the row with that key."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
    return reverse(name, args=[quote(key)])


def outward(url: str) -> str:
    """A link only where it is plain https: anything else from outside stays text."""
    if not url.startswith("https://"):
        return url or NONE
    return format_html('<a href="{}" rel="noopener noreferrer">{}</a>', url, url)


def first_sentence(text: str) -> str:
    return text.split(". ")[0].rstrip(".")


def listed(model: type[Model], **filters: str) -> str:
    """The address of a list, filtered."""
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
    return reverse(name, query=filters)


def moment(column: str, label: str) -> Any:
    """A column of times for list_display and readonly_fields."""

    @admin.display(description=label, ordering=column)
    def cell(row: Any) -> str:
        return when(getattr(row, column))

    cell.__name__ = column
    # For a file, which holds the time itself.
    cell.raw = attrgetter(column)  # type: ignore[attr-defined]
    return cell


def plain(column: str, label: str) -> Any:
    """A column as it is, under a label of ours."""

    @admin.display(description=label)
    def cell(row: Any) -> str:
        return getattr(row, column) or NONE

    cell.__name__ = column
    return cell


def money(column: str, label: str) -> Any:
    """A column of amounts, as `moment` is of times."""

    @admin.display(description=label, ordering=column)
    def cell(row: Any) -> str:
        amount = getattr(row, column)
        return NONE if amount is None else rupees_and_paise(amount)

    cell.__name__ = column
    # For a file, where numbers stay numbers.
    cell.raw = attrgetter(column)  # type: ignore[attr-defined]
    return cell


def link(column: str, label: str, text: str = "") -> Any:
    """A column that leads to the related row; `text` is what of it is shown."""

    @admin.display(description=label)
    def cell(row: Any) -> str:
        related = getattr(row, column)
        return link_to(related, str(getattr(related, text, "") or "") if text else "")

    cell.__name__ = column
    cell.leads_away = True  # type: ignore[attr-defined]
    return cell


def one_of(
    column: str, choices: Iterable[tuple[Any, Any]], label: str = ""
) -> type[admin.SimpleListFilter]:
    """A filter for an exact value of a column, or several. What it does not offer is no filter."""
    offered = [(str(value), str(text)) for value, text in choices if value != ""]

    class OneOf(admin.SimpleListFilter):
        title = label or column.replace("_", " ")
        parameter_name = column

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return offered

        def values(self) -> list[str]:
            return [each for each in (self.value() or "").split(",") if each in dict(offered)]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            values = self.values()
            if len(values) > 1:
                return queryset.filter(**{f"{column}__in": values})
            return queryset.filter(**{column: values[0]}) if values else queryset

        def choices(self, changelist: ChangeList) -> Iterator[Any]:
            """Each with the address of it alone, and of it beside the others."""
            values = self.values()
            yield {
                "selected": not values,
                "query_string": changelist.get_query_string(remove=[column]),
                "display": "All",
            }
            for value, display in offered:
                beside = [each for each, _ in offered if (each in values) != (each == value)]
                both = {column: ",".join(beside)} if beside else {}
                yield {
                    "selected": value in values,
                    "query_string": changelist.get_query_string({column: value}),
                    "beside": changelist.get_query_string(both, [] if both else [column])
                    if values
                    else "",
                    "display": display,
                }

    return OneOf


def yes_or_no(
    name: str, label: str, lookup: str, *, yes: str = "Yes", no: str = "No", is_yes: Any = True
) -> type[admin.SimpleListFilter]:
    """A filter by something that is so or is not; `is_yes` is the lookup's value for yes."""

    class YesOrNo(admin.SimpleListFilter):
        title = label
        parameter_name = name

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
            return [("yes", yes), ("no", no)]

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            wanted = {"yes": is_yes, "no": not is_yes}.get(self.value() or "")
            return queryset if wanted is None else queryset.filter(**{lookup: wanted})

    return YesOrNo


class TypedFilter(admin.SimpleListFilter):
    """A filter whose value is typed or picked from suggestions, for when there are too many."""

    template = "console/typed_filter.html"
    most_suggestions = 200
    placeholder = "code"

    def has_output(self) -> bool:
        """Without anything to suggest, too: it is typed."""
        return True

    def choices(self, changelist: ChangeList) -> Iterator[Any]:
        own = str(self.parameter_name)
        kept = changelist.get_filters_params()
        kept.pop(own, None)
        if changelist.query:
            kept["q"] = [changelist.query]
        yield {
            "value": self.value() or "",
            "clear": changelist.get_query_string(remove=[own]),
            "hidden": [(name, value) for name, values in kept.items() for value in values],
        }
