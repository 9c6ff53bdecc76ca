"""Operations for big tables, on both databases; and a `migrate` that gives way."""

import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands import migrate as djangos
from django.db import OperationalError, connection, models, transaction
from django.db.migrations.loader import MigrationLoader

from booon_console.postgresql import online
from integration.management.commands import migrate
from tests import only_on

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

INDEX = models.Index(fields=["manifest_number"], name="tests_own_index")
CHECK = models.CheckConstraint(name="tests_own_check", condition=models.Q(revision__gt=0))


def state():
    return MigrationLoader(connection).project_state()


def constraints() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.get_constraints(cursor, "integration_order"))


def apply(operation, before, *, backwards: bool = False):
    after = before.clone()
    operation.state_forwards("integration", after)
    with connection.schema_editor(atomic=False) as editor:
        if backwards:
            operation.database_backwards("integration", editor, after, before)
        else:
            operation.database_forwards("integration", editor, before, after)
    return after


def test_index_is_made_and_taken_away():
    operation = online.AddIndexConcurrently("order", INDEX)

    apply(operation, state())
    assert INDEX.name in constraints()
    apply(operation, state(), backwards=True)
    assert INDEX.name not in constraints()


def test_constraint_is_added_and_proved():
    added = online.AddConstraintNotValid("order", CHECK)

    after = apply(added, state())
    apply(online.ValidateConstraint("order", CHECK.name), after)

    assert CHECK.name in constraints()
    apply(added, state(), backwards=True)
    assert CHECK.name not in constraints()


@pytest.fixture
def quickly(monkeypatch):
    monkeypatch.setattr(migrate, "LOCK_SECONDS", 1)
    monkeypatch.setattr(migrate, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(migrate, "TRIES", 3)


@pytest.mark.slow
@only_on.postgresql("SQLite has one writer, and no lock_timeout")
def test_migrate_gives_way_to_who_holds_a_table_and_tries_again(quickly, monkeypatch):
    """Another connection reads a table for as long as the first two tries take."""
    tries = []
    reader = connection.copy()
    reader.set_autocommit(False)
    with reader.cursor() as cursor:
        cursor.execute("LOCK TABLE integration_order IN ACCESS SHARE MODE")

    def take(self, *args, **options):
        tries.append(1)
        if len(tries) == 3:
            reader.rollback()
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE integration_order IN ACCESS EXCLUSIVE MODE")

    monkeypatch.setattr(djangos.Command, "handle", lambda *a, **o: atomically(take, *a, **o))
    try:
        call_command("migrate", verbosity=0)
    finally:
        reader.close()

    assert len(tries) == 3
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("0",)


def atomically(does, *args, **options):
    with transaction.atomic():
        does(*args, **options)


@only_on.postgresql("SQLite has no lock_timeout")
def test_migrate_ends_with_a_sentence_where_a_table_stays_in_use(quickly, monkeypatch):
    class NotGot(Exception):
        sqlstate = migrate.NOT_GOT

    def refuse(self, *args, **options):
        raise OperationalError from NotGot()

    monkeypatch.setattr(djangos.Command, "handle", refuse)

    with pytest.raises(CommandError, match="A table stayed in use"):
        call_command("migrate", verbosity=0)


@only_on.postgresql("SQLite has no lock_timeout")
def test_another_trouble_is_not_tried_again(quickly, monkeypatch):
    tries = []

    def refuse(self, *args, **options):
        tries.append(1)
        raise OperationalError("gone")

    monkeypatch.setattr(djangos.Command, "handle", refuse)

    with pytest.raises(OperationalError):
        call_command("migrate", verbosity=0)
    assert tries == [1]
