"""`manage.py restore FILE`: a backup put into an empty database."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from booon_console.lib import dumps

NEXT = (
    "Start web and workers with the STATE_FILE of before: everything is then held until an Admin "
    "releases it. What to look at first: docs/operations.md, Backup and restore."
)


class Command(BaseCommand):
    help = "Puts a backup into an empty database (PostgreSQL)."
    # There may be no table yet that a check would ask.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("PostgreSQL only. SQLite: put the copy in the file's place.")
        if connection.introspection.table_names():
            raise CommandError("This database has tables. Restore into a new one, and keep it.")
        began = time.monotonic()
        try:
            dumps.restore(connection.settings_dict, options["file"])
        except dumps.Failed as fault:
            raise CommandError(str(fault)) from None
        self.stdout.write(f"Restored in {time.monotonic() - began:.1f} s. {NEXT}")
