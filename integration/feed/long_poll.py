"""Readers of the feed who wait: one thread of this process looks for all of them.

A waiting reader holds its thread and no database connection. There is no look-out while nobody
waits.
"""

import threading
import time

import structlog
from django.db import connection

from integration.feed import feed
from integration.models import ChangeCounter

log = structlog.get_logger(__name__)

LOOK_SECONDS = 0.25
# Each holds a thread of the web server, of which granian has 512.
MOST_WAITING = 128


class Watch:
    """Knows the last cursor that was given, for as long as somebody waits."""

    def __init__(self) -> None:
        self.news = threading.Condition()
        self.last = 0
        self.waiting = 0
        self.is_looking = False

    def wait(self, after: int, seconds: float) -> bool:
        """Whether a change beyond `after` was numbered before `seconds` were over.

        At once False where too many wait already.
        """
        with self.news:
            if self.waiting >= MOST_WAITING:
                return False
            self.waiting += 1
            try:
                if not self.is_looking:
                    threading.Thread(target=self.look, name="feed-watch", daemon=True).start()
                    self.is_looking = True
                return self.news.wait_for(lambda: self.last > after, seconds)
            finally:
                self.waiting -= 1

    def look(self) -> None:
        """The thread: look, notify, until nobody waits any more."""
        try:
            while self.is_wanted():
                self.notify(last_cursor())
                time.sleep(LOOK_SECONDS)
        finally:
            connection.close()

    def is_wanted(self) -> bool:
        with self.news:
            self.is_looking = self.waiting > 0
            return self.is_looking

    def notify(self, last: int) -> None:
        with self.news:
            # Not only when it rises: a restored backup counts from where it was.
            if last != self.last:
                self.last = last
                self.news.notify_all()


def last_cursor() -> int:
    """Numbers what is new. 0 while the database is away: whoever waits may still see it back."""
    try:
        feed.number_some()
        return ChangeCounter.objects.current().last
    except Exception as fault:
        log.warning("feed_watch_failed", fault=type(fault).__name__)
        connection.close()
        return 0


watch = Watch()
