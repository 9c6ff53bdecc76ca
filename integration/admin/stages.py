"""An order's stage, coloured. Awaiting a carrier is normal, for a while."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from booon_console.admin_parts import badge
from integration.models import Order, Stage

TONES = {
    Stage.RECEIVED: "",
    Stage.AWAITING_CARRIER: "wait",
    Stage.CARRIER_ASSIGNED: "good",
    Stage.MANIFESTED: "good",
    Stage.WITHDRAWN: "",
}


def stage_badge(order: Order) -> str:
    stage = Stage(order.stage)
    if stage == Stage.AWAITING_CARRIER and is_late(order):
        return badge("bad", stage.label, "Waits for its carrier and AWB for too long")
    return badge(TONES[stage], stage.label)


def is_late(order: Order) -> bool:
    limit = timedelta(hours=settings.AWB_LIMIT_HOURS)
    return order.pushed_at is not None and timezone.now() - order.pushed_at > limit
