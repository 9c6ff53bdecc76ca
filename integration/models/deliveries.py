"""Webhook endpoints, what came in through them, and what was refused."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import DateTimeField, ExpressionWrapper, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from integration.models.orders import Order
from sellers.models import Location

# No inventory webhook this long after EasyEcom took an order, which takes stock, is a silence.
SILENCE = timedelta(hours=1)
# A webhook may come before EasyEcom's answer to the order that caused it.
EARLY = timedelta(minutes=10)
# Refusals count for so long: EasyEcom's own rule looks back no further.
REFUSALS_COUNT = timedelta(hours=24)
# A good one after the last refusal, and none refused for so long: it is mended.
CALM = timedelta(minutes=5)
# Of requests that were EasyEcom's own, most likely: what they told is lost.
WRONG_SETTINGS = ("wrong_token", "no_token", "two_tokens", "no_token_issued", "wrong_topic")


def new_endpoint_id() -> str:
    return secrets.token_hex(12)


class Topic(models.TextChoices):
    INVENTORY = "inventory", "Inventory"
    MANIFESTED = "manifested", "Manifested"


def last_heard() -> Subquery:
    """When an endpoint's last webhook came; what the console asked for itself has no endpoint."""
    last = Delivery.objects.filter(endpoint=OuterRef("pk")).order_by("-pk")
    return Subquery(last.values("received_at")[:1])


class WebhookEndpoints(models.QuerySet["WebhookEndpoint"]):
    def silent(self, now: datetime) -> Self:
        """Inventory endpoints that should have been heard: EasyEcom took an order, which takes
        stock, a while ago, and nothing came since. With `heard_at`, and that order's `moved_at`.
        """
        took = Order.objects.filter(
            location=OuterRef("location"), pushed_at__lte=now - SILENCE
        ).order_by("-pushed_at")
        live = self.filter(topic=Topic.INVENTORY, location__live_at__isnull=False)
        # One step down an index each, where an aggregate would count through.
        moved = live.annotate(
            heard_at=last_heard(), moved_at=Subquery(took.values("pushed_at")[:1])
        )
        known_at = Coalesce("heard_at", "location__live_at")
        return moved.filter(moved_at__gt=ExpressionWrapper(known_at + EARLY, DateTimeField()))

    def refusing(self, now: datetime, causes: Collection[str] = WRONG_SETTINGS) -> Self:
        """Those that refused something in the last day for one of these causes, or for any where
        none is named. With `heard_at`, and `refused_at` of the last one."""
        said = Refusal.objects.filter(endpoint_id=OuterRef("pk")).of_the_last_day(now)
        if causes:
            said = said.filter(cause__in=causes)
        last = Subquery(said.order_by("-last_at").values("last_at")[:1])
        return self.annotate(heard_at=last_heard(), refused_at=last).exclude(refused_at=None)


