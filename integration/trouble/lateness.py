"""Orders past their clocks are marked so, since no event of theirs will ever say it.

What is late is told by EasyEcom's and Booon's silence: the AWB that was not given, the manifest
that did not come. The next thing that does happen clears it.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from booon_console import clock
from integration.models import Doubt, Order, OrderReason, Stage, SyncJob, because

# Marked in one transaction.
AT_ONCE = 500


def mark() -> int:
    """Returns how many orders are newly late."""
    now = clock.now()
    return sum(mark_all(late, reason, now) for reason, late in late_orders(now))


def late_orders(now: datetime) -> list[tuple[OrderReason, Q]]:
    """What makes an order late, by the reason that it then has."""
    awb_limit = now - timedelta(hours=settings.AWB_LIMIT_HOURS)
    manifest_limit = now - timedelta(hours=settings.MANIFEST_LIMIT_HOURS)
    no_awb = Q(stage=Stage.AWAITING_CARRIER, shipment__isnull=True, pushed_at__lt=awb_limit)
    no_manifest = Q(stage=Stage.CARRIER_ASSIGNED, shipment__assigned_at__lt=manifest_limit)
    return [(OrderReason.AWB_LATE, no_awb), (OrderReason.NOT_MANIFESTED, no_manifest)]


def mark_all(late: Q, reason: OrderReason, now: datetime) -> int:
    orders = Order.objects.filter(late, doubt=Doubt.NONE, blocked_reason="")
    return write(orders, {"blocked_detail": "", **because(reason, now)})


def write(orders: QuerySet[Order], columns: dict[str, Any], *, is_due: bool = False) -> int:
    """Into each of them, a chunk in a transaction; with these it is none of `orders` any more.

    `is_due` has each looked at again.
    """
    written = 0
    in_turn = orders.order_by("pk").values_list("pk", flat=True)
    while ids := list(in_turn[:AT_ONCE]):
        write_some(orders, ids, columns, is_due=is_due)
        written += len(ids)
    return written


@transaction.atomic
def write_some(
    orders: QuerySet[Order], ids: list[int], columns: dict[str, Any], *, is_due: bool
) -> None:
    """Locked in the order of their ids, as whoever locks several does."""
    locked = Order.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids)
    still = list(locked.order_by("pk").values_list("pk", flat=True))
    # Asked once more: an AWB may have come while we waited for the lock.
    orders.filter(pk__in=still).update(**columns)
    if is_due:
        SyncJob.objects.filter(order__in=still).want()
