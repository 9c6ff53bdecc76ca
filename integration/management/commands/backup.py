"""`manage.py backup FILE`: the database as one file. FIELD_KEYS are kept apart from it."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from booon_console.lib import dumps
from integration.models import ChangeCounter


class Command(BaseCommand):
    help = "Writes the database to a file (PostgreSQL), while the console runs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if connection.vendor != "postgresql":
            raise CommandError("PostgreSQL only. SQLite: sqlite3 FILE '.backup COPY'.")
        if file.exists():
            raise CommandError(f"{file} is there already.")
        cursor, began = ChangeCounter.objects.current().last, time.monotonic()
        try:
            dumps.dump(connection.settings_dict, file)
        except (dumps.Failed, OSError) as fault:
            raise CommandError(str(fault)) from None
        took, size = time.monotonic() - began, file.stat().st_size / 1e6
        self.stdout.write(f"{file}: {size:.1f} MB in {took:.1f} s, the feed at cursor {cursor}.")
        self.stdout.write("It holds buyers' addresses in clear. Keep FIELD_KEYS apart from it.")
