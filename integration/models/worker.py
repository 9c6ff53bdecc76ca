"""What the worker leaves behind for others to see: its drains and its pulse."""

from __future__ import annotations

from django.db import models


class Drain(models.Model):
    """At most one drain of a kind queued and one running."""

    class Kind(models.TextChoices):
        OUTBOX = "outbox", "Outbox"
        INBOX = "inbox", "Inbox"

    kind = models.CharField(primary_key=True, max_length=16, choices=Kind)
    queued_at = models.DateTimeField(null=True, blank=True)
    running_until = models.DateTimeField(null=True, blank=True)

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
