"""`manage.py workers`: the background half of the console. Several hosts may run it."""

from argparse import SUPPRESS
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integration.worker.supervisor import NotMigrated, Supervisor, run_cluster


class Command(BaseCommand):
    help = "Carries orders and webhooks in the background until it is stopped (SIGTERM, Ctrl-C)."
    # They load every URL; what is wrong with a page need not stop the orders.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--silence", type=float, default=75, help=SUPPRESS)
        parser.add_argument("--cluster", action="store_true", help=SUPPRESS)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["cluster"]:
            return run_cluster()
        try:
            Supervisor(silence=options["silence"]).run()
        except NotMigrated as missing:
            raise CommandError(f"Run `manage.py migrate` first: {missing}.") from missing
