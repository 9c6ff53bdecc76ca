"""A time that only the test moves on: here, at the sandbox, and at Booon's receiver."""

from datetime import datetime, timedelta
from typing import Any

from booon_console.lib import clock
from integration.feed import announcements
from integration.sandbox import indian_time
from tests.receiver import Receiver


class Moment:
    def __init__(
        self, monkeypatch: Any, receiver: Receiver | None = None, now: datetime | None = None
    ) -> None:
        self.receiver = receiver
        self.set(now or clock.now())
        monkeypatch.setattr(clock, "now", lambda: self.now)
        monkeypatch.setattr(indian_time, "now", lambda: self.now.astimezone(indian_time.IST))

    def set(self, now: datetime) -> None:
        self.now = now
        if self.receiver:
            self.receiver.now = now

    def pass_by(self, **amount: float) -> None:
        self.set(self.now + timedelta(**amount))


def take_up_all(now: datetime) -> None:
    announcements.ensure_receiver(now)
    while announcements.take_up(now):
        pass