class WebhookEndpoint(models.Model):
    """One URL for one location and one topic. Its token is kept as a digest only.

    Without a token the endpoint refuses everything.
    """

    id = models.CharField(primary_key=True, max_length=32, default=new_endpoint_id, editable=False)
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="endpoints")
    topic = models.CharField(max_length=16, choices=Topic)
    token_digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    token_issued_at = models.DateTimeField(null=True, blank=True, editable=False)
    # The token before, while EasyEcom may still have it.
    old_digest = models.CharField(max_length=64, blank=True, default="", editable=False)
    old_until = models.DateTimeField(null=True, blank=True, editable=False)
    old_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WebhookEndpoints.as_manager()

    class Meta:
        permissions = [("issue_webhook_token", "Can issue webhook tokens")]
        constraints = [
            models.UniqueConstraint(
                fields=["location", "topic"], name="one_endpoint_per_location_and_topic"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_topic_display()} of {self.location_id}"

    def takes_old(self, now: datetime) -> bool:
        """Whether the token before the current one still opens it."""
        return bool(self.old_digest) and self.old_until is not None and now < self.old_until

    @property
    def path(self) -> str:
        """What follows PUBLIC_URL in the address that the seller pastes into EasyEcom."""
        return f"/webhooks/easyecom/{self.pk}/{self.topic}"


class Delivery(models.Model):
    """What came from EasyEcom, as it came. Its id is its place in the order of arrival.

    `source` tells a webhook from what the console asked for itself (a stock read-back takes
    its id before it asks, so that a webhook that arrives meanwhile counts as newer).
    """

    class Source(models.TextChoices):
        WEBHOOK = "webhook", "Webhook"
        RECONCILED = "reconciled", "Reconciled"

    class Status(models.TextChoices):
        ASKED = "asked", "Asked for"
        STORED = "stored", "Stored"
        APPLIED = "applied", "Applied"
        PARTLY = "partly", "Applied in part"
        PARKED = "parked", "Parked"
        EMPTY = "empty", "No answer came"

    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.PROTECT, null=True, blank=True, related_name="deliveries"
    )
    location = models.ForeignKey(Location, on_delete=models.PROTECT, related_name="deliveries")
    topic = models.CharField(max_length=16, choices=Topic)
    source = models.CharField(max_length=16, choices=Source, default=Source.WEBHOOK)
    status = models.CharField(max_length=16, choices=Status, default=Status.STORED)
    body = models.BinaryField(default=b"")
    size = models.PositiveIntegerField(default=0)
    reason = models.CharField(max_length=32, blank=True, default="", db_index=True)
    reason_message = models.CharField(max_length=500, blank=True, default="")
    lines = models.PositiveIntegerField(default=0)
    lines_applied = models.PositiveIntegerField(default=0)
    times_applied = models.PositiveIntegerField(default=0)
    correlation_id = models.CharField(max_length=64, blank=True, default="")
    # What EasyEcom's headers called it; no evidence of anything.
    action = models.CharField(max_length=64, blank=True, default="", db_default="")
    company_id = models.CharField(max_length=32, blank=True, default="", db_default="")
    received_at = models.DateTimeField(db_index=True)
    judged_at = models.DateTimeField(null=True, blank=True)
    body_deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        permissions = [("replay_delivery", "Can replay deliveries")]
        indexes = [
            models.Index(fields=["id"], name="delivery_stored", condition=Q(status="stored")),
            models.Index(fields=["endpoint", "-id"], name="delivery_endpoint"),
            models.Index(fields=["location", "-id"], name="delivery_location"),
            models.Index(fields=["status", "-id"], name="delivery_status"),
        ]

    def __str__(self) -> str:
        return f"{self.get_topic_display()} {self.pk}"


class ParkedLine(models.Model):
    """A line of a delivery that could not be applied, and why."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="parked_lines")
    line = models.PositiveIntegerField()
    reason = models.CharField(max_length=32)
    message = models.CharField(max_length=500, blank=True, default="")
    sku = models.CharField(max_length=255, blank=True, default="")
    order_number = models.CharField(max_length=100, blank=True, default="", db_index=True)
    # As EasyEcom wrote it: the number of an order may itself end like a split order's suffix.
    reference = models.CharField(
        max_length=100, blank=True, default="", db_default="", db_index=True
    )

    class Meta:
        ordering = ["line"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "line"], name="one_verdict_per_line")
        ]

    def __str__(self) -> str:
        return f"Line {self.line}: {self.reason}"


class Refusals(models.QuerySet["Refusal"]):
    def of_the_last_day(self, now: datetime) -> Self:
        """They are counted by the hour, and the first of these counts whole."""
        first = (now - REFUSALS_COUNT).replace(minute=0, second=0, microsecond=0)
        return self.filter(hour__gte=first)


class Refusal(models.Model):
    """How often an endpoint refused a request, by cause and hour. Bodies are not kept.

    EasyEcom counts each of these towards switching the webhook off
    (docs/easyecom-contract.md#the-deactivation-rule).
    `endpoint_id` is "" where the URL names none of ours.
    """

    endpoint_id = models.CharField(max_length=32, blank=True, default="")
    cause = models.CharField(max_length=32)
    hour = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
    # What EasyEcom's headers called the last one that named it; anybody may send them.
    action = models.CharField(max_length=64, blank=True, default="", db_default="")
    company_id = models.CharField(max_length=32, blank=True, default="", db_default="")

    objects = Refusals.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["endpoint_id", "cause", "hour"], name="one_count_per_cause_and_hour"
            )
        ]

    def __str__(self) -> str:
        return f"{self.cause} × {self.count}"
