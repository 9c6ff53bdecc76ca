"""People's words on the work list: who sees to a line, and which lines rest for a while."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from integration.models import SetAside, record_event
from integration.monitoring.front_page.needs import AtSeller, Need
from sellers.models import Seller

PERMISSION = "integration.set_need_aside"


@dataclass(frozen=True)
class WorkList:
    """What is to be done, and what was set aside of it."""

    needs: Sequence[Need]
    resting: Sequence[Need]

    @property
    def resting_count(self) -> int:
        return sum(len(need.sellers) or 1 for need in self.resting)


def work_list(needs: Iterable[Need], now: datetime, *, sees_all: bool = True) -> WorkList:
    """One query for all the words there are. Whoever does not see all sellers neither reads nor
    obeys a word about all of them."""
    rows = SetAside.objects.select_related("owner", "seller")
    if not sees_all:
        rows = rows.filter(seller__isnull=False)
    words = {(row.cause, row.seller.code if row.seller else ""): row for row in rows}
    shown: list[Need] = []
    resting: list[Need] = []
    for need in needs:
        if not need.sellers:
            word = words.get((need.key, ""))
            is_at_rest = word is not None and word.rests(need.count, now)
            (resting if is_at_rest else shown).append(replace(need, word=word))
            continue
        lines = [replace(line, word=words.get((need.key, line.code))) for line in need.sellers]
        away = [line for line in lines if line.word and line.word.rests(line.count, now)]
        here = [line for line in lines if line not in away]
        shown += [need.of(here)] if here else []
        resting += [need.of(away)] if away else []
    return WorkList(shown, resting)


def say(
    need: Need,
    line: AtSeller | None,
    seller: Seller | None,
    said: dict[str, Any],
    *,
    by: str,
    now: datetime,
) -> None:
    """Write somebody's word down, in the place of the one before. An event keeps both."""
    count = line.count if line else need.count
    fields = {name: said[name] for name in ("owner", "waits_for_seller", "reason", "until")}
    with transaction.atomic():
        SetAside.objects.filter(cause=need.key, seller=seller).delete()
        SetAside.objects.create(cause=need.key, seller=seller, count=count, by=by, at=now, **fields)
        record_event("work", told(need, line, said), at=now, actor=by, seller=seller)


def take_back(row: SetAside, need: Need | None, *, by: str, now: datetime) -> None:
    with transaction.atomic():
        row.delete()
        of = need.sentence if need else row.cause
        record_event("work", f"Back in the work list: {of}", at=now, actor=by, seller=row.seller)


def told(need: Need, line: AtSeller | None, said: dict[str, Any]) -> str:
    where = f" ({line.name})" if line else ""
    owner = f" {said['owner'].get_username()} sees to it." if said["owner"] else ""
    waits = " It waits for the seller." if said["waits_for_seller"] else ""
    until = f" Set aside until {said['until']:%-d %B %Y, %H:%M}." if said["until"] else ""
    return f"{need.sentence}{where}{owner}{waits}{until} {said['reason']}"
