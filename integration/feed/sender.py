"""The engine of announcements: take up → send → settle, until nothing is due.

As in the outbox, all rows are touched by the thread that called `drain`, and only HTTP runs beside
it. A worker that is killed has told what it had under way perhaps twice, and forgotten nothing.
"""

import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime

from django.conf import settings

from booon_console.lib import clock
from integration import posting
from integration.feed import announcements, circuit_breaker
from integration.feed.announcements import Try
from integration.models import Announcement, Receiver
from integration.posting import Reply
from integration.sync import database_guard

GLANCE = 0.05
# How often new changes are taken up while others are under way.
TAKE_UP_SECONDS = 0.25


def has_work() -> bool:
    """Whether a drain would find some."""
    return announcements.has_work()


def drain(seconds: float = 10) -> None:
    """Tell Booon's receiver what is due, for `seconds`, then let the POSTs under way come in."""
    if not announcements.is_wanted() or not database_guard.lets_out():
        return
    announcements.ensure_receiver(clock.now())
    round_ = Round(time.monotonic() + seconds)
    try:
        while round_.start_some() or round_.flying:
            round_.settle_some()
    finally:
        round_.end()


class Round:
    """One drain's POSTs under way."""

    def __init__(self, ends_at: float) -> None:
        self.ends_at = ends_at
        self.next_take_up = 0.0
        self.flying: dict[Future[Reply], tuple[Announcement, datetime]] = {}
        self.most = settings.BOOON_WEBHOOK_IN_FLIGHT
        self.session = posting.make_session(self.most)
        self.pool = ThreadPoolExecutor(self.most, thread_name_prefix="announcer")

    def start_some(self) -> int:
        """Send what is due and has room. Returns how much was found to do."""
        if time.monotonic() >= self.ends_at or announcements.is_held():
            return 0
        now = clock.now()
        found = self.take_up(now)
        room = self.room(now)
        busy = [row.key for row, _ in self.flying.values()]
        due = announcements.next_due(room, busy, now) if room else []
        for row in due:
            self.flying[self.send(row, now)] = (row, now)
        return found + len(due)

    def take_up(self, now: datetime) -> int:
        if self.flying and time.monotonic() < self.next_take_up:
            return 0
        self.next_take_up = time.monotonic() + TAKE_UP_SECONDS
        return announcements.take_up(now)

    def room(self, now: datetime) -> int:
        """None while the receiver is spared, one for a probe."""
        receiver = Receiver.objects.get(name=announcements.NAME)
        if receiver.opened_at is None:
            return int(self.most - len(self.flying))
        is_its_turn = not self.flying and circuit_breaker.allows(receiver, now)
        return 1 if is_its_turn else 0

    def send(self, row: Announcement, at: datetime) -> Future[Reply]:
        message = announcements.message_of(row)
        return self.pool.submit(
            posting.post,
            self.session,
            settings.BOOON_WEBHOOK_URL,
            message.body,
            message.headers(at),
            settings.BOOON_WEBHOOK_TIMEOUT,
        )

    def settle_some(self) -> None:
        done, _ = wait(self.flying, timeout=GLANCE, return_when=FIRST_COMPLETED)
        tries = [Try(*self.flying.pop(future), future.result()) for future in done]
        if tries:
            announcements.record_tries(tries, clock.now())

    def end(self) -> None:
        # django-q's time limit leaves by an exception: then nobody may wait for the POSTs.
        self.pool.shutdown(wait=not self.flying, cancel_futures=True)
        self.session.close()
