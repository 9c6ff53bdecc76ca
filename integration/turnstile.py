"""Who goes next: due jobs are let in account by account, as quota and room allow.

Quota is taken before a job is claimed, so that a claim is never a wasted attempt.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db.models import Count

from booon_console import clock
from integration import gateway, leases, quota
from integration.models import SyncJob
from sellers.models import Seller

# Enough for every thread, and little enough to be read at every turn.
WINDOW = 256


class Turnstile:
    """One drain's door. `is_waiting` tells whether due jobs were left outside at the last turn."""

    def __init__(self, only: Collection[int] | None = None) -> None:
        self.only = only
        self.is_waiting = False
        self.closed_until: dict[int, datetime] = {}
        self.sellers: dict[int, Seller] = {}

    def admit(self, room: int) -> list[SyncJob]:
        """Claim as many as may go now, at most `room`."""
        now = clock.now()
        ids: list[int] = []
        running = running_by_seller(now)
        for seller_id, due in self.due_by_seller(running, now).items():
            free = min(gateway.IN_FLIGHT_PER_ACCOUNT - running[seller_id], room - len(ids))
            wanted = due[: max(free, 0)]
            granted = self.take(seller_id, len(wanted), now) if wanted else 0
            ids += wanted[:granted]
        return leases.claim(ids, now) if ids else []

    def due_by_seller(self, running: Counter[int], now: datetime) -> dict[int, list[int]]:
        """Job ids by seller, longest due first; accounts that are full or out of quota left out,
        so that their jobs don't fill the window."""
        self.closed_until = {
            seller_id: until for seller_id, until in self.closed_until.items() if until > now
        }
        self.is_waiting = bool(self.closed_until)
        full = [
            seller_id
            for seller_id, jobs in running.items()
            if jobs >= gateway.IN_FLIGHT_PER_ACCOUNT
        ]
        due = leases.claimable(now).exclude(seller__in=[*full, *self.closed_until])
        if self.only is not None:
            due = due.filter(pk__in=self.only)
        found: defaultdict[int, list[int]] = defaultdict(list)
        rows = due.order_by("due_at", "pk").values_list("seller_id", "pk")[:WINDOW]
        for seller_id, job_id in rows:
            found[seller_id].append(job_id)
        return found

    def take(self, seller_id: int, wanted: int, now: datetime) -> int:
        if seller_id not in self.sellers:
            self.sellers[seller_id] = Seller.objects.get(pk=seller_id)
        seller = self.sellers[seller_id]
        granted = quota.take(seller, wanted, now)
        if granted < wanted:
            self.closed_until[seller_id] = quota.ready_at(seller, now)
            self.is_waiting = True
        return granted


def running_by_seller(now: datetime) -> Counter[int]:
    """Jobs under way by seller, of this drain and of every other, on whatever host."""
    running = SyncJob.objects.filter(status=SyncJob.Status.RUNNING, lease_until__gte=now)
    return Counter(dict(running.values_list("seller_id").annotate(Count("pk"))))
