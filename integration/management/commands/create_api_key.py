"""manage.py create_api_key NAME [--seller CODE …] [--for AREA …] [--read-only] [--days N]"""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError

from booon_console.lib import clock
from integration.models import Area, make_key
from integration.models.keys import LONGEST_NAME, MOST_CALLS, MOST_DAYS
from sellers.models import Seller


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
        parser.add_argument(
            "--for",
            nargs="+",
            action="extend",
            choices=Area.values,
            default=[],
            dest="areas",
            metavar="AREA",
            help=f"opens these parts of the API only: {', '.join(Area.values)}; for good",
        )
        parser.add_argument("--read-only", action="store_true", help="changes nothing; for good")
        parser.add_argument(
            "--calls-per-minute",
            type=int,
            metavar="N",
            help="instead of API_CALLS_PER_MINUTE; 0: no limit",
        )
        parser.add_argument(
            "--days",
            type=int,
            default=settings.API_KEY_DAYS,
            help="ends after so many days; 0: never (API_KEY_DAYS)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"].strip()
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise CommandError(f"A name has 1 to {LONGEST_NAME} printable characters.")
        days = options["days"]
        if not 0 <= days <= MOST_DAYS:
            raise CommandError(f"--days: 0 to {MOST_DAYS}.")
        calls = options["calls_per_minute"]
        if calls is not None and not 0 <= calls <= MOST_CALLS:
            raise CommandError(f"--calls-per-minute: 0 to {MOST_CALLS}.")
        try:
            _, key = make_key(
                name,
                now=clock.now(),
                sellers=None if options["seller"] is None else sellers_of(options["seller"]),
                days=days,
                areas=options["areas"],
                is_read_only=options["read_only"],
                calls_per_minute=calls,
            )
        except IntegrityError:
            raise CommandError(f"There is a key named {name} already.") from None
        self.stdout.write(key)


def sellers_of(codes: list[str]) -> list[Seller]:
    """The sellers of these codes. Raises CommandError."""
    known = {seller.code: seller for seller in Seller.objects.only("code").filter(code__in=codes)}
    unknown = sorted(set(codes) - set(known))
    if unknown:
        raise CommandError(f"--seller: there is no seller {', '.join(unknown)}.")
    return [known[code] for code in sorted(known)]
