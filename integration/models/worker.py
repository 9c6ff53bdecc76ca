"""What the worker leaves behind for others to see: its drains, its pulse, and how much went through
in each hour.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, Q
from django.db.models.functions import Now

from sellers.models import Seller

# After this a queued drain that nobody ran counts as lost. Any broker may lose one, and a host
# that dies takes with it what it had taken; a second one in the queue does no harm.
QUEUE_PATIENCE = timedelta(seconds=15)
# Longer than django-q lets a task live (45 s, and 3 s of grace).
DRAIN_LEASE = timedelta(seconds=60)
# A supervisor pulses every 5 s, also while it stops. Its drains are free when it does no more.
PULSE_PATIENCE = timedelta(seconds=15)
# A cluster beats twice a second, and may be busy.
BEAT_PATIENCE = timedelta(seconds=60)


def is_free(now: datetime) -> Q:
    """Not running: let go, run out, or with a host that is dead."""
    dead = Worker.objects.filter(pulsed_at__lt=now - PULSE_PATIENCE).values("id")
    is_over = Q(running_until=None) | Q(running_until__lt=now)
    return is_over | Q(running_in__in=dead)


class Drains(models.QuerySet["Drain"]):
    def idle(self, now: datetime) -> Drains:
        """Neither queued nor running, so worth a wake-up."""
        not_queued = Q(queued_at=None) | Q(queued_at__lt=now - QUEUE_PATIENCE)
        return self.filter(not_queued).free(now)

    def free(self, now: datetime) -> Drains:
        """Not running; of the outbox, whose drains run in its shards: not every shard is."""
        has_free_shard = Exists(Shard.objects.filter(is_free(now)))
        return self.filter(is_free(now), ~Q(kind=Drain.Kind.OUTBOX) | has_free_shard)

    def mark_queued(self, now: datetime) -> bool:
        """False while another is queued or running."""
        return self.idle(now).update(queued_at=now) == 1

    def claim(self, worker_id: str, now: datetime) -> Drains | None:
        """Take the drain from the queue and run it. The claim, to be released by its holder
        alone; None while another runs."""
        until = now + DRAIN_LEASE
        claimed = self.free(now).update(queued_at=None, running_until=until, running_in=worker_id)
        if not claimed:
            self.update(queued_at=None)
            return None
        return self.filter(running_until=until, running_in=worker_id)

    def release(self) -> int:
        return self.update(running_until=None, running_in="")


class Drain(models.Model):
    """At most one drain of a kind queued and one running; of the outbox one on each host."""

    class Kind(models.TextChoices):
        OUTBOX = "outbox", "Outbox"
        INBOX = "inbox", "Inbox"
        ANNOUNCEMENTS = "announcements", "Announcements"
        BULK = "bulk", "Bulk runs"
        ALERTS = "alerts", "Alerts"

    kind = models.CharField(primary_key=True, max_length=16, choices=Kind)
    queued_at = models.DateTimeField(null=True, blank=True)
    running_until = models.DateTimeField(null=True, blank=True)
    # The worker that runs it: when its cluster is killed the drain is free at once.
    running_in = models.CharField(max_length=64, blank=True, default="")

    objects = Drains.as_manager()

    def __str__(self) -> str:
        return self.kind


class Shard(models.Model):
    """Some sellers' part of the outbox, in the hands of one drain at a time.

    A seller is in the shard that is left when its id is divided by the number of rows here.
    """

    number = models.PositiveSmallIntegerField(primary_key=True)
    running_until = models.DateTimeField(null=True, blank=True)
    # As a drain's.
    running_in = models.CharField(max_length=64, blank=True, default="", db_default="")

    class Meta:
        ordering = ["number"]

    def __str__(self) -> str:
        return str(self.number)


class Workers(models.QuerySet["Worker"]):
    def at_work(self, now: datetime | Now) -> Workers:
        """Those whose cluster sent a heartbeat within a minute."""
        return self.filter(beat_at__gte=now - BEAT_PATIENCE)

    def pulsed(self, within: timedelta, now: datetime) -> Workers:
        """Those whose supervisor, at least, looked at this database so lately."""
        return self.filter(pulsed_at__gte=now - within)


class Worker(models.Model):
    """One supervisor and the cluster it keeps. `beat_at` is the cluster's own heartbeat."""

    id = models.CharField(primary_key=True, max_length=64)
    host = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    pulsed_at = models.DateTimeField()
    beat_at = models.DateTimeField(null=True, blank=True, db_index=True)

    objects = Workers.as_manager()

    def __str__(self) -> str:
        return self.id


class WriteProbe(models.Model):
    """One row, written by whoever asks whether the database takes writes (/readyz)."""

    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.at)


class Tally(models.Model):
    """So many of one kind of thing for one seller within one hour. Counted anew, never added to."""

    class Kind(models.TextChoices):
        PUSHED = "pushed", "Orders pushed"
        ASSIGNED = "assigned", "AWBs assigned"
        MANIFESTED = "manifested", "Manifested"
        DELIVERIES = "deliveries", "Deliveries received"

    seller = models.ForeignKey(Seller, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind)
    hour = models.DateTimeField()
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["hour", "kind", "seller"], name="one_tally_per_hour_kind_and_seller"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.count}"
