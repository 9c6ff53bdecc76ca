"""What every step of the demo has at hand."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from django.conf import settings

from integration.demo.clients import Console, Json, Receiver, Sandbox
from integration.demo.processes import Processes
from integration.demo.telling import NotSeen, Teller

PATIENCE = 30.0
LOOK_SECONDS = 0.1
T = TypeVar("T")


@dataclass
class Journey:
    teller: Teller
    directory: Path
    processes: Processes
    admin_password: str = field(repr=False)
    console: Console = field(default_factory=lambda: Console(settings.PUBLIC_URL))
    sandbox: Sandbox = field(default_factory=lambda: Sandbox(settings.EASYECOM_BASE_URL))
    booon: Receiver = field(default_factory=lambda: Receiver(settings.BOOON_WEBHOOK_URL))
    began_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    # What onboard_seller said of each location, by its key.
    onboarded: dict[str, Json] = field(default_factory=dict, repr=False)

    def say(self, *sentences: str) -> None:
        self.teller.say(*sentences)

    def wait(
        self,
        look: Callable[[], T],
        is_there: Callable[[T], object],
        expected: str,
        told: Callable[[T], object] = str,
    ) -> T:
        """Look until it is there. Raises NotSeen, with what was told of the last look."""
        give_up_at = time.monotonic() + PATIENCE
        while True:
            self.processes.check()
            late = time.monotonic() > give_up_at
            seen = look()
            if is_there(seen):
                return seen
            if late:
                raise NotSeen(f"{expected} within {PATIENCE:.0f} s", told(seen))
            time.sleep(LOOK_SECONDS)

    def wait_for_answer(self, door: Console | Sandbox, path: str, name: str) -> None:
        self.wait(lambda: door.answers(path), bool, f"{name} to answer", lambda _: "no answer")
