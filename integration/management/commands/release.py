"""`manage.py release [--seller CODE] --reason "…"`: what was held goes out again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integration.management.binding import check_release
from integration.management.commands.hold import given, open_hold
from integration.models import Drain
from integration.sync import holds, wakeup

ACTOR = "manage.py release"


class Command(BaseCommand):
    help = (
        "Ends the hold of one seller, or the one of everything. Where the database was doubted, "
        "releasing it says that this is the one to go on with."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seller", metavar="CODE")
        parser.add_argument("--reason", required=True, type=given)

    def handle(self, *args: Any, seller: str | None, reason: str, **options: Any) -> None:
        row = open_hold(seller)
        check_release(row)
        try:
            holds.release(row, reason, actor=ACTOR)
        except holds.AlreadyReleased:
            raise CommandError(f"{seller or 'Everything'} was released already.") from None
        wakeup.wake(Drain.Kind.OUTBOX)
        wakeup.wake(Drain.Kind.ANNOUNCEMENTS)
        self.stdout.write(f"Released {row.whom}.")
