"""What the worker leaves behind for others to see: its drains and its pulse."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

# After this a queued drain that nobody ran counts as lost. Any broker may lose one.
QUEUE_PATIENCE = timedelta(seconds=60)
# Longer than django-q lets a task live (45 s, and 3 s of grace).
DRAIN_LEASE = timedelta(seconds=60)


class Drains(models.QuerySet["Drain"]):
    def idle(self, now: datetime) -> Drains:
        """Neither queued nor running, so worth a wake-up."""
        not_queued = Q(queued_at=None) | Q(queued_at__lt=now - QUEUE_PATIENCE)
        return self.filter(not_queued).free(now)

    def free(self, now: datetime) -> Drains:
        return self.filter(Q(running_until=None) | Q(running_until__lt=now))

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
    """At most one drain of a kind queued and one running."""

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


class Worker(models.Model):
    """One supervisor and the cluster it keeps. `beat_at` is the cluster's own sign of life."""

    id = models.CharField(primary_key=True, max_length=64)
    host = models.CharField(max_length=200)
    started_at = models.DateTimeField()
    pulsed_at = models.DateTimeField()
    beat_at = models.DateTimeField(null=True, blank=True, db_index=True)

    def __str__(self) -> str:
        return self.id
