"""What a file's sellers would do, and what became of each row. No secret is in any of it."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import IntegrityError

from booon_console.fields import reveal
from booon_console.lib.tables import Trouble
from integration.admin import file_imports
from integration.admin.sellers.forms import flat
from integration.models import SellerFile
from integration.onboarding import csv_file, input_hints, sellers
from integration.onboarding.csv_file import Draft
from sellers.models import Location, Seller

NEW, KNOWN, DOUBTFUL, LEFT_OUT, REFUSED = "new", "known", "doubtful", "left_out", "refused"
# What is said of a row, with the tone of its badge.
WORDS = {
    NEW: ("new", "good"),
    KNOWN: ("known, onboarded again", ""),
    DOUBTFUL: ("look at it again", "wait"),
    LEFT_OUT: ("left out", "wait"),
    REFUSED: ("refused", "bad"),
}
KEY = "location_key"
TAKEN = "Somebody else used this code or location key a moment ago."


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file."""

    row: int
    code: str
    key: str
    result: str
    notes: list[str] = field(default_factory=list)

    @property
    def word(self) -> str:
        return WORDS[self.result][0]

    @property
    def tone(self) -> str:
        return WORDS[self.result][1]


@dataclass(frozen=True, slots=True)
class Judged:
    """One seller of the file. `given` is None where it can't be taken in."""

    draft: Draft
    given: dict[str, Any] | None
    doubts: list[Trouble]

    def lines(self, result: str = "") -> Iterator[Line]:
        """A row each; `result` where it is not what the rows would do."""
        known = set(Location.objects.filter(location_key__in=self.draft.keys).values_list(KEY))
        said = [*self.draft.troubles, *self.doubts]
        for row, key in zip(self.draft.rows, self.draft.keys, strict=True):
            would = KNOWN if (key,) in known else NEW
            if self.doubts:
                would = DOUBTFUL
            if self.given is None:
                would = REFUSED
            notes = [f"{each.column}: {each.message}" for each in said if each.row == row]
            yield Line(row, self.draft.code[:64], input_hints.masked(key), result or would, notes)


def results_of(file: SellerFile) -> list[Line]:
    """As they were taken in, or as they would be now."""
    if file.results is not None:
        return [Line(**line) for line in file.results]
    return [line for draft in drafts_of(file) for line in judge(draft).lines()]


def drafts_of(file: SellerFile) -> list[Draft]:
    """Each with what the others make wrong of it: a key belongs to one seller.

    Raises Undecipherable.
    """
    rows = json.loads(reveal(file.rows) or "[]")
    drafts = csv_file.drafts_of((row, cells) for row, cells in rows)
    owners: dict[str, Draft] = {}
    for draft in drafts:
        for index, key in enumerate(draft.keys):
            owner = owners.setdefault(key, draft)
            if owner is not draft:
                message = f"Row {owner.rows[0]} gives this key to another seller."
                draft.blame(("locations", str(index), KEY), message)
    return drafts


def judge(draft: Draft) -> Judged:
    """By the one check of `enrolment`; a known seller keeps what the file does not say."""
    known = Seller.objects.filter(code=draft.code).first()
    body = draft.body()
    doubts = [draft.trouble(*suspicion) for suspicion in input_hints.suspicions(body)]
    if known is not None:
        password = sellers.readable(known, "api_password")
        kept = {"name": known.name, "api_username": known.api_username}
        # One that can't be read has to be given.
        body = kept | ({"api_password": password} if password else {}) | body
    seller_in = sellers.SellerIn(data=body)
    if not seller_in.is_valid():
        for path, message in flat(seller_in.errors):
            draft.blame(path, message)
    given = None if draft.troubles else seller_in.validated_data
    return Judged(draft, given, doubts)


def carry_out(file: SellerFile, *, is_sure: bool, actor: str) -> list[Line]:
    """Take in what can be; what looks like something else only where somebody is sure of it."""
    lines = [
        line
        for draft in drafts_of(file)
        for line in take_in(judge(draft), is_sure=is_sure, actor=actor)
    ]
    file.results = [asdict(line) for line in lines]
    file.rows = ""
    file.save(update_fields=["results", "rows"])
    return lines


def take_in(judged: Judged, *, is_sure: bool, actor: str) -> list[Line]:
    if judged.given is None:
        return list(judged.lines())
    if judged.doubts and not is_sure:
        return list(judged.lines(LEFT_OUT))
    # Before it is done, while new and known can be told apart.
    lines = list(Judged(judged.draft, judged.given, []).lines())
    try:
        sellers.take_in(judged.given, actor=actor)
    except IntegrityError:
        judged.draft.blame(("code",), TAKEN)
        return list(judged.lines(REFUSED))
    return lines


def first_to_look_at(line: Line) -> int:
    """Rows that somebody has to do something about come first, each kind as in the file."""
    return (REFUSED, DOUBTFUL).index(line.result) if line.result in (REFUSED, DOUBTFUL) else 2


def counted(lines: Iterable[Line]) -> list[file_imports.Count]:
    return file_imports.counted((line.result for line in lines), WORDS)


def in_words(lines: Iterable[Line]) -> str:
    return file_imports.in_words(counted(lines))
