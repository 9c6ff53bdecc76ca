"""What comparing with EasyEcom brings to light: deliveries that were lost, levels that drifted."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

from integration.models.deliveries import Delivery, WebhookEndpoint
from integration.models.orders import Order
from sellers.models import Location


class MissedDelivery(models.Model):
    """A manifest that no webhook told of: the console learnt it by asking. At most one per order.

    With `arrived_at` the webhook came after all, so it was late and not lost.
    """

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, null=True, related_name="missed_deliveries"
    )
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="missed_delivery")
    # When EasyEcom manifested the order, which is when the webhook was due.
    due_at = models.DateTimeField(db_index=True)
    found_at = models.DateTimeField()
    found_by = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="+")
    arrived_at = models.DateTimeField(null=True, blank=True)
    arrived_by = models.ForeignKey(
        Delivery, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        verbose_name_plural = "missed deliveries"
        permissions = [("reconcile", "Can have orders and stock compared with EasyEcom")]
        indexes = [models.Index(fields=["location", "due_at"], name="missed_location_due")]

    def __str__(self) -> str:
        return f"Manifest of {self.order}"

    @property
    def delay(self) -> timedelta:
        """From when it was due to when it came or, lost, was found."""
        return max((self.arrived_at or self.found_at) - self.due_at, timedelta(0))


class ReadBack(models.Model):
    """One reading of all of a location's levels at EasyEcom, from the first page to the last.

    Asked for first, and begun when it is its turn; at most one of a location is not ended.
    """

    class Cause(models.TextChoices):
        FIRST = "first", "Onboarding"
        ROTATION = "rotation", "Its turn"
        SILENCE = "silence", "Webhooks are silent while orders move"
        REFUSED = "refused", "Webhooks were refused"
        DOWNTIME = "downtime", "The console was away"
        PERSON = "person", "A person asked"

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="read_backs")
    cause = models.CharField(max_length=16, choices=Cause)
    asked_at = models.DateTimeField()
    begun_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True, db_index=True)
    # The arrival number of its last page.
    arrival = models.PositiveBigIntegerField(null=True, blank=True)
    pages = models.PositiveIntegerField(default=0)
    levels = models.PositiveIntegerField(default=0)
    # Rows of the location that could not be read, and the first of them: [{"sku", "message"}].
    unread = models.PositiveIntegerField(default=0, db_default=0)
    unread_rows = models.JSONField(null=True, blank=True)
    # The number taken before the first page is asked for, under which levels go to 0 that neither
    # the products nor the pages show any more (docs/decisions/0044-what-is-gone.md).
    gone_arrival = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["location"],
                condition=Q(ended_at__isnull=True),
                name="one_open_read_back_per_location",
            )
        ]
        indexes = [models.Index(fields=["location", "-asked_at"], name="read_back_location")]

    def __str__(self) -> str:
        return f"Read-back of {self.location}"


class Drift(models.Model):
    """A level that was not EasyEcom's when it was read back; `ours` is None where none stood."""

    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="+")
    sku = models.CharField(max_length=255, db_index=True)
    ours = models.PositiveIntegerField(null=True)
    theirs = models.PositiveIntegerField()
    at = models.DateTimeField(db_index=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="drifts")
    is_mended = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["delivery", "sku"], name="one_drift_per_sku_and_reading"
            )
        ]
        indexes = [models.Index(fields=["location", "at"], name="drift_location_at")]

    def __str__(self) -> str:
        return f"{self.sku}: {'none' if self.ours is None else self.ours} here, {self.theirs} there"


class Mark(models.Model):
    """When something of ours was last done: the gap to now tells that the console was away."""

    name = models.CharField(primary_key=True, max_length=32)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name

    @classmethod
    def move(cls, name: str, now: datetime) -> datetime | None:
        """Set the mark to now. Returns where it stood."""
        mark, is_new = cls.objects.get_or_create(name=name, defaults={"at": now})
        cls.objects.filter(pk=name, at__lt=now).update(at=now)
        return None if is_new else mark.at
