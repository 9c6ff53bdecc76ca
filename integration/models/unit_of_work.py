"""What a transaction writes, gathered, so that it is one statement a table for many orders.

While something is gathered, `save` and `insert` only take down what is to be written. Rows that
are changed have to be locked by whoever gathers, and nothing gathered may be looked for in the
database before the end.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.db import DatabaseError, models

from integration.models import many_rows

Model = type[models.Model]


class UnitOfWork:
    """Changed rows with the names of their columns, and new rows, as they came."""

    def __init__(self) -> None:
        self.changed: dict[tuple[Model, Any], tuple[models.Model, set[str]]] = {}
        self.new: dict[Model, list[models.Model]] = {}

    def save(self, row: models.Model, names: Sequence[str]) -> None:
        known, columns = self.changed.setdefault((type(row), row.pk), (row, set()))
        # Of two objects of one row the older would win.
        assert known is row
        columns.update(names)

    def insert(self, row: models.Model) -> None:
        self.new.setdefault(type(row), []).append(row)

    def write(self) -> None:
        """One statement for each table, and for each set of columns that were changed together."""
        alike: dict[tuple[Model, tuple[str, ...]], list[models.Model]] = {}
        for (model, _), (row, columns) in self.changed.items():
            alike.setdefault((model, tuple(sorted(columns))), []).append(row)
        for (model, names), rows in alike.items():
            update(model, names, rows)
        for model, rows in self.new.items():
            model._base_manager.bulk_create(rows)


def update(model: Model, names: Sequence[str], rows: Sequence[models.Model]) -> None:
    # `pre_save` sets what is the time of the change.
    fields = [field for _, field in many_rows.numbered(model, names)]
    values = [(row.pk, *(field.pre_save(row, False) for field in fields)) for row in rows]
    if many_rows.update(model, names, values) != len(rows):
        raise DatabaseError(f"A row of {model.__name__} is gone.")


current: ContextVar[UnitOfWork | None] = ContextVar("current", default=None)


@contextmanager
def gathered() -> Iterator[None]:
    """In a transaction: what is saved and inserted in here is written at the end of it."""
    unit = UnitOfWork()
    token = current.set(unit)
    try:
        yield
    finally:
        current.reset(token)
    unit.write()


def save(row: models.Model, *names: str) -> None:
    """Just these columns of a row."""
    unit = current.get()
    if unit is None:
        row.save(update_fields=names)
    else:
        unit.save(row, names)


def insert(row: models.Model) -> None:
    unit = current.get()
    if unit is None:
        row.save(force_insert=True)
    else:
        unit.insert(row)
