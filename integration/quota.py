"""Each seller's rate limit at EasyEcom, held in a row that all workers share.

The generic cell rate algorithm: `full_at` says when the bucket would be full again, and a call
moves it one interval further. Daily quotas are counted here, not enforced.
"""

from datetime import datetime, timedelta

from django.db.models import Case, F, Value, When
from django.utils import timezone

from integration.models import Quota
from sellers.models import Seller

# EasyEcom's clock and ours count seconds differently; 5 % apart costs less than a 429.
HEADROOM = 0.95
PAUSE = timedelta(seconds=5)


def take(seller: Seller, wanted: int, now: datetime) -> int:
    """Take up to `wanted` calls for this account; returns how many were granted, maybe 0."""
    for _ in range(3):
        quota = row_of(seller, now)
        granted = min(wanted, room(quota, seller, now))
        if granted <= 0:
            return 0
        start = max(quota.full_at, now)
        if move(quota, start + interval(seller) * granted, granted, now):
            return granted
    return 0


def give_back(seller_id: int, now: datetime) -> None:
    """One call that was taken for was not made."""
    quota = Quota.objects.select_related("seller").get(seller_id=seller_id)
    move(quota, quota.full_at - interval(quota.seller), -1, now)


def ready_at(seller: Seller, now: datetime) -> datetime:
    """When one call may go out."""
    quota = row_of(seller, now)
    free_at = quota.full_at - interval(seller) * (seller.burst - 1)
    return max(filter(None, [free_at, quota.paused_until, now]))


def pause(seller_id: int, retry_after: float | None, now: datetime) -> None:
    """EasyEcom answered 429: the whole account waits as long as it said, else a little."""
    until = now + (timedelta(seconds=retry_after) if retry_after else PAUSE)
    Quota.objects.filter(seller_id=seller_id).update(paused_until=until)


def interval(seller: Seller) -> timedelta:
    return timedelta(seconds=1 / (seller.rate_per_second * HEADROOM))


def room(quota: Quota, seller: Seller, now: datetime) -> int:
    if quota.paused_until is not None and quota.paused_until > now:
        return 0
    behind = max(quota.full_at - now, timedelta(0))
    return seller.burst - -(-behind // interval(seller))


def row_of(seller: Seller, now: datetime) -> Quota:
    fresh = {"full_at": now, "day": timezone.localdate(now)}
    quota, _ = Quota.objects.get_or_create(seller=seller, defaults=fresh)
    return quota


def move(quota: Quota, full_at: datetime, granted: int, now: datetime) -> bool:
    """False when another worker moved it first."""
    today = timezone.localdate(now)
    used = Case(When(day=today, then=F("used_today") + granted), default=Value(max(granted, 0)))
    moved = Quota.objects.filter(pk=quota.pk, full_at=quota.full_at).update(
        full_at=full_at, used_today=used, day=today
    )
    return moved == 1
