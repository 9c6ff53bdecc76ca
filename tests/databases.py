"""The tests' databases: migrated once for each state of the migrations, then copied.

A copy costs milliseconds, migrating a few seconds, and every worker of xdist wants its own.
"""

import fcntl
import hashlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection

PREFIX = "booon_template_"
ROOT = Path(settings.BASE_DIR)


def digest() -> str:
    """Of all that makes the schema: our migrations, and the versions of the libraries'."""
    hashed = hashlib.sha256((ROOT / "requirements.txt").read_bytes())
    for migration in sorted(ROOT.glob("*/migrations/*.py")):
        hashed.update(migration.name.encode() + migration.read_bytes())
    # What `migrate` puts in place is code too.
    for source in (
        "booon_console/roles.py",
        "integration/worker/tasks.py",
        "integration/sync/shards.py",
    ):
        hashed.update((ROOT / source).read_bytes())
    return hashed.hexdigest()[:12]


@contextmanager
def own(worker: str) -> Iterator[None]:
    """A database for this process alone, in the place of the one that settings name."""
    name = f"{os.getpid()}_{worker}"
    with (on_postgresql if connection.vendor == "postgresql" else in_a_file)(name):
        yield


@contextmanager
def in_a_file(name: str) -> Iterator[None]:
    folder = Path(tempfile.gettempdir())
    template = folder / f"{PREFIX}{digest()}.sqlite3"
    with locked(template):
        if not template.exists():
            made = template.with_suffix(f".{name}")
            use(str(made))
            call_command("migrate", verbosity=0)
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.close()
            made.rename(template)
    mine = folder / f"booon_tests_{name}.sqlite3"
    shutil.copy(template, mine)
    # What a test wrote need not outlive the machine.
    init = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;"
    connection.settings_dict["OPTIONS"] |= {"init_command": init}
    use(str(mine))
    try:
        yield
    finally:
        connection.close()
        for leftover in folder.glob(f"{mine.name}*"):
            leftover.unlink()


@contextmanager
def on_postgresql(name: str) -> Iterator[None]:
    template, mine = f"{PREFIX}{digest()}", f"test_booon_{name}"
    server = settings.DATABASES["default"]["NAME"]
    with locked(Path(tempfile.gettempdir()) / template), asked(server) as ask:
        found = {each for (each,) in ask("SELECT datname FROM pg_database")}
        if template not in found:
            made = f"{template}_{name}"
            ask(f'CREATE DATABASE "{made}"')
            use(made)
            call_command("migrate", verbosity=0)
            connection.close()
            ask(f'ALTER DATABASE "{made}" RENAME TO "{template}"')
        ask(f'CREATE DATABASE "{mine}" TEMPLATE "{template}"')
    use(mine)
    try:
        yield
    finally:
        connection.close()
        with asked(server) as ask:
            ask(f'DROP DATABASE "{mine}" WITH (FORCE)')


@contextmanager
def emptied() -> Iterator[None]:
    """What is committed meanwhile is deleted again, from all tables that were empty before.

    On PostgreSQL; Django's own way, which truncates every table, takes a second and more.
    """
    tables = connection.introspection.django_table_names(only_existing=True)
    counts = " UNION ALL ".join(f"SELECT '{table}' FROM \"{table}\"" for table in tables)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT DISTINCT * FROM ({counts}) AS filled")
        kept = {table for (table,) in cursor.fetchall()}
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            # Neither foreign keys nor the trigger that guards events.
            cursor.execute("SET session_replication_role = replica")
            cursor.execute(
                "; ".join(f'DELETE FROM "{each}"' for each in tables if each not in kept)
            )
            cursor.execute("SET session_replication_role = DEFAULT")
            cursor.execute("UPDATE integration_drain SET queued_at = NULL, running_until = NULL")
            cursor.execute("UPDATE integration_shard SET running_until = NULL, running_in = ''")


def use(name: str) -> None:
    connection.close()
    # Another database has them under other ids.
    ContentType.objects.clear_cache()
    connection.settings_dict["NAME"] = name
    settings.DATABASES["default"]["NAME"] = name


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process makes the template, the others wait for it."""
    with path.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def asked(server: str) -> Iterator[object]:
    url = os.environ["DATABASE_URL"].rpartition("/")[0]
    with psycopg.connect(f"{url}/{server}", autocommit=True) as admin:

        def ask(sql: str) -> list[tuple[str]]:
            cursor = admin.execute(sql)  # type: ignore[call-overload]
            return cursor.fetchall() if cursor.description else []

        yield ask


@contextmanager
def another(copied: str = "") -> Iterator[str]:
    """An empty database, or a copy of that one, in the place of the tests' own; its name."""
    before = connection.settings_dict["NAME"]
    connection.close()
    name = f"booon_tests_{os.getpid()}_{secrets.token_hex(4)}"
    if connection.vendor == "postgresql":
        server = os.environ["DATABASE_URL"].rpartition("/")[2]
        with asked(server) as ask:
            ask(f'CREATE DATABASE "{name}" TEMPLATE "{copied or "template1"}"')
    else:
        name = str(Path(tempfile.gettempdir()) / f"{name}.sqlite3")
        if copied:
            shutil.copy(copied, name)
    use(name)
    try:
        yield name
    finally:
        use(before)
        if connection.vendor == "postgresql":
            with asked(server) as ask:
                ask(f'DROP DATABASE "{name}" WITH (FORCE)')
        else:
            for leftover in Path(name).parent.glob(f"{Path(name).name}*"):
                leftover.unlink()
