"""The feed of changes for Booon: numbered by the reader that first sees them, so without gaps.

Ids are given before commit, so a reader that went by them would pass over a row that commits late.
Here a row gets its cursor only once it is committed and seen, one numbering at a time.
"""

from django.db import connection, transaction
from django.db.models import F

from integration.models import Change, ChangeCounter

# Any number that nobody else locks by: "feed" in ASCII.
LOCK = 0x66656564
CHUNK = 1000

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


def read(after: int, limit: int) -> list[Change]:
    """Up to `limit` changes that follow `after`, numbering new ones where the page has room."""
    page = numbered(after, limit)
    while len(page) < limit and number_some():
        page = numbered(after, limit)
    return page


def numbered(after: int, limit: int) -> list[Change]:
    changes = Change.objects.filter(cursor__gt=after).order_by("cursor")
    return list(changes.select_related("seller", "location")[:limit])


def number_some() -> int:
    """Give the next cursors to a chunk of committed changes. Returns how many got one."""
    if not Change.objects.filter(cursor__isnull=True).exists():
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # A statement of its own: what follows must see all that the last holder committed.
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        counter, _ = ChangeCounter.objects.get_or_create(pk=1)
        cursor.execute(NUMBER, [counter.last, CHUNK])
        given = cursor.rowcount
        ChangeCounter.objects.filter(pk=1).update(last=F("last") + given)
    return given
