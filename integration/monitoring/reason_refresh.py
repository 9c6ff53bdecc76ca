"""Stored reasons put right by a schedule, where nothing of the order's own does it.

What a call, a webhook or a person settles is written at once. What time settles, another order's
call, a hold or a location's onboarding is found here, a few statements for all orders.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from booon_console.lib import clock
from integration.models import Doubt, Hold, Order, OrderReason, Quota, Stage, SyncJob, because
from integration.models.reasons import (
    CARRIER_TROUBLES,
    CIRCUMSTANCES,
    overridden_by,
)
from integration.sync import rate_limit
from sellers.models import CarrierRegistration, Location, LoginTrouble

# A doubt has its reason within one call, unless the worker died between the two.
PATIENCE = timedelta(minutes=5)
NOT_LIVE = Q(location__live_at=None)
NO_CARRIER = Q(location__blocked_reason__in=CARRIER_TROUBLES)
NONE = Q(pk__in=[])


@dataclass(frozen=True, slots=True)
class Circumstance:
    """Which orders have this reason, as far as they have a call to make and none before it."""

    reason: OrderReason
    holds: Q
    detail: str = ""


def renew() -> int:
    """Returns how many orders have another reason now, or none any more."""
    now = clock.now()
    around = list(circumstances(now))
    changed = in_time_again(now)
    changed += sum(gone(reason, around, now) for reason in CIRCUMSTANCES)
    before = NONE
    for each in around:
        changed += mark(each, before, now)
        before |= each.holds
    # Of those that are well otherwise.
    return changed + mark_late()


def circumstances(now: datetime) -> Iterator[Circumstance]:
    """In the sequence of `reasons.CIRCUMSTANCES`."""
    reason = OrderReason
    yield Circumstance(reason.CARRIER_NOT_REGISTERED, NOT_LIVE & NO_CARRIER | without_carrier())
    yield Circumstance(reason.LOCATION_NOT_LIVE, NOT_LIVE)
    for hold in Hold.objects.open().order_by("pk"):
        over = Q(seller=hold.seller_id) if hold.seller_id else ~NONE
        yield Circumstance(reason.HELD, over, hold.reason)
    yield Circumstance(reason.CREDENTIALS_REFUSED, Q(location__login_trouble=LoginTrouble.REFUSED))
    # Only a call tells that one is allowed now which was forbidden, or that a key opens it again:
    # those keep their clock.
    for each in (reason.ACCESS_FORBIDDEN, reason.SECRET_UNREADABLE):
        yield Circumstance(each, Q(blocked_reason=each, sync_job__error_code=each))
    for seller_id, detail in spent_accounts(now):
        yield Circumstance(reason.QUOTA_SPENT, Q(seller=seller_id), detail)
    named = Q(doubt_since__lt=now - PATIENCE) | Q(blocked_reason=reason.IN_DOUBT)
    yield Circumstance(reason.IN_DOUBT, named & ~Q(doubt=Doubt.NONE))


def without_carrier() -> Q:
    """At live locations, once EASYECOM_CARRIER_ID has become another."""
    registered = CarrierRegistration.objects.at(OuterRef("location_key")).registered()
    lacking = Location.objects.exclude(live_at=None).exclude(Exists(registered))
    return Q(location__in=list(lacking.values_list("pk", flat=True)))


def spent_accounts(now: datetime) -> Iterator[tuple[int, str]]:
    rows = Quota.objects.filter(Q(spent_until__gt=now) | Q(refused_until__gt=now))
    for row in rows.select_related("seller"):
        refusal = rate_limit.refusal_by(row, row.seller, now, is_polling=False)
        if refusal.is_of_the_day:
            yield row.seller_id, refusal.message


def gone(reason: OrderReason, around: list[Circumstance], now: datetime) -> int:
    """What passed is no reason any more, and the order is looked at again."""
    still = NONE
    for each in around:
        if each.reason == reason:
            still |= each.holds
    orders = Order.objects.filter(blocked_reason=reason)
    freed = orders.exclude(pk__in=orders.filter(still).values("pk"))
    return update_reason(freed, nothing(now), is_due=True)


def mark(each: Circumstance, before: Q, now: datetime) -> int:
    _, *weaker = overridden_by(each.reason)
    orders = Order.objects.with_call_to_make().filter(each.holds, blocked_reason__in=weaker)
    orders = orders.exclude(pk__in=orders.filter(before).values("pk"))
    return update_reason(orders, because(each.reason, now) | {"blocked_detail": each.detail})


def in_time_again(now: datetime) -> int:
    """The limits were raised since these were marked."""
    return sum(
        update_reason(Order.objects.filter(blocked_reason=reason).exclude(is_late), nothing(now))
        for reason, is_late in late_orders(now)
    )


def nothing(now: datetime) -> dict[str, object]:
    return {"blocked_reason": "", "blocked_detail": "", "updated_at": now}


# Marked in one transaction.
AT_ONCE = 500


def mark_late() -> int:
    """Returns how many orders are newly late."""
    now = clock.now()
    return sum(mark_orders(late, reason, now) for reason, late in late_orders(now))


def late_orders(now: datetime) -> list[tuple[OrderReason, Q]]:
    """What makes an order late, by the reason that it then has."""
    awb_limit = now - timedelta(hours=settings.AWB_LIMIT_HOURS)
    manifest_limit = now - timedelta(hours=settings.MANIFEST_LIMIT_HOURS)
    no_awb = Q(stage=Stage.AWAITING_CARRIER, shipment__isnull=True, pushed_at__lt=awb_limit)
    no_manifest = Q(stage=Stage.CARRIER_ASSIGNED, shipment__assigned_at__lt=manifest_limit)
    return [(OrderReason.AWB_LATE, no_awb), (OrderReason.NOT_MANIFESTED, no_manifest)]


def mark_orders(late: Q, reason: OrderReason, now: datetime) -> int:
    orders = Order.objects.filter(late, doubt=Doubt.NONE, blocked_reason="")
    return update_reason(orders, {"blocked_detail": "", **because(reason, now)})


def update_reason(orders: QuerySet[Order], columns: dict[str, Any], *, is_due: bool = False) -> int:
    """Into each of them, a chunk in a transaction; with these it is none of `orders` any more.

    `is_due` has each looked at again.
    """
    written = 0
    in_turn = orders.order_by("pk").values_list("pk", flat=True)
    while ids := list(in_turn[:AT_ONCE]):
        update_some(orders, ids, columns, is_due=is_due)
        written += len(ids)
    return written


@transaction.atomic
def update_some(
    orders: QuerySet[Order], ids: list[int], columns: dict[str, Any], *, is_due: bool
) -> None:
    """Locked in the order of their ids, as whoever locks several does."""
    locked = Order.objects.select_for_update(no_key=True, of=("self",)).filter(pk__in=ids)
    still = list(locked.order_by("pk").values_list("pk", flat=True))
    # Asked once more: an AWB may have come while we waited for the lock.
    orders.filter(pk__in=still).update(**columns)
    if is_due:
        SyncJob.objects.filter(order__in=still).want()
