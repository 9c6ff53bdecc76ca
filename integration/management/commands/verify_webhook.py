"""`manage.py verify_webhook`: for whoever builds Booon's receiver."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from integration.feed import trial, verify


class Command(BaseCommand):
    help = (
        "Checks a webhook of the console's as its receiver has to, and says which check fails; "
        "or, with --send, tries a receiver with webhooks that are genuine and some that are not. "
        "The secrets are those of the environment. Exit 0: all held. 1: not all."
    )
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("body", nargs="?", metavar="BODY", help="a file; - is stdin")
        parser.add_argument(
            *("-H", "--header"), action="append", default=[], metavar="'NAME: VALUE'"
        )
        parser.add_argument(
            "--send",
            nargs="?",
            const="",
            metavar="URL",
            help="to this address, or to BOOON_WEBHOOK_URL",
        )

    def handle(self, *args: Any, body: str | None, send: str | None, **options: Any) -> None:
        if (body is None) == (send is None):
            raise CommandError("Give a BODY with its headers, or --send.")
        held = self.judge(body, options["header"]) if body else self.try_out(send or "")
        if not held:
            raise SystemExit(1)

    def judge(self, body: str, lines: list[str]) -> bool:
        came, headers = bytes_of(body), headers_of(lines)
        found = list(verify.checks(came, headers, timezone.now()))
        for check in found:
            self.print_result(check.has_passed, f"{check.name}: {check.sentence}")
        return all(check.has_passed for check in found)

    def try_out(self, url: str) -> bool:
        held = True
        try:
            for each in trial.of_receiver(url or settings.BOOON_WEBHOOK_URL, timezone.now()):
                wish = "must be taken" if each.should_be_taken else "must be refused with 4xx"
                said = each.reply.reason or f"HTTP {each.reply.status}."
                self.print_result(each.has_passed, f"{each.what} {wish}: {said}")
                held = held and each.has_passed
        except trial.NoReceiver as problem:
            raise CommandError(str(problem)) from None
        return held

    def print_result(self, has_passed: bool, sentence: str) -> None:
        self.stdout.write(f"{'ok    ' if has_passed else 'FAILED'}  {sentence}")


def bytes_of(body: str) -> bytes:
    """Raises CommandError."""
    try:
        return sys.stdin.buffer.read() if body == "-" else Path(body).read_bytes()
    except OSError as fault:
        raise CommandError(f"{body}: {fault.strerror}") from None


def headers_of(lines: list[str]) -> dict[str, str]:
    """Raises CommandError."""
    pairs = [line.partition(":") for line in lines]
    if not all(colon for _, colon, _ in pairs):
        raise CommandError("A header is given as 'NAME: VALUE'.")
    return {name.strip(): value for name, _, value in pairs}
