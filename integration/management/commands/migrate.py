"""Django's `migrate`, which never waits long for a lock: who waits for one has all others wait
behind him. It gives way, lets them through, and tries again."""

import time
from typing import Any

import structlog
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections

log = structlog.get_logger(__name__)

# On PostgreSQL; short enough for a webhook or a request to wait behind.
LOCK_SECONDS = 2
TRIES = 30
PAUSE_SECONDS = 2.0
NOT_GOT = "55P03"


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if connection.vendor != "postgresql":
            super().handle(*args, **options)
            return
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
        try:
            self.handle_patiently(*args, **options)
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET lock_timeout")

    def handle_patiently(self, *args: Any, **options: Any) -> None:
        """What was migrated stays so; a migration that got no lock left nothing behind, unless it
        is one of `atomic = False`, which Django leaves to its own retry. Raises CommandError."""
        for left in reversed(range(TRIES)):
            try:
                super().handle(*args, **options)
                return
            except OperationalError as fault:
                if getattr(fault.__cause__, "sqlstate", "") != NOT_GOT:
                    raise
            log.warning("migrate_gave_way", tries_left=left)
            if left:
                time.sleep(PAUSE_SECONDS)
        raise CommandError(
            f"A table stayed in use: no lock within {LOCK_SECONDS} s, {TRIES} times. Look for "
            "what runs long in pg_stat_activity, and run it again."
        )
