"""What Booon's receiver has still to be told, and how each try to tell it went."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models import Q

from integration.models.changes import Change


class Receiver(models.Model):
    """Booon's receiver: how far changes were taken up for it, and the circuit that spares it.

    The one row is named "booon". It outlives a change of address, so that nothing is told anew.
    """

    name = models.CharField(primary_key=True, max_length=16)
    url_digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    # Every change up to this cursor has an announcement, or had one.
    taken_up = models.PositiveBigIntegerField(default=0)
    # Tries in a row that failed, whatever they were about.
    failures = models.PositiveIntegerField(default=0)
    # Since when it is only probed, and when next. Empty while it does well.
    opened_at = models.DateTimeField(null=True, blank=True)
    probe_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="open_circuit_has_probe",
                condition=Q(opened_at__isnull=True, probe_at__isnull=True)
                | Q(opened_at__isnull=False, probe_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Announcements(models.QuerySet["Announcement"]):
    def waiting(self) -> Announcements:
        return self.filter(given_up_at=None)

    def due(self, now: datetime) -> Announcements:
        """The first of each key, where its time has come."""
        return self.waiting().filter(due_at__lte=now)

    def call_up(self, keys: Iterable[str], now: datetime) -> None:
        """Have the first that waits under each key told next, unless it has its time already."""
        # A question each: together they would count through all that waits under them.
        firsts = [self.waiting().filter(key=key).order_by("cursor")[:1] for key in keys]
        cursors = [row.cursor for first in firsts for row in first.only("cursor")]
        self.waiting().filter(cursor__in=cursors, due_at=None).update(due_at=now)


class Announcement(models.Model):
    """One change that Booon's receiver has still to be told. Once it is told, the row is gone.

    Under one `key` (an order, or a SKU at a location) only the first is due; the next is called
    up when that one is told or given up.
    """

    cursor = models.PositiveBigIntegerField(primary_key=True)
    change = models.OneToOneField(Change, on_delete=models.CASCADE, related_name="announcement")
    key = models.CharField(max_length=300)
    # Empty: waits behind another under its key, or nothing happens by itself any more.
    due_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveIntegerField(default=0)
    # A failure after this is the last one. Set by the first.
    gives_up_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)

    objects = Announcements.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="given_up_announcement_is_not_due",
                condition=Q(given_up_at__isnull=True) | Q(due_at__isnull=True),
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at", "cursor"],
                name="announcement_due",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(
                fields=["key"],
                name="announcement_first",
                condition=Q(due_at__isnull=False),
            ),
            models.Index(
                fields=["key", "cursor"],
                name="announcement_key",
                condition=Q(given_up_at__isnull=True),
            ),
            models.Index(
                fields=["given_up_at"],
                name="announcement_given_up",
                condition=Q(given_up_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Change {self.cursor}"


class Attempt(models.Model):
    """One try to tell Booon's receiver of a change. Neither the body nor a signature is kept."""

    class Outcome(models.TextChoices):
        TOLD = "told", "Delivered"
        FAILED = "failed", "Failed"
        GIVEN_UP = "given_up", "Given up"

    change = models.ForeignKey(Change, on_delete=models.CASCADE, related_name="attempts")
    webhook_id = models.CharField(max_length=64, db_index=True)
    number = models.PositiveIntegerField()
    outcome = models.CharField(max_length=16, choices=Outcome)
    http_status = models.PositiveIntegerField(null=True, blank=True)
    elapsed_ms = models.PositiveIntegerField()
    reason = models.CharField(max_length=300, blank=True, default="")
    at = models.DateTimeField(db_index=True)

    class Meta:
        permissions = [("resend_announcement", "Can have Booon told of a change again")]
        indexes = [models.Index(fields=["outcome", "-id"], name="attempt_outcome")]

    def __str__(self) -> str:
        return f"{self.webhook_id}, try {self.number}"
