"""What a migration may do from now on, so that the code of before goes on working beside it and no
table is locked for long (docs/decisions/0059-upgrades-beside-running-code.md).

It reads the operations, not SQL: no database is needed to know them, and both have the same.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.postgres import operations as of_postgresql
from django.db import models
from django.db.migrations import operations
from django.db.migrations.loader import MigrationLoader
from django.db.models import CheckConstraint, Field, ManyToManyField
from django.db.models.fields import NOT_PROVIDED

OURS = ("integration", "sellers")
# The newest of each when this began; those up to here are as they are.
BEGAN = {"integration": "0038_found_by_anything", "sellers": "0014_no_bare_digests"}
# (app, migration, what is said of it): why it is right there all the same.
EXCEPTIONS: dict[tuple[str, str, str], str] = {}
DATA = (operations.RunPython, operations.RunSQL)
GONE = (operations.RemoveField, operations.DeleteModel, operations.RenameField)
GONE += (operations.RenameModel, operations.AlterModelTable)


def faults(app: str, migration: Any) -> Iterator[str]:
    """What is wrong with it, sentence by sentence."""
    made = {each.name_lower for each in migration.operations if is_new(each)}
    held = [each for each in migration.operations if not is_of_new_table(each, made)]
    for each in held:
        yield from faults_of(each)
    is_data = [each for each in held if isinstance(each, DATA)]
    if is_data and len(held) > len(is_data) and migration.atomic:
        yield "schema and data in one transaction: the lock of one lasts as long as the other"
    needs = (of_postgresql.AddIndexConcurrently, of_postgresql.RemoveIndexConcurrently)
    if any(isinstance(each, needs) for each in held) and migration.atomic:
        yield "an index is only made concurrently where atomic = False"


def is_new(operation: Any) -> bool:
    return isinstance(operation, operations.CreateModel)


def is_of_new_table(operation: Any, made: set[str]) -> bool:
    """No code of before knows it, and it has no rows."""
    return is_new(operation) or getattr(operation, "model_name_lower", None) in made


def faults_of(operation: Any) -> Iterator[str]:
    name = getattr(operation, "name", "")
    if isinstance(operation, operations.AddField) and must_be_written(operation.field):
        yield f"{name}: NOT NULL without db_default, so code of before can't insert"
    if isinstance(operation, GONE):
        yield f"{name or operation.describe()}: code of before still asks for it"
    if type(operation) is operations.AddIndex:
        yield "AddIndex: use AddIndexConcurrently"
    if type(operation) is operations.AddConstraint:
        if isinstance(operation.constraint, CheckConstraint):
            yield f"{operation.constraint.name}: AddConstraintNotValid, then ValidateConstraint"
        else:
            yield f"{operation.constraint.name}: its index locks the table while it is made"


def must_be_written(field: Field) -> bool:
    is_column = not isinstance(field, ManyToManyField)
    return is_column and not field.null and field.db_default is NOT_PROVIDED


def new_migrations() -> list[tuple[str, str, Any]]:
    loader = MigrationLoader(None)
    return [
        (app, name, migration)
        for (app, name), migration in sorted(loader.disk_migrations.items())
        if app in OURS and name > BEGAN[app]
    ]


def test_migrations_since_then_keep_to_the_rules():
    found = [
        (app, name, fault)
        for app, name, migration in new_migrations()
        for fault in faults(app, migration)
    ]

    assert [each for each in found if each not in EXCEPTIONS] == []
    assert set(EXCEPTIONS) <= set(found), "an exception that is none any more"


def test_beginning_is_there():
    known = MigrationLoader(None).disk_migrations

    assert all((app, name) in known for app, name in BEGAN.items())


class Made:
    """As a migration is, as far as the rules look at it."""

    def __init__(self, *given: Any, atomic: bool = True) -> None:
        self.operations, self.atomic = given, atomic


def column(**options: Any) -> Any:
    return operations.AddField("order", "colour", models.CharField(max_length=9, **options))


SLOW_INDEX = operations.AddIndex("order", models.Index(fields=["stage"], name="i"))
INDEX = of_postgresql.AddIndexConcurrently("order", models.Index(fields=["stage"], name="i"))
CHECK = CheckConstraint(name="c", condition=models.Q(revision__gt=0))
TABLE = operations.CreateModel("Parcel", [("colour", models.CharField(max_length=9))])


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (Made(column()), "db_default"),
        (Made(column(default="")), "db_default"),
        (Made(operations.RemoveField("order", "stage")), "still asks for it"),
        (Made(operations.RenameField("order", "stage", "state")), "still asks for it"),
        (Made(SLOW_INDEX), "AddIndexConcurrently"),
        (Made(INDEX), "atomic = False"),
        (Made(operations.AddConstraint("order", CHECK)), "AddConstraintNotValid"),
        (Made(column(null=True), operations.RunPython(print)), "schema and data"),
    ],
)
def test_rule_finds(made, fault):
    [said] = faults("integration", made)

    assert fault in said


@pytest.mark.parametrize(
    "made",
    [
        Made(column(null=True)),
        Made(column(default="", db_default="")),
        Made(INDEX, atomic=False),
        Made(of_postgresql.AddConstraintNotValid("order", CHECK)),
        Made(operations.RunPython(print)),
        Made(TABLE, operations.AddIndex("parcel", models.Index(fields=["colour"], name="p"))),
    ],
)
def test_rule_lets_pass(made):
    assert list(faults("integration", made)) == []
