"""An order's stages with their clocks, and the one button beside each reason why it is stuck."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest

from booon_console.admin_parts import Button, page_of
from integration.admin import asks
from integration.front.flowing import limits
from integration.models import Order, Stage
from integration.trouble.stuck import Act, Finding

# What the proof's own page is opened for.
OPENS = {
    "hold": "Open the hold",
    "location": "Open the location",
    "seller": "Open the seller",
    "carrierregistration": "Open the registration",
}
POSTS = {
    Act.RETRY: ("Retry", "retry", asks.RETRY),
    Act.LOOK: ("Look now", "retry", asks.RETRY),
    # For whoever may not say what EasyEcom shows.
    Act.SAY: ("Look again", "retry", asks.RETRY),
    Act.COMPARE: ("Compare with EasyEcom", "reconcile", asks.RECONCILE),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One stage of an order's way: when it was reached, and until when the next is due."""

    label: str
    at: datetime | None
    is_now: bool
    limit: timedelta | None = None
    is_late: bool = False


def way(order: Order, now: datetime) -> Iterator[Step]:
    """The stages of an order in turn; one that was withdrawn has two."""
    shipment = getattr(order, "shipment", None)
    times = {
        Stage.RECEIVED: order.created_at,
        Stage.AWAITING_CARRIER: order.pushed_at,
        Stage.CARRIER_ASSIGNED: shipment.assigned_at if shipment else None,
        Stage.MANIFESTED: order.manifested_at,
    }
    if order.stage == Stage.WITHDRAWN:
        times = {Stage.RECEIVED: order.created_at, Stage.WITHDRAWN: order.stage_since}
    clocks = dict(limits())
    for stage, at in times.items():
        is_now = stage == order.stage
        limit = clocks.get(stage) if is_now else None
        is_late = limit is not None and now - order.stage_since > limit
        yield Step(stage.label, at, is_now, limit, is_late)


def button_for(
    finding: Finding, request: HttpRequest, url_of: Callable[[str], str], *, may_ship: bool
) -> Button | None:
    """None where nothing is to be done here, or not by this person."""
    if finding.act in POSTS:
        label, door, permission = POSTS[finding.act]
        return Button(label, url_of(door)) if asks.may(request, permission) else None
    if finding.act == Act.SHIP and may_ship:
        return Button("Give carrier and AWB", "#shipment", is_link=True)
    if finding.act == Act.OPEN and finding.proof is not None:
        label = OPENS[str(finding.proof._meta.model_name)]
        return Button(label, page_of(finding.proof), is_link=True)
    return None
