"""Why is this order stuck? Checks in the order in which they matter; the first that fails is why.

Each reads rows and says what it found, which row proves it, and the one thing to do about it. The
first one's reason is the order's stored `blocked_reason`: events write it, and `reason_refresh`
what no event of the order's tells.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from django.conf import settings

from booon_console.lib.spoken import ist
from integration.models import (
    Delivery,
    Hold,
    Order,
    OrderReason,
    Stage,
    SyncJob,
    Topic,
    Worker,
)
from integration.models.reasons import (
    CARRIER_TROUBLES,
    NOTHING,
    OWN,
    STEPS,
    has_nothing_to_send,
)
from integration.monitoring.order_findings import Act, Case, Finding, own, shipment_of
from integration.reconciliation import at_easyecom
from integration.sync import rate_limit
from sellers.models import CarrierRegistration, LoginTrouble

State = CarrierRegistration.State
Reason = OrderReason
OPEN = (Stage.RECEIVED, Stage.AWAITING_CARRIER, Stage.CARRIER_ASSIGNED)
ABOUT_THE_AWB = (Reason.AWB_REJECTED, Reason.AWB_CONFLICT)

Check = Callable[[Case], Finding | None]


def run_checks(order: Order, now: datetime) -> Iterator[tuple[str, Finding | None]]:
    """Each check's name and what it found, None where all is well. Nothing of a closed order.

    What is told beside the reason comes after it.
    """
    if order.stage not in OPEN:
        return
    case = Case(order, SyncJob.objects.filter(order=order).first(), now)
    found = [(name, check(case)) for name, check in CHECKS]
    yield from sorted(found, key=lambda each: each[1] is not None and each[1].reason is None)


def nothing_is_held(case: Case) -> Finding | None:
    """Told of every order that it keeps, or will keep once something else is settled."""
    hold = Hold.objects.over(case.order.seller_id)
    if hold is None:
        return None
    since = f"{ended(hold.sentence)} Since {ist(hold.set_at)}."
    step = "An Admin releases it under Holds."
    if case.makes_calls:
        return Finding(Reason.HELD, since, step, hold, Act.OPEN)
    sentence = f"{since} Nothing is sent for this order until it is released."
    return Finding(None, sentence, step, hold, Act.OPEN, is_calm=True)


def worker_is_at_work(case: Case) -> Finding | None:
    if Worker.objects.at_work(case.now).exists():
        return None
    last = Worker.objects.exclude(beat_at=None).order_by("-beat_at").first()
    return Finding(None, "No worker sends a heartbeat.", "Start manage.py workers.", last)


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
        f"EasyEcom refuses the log-in. {next_try(case, location.next_login_at)}",
        STEPS[Reason.CREDENTIALS_REFUSED],
        case.order.seller,
        Act.OPEN,
    )


def access_is_allowed(case: Case) -> Finding | None:
    reason, order = Reason.ACCESS_FORBIDDEN, case.order
    if order.blocked_reason != reason or not case.makes_calls:
        return None
    sentence = f"{ended(order.blocked_message)} {next_try(case)}"
    return Finding(reason, sentence, STEPS[reason], case.job, Act.RETRY)


def log_in_is_readable(case: Case) -> Finding | None:
    reason, job = Reason.SECRET_UNREADABLE, case.job
    if case.order.blocked_reason != reason or job is None or not case.makes_calls:
        return None
    sentence = f"{case.order.blocked_message} {next_try(case)}"
    return Finding(reason, sentence, STEPS[reason], case.order.seller, Act.OPEN)


def carrier_is_registered(case: Case) -> Finding | None:
    location, reason = case.order.location, Reason.CARRIER_NOT_REGISTERED
    is_reached = location.is_live or location.blocked_reason in CARRIER_TROUBLES
    if not (case.makes_calls and is_reached):
        return None
    found = CarrierRegistration.objects.at(location.location_key).first()
    if found is not None and found.state == State.REGISTERED and location.is_live:
        return None
    if found is not None and found.state == State.IN_DOUBT:
        sentence = f"The carrier registration is in doubt since {time_or_soon(found.doubt_since)}."
        step = "Look in EasyEcom's Carrier Master, and say it there."
        return Finding(reason, sentence, step, found, Act.OPEN)
    sentence = f"The carrier is not registered. {location.blocked_message}".strip()
    return Finding(reason, sentence, "Go on with the location's onboarding.", location, Act.OPEN)


def quota_is_left(case: Case) -> Finding | None:
    refusal = rate_limit.refusal(case.order.seller, case.now)
    if not (case.makes_calls and refusal.is_of_the_day):
        return None
    seller = case.order.seller
    return Finding(Reason.QUOTA_SPENT, refusal.message, NOTHING, seller, Act.OPEN, is_calm=True)


def order_is_taken(case: Case) -> Finding | None:
    order = case.order
    if order.blocked_reason not in OWN or order.blocked_reason in ABOUT_THE_AWB:
        return None
    match (order.blocked_reason, order.stage):
        case (Reason.REJECTED, _):
            return own(case, Act.MEND)
        case (Reason.CANCELLED_AT_EASYECOM, Stage.AWAITING_CARRIER | Stage.CARRIER_ASSIGNED):
            # In doubt it has its own look-ups.
            return own(case, Act.LOOK if order.is_in_doubt else Act.COMPARE)
    return own(case, Act.SAY)


def nothing_is_in_doubt(case: Case) -> Finding | None:
    order = case.order
    if not order.is_in_doubt or order.blocked_reason in OWN:
        return None
    look = next_try(case, what="look")
    return Finding(
        Reason.IN_DOUBT,
        f"EasyEcom may have it: in doubt since {time_or_soon(order.doubt_since)}. {look}",
        STEPS[Reason.IN_DOUBT],
        case.job,
        Act.LOOK,
    )


def easyecom_is_reached(case: Case) -> Finding | None:
    order = case.order
    if order.blocked_reason not in (Reason.UNREACHABLE, Reason.RATE_LIMITED):
        return None
    reason = Reason(order.blocked_reason)
    sentence = f"{ended(order.blocked_message)} {next_try(case)}"
    return Finding(reason, sentence, NOTHING, case.job, is_calm=True)


def awb_is_taken(case: Case) -> Finding | None:
    match case.order.blocked_reason:
        case Reason.AWB_CONFLICT:
            return own(case, Act.CHOOSE_AWB)
        case Reason.AWB_REJECTED:
            return own(case, Act.SHIP)
    return None


def awb_has_come(case: Case) -> Finding | None:
    order = case.order
    if order.stage != Stage.AWAITING_CARRIER or shipment_of(order) is not None:
        return None
    if order.cancelled_at_easyecom:
        return None
    limit = timedelta(hours=settings.AWB_LIMIT_HOURS)
    if order.pushed_at is None or case.now - order.pushed_at < limit:
        return None
    return Finding(
        Reason.AWB_LATE,
        f"Booon has given no carrier and AWB. EasyEcom has the order since "
        f"{time_or_soon(order.pushed_at)}.",
        STEPS[Reason.AWB_LATE],
        act=Act.SHIP,
    )


def manifest_has_come(case: Case) -> Finding | None:
    order = case.order
    shipment = shipment_of(order)
    if order.stage != Stage.CARRIER_ASSIGNED or shipment is None or shipment.assigned_at is None:
        return None
    if order.cancelled_at_easyecom:
        return None
    if case.now - shipment.assigned_at < timedelta(hours=settings.MANIFEST_LIMIT_HOURS):
        return None
    if order.easyecom_note.startswith(at_easyecom.SHOWN):
        return Finding(Reason.NOT_MANIFESTED, order.easyecom_note, NOTHING, is_calm=True)
    told = Delivery.objects.filter(
        endpoint__location=order.location_id, endpoint__topic=Topic.MANIFESTED
    )
    last = told.defer("body").order_by("-pk").first()
    heard = f"was heard {ist(last.received_at)}" if last else "was never heard"
    return Finding(
        Reason.NOT_MANIFESTED,
        f"It has its carrier since {ist(shipment.assigned_at)} and no manifest. The location's "
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
    ("The API user may do it", access_is_allowed),
    ("The log-in can be read", log_in_is_readable),
    ("The account has calls left", quota_is_left),
    ("EasyEcom takes the order", order_is_taken),
    ("Nothing is in doubt", nothing_is_in_doubt),
    ("EasyEcom is reached", easyecom_is_reached),
    ("EasyEcom takes the AWB", awb_is_taken),
    ("Booon gave the AWB in time", awb_has_come),
    ("The manifest came in time", manifest_has_come),
    ("A worker is at work", worker_is_at_work),
)


def ended(words: str) -> str:
    """EasyEcom's words often lack a full stop, and another sentence follows."""
    return words if words.endswith((".", "!", "?")) else f"{words}."


def next_try(case: Case, at_earliest: datetime | None = None, what: str = "try") -> str:
    """When the order's job comes again: a time that has passed says nothing to anybody."""
    times = [case.job.due_at if case.job else None, at_earliest]
    ahead = [each for each in times if each and each > case.now]
    return f"The next {what}: {ist(max(ahead)) if ahead else 'in a moment'}."


# What another look at the order does not change.
STANDS_ANYHOW = (
    Reason.CARRIER_NOT_REGISTERED,
    Reason.LOCATION_NOT_LIVE,
    Reason.HELD,
    Reason.CREDENTIALS_REFUSED,
    Reason.SECRET_UNREADABLE,
    Reason.QUOTA_SPENT,
    Reason.RATE_LIMITED,
    Reason.AWB_CONFLICT,
)


def retry_helps(order: Order, found: Iterable[Finding]) -> bool:
    """Whether looking at it again now may bring it on."""
    if order.stage not in OPEN or any(each.reason in STANDS_ANYHOW for each in found):
        return False
    return not has_nothing_to_send(order, shipment_of(order))


def time_or_soon(moment: datetime | None) -> str:
    return ist(moment) if moment else "soon"
