"""`manage.py erase --phone|--email|--order … [--seller CODE] [--yes]`: what names a buyer."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from booon_console.lib import clock
from integration.management.buyers import add_wanted, find_held
from integration.orders import buyers

ACTOR = "erase"


class Command(BaseCommand):
    help = (
        "Erases what is held about a buyer: addresses, phone numbers, mails, documents, in orders, "
        "deliveries, api calls, files and events. Orders stay with number, ids and amounts. Says "
        "what it would erase; with --yes it does. Exit 1: an order that is under way was left. "
        "2: nothing was found."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_wanted(parser)
        parser.add_argument("--yes", action="store_true", help="erase; without it only counted")

    def handle(self, *args: Any, yes: bool, **options: Any) -> None:
        held = find_held(options)
        under_way = held.under_way()
        now = clock.now()
        erased = buyers.erase(held, now=now, actor=ACTOR) if yes else buyers.rehearse(held, now=now)
        verb = "Erased" if yes else "Would be erased, with --yes"
        self.stdout.write(f"{verb}: {erased.in_words()}.")
        for sentence in under_way:
            self.stderr.write(sentence)
        if under_way:
            raise SystemExit(1)
