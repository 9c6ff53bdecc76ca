"""What a check of an order found: which reason, which row proves it, and the one thing to do."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Model
from django.utils.timezone import localtime

from integration.catalog import near_skus, pull
from integration.models import Order, OrderReason, ShipmentDetails, SyncJob
from integration.models.reasons import OWN, STEPS
from integration.sync import error_dictionary

# What the dictionary's next step names, so that it is the first button. See `advised`.
MENDING, RETRYING = re.compile(r"\bmend", re.I), re.compile(r"\bretry\b", re.I)
LATER = "It may go through later by itself."
MEANT = "Mend the order where one of them is meant."
OTHERWISE = "Otherwise: "


class Act(StrEnum):
    """The one button beside a finding."""

    NONE = ""
    OPEN = "open"  # the proof's own page, where it is mended
    RETRY = "retry"
    LOOK = "look"
    MEND = "mend"  # what EasyEcom refused
    SAY = "say"  # what EasyEcom has of the order
    SHIP = "ship"
    CHOOSE_AWB = "choose_awb"  # EasyEcom's, or ours in its place
    COMPARE = "compare"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check that failed; `step` is what to do, `proof` the row to look at, `meaning` what the
    error dictionary says to EasyEcom's words.

    The first one's reason is the one that is stored; None of what is told beside it. Of what is
    `calm` nobody has to do anything for the order's sake now.
    """

    reason: OrderReason | None
    sentence: str
    step: str
    proof: Model | None = None
    act: Act = Act.NONE
    meaning: str = ""
    is_calm: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """An order and what the checks ask of it."""

    order: Order
    job: SyncJob | None
    now: datetime

    @property
    def makes_calls(self) -> bool:
        """Whether something has still to be said to EasyEcom about it, before a person acts."""
        order = self.order
        return order.blocked_reason not in OWN and order.has_call_to_make(shipment_of(order))


def own(case: Case, act: Act) -> Finding:
    """The order's own trouble, with EasyEcom's words and what the error dictionary says to them."""
    order, reason = case.order, OrderReason(case.order.blocked_reason)
    known = error_dictionary.explained(order.refusal_words).values()
    step = " ".join(dict.fromkeys(each.next_step for each in known)) or STEPS[reason]
    later = [LATER] if any(each.is_retryable for each in known) else []
    if act == Act.MEND and (near := near_sentence(order)):
        step = f"{near} {OTHERWISE}{step}"
    meaning = " ".join([*dict.fromkeys(each.sentence for each in known), *later])
    act = advised(step) if act == Act.MEND else act
    return Finding(reason, order.blocked_message, step, case.job, act, meaning)


def advised(step: str) -> Act:
    """Of a refused order: tried again as it is where the advice says no more than that, since what
    was wrong is put right in EasyEcom; else mended."""
    return Act.RETRY if RETRYING.search(step) and not MENDING.search(step) else Act.MEND


def near_sentence(order: Order) -> str:
    """Of an order that is refused for its SKUs: which of them the seller's catalog lacks, and what
    is near to them there; "" where nothing is, or the refusal is about something else."""
    if not any(near_skus.ABOUT_SKUS.search(words) for words in order.refusal_words):
        return ""
    near = near_skus.near_to_missing(order.seller_id, refused_skus(order))
    said = [f"{sku}; near to it: {', '.join(skus)}" for sku, skus in near.items()]
    if not said:
        return ""
    read_at = pull.read_at(order.seller_id)
    when = f" (as it was read {localtime(read_at):%-d %b, %H:%M})" if read_at else ""
    return f"EasyEcom's catalog{when} has no {'; and no '.join(said)}. {MEANT}"


def refused_skus(order: Order) -> set[str]:
    """Of the lines that the refusal names; of all where it names none."""
    lines = [(line.line_id, line.sku) for line in order.lines.all()]
    ids = {said["line_id"] for said in order.blocked_lines}
    named = {said["sku"].casefold() for said in order.blocked_lines if not said["line_id"]}
    found = {sku for line_id, sku in lines if line_id in ids or sku.casefold() in named}
    return found or {sku for _, sku in lines}


def shipment_of(order: Order) -> ShipmentDetails | None:
    shipment: ShipmentDetails | None = getattr(order, "shipment", None)
    return shipment
