"""One line of the front page: what waits, since when, and what to do about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet

from booon_console.search import CAP, shown_count


@dataclass(frozen=True)
class Need:
    """So many of these wait, the oldest since then; `url` lists them, `step` is what to do."""

    what: str
    sentence: str
    count: int
    since: datetime | None
    step: str
    url: str
    permission: str

    @property
    def shown_count(self) -> str:
        return shown_count(self.count)


def waiting(rows: QuerySet[Any], column: str) -> tuple[int, datetime | None]:
    """How many, to one beyond the cap; and the earliest time among those that come first."""
    found = rows[: CAP + 1].aggregate(count=Count("pk"), since=Min(column))
    return found["count"], found["since"]
