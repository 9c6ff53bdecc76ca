"""Each seller's quota at EasyEcom, held in a row that all workers share.

By the second, the generic cell rate algorithm: `full_at` says when the bucket would be full again,
and a call moves it one interval further. By the day, a count: see `daily_quota`.

Orders go before polling: polling leaves half of the bucket, and most of the day, to them
(docs/decisions/0013-quota.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.db.models import Case, F, Value, When
from django.utils import timezone

from booon_console.lib.spoken import grouped, ist_at
from integration.models import Quota
from integration.sync.daily_quota import Day
from sellers.models import Seller

# EasyEcom's clock and ours count seconds differently; 5 % apart costs less than a 429.
HEADROOM = 0.95
PAUSE = timedelta(seconds=5)
# How long an account rests that EasyEcom refuses once its day's calls are used. Our count may be
# wrong (another plan, another midnight), so it is tried again before the day is over.
SPENT_PAUSE = timedelta(minutes=15)

SPENT, SLOWED = "quota_spent", "quota_slowed"
COUNT = """
    INSERT INTO integration_callcount AS known (seller_id, day, kind, is_polling, count)
    VALUES {}
    ON CONFLICT (seller_id, day, kind, is_polling)
    DO UPDATE SET count = known.count + excluded.count
"""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no call may go out now, and when one may."""

    until: datetime
    code: str = "rate_limited"
    message: str = "The quota is used up."

    @property
    def is_of_the_day(self) -> bool:
        """Too far off to stand waiting for."""
        return self.code in (SPENT, SLOWED)


def take(seller: Seller, wanted: int, now: datetime, *, is_polling: bool = False) -> int:
    """Take up to `wanted` calls for this account; returns how many were granted, maybe 0."""
    for _ in range(3):
        quota = row_of(seller, now)
        granted = min(wanted, room(quota, seller, now, is_polling=is_polling))
        if granted <= 0:
            return 0
        start = max(quota.full_at, now)
        full_at = start + interval(seller) * granted
        if move(quota, full_at, granted, now, is_polling=is_polling, seller=seller):
            return granted
    return 0


def give_back(seller_id: int, now: datetime, *, calls: int = 1, is_polling: bool = False) -> None:
    """Calls that were taken for were not made."""
    quota = Quota.objects.select_related("seller").get(seller_id=seller_id)
    full_at = quota.full_at - interval(quota.seller) * calls
    move(quota, full_at, -calls, now, is_polling=is_polling, seller=quota.seller)


def refusal(seller: Seller, now: datetime, *, is_polling: bool = False) -> Refusal:
    """Why the account has to wait, and until when."""
    return refusal_by(row_of(seller, now), seller, now, is_polling=is_polling)


def refusal_by(quota: Quota, seller: Seller, now: datetime, *, is_polling: bool) -> Refusal:
    """The same by the row as it was read."""
    day = Day.of(quota, seller, now)
    if is_polling and day.polls_left <= 0:
        return Refusal(
            day.ends_at,
            SPENT,
            f"{day.why_polling_stops} Free again at {ist_at(day.ends_at)}.",
        )
    if day_refusal := refusal_of_the_day(quota, day, now):
        return day_refusal
    free_at = quota.full_at - interval(seller) * (share(seller, is_polling) - 1)
    until = max(filter(None, [free_at, quota.paused_until, now]))
    if is_polling and day.is_slow and quota.polls_at and quota.polls_at > until:
        slowly = (
            f"{day.why_polling_slows} The next polling call goes out at {ist_at(quota.polls_at)}."
        )
        return Refusal(quota.polls_at, SLOWED, slowly)
    return Refusal(until)


def refusal_of_the_day(quota: Quota, day: Day, now: datetime) -> Refusal | None:
    """Where EasyEcom takes no more calls today: it said so, or our count is used up too."""
    if is_refused(quota, now):
        said = "EasyEcom says that the day's calls are used (Limit Exceeded)."
        until = quota.refused_until or now
        return Refusal(until, SPENT, f"{said} Tried again at {ist_at(until)}.")
    spent_until = spent(quota, day, now)
    return of_the_day(spent_until, day) if spent_until else None


def is_refused(quota: Quota, now: datetime) -> bool:
    return quota.refused_until is not None and quota.refused_until > now


def next_day_at(now: datetime) -> datetime:
    """When EasyEcom's day may end: which midnight it goes by is not known, India's or UTC's."""
    midnights = (
        datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(), zone)
        for zone in (timezone.get_default_timezone(), UTC)
    )
    return min(midnights)


