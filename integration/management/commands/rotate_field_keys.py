"""`manage.py rotate_field_keys [--check]`: stored secrets move to the first of FIELD_KEYS."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from booon_console import field_keys
from integration.orders import buyer_digests

NAMED = 20


class Command(BaseCommand):
    help = (
        "Writes each stored secret anew under the first key of FIELD_KEYS, a row at a time, while "
        "the console runs; run it again after an interruption. Exit 0: the first key opens all "
        "of them, the others may go. 1: some are left, and named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--check", action="store_true", help="count, and change nothing")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        counts = [field_keys.count(column, rotates=not check) for column in field_keys.columns()]
        for found in counts:
            self.stdout.write(
                f"{found.column}: {found.first} under the first key, {found.other} under another, "
                f"{len(found.unreadable)} under none"
            )
            for row in found.column.rows(found.unreadable[:NAMED]):
                self.stderr.write(f"No key opens: {found.column} of {row} ({row.pk}).")
            if (more := len(found.unreadable) - NAMED) > 0:
                self.stderr.write(f"… and of {more} more.")
        if check:
            old = sum(
                buyer_digests.under_another_key(each).count() for each in buyer_digests.PURPOSES
            )
        else:
            old, written = 0, buyer_digests.write_anew()
            self.stdout.write(
                f"buyers' digests of orders: {written} written anew under the first key"
            )
        if old:
            raise CommandError(
                f"{old} digests of buyers are not under the first key. Keep the others."
            )
        if left := sum(found.other + len(found.unreadable) for found in counts):
            raise CommandError(f"{left} secrets are not under the first key. Keep the others.")
        self.stdout.write("The first key opens every secret.")
