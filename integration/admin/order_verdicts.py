"""What a file's orders would do, and what they did: each new, the same, changed or refused."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import cache, partial

from django.contrib.auth.models import User
from rest_framework.exceptions import NotFound, ValidationError

from booon_console.spoken import grouped
from booon_console.spreadsheets import safe
from booon_console.tables import Trouble
from integration.api.errors import listed
from integration.api.scope import named
from integration.api.views.orders import read_order, take
from integration.entry import intake, order_files
from integration.entry.intake import Given, Receipt, Refused
from integration.entry.order_files import BECAUSE, COLUMNS, Draft
from integration.models import OrderFile
from sellers import scope
from sellers.models import Seller

REFUSED = "refused"
# What is said of a result, with the tone of its badge.
WORDS = {
    "created": ("new", "good"),
    "changed": ("changed", "wait"),
    "same": ("same as before", ""),
    REFUSED: ("refused", "bad"),
}
SKUS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """One order of a file. Nothing of its buyer is shown."""

    draft: Draft
    result: str

    @property
    def is_refused(self) -> bool:
        return self.result == REFUSED

    @property
    def writes(self) -> bool:
        return self.result in ("created", "changed")

    @property
    def word(self) -> str:
        return WORDS[self.result][0]

    @property
    def tone(self) -> str:
        return WORDS[self.result][1]

    @property
    def skus(self) -> str:
        skus = list(dict.fromkeys(sku[:60] for sku in self.draft.skus if sku))
        more = f" and {len(skus) - SKUS_SHOWN} more" if len(skus) > SKUS_SHOWN else ""
        return ", ".join(skus[:SKUS_SHOWN]) + more


def of(file: OrderFile) -> list[Verdict]:
    """As they were carried out, or as they would be now."""
    drafts = order_files.read(bytes(file.body))
    if file.results is None:
        given = given_by_all(drafts, file.user)
        return joined(drafts, given, intake.foresee([each for each in given if each]))
    verdicts = []
    for draft, (result, troubles) in zip(drafts, file.results, strict=True):
        draft.troubles = [Trouble(*trouble) for trouble in troubles]
        verdicts.append(Verdict(draft, result))
    return verdicts


def carry_out(file: OrderFile, actor: str) -> list[Verdict]:
    """Take the orders in, and keep what became of each."""
    drafts = order_files.read(bytes(file.body))
    given = given_by_all(drafts, file.user)
    outcomes = take([each for each in given if each], actor=actor)
    results = [each.result if isinstance(each, Receipt) else each for each in outcomes]
    verdicts = joined(drafts, given, results)
    file.results = [
        [verdict.result, [astuple(trouble) for trouble in verdict.draft.troubles]]
        for verdict in verdicts
    ]
    file.save(update_fields=["results"])
    return verdicts


def given_by_all(drafts: Iterable[Draft], user: User) -> list[Given | None]:
    """What each gives; None for those that can't be read, which then say why.

    A seller whom the person does not see is to them as one that does not exist.
    """
    seen = scope.within(Seller.objects.all(), user, "pk")
    sellers = cache(partial(named, sellers=seen))

    def given_by(draft: Draft) -> Given | None:
        if draft.troubles:
            return None
        try:
            return read_order(sellers(draft.seller), draft.order_number, draft.body())
        except NotFound as problem:
            draft.blame("seller", str(problem.detail))
        except ValidationError as problem:
            for error in listed(problem.detail):
                draft.blame(error["field"], error["message"])
        return None

    return [given_by(draft) for draft in drafts]


def joined(
    drafts: Sequence[Draft], given: Sequence[Given | None], results: Iterable[str | Refused]
) -> list[Verdict]:
    rest = iter(results)
    verdicts = []
    for draft, each in zip(drafts, given, strict=True):
        result: str | Refused = REFUSED if each is None else next(rest)
        if isinstance(result, Refused):
            draft.blame(result.field, result.sentence)
            result = REFUSED
        verdicts.append(Verdict(draft, result))
    return verdicts


def counted(verdicts: Iterable[Verdict]) -> list[tuple[int, str, str]]:
    """How many, of what, in which tone."""
    found = Counter(verdict.result for verdict in verdicts)
    return [(found[result], *words) for result, words in WORDS.items() if found[result]]


def in_words(verdicts: Iterable[Verdict]) -> str:
    return ", ".join(f"{grouped(count)} {word}" for count, word, _ in counted(verdicts))


def refused_rows(verdicts: Iterable[Verdict]) -> Iterator[list[str]]:
    """The rows of refused orders as they were given, and why; no cell is a formula."""
    yield [*COLUMNS, BECAUSE]
    for draft in (verdict.draft for verdict in verdicts if verdict.is_refused):
        for row, cells in zip(draft.rows, draft.cells, strict=True):
            why = " ".join(said(trouble) for trouble in draft.troubles if trouble.row == row)
            yield safe([*(cells.get(column, "") for column in COLUMNS), why])


def said(trouble: Trouble) -> str:
    return f"{trouble.column}: {trouble.message}" if trouble.column else trouble.message
