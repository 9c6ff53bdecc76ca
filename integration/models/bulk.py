"""Many at once: a filtered list frozen with what became of each of its rows, and orders or sellers
from a file.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q

from booon_console.fields import EncryptedTextField
from booon_console.lib.spoken import grouped
from integration.models.deliveries import Delivery
from integration.models.sync import ErrorMessage, SyncJob
from sellers.models import Seller


class BulkRun(models.Model):
    """A list that somebody froze, to be retried or replayed a few rows at a time."""

    class Kind(models.TextChoices):
        RETRY = "retry", "Retry"
        REPLAY = "replay", "Replay"

    class State(models.TextChoices):
        FROZEN = "frozen", "Not started"
        RUNNING = "running", "Under way"
        PAUSED = "paused", "Paused"
        DONE = "done", "Done"
        CANCELLED = "cancelled", "Cancelled"

    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=16, choices=State, default=State.FROZEN)
    # The list as it was filtered: the query of its address.
    filters = models.CharField(max_length=500, blank=True, default="")
    size = models.PositiveIntegerField(default=0)
    sellers = models.ManyToManyField(Seller, related_name="+")
    frozen_by = models.CharField(max_length=150)
    frozen_at = models.DateTimeField(db_index=True)
    reason = models.CharField(max_length=300, blank=True, default="")
    started_by = models.CharField(max_length=150, blank=True, default="")
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    # When its next step is due; empty while there is nothing to do about it.
    due_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        permissions = [("start_large_run", "Can retry or replay more than 100 at once")]
        constraints = [
            models.CheckConstraint(
                name="started_run_has_its_reason",
                condition=Q(started_at__isnull=True) | ~Q(reason="") & ~Q(started_by=""),
            )
        ]
        indexes = [
            models.Index(fields=["due_at"], name="run_due", condition=Q(due_at__isnull=False))
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {grouped(self.size)}, run {self.pk}"

    @property
    def is_over(self) -> bool:
        return self.state in (self.State.DONE, self.State.CANCELLED)


class BulkItem(models.Model):
    """One row of a run. What stands from `reason` to `calls` is as it was when it was frozen."""

    class Result(models.TextChoices):
        WAITING = "", "Not asked yet"
        ASKED = "asked", "Asked for"
        DONE = "done", "Went through"
        PARTLY = "partly", "Applied in part"
        FAILED = "failed", "Failed again"
        IN_DOUBT = "in_doubt", "In doubt"
        POSTPONED = "postponed", "Waits for something"
        LEFT = "left", "Left out"

    run = models.ForeignKey(BulkRun, on_delete=models.CASCADE, related_name="items")
    seller = models.ForeignKey(Seller, on_delete=models.CASCADE, related_name="+")
    job = models.ForeignKey(
        SyncJob, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    # Why it stood still, by code, and EasyEcom's words about it.
    reason = models.CharField(max_length=32, blank=True, default="")
    error = models.ForeignKey(
        ErrorMessage, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # Why it would end the same way again, by code; "" where that is not known.
    outlook = models.CharField(max_length=32, blank=True, default="")
    # At least so many calls.
    calls = models.PositiveIntegerField(default=0)
    result = models.CharField(max_length=16, choices=Result, blank=True, default=Result.WAITING)
    message = models.CharField(max_length=500, blank=True, default="")
    asked_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="bulk_item_is_of_one_thing",
                condition=Q(job__isnull=False, delivery__isnull=True)
                | Q(job__isnull=True, delivery__isnull=False),
            )
        ]
        indexes = [
            models.Index(fields=["run", "result", "seller", "id"], name="bulk_item_next"),
            models.Index(fields=["seller"], name="bulk_item_asked", condition=Q(result="asked")),
        ]

    def __str__(self) -> str:
        return str(self.job or self.delivery)


class OrderFile(models.Model):
    """Kept as it was uploaded, so that what was previewed is what is imported."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    body = models.BinaryField()
    uploaded_at = models.DateTimeField(db_index=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    # For each order in the file's sequence: its result, and its troubles. Empty until imported.
    results = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class SellerFile(models.Model):
    """Its rows as they were read, so that what was shown is what is taken in.

    They hold passwords: encrypted, seen by nobody, and emptied once they were used.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    rows = EncryptedTextField(blank=True, default="")
    uploaded_at = models.DateTimeField(db_index=True)
    begun_at = models.DateTimeField(null=True, blank=True)
    # For each seller in the file's sequence, what came of its rows. Empty until taken in.
    results = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name