def of_the_day(until: datetime, day: Day) -> Refusal:
    return Refusal(
        until,
        SPENT,
        f"The day's {grouped(day.limit or 0)} calls are used. Free again at {ist_at(day.ends_at)}; "
        f"tried before that, at {ist_at(until)}.",
    )


def refused_for_the_day(seller_id: int, now: datetime) -> Refusal | None:
    """Whether EasyEcom refuses this account because its day's calls are used."""
    quota = Quota.objects.select_related("seller").get(seller_id=seller_id)
    day = Day.of(quota, quota.seller, now)
    return refusal_of_the_day(quota, day, now)


def pause(
    seller_id: int, retry_after: float | None, now: datetime, *, of_the_day: bool = False
) -> None:
    """EasyEcom answered 429: the whole account waits as long as it said, else a little; a good
    while where its day's calls are used up by our count too. `of_the_day`: it said that they are,
    and the account rests till the day's end."""
    until = now + (timedelta(seconds=retry_after) if retry_after else PAUSE)
    quota = Quota.objects.select_related("seller").filter(seller_id=seller_id).first()
    if quota is None:
        return
    day = Day.of(quota, quota.seller, now)
    # Calls that were under way are refused too, some without a word of how long.
    columns: dict[str, Any] = {"paused_until": max(until, quota.paused_until or until)}
    if of_the_day:
        columns["refused_until"] = next_day_at(now)
    if day.is_used_up:
        columns["spent_until"] = min(max(until, now + SPENT_PAUSE), day.ends_at)
    Quota.objects.filter(pk=quota.pk).update(**columns)


def interval(seller: Seller) -> timedelta:
    return timedelta(seconds=1 / (seller.rate_per_second * HEADROOM))


def share(seller: Seller, is_polling: bool) -> int:
    """How much of the bucket one may use: polling leaves half of it for orders."""
    return seller.burst - seller.burst // 2 if is_polling else seller.burst


def room(quota: Quota, seller: Seller, now: datetime, *, is_polling: bool = False) -> int:
    day = Day.of(quota, seller, now)
    is_paused = quota.paused_until is not None and quota.paused_until > now
    if is_paused or refusal_of_the_day(quota, day, now):
        return 0
    behind = max(quota.full_at - now, timedelta(0))
    free = share(seller, is_polling) - -(-behind // interval(seller))
    return min(free, day.polls_now(quota.polls_at, now)) if is_polling else free


def spent(quota: Quota, day: Day, now: datetime) -> datetime | None:
    """Until when an account rests whose day's calls are used; None once it has more of them."""
    is_spent = day.is_used_up and quota.spent_until is not None and quota.spent_until > now
    return quota.spent_until if is_spent else None


def row_of(seller: Seller, now: datetime) -> Quota:
    fresh = {"full_at": now, "day": timezone.localdate(now)}
    quota, _ = Quota.objects.get_or_create(seller=seller, defaults=fresh)
    return quota


def row_read_with(seller: Seller, now: datetime) -> Quota:
    """The row that was selected with the seller; one of nothing used, unsaved, where there is
    none: looking at an account writes nothing."""
    quota: Quota | None = getattr(seller, "quota", None)
    return quota or Quota(seller=seller, full_at=now, day=timezone.localdate(now))


def move(
    quota: Quota,
    full_at: datetime,
    granted: int,
    now: datetime,
    *,
    is_polling: bool,
    seller: Seller,
) -> bool:
    """False when another worker moved it first."""
    today = timezone.localdate(now)
    polled = granted if is_polling else 0
    columns: dict[str, Any] = {
        "full_at": full_at,
        "day": today,
        "used_today": counted("used_today", granted, today),
        "polled_today": counted("polled_today", polled, today),
    }
    if polled > 0:
        columns["polls_at"] = Day.of(quota, seller, now).next_poll_at(polled, now)
    moved = Quota.objects.filter(pk=quota.pk, full_at=quota.full_at).update(**columns)
    return moved == 1


def counted(column: str, calls: int, today: date) -> Case:
    """The count of the day, begun anew with each one."""
    return Case(When(day=today, then=F(column) + calls), default=Value(max(calls, 0)))


def count(calls: Mapping[tuple[int, str, bool], int], now: datetime) -> None:
    """So many more calls today of each seller, kind, and whether it was for polling: what the day's
    calls were for."""
    if not calls:
        return
    day = connection.ops.adapt_datefield_value(timezone.localdate(now))
    # In one order always, so that two workers can't wait for each other's rows.
    params = [
        value
        for (seller_id, kind, is_polling), times in sorted(calls.items())
        for value in (seller_id, day, kind, is_polling, times)
    ]
    with connection.cursor() as cursor:
        cursor.execute(COUNT.format(", ".join(["(%s, %s, %s, %s, %s)"] * len(calls))), params)
