"""An order's stages with their clocks, and the one button beside each reason why it is stuck."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest

from booon_console.lib.admin_parts import Button, page_of
from booon_console.lib.spoken import rupees_and_paise
from integration.admin import actions
from integration.models import Hold, Order, Stage, SyncJob, Worker
from integration.monitoring.front_page.throughput import limits
from integration.monitoring.order_checks import OPEN
from integration.monitoring.order_findings import Act, Finding
from integration.orders.earlier_revision import total_of
from integration.orders.revisions import body_of

# What the proof's own page is opened for.
OPENS = {
    "hold": "Open the hold",
    "location": "Open the location",
    "seller": "Open the seller",
    "carrierregistration": "Open the registration",
}
POSTS = {
    Act.RETRY: ("Retry", "retry", actions.RETRY),
    Act.LOOK: ("Look now", "retry", actions.RETRY),
    # For whoever may not say what EasyEcom shows.
    Act.SAY: ("Look again", "retry", actions.RETRY),
    # For whoever may not mend it.
    Act.MEND: ("Retry", "retry", actions.RETRY),
    # For whoever may not say which AWB holds, and where it is not known what EasyEcom holds.
    Act.CHOOSE_AWB: ("Look again", "retry", actions.RETRY),
    Act.COMPARE: ("Compare with EasyEcom", "reconcile", actions.RECONCILE),
}
# What is due so soon is about to be tried.
SOON = timedelta(seconds=3)
WAITS = (SyncJob.Status.PENDING, SyncJob.Status.IN_DOUBT)


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of an order's way: when it was reached, and until when the next is due."""

    label: str
    at: datetime | None
    is_now: bool
    limit: timedelta | None = None
    is_late: bool = False


def way(order: Order, now: datetime) -> Iterator[Step]:
    """The stages of an order in turn; one that was withdrawn has two, and one that is cancelled at
    EasyEcom ends with that."""
    times = {
        Stage.RECEIVED: order.created_at,
        Stage.AWAITING_CARRIER: order.pushed_at,
        Stage.CARRIER_ASSIGNED: first_assigned_at(order),
        Stage.MANIFESTED: order.manifested_at,
    }
    if order.stage == Stage.WITHDRAWN:
        times = {Stage.RECEIVED: order.created_at, Stage.WITHDRAWN: order.stage_since}
    # Whose word it is stands with each stage but this.
    words = {Stage.RECEIVED: "Received from Booon"}
    clocks = dict(limits())
    is_cancelled = order.cancelled_at_easyecom is not None and order.stage != Stage.WITHDRAWN
    for stage, at in times.items():
        is_now = stage == order.stage and not is_cancelled
        limit = clocks.get(stage) if is_now else None
        is_late = limit is not None and now - order.stage_since > limit
        yield Step(words.get(stage, stage.label), at, is_now, limit, is_late)
        if is_cancelled and stage == order.stage:
            yield Step("Cancelled at EasyEcom", order.cancelled_at_easyecom, True)
            return


def movement(order: Order, job: SyncJob | None, now: datetime) -> str:
    """What is being done about the order just now, in words; "" while it rests, or nobody works.

    While it moves its page renews itself.
    """
    if order.stage not in OPEN or not Worker.objects.at_work(now).exists():
        return ""
    if is_due(job, now):
        if order.is_in_doubt:
            return "Looking in EasyEcom now…"
        if order.blocked_reason:
            return "Trying now…"
        if order.has_call_to_make(getattr(order, "shipment", None)):
            return "Going out to EasyEcom now…"
    compares = SyncJob.objects.filter(location=order.location_id, kind=SyncJob.Kind.CHECKS)
    if order.check_asked_at and is_due(compares.first(), now):
        return "Comparing with EasyEcom now…"
    return ""


def is_due(job: SyncJob | None, now: datetime) -> bool:
    """Whether it is tried now, or is about to be: one that is held is not."""
    if job is None or job.status == SyncJob.Status.RUNNING:
        return job is not None
    is_waited_for = job.due_at is not None and job.due_at <= now + SOON
    return job.status in WAITS and is_waited_for and Hold.objects.over(job.seller_id) is None


def withdraw_warning(order: Order) -> str:
    """What withdrawing comes to, the money too."""
    total = total_of(body_of(order))
    paid = (
        f"The buyer's {rupees_and_paise(order.collectable_amount)} on delivery is not collected."
        if order.payment_mode == Order.Payment.COD
        else ""
    )
    ahead = total - order.collectable_amount
    owed = (
        f"The buyer has paid {rupees_and_paise(ahead)}: the console refunds nothing, Booon has to."
        if ahead > 0
        else ""
    )
    sent = "It will not be sent to EasyEcom, unless Booon gives it again."
    return " ".join(filter(None, [sent, paid, owed]))


def first_sent_at(order: Order) -> datetime | None:
    """When EasyEcom was first told of it, though what it says was changed since."""
    times = [each.push_begun_at for each in order.revisions.order_by("number")]
    return next(filter(None, [*times, order.push_begun_at]), None)


def first_assigned_at(order: Order) -> datetime | None:
    """When it had its first AWB at EasyEcom, though another took its place."""
    times = [old.assigned_at for old in order.replaced_awbs.all()]
    shipment = getattr(order, "shipment", None)
    times.append(shipment.assigned_at if shipment else None)
    return next(filter(None, times), None)


def awb_buttons(order: Order, url_of: Callable[[str], str]) -> list[Button]:
    """The only ways out of an AWB conflict: one that EasyEcom shows, or ours in its place."""
    theirs = order.shipment.awbs_at_easyecom
    return [
        *(
            Button(f"Use EasyEcom's: {awb}", url_of("use_awb"), hidden=(("awb_number", awb),))
            for awb in theirs
        ),
        Button("Replace it with ours…", url_of("replace_awb"), is_link=True),
    ]


def button_for(
    finding: Finding, request: HttpRequest, url_of: Callable[[str], str], *, may_ship: bool
) -> Button | None:
    """None where nothing is to be done here, or not by this person."""
    if finding.act in POSTS:
        label, door, permission = POSTS[finding.act]
        return Button(label, url_of(door)) if actions.may(request, permission) else None
    if finding.act == Act.SHIP and may_ship:
        return Button("Give carrier and AWB", "#id_courier", is_link=True)
    if finding.act == Act.OPEN and finding.proof is not None:
        label = OPENS[str(finding.proof._meta.model_name)]
        return Button(label, page_of(finding.proof), is_link=True)
    return None
