"""Prefix search that an index serves on both databases, and counts that stop in time."""

from typing import Any

from django.db import connection
from django.db.models import Model, Q, QuerySet

from booon_console.lib.spoken import grouped

# No list looks further than this: a count beyond it is "1,000+".
CAP = 1000
LONGEST_TERM = 255
MOST_TERMS = 5
LAST_CHARACTER = "\U0010ffff"


def starts_with(column: str, prefix: str) -> Q:
    """Case as typed. SQLite's LIKE ignores case and so its index too, hence the range."""
    if connection.vendor == "sqlite":
        return Q(**{f"{column}__gte": prefix, f"{column}__lt": prefix + LAST_CHARACTER})
    return Q(**{f"{column}__startswith": prefix})


def capped_count(rows: QuerySet[Any]) -> int:
    """How many there are, counting to one beyond the cap at most."""
    return rows.order_by()[: CAP + 1].count()


def render_count(count: int) -> str:
    return f"{grouped(CAP)}+" if count > CAP else grouped(count)


# Where to look: a model, its indexed column, and its column that names the row looked for.
Source = tuple[type[Model], str, str]


def find_ids(sources: tuple[Source, ...], words: str) -> tuple[list[Any], bool]:
    """Ids of the rows in which every word begins one of the columns, and whether all were seen."""
    terms = words.split()
    if len(terms) > MOST_TERMS or any(len(term) > LONGEST_TERM for term in terms):
        return [], True
    found = [begins_with(sources, term) for term in terms]
    whole = [ids for ids in found if len(ids) < CAP]
    if not whole:
        return newest(set.intersection(*found)), False
    ids = set.intersection(*whole)
    for term, some in zip(terms, found, strict=True):
        # Too many to be listed, so they are asked for among those of the other words.
        if len(some) >= CAP:
            ids = begins_with(sources, term, ids)
    return newest(ids), True


def begins_with(sources: tuple[Source, ...], term: str, among: set[Any] | None = None) -> set[Any]:
    """Ids by this word alone: up to the cap from each column, or those of them `among` some."""
    ids: set[Any] = set()
    for model, column, id_column in sources:
        rows = model._default_manager.filter(starts_with(column, term)).order_by()
        if among is not None:
            rows = rows.filter(**{f"{id_column}__in": among})
        ids.update(rows.values_list(id_column, flat=True).distinct()[:CAP])
    return ids


def newest(ids: set[Any]) -> list[Any]:
    return sorted(ids, reverse=True)[:CAP]
