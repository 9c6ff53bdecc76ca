"""The feed for a reader of some sellers only: their changes, and a cursor that passes the others'.

A page that is not full has looked to the end of the feed, or as far as PATIENCE went; either way
its cursor lies behind all that it looked at, so a reader never goes through the same again.
"""

import time
from collections.abc import Collection
from dataclasses import dataclass

from integration.feed import feed
from integration.models import Change, ChangeCounter

# Cursors looked through in one query: what foreign changes cost is bounded, whatever the plan.
WINDOW = 10_000
PATIENCE = 1.0


@dataclass(frozen=True, slots=True)
class Page:
    """`cursor` is where to go on. `is_last` is False where more may follow at once."""

    changes: list[Change]
    cursor: int
    is_last: bool


def read(after: int | None, limit: int, sellers: Collection[int]) -> Page:
    """Up to `limit` changes of these sellers that follow `after`. Raises feed.LostPlace."""
    if after is not None:
        feed.demand_place(after)
    place = ChangeCounter.objects.current().forgotten if after is None else after
    found: list[Change] = []
    ends_at = time.monotonic() + PATIENCE
    is_last = False
    while len(found) < limit and time.monotonic() < ends_at:
        # Cursors up to the last are all committed by now: none appears behind our back.
        known = ChangeCounter.objects.current()
        if place < known.last:
            place, upto = feed.stretch(known, place, WINDOW)
            found += within(place, upto, limit - len(found), sellers)
            place = upto
        elif not feed.number_some():
            is_last = True
            break
    if len(found) == limit:
        place = found[-1].place
    # Again: what was forgotten while it was looked through is not passed over in silence.
    if after is not None:
        feed.demand_place(after)
    return Page(found, place, is_last)


def within(after: int, upto: int, limit: int, sellers: Collection[int]) -> list[Change]:
    changes = Change.objects.filter(cursor__gt=after, cursor__lte=upto, seller__in=sellers)
    shown = changes.select_related("seller", "location").only(*feed.SHOWN)
    return list(shown.order_by("cursor")[:limit])
