"""An order's facts changed, or the order withdrawn, while nothing of it can be at EasyEcom: unsent,
or refused and not there (docs/decisions/0038-revisions.md).

Each is done with the order's row locked. The engine locks it too before it opens a call, so that
what is sent is what was last answered 200.
"""

from datetime import datetime

from django.db import transaction

from booon_console.lib import clock
from integration.catalog import sku_mapping
from integration.easyecom import Kind
from integration.models import (
    ApiCall,
    Change,
    Order,
    OrderReason,
    ShipmentDetails,
    Stage,
    SyncJob,
    raise_stage,
    record_change,
    record_event,
)
from integration.orders import revisions, rows
from integration.orders.facts import OrderFacts, fingerprint
from integration.orders.refusals import (
    AlreadySent,
    BeingPrepared,
    CancelledAtEasyEcom,
    InDoubt,
    OnItsWay,
    Overtaken,
    Withdrawn,
)
from integration.orders.revisions import BOOON, Source
from sellers.models import Location

# A person has to say what EasyEcom has; every other doubt is looked after.
NEEDS_PERSON = (OrderReason.NOT_FOUND, OrderReason.NUMBER_TAKEN, OrderReason.CONFLICT)


def check_changeable(order: Order) -> None:
    """Whether nothing of a locked order can be at EasyEcom. Raises AlreadySent, saying which."""
    # Before the stage: such a one is never taken back, and another number is the way out.
    if order.cancelled_at_easyecom and order.stage != Stage.WITHDRAWN:
        raise CancelledAtEasyEcom
    if order.stage not in (Stage.RECEIVED, Stage.WITHDRAWN):
        raise AlreadySent
    if order.is_in_doubt:
        raise InDoubt(needs_person=order.blocked_reason in NEEDS_PERSON)
    if order.push_begun_at is None:
        return
    # A call whose worker ended is open until the next claim: then the order is in doubt.
    open_calls = ApiCall.objects.filter(job__order=order, is_open=True, kind=Kind.CREATE_ORDER)
    if open_calls.exists():
        raise OnItsWay


def is_changeable(order: Order) -> bool:
    """The same as of now, without a lock: for what is shown."""
    try:
        check_changeable(order)
    except AlreadySent:
        return False
    return order.stage == Stage.RECEIVED


def may_mend(order: Order) -> bool:
    """Whether staff may change what EasyEcom refused; what it did not refuse is Booon's."""
    return order.blocked_reason == OrderReason.REJECTED and is_changeable(order)


def change(
    order: Order,
    location: Location,
    facts: OrderFacts,
    source: Source,
    *,
    reason: str = "",
    given_fingerprint: str = "",
) -> None:
    """Replace a changeable order's facts: its next revision. Raises BeingPrepared.

    `given_fingerprint` is of the body that Booon gave, where somebody else changes it.
    A job at work has its location's token in hand, so the location stays until the job rests.
    """
    job = SyncJob.objects.select_for_update(no_key=True).get(order=order)
    moves = job.location_id != location.pk
    if moves and job.status == SyncJob.Status.RUNNING:
        raise BeingPrepared
    now = clock.now()
    is_back = order.stage == Stage.WITHDRAWN
    was_sent = order.push_begun_at is not None
    changes = revisions.record(order, facts, source, now, reason=reason)
    order.change(
        **rows.columns(location, facts),
        **rows.fresh(order),
        given_fingerprint=given_fingerprint,
    )
    order.lines.all().delete()
    rows.save_lines([(order, facts)])
    if moves:
        SyncJob.objects.filter(pk=job.pk).update(location=location)
    if is_back:
        begin_again(order, now)
    SyncJob.objects.filter(pk=job.pk).want(correlation_id=source.correlation_id)
    what = f"{revisions.in_words(changes)}. {reason}".strip(". ")
    record_event(
        "received" if is_back else "changed",
        f"{verb(is_back, was_sent)}: revision {order.revision}. {what}".strip(),
        at=now,
        actor=source.actor,
        order=order,
        job=job,
        correlation_id=source.correlation_id,
    )


def verb(is_back: bool, was_sent: bool) -> str:
    if is_back:
        return "Given again under its number"
    return "Changed, to be sent again" if was_sent else "Changed before it was sent"


def begin_again(order: Order, now: datetime) -> None:
    """A withdrawn order that was given again is a new one: Booon is told, its job goes on."""
    order.change(stage=Stage.RECEIVED, stage_since=now)
    ShipmentDetails.objects.filter(order=order).delete()
    record_change(
        Change.Type.ORDER_STAGE_CHANGED,
        order,
        {"stage": Stage.RECEIVED, "previous": Stage.WITHDRAWN},
        at=now,
    )
    jobs = SyncJob.objects.filter(order=order, status=SyncJob.Status.CANCELLED)
    jobs.update(status=SyncJob.Status.PENDING, setbacks=0)


@transaction.atomic
def mend(
    order: Order, location: Location, facts: OrderFacts, *, seen: int, actor: str, reason: str
) -> bool:
    """A member of staff changes what EasyEcom refused, having seen that revision of it.

    False where nothing is different. What Booon gave stays known, so that Booon's own body once
    more changes nothing. Raises Conflict.
    """
    order = Order.objects.select_for_update(of=("self",), no_key=True).get(pk=order.pk)
    if order.stage == Stage.WITHDRAWN:
        raise Withdrawn
    check_changeable(order)
    if order.revision != seen:
        raise Overtaken
    if order.fingerprint == fingerprint(facts):
        return False
    given = order.given_fingerprint or order.fingerprint
    change(order, location, facts, Source(actor), reason=reason, given_fingerprint=given)
    named = [(order, line["sku"]) for line in facts["lines"]]
    sku_mapping.record_unmapped_of_orders(named, clock.now())
    return True


@transaction.atomic
def withdraw(order: Order, *, actor: str = BOOON, correlation_id: str = "") -> bool:
    """Withdraw an order of which nothing can be at EasyEcom; False when it was before.

    Raises AlreadySent. A job that is running finds the order withdrawn at its next step and
    cancels itself.
    """
    order = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    if order.stage == Stage.WITHDRAWN:
        return False
    check_changeable(order)
    end_unsent(order, actor=actor, now=clock.now(), correlation_id=correlation_id)
    return True


def end_unsent(
    order: Order,
    *,
    actor: str,
    now: datetime,
    correlation_id: str = "",
    is_number_spent: bool = False,
) -> None:
    """Withdraw a locked order of which nothing is at EasyEcom.

    `is_number_spent`: EasyEcom has another order under its number, which can't be given again.
    """
    raise_stage(
        order,
        Stage.WITHDRAWN,
        at=now,
        actor=actor,
        blocked_reason="",
        blocked_detail="",
        is_number_spent=is_number_spent,
    )
    resting = SyncJob.objects.filter(order=order).exclude(status=SyncJob.Status.RUNNING)
    resting.update(
        status=SyncJob.Status.CANCELLED,
        due_at=None,
        error_code="",
        error_message="",
        correlation_id=correlation_id,
        updated_at=now,
    )
