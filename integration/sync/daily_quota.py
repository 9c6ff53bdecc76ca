"""A seller's day at EasyEcom, from midnight to midnight in India, and how polling fits into it.

Orders have the day's calls first. Polling has a share of its own, POLLING_SHARE, so that calls
made in the morning are not missing in the evening; it slows at 80 % and stops at 95 % of the day,
whoever used it.
"""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.conf import settings
from django.utils import timezone

from booon_console.lib.spoken import grouped
from integration.models import Quota
from sellers.models import Seller

SLOWS, STOPS = 0.80, 0.95
NO_LIMIT = 10**9


@dataclass(frozen=True, slots=True)
class Day:
    """What is used of a day, and what is left; without a limit nothing is ever short."""

    limit: int | None
    used: int
    polled: int
    ends_at: datetime

    @classmethod
    def of(cls, quota: Quota, seller: Seller, now: datetime) -> "Day":
        today = timezone.localdate(now)
        is_today = quota.day == today
        midnight = datetime.combine(
            today + timedelta(days=1), time(), timezone.get_default_timezone()
        )
        return cls(
            seller.daily_quota,
            quota.used_today if is_today else 0,
            quota.polled_today if is_today else 0,
            midnight,
        )

    @property
    def is_used_up(self) -> bool:
        return self.limit is not None and self.used >= self.limit

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(self.limit - self.used, 0)

    @property
    def own_share(self) -> int:
        """Calls of the day that polling may use."""
        return NO_LIMIT if self.limit is None else max(int(self.limit * settings.POLLING_SHARE), 1)

    @property
    def polls_left(self) -> int:
        if self.limit is None:
            return NO_LIMIT
        return min(int(self.limit * STOPS) - self.used, self.own_share - self.polled)

    @property
    def is_slow(self) -> bool:
        """Whether polling spreads what it has left over the rest of the day."""
        if self.limit is None:
            return False
        return self.used >= self.limit * SLOWS or self.polled >= self.own_share * SLOWS

    @property
    def why_polling_slows(self) -> str:
        is_whole = self.limit is not None and self.used >= self.limit * SLOWS
        what = "the day's calls" if is_whole else "the day's calls for polling"
        return f"{SLOWS:.0%} of {what} at EasyEcom are used, so polling is slow."

    @property
    def why_polling_stops(self) -> str:
        if self.polled >= self.own_share:
            return f"Polling's {grouped(self.own_share)} calls of the day at EasyEcom are used."
        return f"{STOPS:.0%} of the day's calls at EasyEcom are used: the rest is for orders."

    def polls_now(self, polls_at: datetime | None, now: datetime) -> int:
        """How many polling calls the day allows at once: up to where it gets slow, then singly."""
        if self.limit is None:
            return NO_LIMIT
        if self.is_slow:
            return 0 if polls_at is not None and polls_at > now else min(self.polls_left, 1)
        quickly = min(self.limit * SLOWS - self.used, self.own_share * SLOWS - self.polled)
        return min(self.polls_left, max(int(quickly), 1))

    def next_poll_at(self, taken: int, now: datetime) -> datetime | None:
        """When the call after these goes out, if polling is slow with them."""
        after = Day(self.limit, self.used + taken, self.polled + taken, self.ends_at)
        if not after.is_slow:
            return None
        # One more share than calls: the last of them is still today's.
        return now + (self.ends_at - now) / (max(after.polls_left, 0) + 1)
