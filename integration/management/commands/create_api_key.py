"""manage.py create_api_key NAME [--seller CODE …]"""

import hashlib
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction

from booon_console import clock
from integration.models import ApiKey, record_event
from sellers.models import Seller

LONGEST_NAME = 100


class Command(BaseCommand):
    help = "Makes a key for Booon's platform and prints it: once, alone on stdout."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="who will use it")
        parser.add_argument(
            "--seller",
            nargs="+",
            action="extend",
            metavar="CODE",
            help="sees and touches these sellers' things only; for good",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"].strip()
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise CommandError(f"A name has 1 to {LONGEST_NAME} printable characters.")
        sellers = None if options["seller"] is None else named(options["seller"])
        key = f"booon_{secrets.token_urlsafe(32)}"
        try:
            save(name, key, sellers)
        except IntegrityError:
            raise CommandError(f"There is a key named {name} already.") from None
        self.stdout.write(key)


def named(codes: list[str]) -> list[Seller]:
    """The sellers of these codes. Raises CommandError."""
    known = {seller.code: seller for seller in Seller.objects.only("code").filter(code__in=codes)}
    unknown = sorted(set(codes) - set(known))
    if unknown:
        raise CommandError(f"--seller: there is no seller {', '.join(unknown)}.")
    return [known[code] for code in sorted(known)]


@transaction.atomic
def save(name: str, key: str, sellers: list[Seller] | None) -> None:
    digest = hashlib.sha256(key.encode()).hexdigest()
    row = ApiKey.objects.create(name=name, digest=digest, is_limited=sellers is not None)
    row.sellers.set(sellers or [])
    record_event("api_key", f"API key {name} made, for {row.scope}.", at=clock.now())
