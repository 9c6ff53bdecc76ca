"""A stand-in EasyEcom on this machine, for trying things out."""

import signal
import threading
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integration.sandbox.server import NotLoopback, Sandbox


class Command(BaseCommand):
    help = (
        "Runs a stand-in EasyEcom on loopback, with its control plane and page. Needs no database."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, required=True, help="0 takes a free one")
        parser.add_argument("--host", default="127.0.0.1", help="a loopback address")

    def handle(self, *args: Any, **options: Any) -> None:
        sandbox = self._sandbox(options["host"], options["port"])
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        with sandbox:
            self.stdout.write(f"EasyEcom sandbox: {sandbox.address}")
            self.stdout.flush()
            stop.wait()

    def _sandbox(self, host: str, port: int) -> Sandbox:
        try:
            return Sandbox(host, port)
        except NotLoopback as problem:
            raise CommandError(f"{problem}: the sandbox has no log-in and stays here.") from None
        except (OSError, OverflowError) as problem:
            raise CommandError(f"Can't listen on {host}, port {port}: {problem}") from None
