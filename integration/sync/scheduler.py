"""Who goes next: due jobs are let in account by account, as quota and room allow.

Orders, their AWBs, look-ups in doubt and onboarding go before polling. Quota is taken before a job
is claimed, so that a claim is never a wasted attempt.
"""

from collections import Counter, defaultdict
from collections.abc import Collection
from datetime import datetime

import structlog
from django.db import Error as DatabaseError
from django.db.models import Count

from booon_console.lib import clock, faults
from integration.models import SyncJob
from integration.sync import gateway, leases, postponing, rate_limit
from integration.sync.shards import EVERYTHING, Part
from sellers.models import Seller

log = structlog.get_logger(__name__)

# Enough for every thread, and little enough to be read at every turn.
WINDOW = 256


class Scheduler:
    """One drain's door. `is_waiting` tells whether due jobs were left outside at the last turn."""

    def __init__(self, only: Collection[int] | None = None, part: Part = EVERYTHING) -> None:
        self.only = only
        self.part = part
        self.is_waiting = False
        # By account and whether it is for polling.
        self.closed_until: dict[tuple[int, bool], datetime] = {}
        self.sellers: dict[int, Seller] = {}
        # Accounts that can't be reckoned with: theirs wait, and nobody else's.
        self.faulty: set[int] = set()

    def admit(self, room: int) -> list[SyncJob]:
        """Claim as many as may go now, at most `room`."""
        now = clock.now()
        self.closed_until = {
            door: until for door, until in self.closed_until.items() if until > now
        }
        self.is_waiting = bool(self.closed_until)
        running = running_by_seller(now)
        ids: list[int] = []
        for is_polling in (False, True):
            if room > len(ids):
                ids += self.let_in(is_polling, running, room - len(ids), now)
        return leases.claim(ids, now) if ids else []

    def let_in(
        self, is_polling: bool, running: Counter[int], room: int, now: datetime
    ) -> list[int]:
        """Takes quota for the jobs it returns, and counts them in `running`."""
        ids: list[int] = []
        for seller_id, due in self.due_by_seller(is_polling, running, now).items():
            free = min(gateway.IN_FLIGHT_PER_ACCOUNT - running[seller_id], room - len(ids))
            wanted = due[: max(free, 0)]
            granted = self.take(seller_id, len(wanted), is_polling, now) if wanted else 0
            running[seller_id] += granted
            ids += wanted[:granted]
        return ids

    def due_by_seller(
        self, is_polling: bool, running: Counter[int], now: datetime
    ) -> dict[int, list[int]]:
        """Job ids by seller, longest due first; accounts that are full or out of quota left out,
        so that their jobs don't fill the window."""
        full = [
            seller_id
            for seller_id, jobs in running.items()
            if jobs >= gateway.IN_FLIGHT_PER_ACCOUNT
        ]
        closed = [seller_id for seller_id, polls in self.closed_until if polls == is_polling]
        claimable = self.part.jobs(leases.claimable(now)).polling(is_polling)
        due = claimable.exclude(seller__in=[*full, *closed, *self.faulty])
        if self.only is not None:
            due = due.filter(pk__in=self.only)
        found: defaultdict[int, list[int]] = defaultdict(list)
        rows = due.order_by("due_at", "pk").values_list("seller_id", "pk")[:WINDOW]
        for seller_id, job_id in rows:
            found[seller_id].append(job_id)
        return found

    def take(self, seller_id: int, wanted: int, is_polling: bool, now: datetime) -> int:
        """Whatever is wrong with one account keeps that one, and says so; the others go on."""
        try:
            seller = self.sellers.get(seller_id) or Seller.objects.get(pk=seller_id)
            self.sellers[seller_id] = seller
            granted = rate_limit.take(seller, wanted, now, is_polling=is_polling)
            if granted < wanted:
                self.turn_away(seller, granted, is_polling, now)
            return granted
        except DatabaseError:
            raise
        except Exception as fault:
            log.error(
                "account_fault",
                seller=seller_id,
                fault=type(fault).__name__,
                frames=faults.frames(fault),
            )
            self.faulty.add(seller_id)
            postponing.set_aside(seller_id, fault, now, only=self.only)
            # Theirs may have filled the window: there is another turn without them.
            self.is_waiting = True
            return 0

    def turn_away(self, seller: Seller, granted: int, is_polling: bool, now: datetime) -> None:
        """Those left over wait at the door, or go home where it stays shut for long."""
        refusal = rate_limit.refusal(seller, now, is_polling=is_polling)
        if refusal.is_of_the_day and not granted:
            # Its limits may have been changed since this drain read them.
            del self.sellers[seller.pk]
            self.is_waiting |= postponing.put_off(
                seller.pk, now, is_polling=is_polling, only=self.only
            )
            return
        self.is_waiting = True
        if not refusal.is_of_the_day:
            self.closed_until[seller.pk, is_polling] = refusal.until


def running_by_seller(now: datetime) -> Counter[int]:
    """Jobs under way by seller, of this drain and of every other, on whatever host."""
    running = SyncJob.objects.filter(status=SyncJob.Status.RUNNING, lease_until__gte=now)
    return Counter(dict(running.values_list("seller_id").annotate(Count("pk"))))
