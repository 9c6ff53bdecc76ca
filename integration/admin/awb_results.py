"""What a list of AWBs would do, and what it did: each row new, changed, the same or refused."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django import forms

from booon_console.lib.spreadsheets import safe
from integration.admin import file_imports
from integration.admin.order_forms import ShipmentForm
from integration.easyecom.plain_text import plain_number
from integration.models import Order, OrderFile, ShipmentDetails
from integration.orders import awb_doubts, awb_file, couriers, many_shipments, shipments
from integration.orders.awb_file import BECAUSE, COLUMNS, Row
from integration.orders.many_shipments import GivenShipment, Outcome
from integration.orders.refusals import AlreadyAssigned, AwbConflict
from sellers import scope

NEW, CHANGED, SAME, CONFLICT, REFUSED = "new", "changed", "same", "conflict", "refused"
# What is said of a result, with the tone of its badge.
WORDS = {
    NEW: ("new", "good"),
    CHANGED: ("changed", "wait"),
    SAME: ("same as before", ""),
    CONFLICT: ("EasyEcom has another", "bad"),
    REFUSED: ("refused", "bad"),
}
NO_ORDER = "No seller of yours has an order of this number."
SEVERAL = "Several sellers have this number: name the seller in a column of that name."
NO_COURIER = "Give the courier, in its column or for all rows."
TWICE = "Another row gives this order too."
ONE_AWB = "Several rows give this AWB, to {}. It can be of one of them only: which?"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One row; `said` is why it is refused, `doubt` what to look at again before it is given."""

    row: Row
    order: Order | None
    result: str
    said: str = ""
    doubt: str = ""

    @property
    def word(self) -> str:
        return WORDS[self.result][0]

    @property
    def tone(self) -> str:
        return WORDS[self.result][1]

    @property
    def writes(self) -> bool:
        return self.result in (NEW, CHANGED)

    @property
    def is_refused(self) -> bool:
        return self.result in (CONFLICT, REFUSED)

    @property
    def now(self) -> str:
        """What the order has."""
        shipment = shipment_of(self.order)
        return f"{shipment.courier}, {shipment.awb_number}" if shipment else ""

    @property
    def theirs(self) -> list[dict[str, str]]:
        """What EasyEcom holds in the place of it."""
        shipment = shipment_of(self.order)
        return list(shipment.at_easyecom or ()) if shipment else []


def shipment_of(order: Order | None) -> ShipmentDetails | None:
    return getattr(order, "shipment", None)


def mark_seen(rows: Sequence[Row], user: Any) -> None:
    """Which version of each order's details these were given over."""
    for row, order in zip(rows, orders_of(rows, user), strict=True):
        if isinstance(order, Order):
            row.cells["seen"] = shipments.version_of(shipment_of(order))


def verdicts_of(file: OrderFile) -> list[Verdict]:
    """As they were carried out, or as they would be now."""
    rows = awb_file.read_kept(bytes(file.body))
    found = orders_of(rows, file.user)
    if file.results is None:
        return judged(rows, found, many_shipments.foresee)
    return [
        Verdict(row, order if isinstance(order, Order) else None, result, said)
        for row, order, (result, said) in zip(rows, found, file.results, strict=True)
    ]


def carry_out(file: OrderFile, actor: str) -> list[Verdict]:
    """Give them, and keep what became of each."""
    rows = awb_file.read_kept(bytes(file.body))

    def give(given: Sequence[GivenShipment]) -> list[Outcome]:
        return many_shipments.give(given, actor=actor)

    verdicts = judged(rows, orders_of(rows, file.user), give)
    file.results = [[verdict.result, verdict.said] for verdict in verdicts]
    file.save(update_fields=["results"])
    return verdicts


def orders_of(rows: Sequence[Row], user: Any) -> list[Order | str]:
    """Each row's order, or why there is none; one whom the person does not see is none."""
    mine = scope.within(Order.objects.all(), user, "seller").select_related(
        "seller", "location", "shipment"
    )
    typed = {plain_number(row.cell("order_number")) for row in rows}
    # An index serves these; a number of mixed letters has to be typed as it is.
    spelt = typed | {each.upper() for each in typed} | {each.lower() for each in typed}
    named: dict[str, list[Order]] = {}
    for order in mine.filter(order_number__in=spelt):
        named.setdefault(order.order_number.casefold(), []).append(order)

    def order_of(row: Row) -> Order | str:
        number, seller = plain_number(row.cell("order_number")), row.cell("seller").casefold()
        found = named.get(number.casefold(), [])
        found = [each for each in found if seller in ("", each.seller.code.casefold())]
        found = [each for each in found if each.order_number == number] or found
        if not found:
            return NO_ORDER
        return found[0] if len(found) == 1 else SEVERAL

    return [order_of(row) for row in rows]


