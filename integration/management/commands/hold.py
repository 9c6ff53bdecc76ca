"""`manage.py hold [--seller CODE] --reason "…"`: nothing goes out to EasyEcom any more."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integration.models import Drain, Hold
from integration.sync import holds, wakeup
from sellers.models import Seller

ACTOR = "manage.py hold"


def given(reason: str) -> str:
    """It is what is left to read when somebody asks why. Raises ValueError."""
    if not reason.strip():
        raise ValueError
    return reason.strip()


class Command(BaseCommand):
    help = (
        "Stops all that goes out to EasyEcom, for one seller or for all of them. Calls under way "
        "come in. Webhooks are still stored and applied. `manage.py release` ends it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seller", metavar="CODE")
        parser.add_argument("--reason", required=True, type=given)

    def handle(self, *args: Any, seller: str | None, reason: str, **options: Any) -> None:
        try:
            row = holds.hold(seller_of(seller), reason, actor=ACTOR)
        except holds.AlreadyHeld:
            raise CommandError(f"{seller or 'Everything'} is held already.") from None
        wakeup.wake(Drain.Kind.OUTBOX)
        self.stdout.write(f"Held {row.whom}.")


def seller_of(code: str | None) -> Seller | None:
    """None for everything."""
    if code is None:
        return None
    if (seller := Seller.objects.filter(code=code).first()) is None:
        raise CommandError(f"There is no seller {code}.")
    return seller


def open_hold(code: str | None) -> Hold:
    seller = seller_of(code)
    if (row := Hold.objects.open().filter(seller=seller).first()) is None:
        raise CommandError(f"{code or 'Everything'} is not held.")
    return row
