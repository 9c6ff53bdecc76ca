"""`manage.py export_buyer --phone|--email|--order … [--seller CODE]`: what is held, as JSON."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from booon_console.lib import clock
from integration.management.buyers import add_wanted, find_held
from integration.orders import buyers

ACTOR = "export_buyer"


class Command(BaseCommand):
    help = (
        "Prints what is held about a buyer as JSON. That it was given out is written down. "
        "Exit 2: nothing was found."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_wanted(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        found = buyers.export(find_held(options), now=clock.now(), actor=ACTOR)
        self.stdout.write(json.dumps(found, indent=2, ensure_ascii=False))
