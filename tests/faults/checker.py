"""What was promised against what is: EasyEcom's ledger on one side, the public API on the other.

Nothing here reads the console's database. Pure functions over what both sides told.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from tests.faults.booon import Given, Key

Row = dict[str, Any]
STAGES = ("received", "awaiting_carrier", "carrier_assigned", "manifested")
# Reasons that name a person's part, as the order's page does: P2 in docs/reliability.md#1-promises.
WAITS_FOR_A_PERSON = ("not_found", "number_taken", "conflict", "awb_conflict")
# EasyEcom made an earlier revision after all, and a person has to end it there.
HAS_EARLIER = "conflict with an earlier revision"
SAYS_FAILED = ("rejected", "awb_rejected")


@dataclass(frozen=True)
class Finding:
    """A promise that was broken."""

    kind: Literal["lost", "doubled", "misread"]
    about: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.about}: {self.sentence}"


@dataclass(frozen=True)
class Ledger:
    """EasyEcom's side: its orders, carriers and levels, by location key and SKU."""

    orders: list[Row]
    carriers: list[Row]
    stock: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True)
class Told:
    """The console's side, as Booon reads it."""

    orders: list[Row]
    stock: list[Row]
    sellers: list[Row]
    changes: list[Row]


def findings(given: Mapping[Key, Given], ledger: Ledger, told: Told) -> list[Finding]:
    return [
        *orders_lost_or_doubled(given, ledger),
        *orders_misread(given, ledger, told),
        *carriers_doubled(ledger),
        *registrations_misread(ledger, told),
        *levels_lost(ledger, told),
        *changes_misread(given, told),
    ]


def waiting(given: Mapping[Key, Given], ledger: Ledger, told: Told) -> dict[str, int]:
    """Accepted orders that rest with a person, by reason: the promise's third class."""
    rows, there = by_key(told.orders), in_ledger(ledger)
    reasons: Counter[str] = Counter()
    for key, order in given.items():
        reason = rows[key]["blocked_reason"] if key in rows else ""
        if reason == "conflict" and any(map(order.is_earlier, there.get(key, []))):
            reason = HAS_EARLIER
        reasons[reason] += 1
    resting = (*WAITS_FOR_A_PERSON, HAS_EARLIER)
    return {reason: reasons[reason] for reason in resting if reasons[reason]}


def orders_lost_or_doubled(given: Mapping[Key, Given], ledger: Ledger) -> Iterator[Finding]:
    there = in_ledger(ledger)
    for key, rows in there.items():
        if len(rows) > 1:
            yield Finding("doubled", name(key), f"EasyEcom has it {len(rows)} times.")
        if key not in given:
            yield Finding("doubled", name(key), "EasyEcom has a number that nobody gave.")


def orders_misread(given: Mapping[Key, Given], ledger: Ledger, told: Told) -> Iterator[Finding]:
    there, shown = in_ledger(ledger), by_key(told.orders)
    for key, order in given.items():
        if key not in shown:
            yield Finding("lost", name(key), "It was accepted, and the API does not show it.")
            continue
        theirs = there.get(key, [])
        yield from misread(order, theirs[0] if theirs else None, shown[key])


def misread(order: Given, theirs: Row | None, ours: Row) -> Iterator[Finding]:
    about, stage, reason = name((order.seller, order.number)), ours["stage"], ours["blocked_reason"]
    if theirs is None:
        if stage != "received":
            yield Finding("misread", about, f"It is {stage}, and EasyEcom does not have it.")
        elif reason not in WAITS_FOR_A_PERSON:
            yield Finding("lost", about, f"EasyEcom does not have it; blocked by {reason!r}.")
        return
    if reason in SAYS_FAILED:
        yield Finding("misread", about, f"It says {reason}, and EasyEcom has it.")
    elif reason not in WAITS_FOR_A_PERSON:
        yield from differences(about, order, theirs, ours)


