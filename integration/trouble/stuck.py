"""Why is this order stuck? Checks in the order in which they matter; the first that fails is why.

Each reads rows and says what it found, which row proves it, and the one thing to do about it. The
first one's reason is the order's stored `blocked_reason`: events write it, and `freshness` what no
event of the order's tells.
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
from integration.trouble.precedence import CARRIER_TROUBLES, OWN
from integration.trouble.steps import NOTHING, STEPS
from sellers.models import CarrierRegistration, LoginTrouble

State = CarrierRegistration.State
Reason = OrderReason
OPEN = (Stage.RECEIVED, Stage.AWAITING_CARRIER, Stage.CARRIER_ASSIGNED)
ABOUT_THE_AWB = (Reason.AWB_REJECTED, Reason.AWB_CONFLICT)
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
    """One check that failed; `step` is what to do, `proof` the row to look at.

    The first one's reason is the one that is stored; None of what is told on every page.
    """

    reason: OrderReason | None
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
        """Whether something has still to be said to EasyEcom about it, before a person acts."""
        if self.order.blocked_reason in OWN:
            return False
        shipment = shipment_of(self.order)
        is_unassigned = shipment is not None and shipment.assigned_at is None
        waits = self.order.stage == Stage.AWAITING_CARRIER and is_unassigned
        return self.order.stage == Stage.RECEIVED or waits


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
    return Finding(
        Reason.HELD,
        f"{hold.sentence} Since {shown(hold.set_at)}.",
        "An Admin releases it under Holds.",
        hold,
        Act.OPEN,
    )


def worker_is_at_work(case: Case) -> Finding | None:
    alive = Worker.objects.filter(beat_at__gte=case.now - SILENCE)
    if alive.exists():
        return None
    last = Worker.objects.exclude(beat_at=None).order_by("-beat_at").first()
    return Finding(None, "No worker gives a sign of life.", "Start manage.py workers.", last)


def location_is_live(case: Case) -> Finding | None:
    location = case.order.location
    if location.is_live or not case.makes_calls:
        return None
    why = location.blocked_message or "Its onboarding is not finished."
    reason = Reason.LOCATION_NOT_LIVE
    return Finding(reason, f"Its location is not live. {why}", STEPS[reason], location, Act.OPEN)


def log_in_is_taken(case: Case) -> Finding | None:
    location = case.order.location
    was_refused = case.order.blocked_reason == Reason.CREDENTIALS_REFUSED
    if not was_refused and location.login_trouble != LoginTrouble.REFUSED:
        return None
    if not case.makes_calls:
        return None
    return Finding(
        Reason.CREDENTIALS_REFUSED,
        f"EasyEcom refuses the log-in. The next try: {shown(location.next_login_at)}.",
        STEPS[Reason.CREDENTIALS_REFUSED],
        case.order.seller,
        Act.OPEN,
    )


def carrier_is_registered(case: Case) -> Finding | None:
    location, reason = case.order.location, Reason.CARRIER_NOT_REGISTERED
    is_reached = location.is_live or location.blocked_reason in CARRIER_TROUBLES
    if not (case.makes_calls and is_reached):
        return None
    found = CarrierRegistration.objects.filter(
        location_key=location.location_key, carrier_id=settings.EASYECOM_CARRIER_ID
    ).first()
    if found is not None and found.state == State.REGISTERED and location.is_live:
        return None
    if found is not None and found.state == State.IN_DOUBT:
        sentence = f"The carrier registration is in doubt since {shown(found.doubt_since)}."
        step = "Look in EasyEcom's Carrier Master, and say it there."
        return Finding(reason, sentence, step, found, Act.OPEN)
    sentence = f"The carrier is not registered. {location.blocked_message}".strip()
    return Finding(reason, sentence, "Go on with the location's onboarding.", location, Act.OPEN)


def quota_is_left(case: Case) -> Finding | None:
    refusal = quota.refusal(case.order.seller, case.now)
    if not (case.makes_calls and refusal.is_of_the_day):
        return None
    return Finding(Reason.QUOTA_SPENT, refusal.message, NOTHING, case.order.seller, Act.OPEN)


def order_is_taken(case: Case) -> Finding | None:
    order = case.order
    if order.blocked_reason not in OWN or order.blocked_reason in ABOUT_THE_AWB:
        return None
    act = Act.RETRY if order.blocked_reason == Reason.REJECTED else Act.SAY
    return own(case, act)


def nothing_is_in_doubt(case: Case) -> Finding | None:
    order = case.order
    if not order.is_in_doubt or order.blocked_reason in OWN:
        return None
    look = f"The next look: {shown(case.job.due_at if case.job else None)}."
    return Finding(
        Reason.IN_DOUBT,
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
    reason = Reason(order.blocked_reason)
    return Finding(reason, f"{order.blocked_message} {again}", NOTHING, case.job, Act.RETRY)


def awb_is_taken(case: Case) -> Finding | None:
    return own(case, Act.SHIP) if case.order.blocked_reason in ABOUT_THE_AWB else None


def awb_has_come(case: Case) -> Finding | None:
    order = case.order
    if order.stage != Stage.AWAITING_CARRIER or shipment_of(order) is not None:
        return None
    limit = timedelta(hours=settings.AWB_LIMIT_HOURS)
    if order.pushed_at is None or case.now - order.pushed_at < limit:
        return None
    return Finding(
        Reason.AWB_LATE,
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
        Reason.NOT_MANIFESTED,
        f"It has its carrier since {shown(shipment.assigned_at)} and no manifest. The location's "
        f"last manifest webhook {heard}.",
        STEPS[Reason.NOT_MANIFESTED],
        last,
        Act.COMPARE,
    )


CHECKS: tuple[tuple[str, Check], ...] = (
    ("The carrier is registered", carrier_is_registered),
    ("The location is live", location_is_live),
    ("Nothing is held", nothing_is_held),
    ("EasyEcom takes the log-in", log_in_is_taken),
    ("The account has calls left", quota_is_left),
    ("EasyEcom takes the order", order_is_taken),
    ("Nothing is in doubt", nothing_is_in_doubt),
    ("EasyEcom is reached", easyecom_is_reached),
    ("EasyEcom takes the AWB", awb_is_taken),
    ("Booon gave the AWB in time", awb_has_come),
    ("The manifest came in time", manifest_has_come),
    ("A worker is at work", worker_is_at_work),
)


def own(case: Case, act: Act) -> Finding:
    """The order's own trouble, with EasyEcom's words and what the error dictionary says to them."""
    order, reason = case.order, Reason(case.order.blocked_reason)
    step = known_step(order) or STEPS[reason]
    return Finding(reason, order.blocked_message, step, case.job, act)


def known_step(order: Order) -> str:
    """What the error dictionary says to EasyEcom's words."""
    known = dictionary.explained([order.blocked_detail]).get(order.blocked_detail)
    return known.next_step if known else ""


def shipment_of(order: Order) -> ShipmentDetails | None:
    shipment: ShipmentDetails | None = getattr(order, "shipment", None)
    return shipment


def shown(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%-d %b, %H:%M} IST" if moment else "soon"
