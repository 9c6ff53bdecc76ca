"""What somebody has to be told of at once, and how far they were told."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q

from sellers.models import Seller


class Alerts(models.QuerySet["Alert"]):
    def open(self) -> Alerts:
        return self.filter(cleared_at=None)

    def untold(self, channel: str) -> Alerts:
        """What this channel (`mailed` or `posted`) has still to tell, oldest first."""
        return self.filter(**{f"{channel}__lt": F("tellings")}).order_by("pk")


class Alert(models.Model):
    """One cause, from when it was seen until it is over. One open alert for each cause."""

    class Kind(models.TextChoices):
        HOLD = "hold", "Hold"
        CARRIER = "carrier", "Carrier registration in doubt"
        LIFELINE = "lifeline", "Webhook in danger"
        SILENT = "silent", "Webhook silent"
        LOG_IN = "log_in", "Log-in refused"
        ACCOUNT = "account", "Account stands still"
        WORKER = "worker", "Worker silent"
        QUEUE = "queue", "Queue too old"
        KEY = "key", "API key ends"

    key = models.CharField(max_length=100, editable=False)
    kind = models.CharField(max_length=16, choices=Kind)
    seller = models.ForeignKey(
        Seller, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    sentence = models.CharField(max_length=500)
    opened_at = models.DateTimeField(db_index=True)
    reminded_at = models.DateTimeField(null=True, blank=True)
    cleared_at = models.DateTimeField(null=True, blank=True)
    # How often it was to be told: at its beginning, at each reminder, at its end.
    tellings = models.PositiveIntegerField(default=1)
    # Of these, how many each channel has told.
    mailed = models.PositiveIntegerField(default=0)
    posted = models.PositiveIntegerField(default=0)

    objects = Alerts.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=Q(cleared_at__isnull=True), name="one_open_alert_each"
            )
        ]

    def __str__(self) -> str:
        return self.sentence

    @property
    def is_open(self) -> bool:
        return self.cleared_at is None

    @property
    def standing(self) -> str:
        if not self.is_open:
            return "over"
        return "still open" if self.reminded_at else "new"

    def mark_unsent(self, **columns: datetime | str) -> None:
        """With these columns, for every channel to send it once more."""
        for name, value in columns.items():
            setattr(self, name, value)
        self.tellings += 1
        self.save(update_fields=[*columns, "tellings"])
