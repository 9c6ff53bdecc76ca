"""The feed of changes for Booon: numbered by the reader that first sees them, so without gaps.

Ids are given before commit, so a reader that went by them would pass over a row that commits late.
Here a row gets its cursor only once it is committed and seen, one numbering at a time.
"""

import math
import time
from datetime import datetime
from itertools import takewhile

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef

from integration.models import Announcement, Change, ChangeCounter, api_time

# Any number that nobody else locks by: "feed" in ASCII.
LOCK = 0x66656564
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


class TooLate(Exception):
    """What follows the cursor is not all kept any more. `oldest` is where the feed begins now."""

    def __init__(self, oldest: int) -> None:
        super().__init__(oldest)
        self.oldest = oldest


def read(after: int | None, limit: int) -> list[Change]:
    """Up to `limit` changes that follow `after`, numbering new ones where the page has room.

    None is wherever the feed begins. Raises TooLate.
    """
    start = after or 0
    page = numbered(start, limit)
    while len(page) < limit and number_some():
        page = numbered(start, limit)
    follows_on = page and page[0].cursor == start + 1
    # Asked after the page was read: what is forgotten in between is not passed over in silence.
    if after is not None and not follows_on and after < (kept_no_longer := counter().forgotten):
        raise TooLate(kept_no_longer + 1)
    return page


def numbered(after: int, limit: int) -> list[Change]:
    changes = Change.objects.filter(cursor__gt=after).order_by("cursor")
    return list(changes.select_related("seller", "location").only(*SHOWN)[:limit])


def counter() -> ChangeCounter:
    return ChangeCounter.objects.filter(pk=1).first() or ChangeCounter()


def shown(change: Change) -> dict[str, object]:
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
        if connection.vendor == "postgresql":
            # A statement of its own: what follows must see all that the last holder committed.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        given_so_far, _ = ChangeCounter.objects.get_or_create(pk=1)
        cursor.execute(NUMBER, [given_so_far.last, CHUNK])
        given = int(cursor.rowcount)
        ChangeCounter.objects.filter(pk=1).update(last=F("last") + given)
    return given


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
