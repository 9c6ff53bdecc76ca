"""The feed of changes for Booon: numbered by the reader that first sees them, so without gaps.

Ids are given before commit, so a reader that went by them would pass over a row that commits late.
Here a row gets its cursor only once it is committed and seen, one numbering at a time.
"""

import math
import time
from datetime import datetime, timedelta
from itertools import takewhile
from pathlib import Path

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef

from booon_console.lib import clock
from integration.models import (
    Announcement,
    Binding,
    Change,
    ChangeCounter,
    Hold,
    Worker,
    api_time,
)
from integration.sync import state_file

log = structlog.get_logger(__name__)

CHUNK = 1000
FORGOTTEN_AT_ONCE = 500
# What `shown` needs; no row's secrets are loaded and deciphered for it.
SHOWN = ("cursor", "type", "at", "data", "seller__code", "location__location_key")

NUMBER = """
    UPDATE integration_change SET cursor = %s + fresh.place
    FROM (
        SELECT id, row_number() OVER (ORDER BY id) AS place
        FROM (
            SELECT id FROM integration_change WHERE cursor IS NULL ORDER BY id LIMIT %s
        ) AS unnumbered
    ) AS fresh
    WHERE integration_change.id = fresh.id
"""


# A supervisor reports every 5 s.
WORKER_SILENCE = timedelta(seconds=15)


class LostPlace(Exception):
    """Nobody can go on after this cursor. `oldest` is that of the oldest change that is kept,
    `cursor` is where to go on once all lists are read anew."""

    def __init__(self, oldest: int, cursor: int) -> None:
        super().__init__(cursor)
        self.oldest = oldest
        self.cursor = cursor


class TooLate(LostPlace):
    """What follows the cursor is not all kept any more."""


class NeverGiven(LostPlace):
    """No change ever had this cursor here: another database than this one gave it, of which this
    one may be an older copy."""


def read(after: int | None, limit: int) -> list[Change]:
    """Up to `limit` changes that follow `after`, numbering new ones where the page has room.

    None is wherever the feed begins. Raises LostPlace.
    """
    start = after or 0
    page = numbered(start, limit)
    while len(page) < limit and number_some():
        page = numbered(start, limit)
    follows_on = page and page[0].cursor == start + 1
    # Asked after the page was read: what is forgotten in between is not passed over in silence.
    if after is not None and not follows_on:
        demand_place(after)
    return page


def demand_place(after: int) -> None:
    """Raises LostPlace where a reader can't go on after this cursor."""
    known = ChangeCounter.objects.current()
    oldest = known.forgotten + 1
    if after < known.forgotten:
        raise TooLate(oldest, known.forgotten)
    if after > known.last:
        raise NeverGiven(oldest, known.last)
    for last, first in known.gaps:
        if last < after < first:
            raise NeverGiven(oldest, first)


def stretch(known: ChangeCounter, after: int, width: int) -> tuple[int, int]:
    """Where to look next for what follows a cursor: from, up to; without what was passed over."""
    upto = min(after + width, known.last)
    for last, first in known.gaps:
        if last <= after < first:
            return first, min(first + width, known.last)
        if after < last < upto:
            return after, last
    return after, upto


def numbered(after: int, limit: int) -> list[Change]:
    changes = Change.objects.filter(cursor__gt=after).order_by("cursor")
    return list(changes.select_related("seller", "location").only(*SHOWN)[:limit])


def as_json(change: Change) -> dict[str, object]:
    """One change as Booon reads it, in the feed and in webhooks alike."""
    return {
        "cursor": str(change.cursor),
        "type": change.type,
        "at": api_time(change.at),
        "seller": change.seller.code,
        "location_key": change.location.location_key,
        "data": change.data,
    }


def has_unnumbered() -> bool:
    return Change.objects.filter(cursor__isnull=True).exists()


def number_some() -> int:
    """Give the next cursors to a chunk of committed changes. Returns how many got one."""
    if not has_unnumbered():
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        given_so_far = ChangeCounter.objects.locked()
        if not may_number(given_so_far, clock.now()):
            return 0
        cursor.execute(NUMBER, [given_so_far.last, CHUNK])
        given = int(cursor.rowcount)
        ChangeCounter.objects.filter(pk=1).update(last=F("last") + given)
    return given


def may_number(given_so_far: ChangeCounter, now: datetime) -> bool:
    """Whether the next cursor was surely never given. A restored database knows no better than to
    give those of its lost hours again, so a worker that remembers them has to be there, or a
    person's doubt, which moved the counter beyond them."""
    binding = Binding.objects.last()
    if binding is None or binding.watched_at is None:
        return True
    if Hold.objects.open().filter(doubts_database=True).exists():
        return True
    remembered = state_file.read(Path(settings.STATE_FILE))
    is_mine = remembered is not None and remembered.incarnation == str(binding.incarnation)
    if remembered and is_mine and given_so_far.last < remembered.cursor:
        log.error("feed_went_back", last=given_so_far.last, seen=remembered.cursor)
        return False
    return Worker.objects.pulsed(WORKER_SILENCE, now).exists()


def forget(cutoff: datetime, announced: int | None, deadline: float = math.inf) -> int:
    """Delete numbered changes from before `cutoff`, oldest first. Returns how many went.

    It ends at the first that is younger, waits to be announced, or is beyond `announced`.
    """
    total = 0
    while time.monotonic() < deadline and (gone := forget_some(cutoff, announced)):
        total += gone
    return total


def forget_some(cutoff: datetime, announced: int | None) -> int:
    changes = Change.objects.filter(cursor__isnull=False).order_by("cursor")
    if announced is not None:
        waiting = Announcement.objects.waiting().filter(change=OuterRef("pk"))
        changes = changes.filter(cursor__lte=announced).annotate(waits=Exists(waiting))
    oldest = changes[:FORGOTTEN_AT_ONCE]
    old = takewhile(lambda each: each.at < cutoff and not getattr(each, "waits", False), oldest)
    cursors = [change.cursor for change in old]
    if not cursors:
        return 0
    with transaction.atomic():
        ChangeCounter.objects.filter(pk=1).update(forgotten=cursors[-1])
        Change.objects.filter(cursor__in=cursors).delete()
    return len(cursors)
