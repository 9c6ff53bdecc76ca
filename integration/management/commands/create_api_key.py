"""manage.py create_api_key NAME"""

import hashlib
import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import IntegrityError, transaction

from booon_console import clock
from integration.models import ApiKey, record_event

LONGEST_NAME = 100


class Command(BaseCommand):
    help = "Makes a key for Booon's platform and prints it: once, alone on stdout."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="who will use it")

    def handle(self, *args: Any, **options: Any) -> None:
        name = options["name"].strip()
        if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
            raise CommandError(f"A name has 1 to {LONGEST_NAME} printable characters.")
        key = f"booon_{secrets.token_urlsafe(32)}"
        try:
            save(name, key)
        except IntegrityError:
            raise CommandError(f"There is a key named {name} already.") from None
        self.stdout.write(key)


@transaction.atomic
def save(name: str, key: str) -> None:
    ApiKey.objects.create(name=name, digest=hashlib.sha256(key.encode()).hexdigest())
    record_event("api_key", f"API key {name} made.", at=clock.now())
