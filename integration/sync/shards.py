"""The outbox in shards, so that each host carries some sellers and no seller is carried by two.

EasyEcom's limits are an account's. Whoever lets its jobs in counts those under way first; two that
counted at the same moment would let in too many. So a seller is in one shard, for good, and a shard
is in the hands of one drain at a time. What is in the hands of a dead host is free
(`models.worker.is_free`). Jobs have leases of their own: whatever becomes of a shard, none is sent
by two.

A host takes its part of the shards that have due jobs, and the same part of the others, so that
another host finds some of both. It has one drain, and a second only for what is left over while no
other host could take it: so nobody waits for a host that died.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from integration.models import Shard, SyncJobs, Worker, worker
from integration.models.worker import is_free
from integration.sync import leases

# So many due jobs are looked at for where the work is.
WINDOW = 1024


@dataclass(frozen=True, slots=True)
class Part:
    """The sellers of these shards, out of so many."""

    numbers: frozenset[int] = frozenset([0])
    of: int = 1

    def jobs(self, jobs: SyncJobs) -> SyncJobs:
        """Only theirs. One host has all shards, and looks for work as if there were none."""
        if len(self.numbers) == self.of:
            return jobs
        return jobs.alias(shard=F("seller_id") % self.of).filter(shard__in=self.numbers)


EVERYTHING = Part()


@dataclass(frozen=True, slots=True)
class Claim:
    """Shards in the hands of one drain, to be released by it alone."""

    part: Part
    worker_id: str
    until: datetime

    @transaction.atomic
    def release(self) -> int:
        """Returns how many were still ours."""
        mine = Shard.objects.filter(running_in=self.worker_id, running_until=self.until)
        return let_go(locked(mine))


def locked(shards: QuerySet[Shard]) -> list[int]:
    """Their numbers; whoever locks several does it in this order."""
    rows = shards.select_for_update(no_key=True).order_by("number")
    return list(rows.values_list("number", flat=True))


def let_go(numbers: Sequence[int]) -> int:
    free = Shard.objects.filter(number__in=numbers)
    return free.update(running_until=None, running_in="")


def free_part(now: datetime) -> Part:
    """What no drain has."""
    free = Shard.objects.filter(is_free(now)).values_list("number", flat=True)
    return Part(frozenset(free), Shard.objects.count())


def claim(worker_id: str, now: datetime) -> Claim | None:
    """This host's part of what is free; None where that is nothing, or another host's to take."""
    seller_ids = sellers_with_due_jobs(now)
    with transaction.atomic():
        every = locked(Shard.objects.all())
        free = set(Shard.objects.filter(is_free(now)).values_list("number", flat=True))
        idle = idle_hosts(worker_id, now).count()
        is_second = has_drain(worker_id, now)
        if is_second and idle:
            return None
        hosts = 1 if is_second else 1 + hosts_at_work(now).exclude(pk=worker_id).count()
        # Those that wait longest first.
        busy = list(dict.fromkeys(seller_id % len(every) for seller_id in seller_ids))
        rest = [number for number in every if number not in busy]
        mine = [each for group in (busy, rest) for each in part_of(group, free, 1 + idle, hosts)]
        until = now + worker.DRAIN_LEASE
        Shard.objects.filter(number__in=mine).update(running_until=until, running_in=worker_id)
    return Claim(Part(frozenset(mine), len(every)), worker_id, until) if mine else None


def sellers_with_due_jobs(now: datetime) -> list[int]:
    due = leases.claimable(now).order_by("due_at", "pk")
    return list(due.values_list("seller_id", flat=True)[:WINDOW])


def part_of(numbers: Sequence[int], free: set[int], takers: int, hosts: int) -> list[int]:
    """The first that are free: shared with those who may take some now, and no more than a host's
    part of all."""
    found = [number for number in numbers if number in free]
    return found[: min(-(-len(found) // takers), -(-len(numbers) // hosts))]


def has_drain(worker_id: str, now: datetime) -> bool:
    return Shard.objects.filter(running_in=worker_id, running_until__gte=now).exists()


def hosts_at_work(now: datetime) -> QuerySet[Worker]:
    """Those whose cluster sent a heartbeat lately: one that starts, hangs or stops sends none."""
    return Worker.objects.filter(beat_at__gte=now - worker.PULSE_PATIENCE)


def idle_hosts(but: str, now: datetime) -> QuerySet[Worker]:
    """The others at work that have no drain of the outbox."""
    draining = Shard.objects.filter(running_until__gte=now).values("running_in")
    return hosts_at_work(now).exclude(pk=but).exclude(pk__in=draining)


def release_all(worker_id: str) -> None:
    """What a cluster had that is gone."""
    with transaction.atomic():
        let_go(locked(Shard.objects.filter(running_in=worker_id)))


def install(count: int) -> None:
    """So many rows. No drain may run meanwhile: a seller's shard changes with their number."""
    Shard.objects.bulk_create([Shard(number=n) for n in range(count)], ignore_conflicts=True)
    Shard.objects.filter(number__gte=count).delete()