def differences(about: str, order: Given, theirs: Row, ours: Row) -> Iterator[Finding]:
    real = "awaiting_carrier"
    if theirs["awb"]:
        real = "manifested" if theirs["manifested_at"] else "carrier_assigned"
    if ours["stage"] != real:
        kind: Literal["lost", "misread"] = "lost"
        if STAGES.index(ours["stage"]) > STAGES.index(real):
            kind = "misread"
        yield Finding(kind, about, f"It is {ours['stage']}, at EasyEcom {real}.")
    ids = (ours["easyecom_order_id"], ours["easyecom_invoice_id"])
    if ours["stage"] != "received" and ids != (str(theirs["order_id"]), str(theirs["invoice_id"])):
        yield Finding("misread", about, "Its ids are not EasyEcom's.")
    awb = (theirs["awb"] or {}).get("awb_number", "")
    if awb and awb not in (order.awb_number, *order.replaced_awbs):
        yield Finding("misread", about, f"EasyEcom has AWB {awb}, which nobody gave.")
    elif order.awb_number and awb != order.awb_number:
        yield Finding("lost", about, f"Its AWB is {order.awb_number}, at EasyEcom {awb!r}.")
    kept = [row["awb_number"] for row in (ours["shipment"] or {}).get("replaced", ())]
    if kept != order.replaced_awbs:
        yield Finding("lost", about, f"Its AWBs of before are {order.replaced_awbs}, shown {kept}.")
    if not order.is_last(theirs):
        which = "an earlier revision" if order.is_earlier(theirs) else "another revision"
        yield Finding("misread", about, f"EasyEcom has {which} of it.")
    lines = [(line["sku"], line["quantity"]) for line in theirs["lines"]]
    if lines != [(order.sku, order.quantity)] or theirs["location_key"] != order.location_key:
        yield Finding("misread", about, "EasyEcom has other lines, or has it elsewhere.")


def carriers_doubled(ledger: Ledger) -> Iterator[Finding]:
    for key, count in Counter(row["location_key"] for row in ledger.carriers).items():
        if count > 1:
            yield Finding("doubled", key, f"The carrier is registered {count} times.")


def registrations_misread(ledger: Ledger, told: Told) -> Iterator[Finding]:
    registered = {row["location_key"] for row in ledger.carriers}
    for seller in told.sellers:
        for place in seller["locations"]:
            if place["live"] and place["location_key"] not in registered:
                yield Finding("misread", place["location_key"], "Live without a carrier.")


def levels_lost(ledger: Ledger, told: Told) -> Iterator[Finding]:
    """Every level ends as EasyEcom's. Only for locations that the console was told of at all."""
    shown = {(row["location_key"], row["sku"]): row["quantity"] for row in told.stock}
    for key in {place for place, _ in shown}:
        for sku, quantity in ledger.stock[key].items():
            ours = shown.get((key, sku))
            if ours != quantity:
                sentence = f"The level is {ours}, at EasyEcom {quantity}."
                yield Finding("lost", f"{key} {sku}", sentence)


def changes_misread(given: Mapping[Key, Given], told: Told) -> Iterator[Finding]:
    """The feed tells each stage of an order once, in order, and up to where it stands."""
    stages: defaultdict[Key, list[str]] = defaultdict(list)
    for change in told.changes:
        if change["type"] == "order.stage_changed":
            key = (change["seller"], change["data"]["order_number"])
            stages[key].append(change["data"]["stage"])
    cursors = [int(change["cursor"]) for change in told.changes]
    if cursors != sorted(set(cursors)):
        yield Finding("misread", "changes", "Cursors do not rise.")
    shown = by_key(told.orders)
    for key in given:
        places = [STAGES.index(stage) for stage in stages[key]]
        if places != sorted(set(places)) or not places or places[0] != 0:
            yield Finding("misread", name(key), f"The feed tells of stages {stages[key]}.")
        elif key in shown and stages[key][-1] != shown[key]["stage"]:
            yield Finding("lost", name(key), "The feed does not tell of its last stage.")


def in_ledger(ledger: Ledger) -> dict[Key, list[Row]]:
    found: defaultdict[Key, list[Row]] = defaultdict(list)
    for row in ledger.orders:
        seller = row["account"].removeprefix("api@").removesuffix(".test")
        found[seller, row["order_number"]].append(row)
    return found


def by_key(orders: list[Row]) -> dict[Key, Row]:
    return {(row["seller"], row["order_number"]): row for row in orders}


def name(key: Key) -> str:
    return " ".join(key)
