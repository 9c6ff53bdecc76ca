"""Why is this order stuck? Checks in the order in which they matter; the first that fails is why.

Each reads rows and says what it found, which row proves it, and the one thing to do about it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import Model
from django.utils import timezone

from integration.allowance import quota
from integration.models import (
    Delivery,
    Hold,
    Order,
    OrderReason,
    ShipmentDetails,
    Stage,
    SyncJob,
    Topic,
    Worker,
)
from integration.trouble import dictionary
from integration.trouble.steps import NOTHING, STEPS
from sellers.models import CarrierRegistration, LoginTrouble

State = CarrierRegistration.State
Reason = OrderReason
OPEN = (Stage.RECEIVED, Stage.AWAITING_CARRIER, Stage.CARRIER_ASSIGNED)
# What EasyEcom says no to, and only a person can mend.
REFUSED = (Reason.REJECTED, Reason.CONFLICT, Reason.NUMBER_TAKEN, Reason.NOT_FOUND)
SENDS = (Stage.RECEIVED, Stage.AWAITING_CARRIER)
SILENCE = timedelta(seconds=60)


class Act(StrEnum):
    """The one button beside a finding."""

    NONE = ""
    OPEN = "open"  # the proof's own page, where it is mended
    RETRY = "retry"
    LOOK = "look"
    SAY = "say"  # what EasyEcom has of the order
    SHIP = "ship"
    COMPARE = "compare"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check that failed; `step` is what to do, `proof` the row to look at."""

    sentence: str
    step: str
    proof: Model | None = None
    act: Act = Act.NONE


@dataclass(frozen=True, slots=True)
class Case:
    """An order and what the checks ask of it."""

    order: Order
    job: SyncJob | None
    now: datetime

    @property
    def makes_calls(self) -> bool:
        """Whether something has still to be said to EasyEcom about it."""
        shipment = shipment_of(self.order)
        waits = self.order.stage == Stage.AWAITING_CARRIER and not self.order.is_in_doubt
        return self.order.stage in SENDS and not (waits and shipment is None)


Check = Callable[[Case], Finding | None]


def examine(order: Order, now: datetime) -> Iterator[tuple[str, Finding | None]]:
    """Each check's name and what it found, None where all is well. Nothing of a closed order."""
    if order.stage not in OPEN:
        return
    case = Case(order, SyncJob.objects.filter(order=order).first(), now)
    for name, check in CHECKS:
        yield name, check(case)


def nothing_is_held(case: Case) -> Finding | None:
    hold = Hold.objects.over(case.order.seller_id)
    if hold is None or not case.makes_calls:
        return None
    since = f"Since {shown(hold.set_at)}."
    return Finding(f"{hold.sentence} {since}", "An Admin releases it under Holds.", hold, Act.OPEN)


def worker_is_at_work(case: Case) -> Finding | None:
    alive = Worker.objects.filter(beat_at__gte=case.now - SILENCE)
    if alive.exists():
        return None
    last = Worker.objects.exclude(beat_at=None).order_by("-beat_at").first()
    return Finding("No worker gives a sign of life.", "Start manage.py workers.", last)


def location_is_live(case: Case) -> Finding | None:
    location = case.order.location
    if location.is_live:
        return None
    why = location.blocked_message or "Its onboarding is not finished."
    step = STEPS[Reason.LOCATION_NOT_LIVE]
    return Finding(f"Its location is not live. {why}", step, location, Act.OPEN)


def log_in_is_taken(case: Case) -> Finding | None:
    location = case.order.location
    was_refused = case.order.blocked_reason == Reason.CREDENTIALS_REFUSED
    if not was_refused and location.login_trouble != LoginTrouble.REFUSED:
        return None
    if not case.makes_calls:
        return None
    return Finding(
        f"EasyEcom refuses the log-in. The next try: {shown(location.next_login_at)}.",
        STEPS[Reason.CREDENTIALS_REFUSED],
        case.order.seller,
        Act.OPEN,
    )


def carrier_is_registered(case: Case) -> Finding | None:
    found = CarrierRegistration.objects.filter(
        location_key=case.order.location.location_key, carrier_id=settings.EASYECOM_CARRIER_ID
    ).first()
    if found is not None and found.state == State.REGISTERED:
        return None
    if found is not None and found.state == State.IN_DOUBT:
        sentence = f"The carrier registration is in doubt since {shown(found.doubt_since)}."
        return Finding(
            sentence, "Look in EasyEcom's Carrier Master, and say it there.", found, Act.OPEN
        )
    step = STEPS[Reason.LOCATION_NOT_LIVE]
    proof = found or case.order.location
    return Finding("The carrier is not registered.", step, proof, Act.OPEN)


