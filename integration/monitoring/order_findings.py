"""What a check of an order found: which reason, which row proves it, and the one thing to do."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Model

from integration.models import Order, OrderReason, ShipmentDetails, SyncJob
from integration.models.reasons import OWN, STEPS
from integration.sync import error_dictionary

# What the dictionary's next step names, so that it is the first button. See `advised`.
MENDING, RETRYING = re.compile(r"\bmend", re.I), re.compile(r"\bretry\b", re.I)
LATER = "It may go through later by itself."


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
    meaning = " ".join([*dict.fromkeys(each.sentence for each in known), *later])
    act = advised(step) if act == Act.MEND else act
    return Finding(reason, order.blocked_message, step, case.job, act, meaning)


def advised(step: str) -> Act:
    """Of a refused order: tried again as it is where the advice says no more than that, since what
    was wrong is put right in EasyEcom; else mended."""
    return Act.RETRY if RETRYING.search(step) and not MENDING.search(step) else Act.MEND


def shipment_of(order: Order) -> ShipmentDetails | None:
    shipment: ShipmentDetails | None = getattr(order, "shipment", None)
    return shipment
