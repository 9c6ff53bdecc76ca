"""Stored reasons put right by a schedule, where nothing of the order's own does it.

What a call, a webhook or a person settles is written at once. What time settles, another order's
call, a hold or a location's onboarding is found here, a few statements for all orders.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from booon_console import clock
from integration import easyecom
from integration.allowance import quota
from integration.models import Doubt, Hold, Order, OrderReason, Quota, because
from integration.trouble import lateness
from integration.trouble.precedence import (
    CARRIER_TROUBLES,
    CIRCUMSTANCES,
    HAS_CALL_TO_MAKE,
    told_before,
)
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
    return changed + lateness.mark()


def circumstances(now: datetime) -> Iterator[Circumstance]:
    """In the sequence of `precedence.CIRCUMSTANCES`."""
    reason = OrderReason
    yield Circumstance(reason.CARRIER_NOT_REGISTERED, NOT_LIVE & NO_CARRIER | without_carrier())
    yield Circumstance(reason.LOCATION_NOT_LIVE, NOT_LIVE)
    for hold in Hold.objects.open().order_by("pk"):
        over = Q(seller=hold.seller_id) if hold.seller_id else ~NONE
        yield Circumstance(reason.HELD, over, hold.reason)
    yield Circumstance(reason.CREDENTIALS_REFUSED, log_in_refused())
    for seller_id, detail in spent_accounts(now):
        yield Circumstance(reason.QUOTA_SPENT, Q(seller=seller_id), detail)
    named = Q(doubt_since__lt=now - PATIENCE) | Q(blocked_reason=reason.IN_DOUBT)
    yield Circumstance(reason.IN_DOUBT, named & ~Q(doubt=Doubt.NONE))


def without_carrier() -> Q:
    """At live locations, once EASYECOM_CARRIER_ID has become another."""
    registered = CarrierRegistration.objects.filter(
        location_key=OuterRef("location_key"),
        carrier_id=settings.EASYECOM_CARRIER_ID,
        state=CarrierRegistration.State.REGISTERED,
    )
    lacking = Location.objects.exclude(live_at=None).exclude(Exists(registered))
    return Q(location__in=list(lacking.values_list("pk", flat=True)))


def log_in_refused() -> Q:
    """No log-in shows that a call is allowed which was forbidden (403): those keep their clock."""
    forbidden = Q(
        blocked_reason=OrderReason.CREDENTIALS_REFUSED,
        sync_job__error_code=easyecom.AuthRefused(403).code,
    )
    return Q(location__login_trouble=LoginTrouble.REFUSED) | forbidden


def spent_accounts(now: datetime) -> Iterator[tuple[int, str]]:
    for row in Quota.objects.filter(spent_until__gt=now).select_related("seller"):
        refusal = quota.refusal_by(row, row.seller, now, is_polling=False)
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
    return lateness.write(freed, nothing(now), is_due=True)


def mark(each: Circumstance, before: Q, now: datetime) -> int:
    _, *weaker = told_before(each.reason)
    orders = Order.objects.filter(HAS_CALL_TO_MAKE, each.holds, blocked_reason__in=weaker)
    orders = orders.exclude(pk__in=orders.filter(before).values("pk"))
    return lateness.write(orders, because(each.reason, now) | {"blocked_detail": each.detail})


def in_time_again(now: datetime) -> int:
    """The limits were raised since these were marked."""
    return sum(
        lateness.write(Order.objects.filter(blocked_reason=reason).exclude(is_late), nothing(now))
        for reason, is_late in lateness.late_orders(now)
    )


def nothing(now: datetime) -> dict[str, object]:
    return {"blocked_reason": "", "blocked_detail": "", "updated_at": now}