def quota_is_left(case: Case) -> Finding | None:
    refusal = quota.refusal(case.order.seller, case.now)
    if not (case.makes_calls and refusal.is_of_the_day):
        return None
    return Finding(refusal.message, NOTHING, case.order.seller, Act.OPEN)


def order_is_taken(case: Case) -> Finding | None:
    order = case.order
    if order.blocked_reason not in REFUSED:
        return None
    act = Act.RETRY if order.blocked_reason == Reason.REJECTED else Act.SAY
    return Finding(order.blocked_message, known_step(order) or step_of(order), case.job, act)


def nothing_is_in_doubt(case: Case) -> Finding | None:
    order = case.order
    if not order.is_in_doubt or order.blocked_reason in (Reason.NOT_FOUND, Reason.CONFLICT):
        return None
    look = f"The next look: {shown(case.job.due_at if case.job else None)}."
    return Finding(
        f"EasyEcom may have it: in doubt since {shown(order.doubt_since)}. {look}",
        STEPS[Reason.IN_DOUBT],
        case.job,
        Act.LOOK,
    )


def easyecom_is_reached(case: Case) -> Finding | None:
    order = case.order
    if order.blocked_reason not in (Reason.UNREACHABLE, Reason.RATE_LIMITED):
        return None
    again = f"The next try: {shown(case.job.due_at if case.job else None)}."
    return Finding(f"{order.blocked_message} {again}", NOTHING, case.job, Act.RETRY)


def awb_is_taken(case: Case) -> Finding | None:
    order = case.order
    if order.blocked_reason not in (Reason.AWB_REJECTED, Reason.AWB_CONFLICT):
        return None
    step = known_step(order) or step_of(order)
    return Finding(order.blocked_message, step, case.job, Act.SHIP)


def awb_has_come(case: Case) -> Finding | None:
    order = case.order
    if order.stage != Stage.AWAITING_CARRIER or shipment_of(order) is not None:
        return None
    limit = timedelta(hours=settings.AWB_LIMIT_HOURS)
    if order.pushed_at is None or case.now - order.pushed_at < limit:
        return None
    return Finding(
        f"Booon has given no carrier and AWB. EasyEcom has the order since "
        f"{shown(order.pushed_at)}.",
        STEPS[Reason.AWB_LATE],
        act=Act.SHIP,
    )


def manifest_has_come(case: Case) -> Finding | None:
    order = case.order
    shipment = shipment_of(order)
    if order.stage != Stage.CARRIER_ASSIGNED or shipment is None or shipment.assigned_at is None:
        return None
    if case.now - shipment.assigned_at < timedelta(hours=settings.MANIFEST_LIMIT_HOURS):
        return None
    told = Delivery.objects.filter(location=order.location_id, topic=Topic.MANIFESTED)
    last = told.defer("body").order_by("-pk").first()
    heard = f"was heard {shown(last.received_at)}" if last else "was never heard"
    return Finding(
        f"It has its carrier since {shown(shipment.assigned_at)} and no manifest. The location's "
        f"last manifest webhook {heard}.",
        STEPS[Reason.NOT_MANIFESTED],
        last,
        Act.COMPARE,
    )


CHECKS: tuple[tuple[str, Check], ...] = (
    ("Nothing is held", nothing_is_held),
    ("The location is live", location_is_live),
    ("EasyEcom takes the log-in", log_in_is_taken),
    ("The carrier is registered", carrier_is_registered),
    ("The account has calls left", quota_is_left),
    ("EasyEcom takes the order", order_is_taken),
    ("Nothing is in doubt", nothing_is_in_doubt),
    ("EasyEcom is reached", easyecom_is_reached),
    ("EasyEcom takes the AWB", awb_is_taken),
    ("Booon gave the AWB in time", awb_has_come),
    ("The manifest came in time", manifest_has_come),
    ("A worker is at work", worker_is_at_work),
)


def step_of(order: Order) -> str:
    return STEPS[Reason(order.blocked_reason)]


def known_step(order: Order) -> str:
    """What the error dictionary says to EasyEcom's words."""
    known = dictionary.explained([order.blocked_detail]).get(order.blocked_detail)
    return known.next_step if known else ""


def shipment_of(order: Order) -> ShipmentDetails | None:
    shipment: ShipmentDetails | None = getattr(order, "shipment", None)
    return shipment


def shown(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%-d %b, %H:%M} IST" if moment else "soon"
