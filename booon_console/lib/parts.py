"""Where a typed part of a code is found: at its beginning, its end or, if it is long, inside.

On PostgreSQL by the indexes of pg_trgm; without them only beginnings, by the columns' own. On
SQLite by looking at the newest rows.
"""

from collections.abc import Iterable
from functools import cache
from typing import Any

from django.db import connection
from django.db.models import Max, Q, QuerySet

LEAST = 2
LEAST_INSIDE = 4
# Rows of each kind that are looked at, and how far back without an index.
MOST = 500
RECENT = 200_000
VALID = """
    SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE relname = 'order_parts' AND indisvalid
"""


def has_parts() -> bool:
    """Whether PostgreSQL has the indexes by which parts are found."""
    if connection.vendor != "postgresql":
        return False
    return asked_for_index(str(connection.settings_dict["NAME"]))


@cache
def asked_for_index(database: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(VALID)
        return cursor.fetchone() is not None


def holds(columns: Iterable[str], terms: Iterable[str]) -> Q:
    """Whether one of the columns has one of the terms in it."""
    found = Q(pk__in=[])
    for term in terms:
        for column in columns:
            for lookup, words in lookups(term):
                found |= Q(**{f"{column}__{lookup}": words})
    return found


def lookups(term: str) -> list[tuple[str, str]]:
    if connection.vendor == "postgresql" and not has_parts():
        # No index knows letter case: as typed, and as most codes are written.
        return [("startswith", each) for each in dict.fromkeys((term, term.upper()))]
    if len(term) >= LEAST_INSIDE:
        return [("icontains", term)]
    return [("istartswith", term), ("iendswith", term)]


def recent(rows: QuerySet[Any]) -> QuerySet[Any]:
    """The newest only, where there is no index to find others by."""
    if connection.vendor == "postgresql":
        return rows
    last = rows.model._base_manager.aggregate(last=Max("pk"))["last"] or 0
    return rows.filter(pk__gt=last - RECENT) if last > RECENT else rows


def closeness(value: str, terms: Iterable[str]) -> int | None:
    """0: the very same. 1: it begins or ends so. 2: inside. None: not in it."""
    found = [each for term in terms if (each := closeness_to(value, term)) is not None]
    return min(found, default=None)


def closeness_to(value: str, term: str) -> int | None:
    if value == term:
        return 0
    if value.startswith(term) or value.endswith(term):
        return 1
    return 2 if len(term) >= LEAST_INSIDE and term in value else None
