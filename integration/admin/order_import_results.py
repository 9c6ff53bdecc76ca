"""What a file's orders would do, and what they did: each new, the same, changed or refused."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from functools import cache, partial

from django.contrib.auth.models import User
from rest_framework.exceptions import NotFound, ValidationError

from booon_console.lib.spreadsheets import safe
from booon_console.lib.tables import Trouble
from integration.admin import file_imports
from integration.api.authentication import seller_by_code
from integration.api.errors import listed
from integration.api.views.orders import parse_order, take
from integration.catalog import sku_mapping
from integration.models import OrderFile
from integration.orders import csv_file, intake
from integration.orders.csv_file import BECAUSE, COLUMNS, Draft
from integration.orders.intake import Given, Receipt
from integration.orders.refusals import Refused
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
    # Of a preview: SKUs that EasyEcom has no product for, as far as its products are known.
    unknown_skus: tuple[str, ...] = ()

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


def results_of(file: OrderFile) -> list[Verdict]:
    """As they were carried out, or as they would be now."""
    drafts = csv_file.parse(bytes(file.body))
    if file.results is None:
        given = parse_all(drafts, file.user)
        verdicts = joined(drafts, given, intake.preview([each for each in given if each]))
        return with_unknown_skus(verdicts, given)
    verdicts = []
    for draft, (result, troubles) in zip(drafts, file.results, strict=True):
        draft.troubles = [Trouble(*trouble) for trouble in troubles]
        verdicts.append(Verdict(draft, result))
    return verdicts


def carry_out(file: OrderFile, actor: str) -> list[Verdict]:
    """Take the orders in, and keep what became of each."""
    drafts = csv_file.parse(bytes(file.body))
    given = parse_all(drafts, file.user)
    outcomes = take([each for each in given if each], actor=actor)
    results = [each.result if isinstance(each, Receipt) else each for each in outcomes]
    verdicts = joined(drafts, given, results)
    file.results = [
        [verdict.result, [astuple(trouble) for trouble in verdict.draft.troubles]]
        for verdict in verdicts
    ]
    file.save(update_fields=["results"])
    return verdicts


def parse_all(drafts: Iterable[Draft], user: User) -> list[Given | None]:
    """What each gives; None for those that can't be read, which then say why.

    A seller whom the person does not see is to them as one that does not exist.
    """
    seen = scope.within(Seller.objects.all(), user, "pk")
    sellers = cache(partial(seller_by_code, sellers=seen))

    def given_by(draft: Draft) -> Given | None:
        if draft.troubles:
            return None
        try:
            return parse_order(sellers(draft.seller), draft.order_number, draft.body())
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


def with_unknown_skus(verdicts: Sequence[Verdict], given: Sequence[Given | None]) -> list[Verdict]:
    """Each that would write something, with its SKUs that its seller's products lack."""
    named: dict[int, set[str]] = {}
    for each in filter(None, given):
        named.setdefault(each.seller.pk, set()).update(skus_of(each))
    unknown = {seller: sku_mapping.without_product(seller, skus) for seller, skus in named.items()}
    return [
        replace(verdict, unknown_skus=tuple(sku for sku in skus_of(each) if sku in missing))
        if each and verdict.writes and (missing := unknown[each.seller.pk])
        else verdict
        for verdict, each in zip(verdicts, given, strict=True)
    ]


def skus_of(given: Given) -> list[str]:
    return list(dict.fromkeys(line["sku"] for line in given.facts["lines"]))


def first_to_look_at(verdict: Verdict) -> tuple[bool, bool]:
    """The refused first, then those that EasyEcom will refuse."""
    return not verdict.is_refused, not verdict.unknown_skus


def counted(verdicts: Iterable[Verdict]) -> list[file_imports.Count]:
    return file_imports.counted((verdict.result for verdict in verdicts), WORDS)


def in_words(verdicts: Iterable[Verdict]) -> str:
    return file_imports.in_words(counted(verdicts))


def refused_rows(verdicts: Iterable[Verdict]) -> Iterator[list[str]]:
    """The rows of refused orders as they were given, and why; no cell is a formula."""
    yield [*COLUMNS, BECAUSE]
    for draft in (verdict.draft for verdict in verdicts if verdict.is_refused):
        for row, cells in zip(draft.rows, draft.cells, strict=True):
            why = " ".join(
                render_trouble(trouble) for trouble in draft.troubles if trouble.row == row
            )
            yield safe([*(cells.get(column, "") for column in COLUMNS), why])


def render_trouble(trouble: Trouble) -> str:
    return f"{trouble.column}: {trouble.message}" if trouble.column else trouble.message
