"""Many rows of a table changed in one statement, each with values of its own.

`bulk_update` writes a CASE for each row and column: the longer the slower. Both databases read the
values as a table instead (SQLite from 3.33 on).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection, models

FieldNames = Sequence[str]


def update(
    model: type[models.Model],
    names: FieldNames,
    rows: Iterable[Sequence[object]],
    *,
    only: str = "",
) -> int:
    """Each row is its key, then a value for each of `names`. Returns how many were changed.

    `only` is a further condition in SQL, where the row as it stands is `kept`.
    """
    columns = [f'"{field.column}" = given.column{n}' for n, field in numbered(model, names)]
    return update_by(model, names, rows, ", ".join(columns), only=only)


def update_by(
    model: type[models.Model],
    names: FieldNames,
    rows: Iterable[Sequence[object]],
    assignments: str,
    *,
    only: str = "",
    last: Sequence[object] = (),
) -> int:
    """The same by assignments in SQL, where a row's values are `given.column2` and so on.

    `last` are parameters of the assignments themselves.
    """
    key = model._meta.pk
    assert key is not None
    fields = [key, *(field for _, field in numbered(model, names))]
    values, given = as_values(fields, rows)
    params: list[Any] = [*last, *given]
    condition = f" AND {only}" if only else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE "{model._meta.db_table}" AS kept SET {assignments} FROM ({values}) AS given '
            f'WHERE kept."{key.column}" = given.column1{condition}',
            params,
        )
        changed: int = cursor.rowcount
        return changed


def numbered(
    model: type[models.Model], names: FieldNames
) -> list[tuple[int, models.Field[Any, Any]]]:
    """Fields beside the number of their column: the first is the key."""
    return [(n, model._meta.get_field(name)) for n, name in enumerate(names, start=2)]  # type: ignore[misc]


def as_values(
    fields: Sequence[models.Field[Any, Any]], rows: Iterable[Sequence[object]]
) -> tuple[str, list[Any]]:
    """`VALUES (…), (…)` and its parameters."""
    params = [
        field.get_db_prep_save(value, connection)
        for row in rows
        for field, value in zip(fields, row, strict=True)
    ]
    plain = f"({', '.join(['%s'] * len(fields))})"
    first = f"({', '.join(typed(field) for field in fields)})"
    others = len(params) // len(fields) - 1
    return f"VALUES {', '.join([first, *[plain] * others])}", params


def typed(field: models.Field[Any, Any]) -> str:
    """PostgreSQL takes a column's type from its first row."""
    if connection.vendor != "postgresql":
        return "%s"
    kind = field.db_type(connection) or ""
    # A cast to varchar(n) would cut what is too long; so it is refused, as elsewhere.
    return f"%s::{'text' if kind.startswith('varchar') else kind}"