def judged(rows: Sequence[Row], found: Sequence[Order | str], judge: Any) -> list[Verdict]:
    """`judge` says of each that can be read what it comes to."""
    known = couriers.used()
    read = [
        read_row(row, order, known, is_again=order in found[:place])
        for place, (row, order) in enumerate(zip(rows, found, strict=True))
    ]
    read = each_awb_once(read)
    given = [each for each in read if isinstance(each, GivenShipment)]
    had = {each.order.pk for each in given if each.had_one}
    # Before they are given, which makes an AWB free that an order had which is over.
    doubts = awb_doubts.doubts_of(given, known)
    outcomes = iter(judge(given))
    verdicts = []
    for row, order, each in zip(rows, found, read, strict=True):
        named = order if isinstance(order, Order) else None
        if isinstance(each, str):
            verdicts.append(Verdict(row, named, REFUSED, each))
        else:
            verdict = verdict_of(row, each.order, next(outcomes), each.order.pk in had)
            doubt = doubts.get(each.order.pk, "") if verdict.writes else ""
            verdicts.append(replace(verdict, doubt=doubt))
    return verdicts


def each_awb_once(read: Sequence[GivenShipment | str]) -> list[GivenShipment | str]:
    """Rows that give one AWB to several orders: none of them is given, whichever came first."""
    orders: dict[str, list[str]] = {}
    for each in read:
        if isinstance(each, GivenShipment):
            orders.setdefault(each.parcel, []).append(str(each.order))
    return [
        ONE_AWB.format(spoken_list(orders[each.parcel]))
        if isinstance(each, GivenShipment) and len(orders[each.parcel]) > 1
        else each
        for each in read
    ]


def spoken_list(names: Sequence[str]) -> str:
    few = list(names[:5]) + (["others"] if len(names) > 5 else [])
    return f"{', '.join(few[:-1])} and {few[-1]}"


def read_row(
    row: Row, order: Order | str, known: list[str], *, is_again: bool
) -> GivenShipment | str:
    """What it gives, or what is wrong with it."""
    if isinstance(order, str):
        return order
    if is_again:
        return TWICE
    if not row.cell("courier"):
        return NO_COURIER
    cells: dict[str, str] = {name: row.cells.get(name, "") for name in shipments.LINKS}
    cells["courier"] = couriers.spelled(row.cell("courier"), known)
    form = ShipmentForm(cells | {"awb_number": "".join(row.cell("awb_number").split())})
    if not form.is_valid():
        return " ".join(f"{label(form, name)}: {said}" for name, said in first_errors(form))
    facts = form.facts()
    shipment = shipment_of(order)
    if shipment is not None and shipments.is_same_parcel(shipment, facts):
        # A column that was not filled in takes no link away.
        for name in shipments.LINKS:
            facts[name] = facts[name] or getattr(shipment, name)
    return GivenShipment(order, facts, seen=row.cells.get("seen"))


def first_errors(form: forms.Form) -> Iterator[tuple[str, str]]:
    for name, errors in form.errors.items():
        yield name, str(errors[0])


def label(form: forms.Form, name: str) -> str:
    return str(form[name].label)


def verdict_of(row: Row, order: Order, outcome: Outcome, had_one: bool) -> Verdict:
    if isinstance(outcome, AwbConflict | AlreadyAssigned):
        return Verdict(row, order, CONFLICT, outcome.sentence)
    if not isinstance(outcome, bool):
        return Verdict(row, order, REFUSED, outcome.sentence)
    if not outcome:
        return Verdict(row, order, SAME)
    return Verdict(row, order, CHANGED if had_one else NEW)


def counted(verdicts: Iterable[Verdict]) -> list[file_imports.Count]:
    return file_imports.counted((verdict.result for verdict in verdicts), WORDS)


def in_words(verdicts: Iterable[Verdict]) -> str:
    return file_imports.in_words(counted(verdicts))


def refused_rows(verdicts: Iterable[Verdict]) -> Iterator[list[str]]:
    """As they were given, and why; no cell is a formula."""
    yield [*COLUMNS, BECAUSE]
    for each in verdicts:
        if each.is_refused:
            yield safe([*(each.row.cells.get(name, "") for name in COLUMNS), each.said])


def first_to_look_at(verdict: Verdict) -> bool:
    return not verdict.is_refused
