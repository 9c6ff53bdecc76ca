"""`manage.py demo`: the whole journey on a database of its own, against a stand-in EasyEcom."""

import secrets
import sys
import time
import traceback
from argparse import ArgumentParser
from io import TextIOWrapper
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from booon_console.demo_environment import run_directory
from integration.demo import story
from integration.demo.clients import ADMIN_NAME
from integration.demo.journey import Journey
from integration.demo.onboarding import make_developers_key
from integration.demo.processes import Interrupted, Processes, Signals
from integration.demo.telling import NotSeen, Teller


class Command(BaseCommand):
    help = (
        "Tells the whole journey, step by step, on a fresh database against a stand-in EasyEcom, "
        "and stays up to be tried until Ctrl-C. Exit 0 when every step was seen to hold."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="end when the journey has")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        directory = run_directory()
        if directory is None:
            raise CommandError(
                "Start it as `manage.py demo`, which gives it a database of its own."
            )
        journey = self.journey(directory)
        signals = Signals()
        try:
            self.run_story(journey)
            if not once:
                self.stay(journey, self.developers_key(journey))
        except Interrupted as why:
            signals.is_stopping = True
            self.stderr.write("\nStopped before the journey was over.")
            raise SystemExit(128 + why.signum) from None
        finally:
            journey.processes.stop(signals)
            journey.booon.stop()

    def journey(self, directory: Path) -> Journey:
        if isinstance(sys.stdout, TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")
        teller = Teller(self.stdout, self.style, len(story.STEPS))
        teller.write("The Booon console: a whole journey, told as it happens on this machine.")
        teller.write(f"Its database and logs are in {relative_path(directory)}.")
        return Journey(teller, directory, Processes(directory), secrets.token_urlsafe(9))

    def run_story(self, journey: Journey) -> None:
        try:
            story.run(journey)
        except Exception as problem:
            self.give_up(journey, problem)
        journey.teller.write(f"\nAll {len(story.STEPS)} steps were seen to hold.")

    def give_up(self, journey: Journey, problem: Exception) -> NoReturn:
        """What no step foresaw is told by its name alone; its text could hold anything."""
        if not isinstance(problem, NotSeen):
            with open(journey.directory / "demo.log", "a") as log:
                traceback.print_exception(problem, file=log)
            problem = NotSeen("no surprise", f"{type(problem).__name__}, told in demo.log")
        self.stderr.write(
            f"\nStep {journey.teller.number} did not hold: {journey.teller.title}\n"
            f"  expected  {problem.expected}\n"
            f"  seen      {problem.seen}\n"
            f"  logs      {relative_path(journey.directory)}/*.log"
        )
        raise SystemExit(1)

    def developers_key(self, journey: Journey) -> str:
        journey.teller.number, journey.teller.title = len(story.STEPS) + 1, "a key to try"
        try:
            return make_developers_key(journey)
        except NotSeen as problem:
            self.give_up(journey, problem)

    def stay(self, journey: Journey, key: str) -> None:
        """Until somebody ends it, or a part of it ends by itself."""
        console, sandbox = journey.console.address, journey.sandbox.address
        journey.teller.number, journey.teller.title = len(story.STEPS) + 1, "stay up"
        journey.teller.write(
            f"\nAdmin     {console}/admin/  (log in as {ADMIN_NAME} / {journey.admin_password})"
            f"\nEasyEcom  {sandbox}/  (change a level, manifest an order)"
            f"\nAPI docs  {console}/api/docs/"
            f"\nAPI key   for docs/api.md, A first order in five minutes; it is printed this once:"
            f"\n          export BOOON_CONSOLE_URL={console} BOOON_CONSOLE_KEY={key}"
        )
        journey.teller.write("\nIt stays up for you to try. Ctrl-C stops all of it.")
        try:
            while True:
                journey.processes.check()
                time.sleep(0.5)
        except Interrupted:
            journey.teller.write("\nStopping.")
        except NotSeen as problem:
            self.give_up(journey, problem)


def relative_path(directory: Path) -> Path:
    """As somebody in the project's directory would write it."""
    return directory.relative_to(settings.BASE_DIR)
