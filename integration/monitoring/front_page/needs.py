"""One line of the front page: what waits, since when, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Min, QuerySet

from booon_console.lib.admin_parts import page_named
from booon_console.lib.search import CAP, render_count
from integration.models import Order, SetAside

# Of one cause; the list behind it shows the others too.
MOST_SELLERS = 5


@dataclass(frozen=True, slots=True)
class NamedOrder:
    """One that is named by its number; its page's address is made where it is shown only."""

    number: str
    key: int

    @property
    def url(self) -> str:
        return page_named(Order, self.key)


@dataclass(frozen=True)
class AtSeller:
    """A cause at one seller: so many orders, worth so many rupees; `worth` None: not summed."""

    code: str
    name: str
    count: int
    since: datetime | None
    worth: Decimal | None
    oldest: tuple["NamedOrder", ...]
    url: str
    word: SetAside | None = None

    @property
    def shown_count(self) -> str:
        return render_count(self.count)


@dataclass(frozen=True)
class Need:
    """So many of these wait, the oldest since then; `url` lists them, `step` is what to do.

    `key` names the cause, also where somebody has set it aside.
    """

    key: str
    what: str
    sentence: str
    count: int
    since: datetime | None
    step: str
    url: str
    permission: str
    sellers: Sequence[AtSeller] = field(default=())
    word: SetAside | None = None

    @property
    def shown_count(self) -> str:
        return render_count(self.count)

    @property
    def first_sellers(self) -> Sequence[AtSeller]:
        return self.sellers[:MOST_SELLERS]

    @property
    def further(self) -> int:
        """How many sellers are not shown one by one."""
        return max(len(self.sellers) - MOST_SELLERS, 0)

    @property
    def worth(self) -> Decimal | None:
        worths = [each.worth for each in self.sellers if each.worth is not None]
        return sum(worths, Decimal(0)) if worths else None

    def weight(self, now: datetime) -> Decimal:
        return sum((weight(each, now) for each in self.sellers), Decimal(0))

    def of(self, sellers: Sequence[AtSeller]) -> "Need":
        """What of it waits at these sellers."""
        since = min((each.since for each in sellers if each.since), default=None)
        count = sum(each.count for each in sellers)
        return replace(self, sellers=sellers, count=count, since=since)


def weight(line: AtSeller, now: datetime) -> Decimal:
    """Rupees × hours: what stands in the list first. An order counts a rupee at least."""
    hours = Decimal((now - line.since).total_seconds() / 3600) if line.since else Decimal(0)
    return (line.worth or Decimal(line.count)) * max(hours, Decimal(0))


def waiting(rows: QuerySet[Any], column: str) -> tuple[int, datetime | None]:
    """How many, to one beyond the cap; and the earliest time among those that come first."""
    found = rows[: CAP + 1].aggregate(count=Count("pk"), since=Min(column))
    return found["count"], found["since"]
