"""Stored reasons that no event of the order's own will correct, put right by a schedule.

What a call, a webhook or a person settles is written at once. What time settles, or another
order's call, is found here.
"""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from booon_console import clock
from integration import easyecom
from integration.models import Doubt, Order, OrderReason, SyncJob, because
from integration.trouble import lateness
from integration.trouble.stuck import SENDS
from sellers.models import LoginTrouble

# A doubt has its reason within one call, unless the worker died between the two.
PATIENCE = timedelta(minutes=5)


def renew() -> int:
    """Returns how many orders have another reason now, or none any more."""
    now = clock.now()
    return lateness.mark() + in_time_again(now) + log_in_taken_again(now) + doubts_named(now)


def in_time_again(now: datetime) -> int:
    """The limits were raised since these were marked."""
    return sum(
        clear(Order.objects.filter(blocked_reason=reason).exclude(is_late), now)
        for reason, is_late in lateness.late_orders(now)
    )


def log_in_taken_again(now: datetime) -> int:
    """Another order's call showed it; these would else wait for their own next try.

    No log-in shows that a call is allowed which was forbidden (403): those keep their own clock.
    """
    refused = Order.objects.filter(blocked_reason=OrderReason.CREDENTIALS_REFUSED)
    refused = refused.exclude(sync_job__error_code=easyecom.AuthRefused(403).code)
    orders = refused.exclude(location__login_trouble=LoginTrouble.REFUSED)
    SyncJob.objects.filter(order__in=orders.values("pk")).want()
    return clear(orders, now)


def doubts_named(now: datetime) -> int:
    unnamed = Order.objects.filter(stage__in=SENDS, blocked_reason="")
    doubtful = unnamed.exclude(doubt=Doubt.NONE).filter(doubt_since__lt=now - PATIENCE)
    return lateness.write(doubtful, because(OrderReason.IN_DOUBT, now))


def clear(orders: QuerySet[Order], now: datetime) -> int:
    return lateness.write(orders, {"blocked_reason": "", "blocked_detail": "", "updated_at": now})
