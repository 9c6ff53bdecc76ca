"""What Booon is told (changes), and what people are told (events)."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from django.db.models import Q

from integration.models.deliveries import Delivery
from integration.models.orders import Order, Stage
from integration.models.sync import SyncJob
from sellers.models import Location, Seller


class Change(models.Model):
    """One fact for Booon. `cursor` is given by the reader that first sees it committed."""

    class Type(models.TextChoices):
        STOCK_UPDATED = "stock.updated"
        ORDER_STAGE_CHANGED = "order.stage_changed"
        ORDER_MANIFESTED = "order.manifested"

    cursor = models.PositiveBigIntegerField(null=True, blank=True, unique=True)
    type = models.CharField(max_length=32, choices=Type)
    at = models.DateTimeField()
    seller = models.ForeignKey(Seller, on_delete=models.CASCADE, related_name="+")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, related_name="+")
    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, null=True, blank=True, related_name="changes"
    )
    data = models.JSONField()

    class Meta:
        indexes = [
            models.Index(fields=["id"], name="change_unnumbered", condition=Q(cursor__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.cursor or ''}"

    @property
    def place(self) -> int:
        """The cursor of a change that was read from the feed, and so has one."""
        assert self.cursor is not None
        return self.cursor


class ChangeCounter(models.Model):
    """The one row that holds the last cursor given, and the last that is kept no longer."""

    last = models.PositiveBigIntegerField(default=0)
    forgotten = models.PositiveBigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last)


class Event(models.Model):
    """Timeline and audit in one: what happened, to what, by whom. Never changed."""

    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=32, db_index=True)
    # A user name, "booon" (the API), "easyecom", or "console".
    actor = models.CharField(max_length=150)
    sentence = models.CharField(max_length=500)
    seller = models.ForeignKey(
        Seller, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    location = models.ForeignKey(
        Location, on_delete=models.CASCADE, null=True, blank=True, related_name="events"
    )
    order = models.ForeignKey(
        Order, on_delete=models.CASCADE, null=True, blank=True, related_name="events"
    )
    job = models.ForeignKey(
        SyncJob, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    correlation_id = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        permissions = [("view_own_event", "Can view events of their own")]
        indexes = [
            models.Index(fields=["order", "id"], name="event_order"),
            models.Index(fields=["actor", "-id"], name="event_actor"),
        ]

    def __str__(self) -> str:
        return self.sentence


def api_time(moment: datetime | None) -> str | None:
    """UTC to the second, as every answer and change of ours shows it: 2026-11-23T13:16:49Z."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def record_event(
    kind: str,
    sentence: str,
    *,
    at: datetime,
    actor: str = "console",
    seller: Seller | None = None,
    order: Order | None = None,
    location: Location | None = None,
    job: SyncJob | None = None,
    delivery: Delivery | None = None,
    correlation_id: str = "",
) -> None:
    """Adds one line to the timeline; an order brings its location and seller along."""
    location_id = order.location_id if order else location.pk if location else None
    owner = order or location
    seller_id = owner.seller_id if owner else seller.pk if seller else None
    Event.objects.create(
        at=at,
        kind=kind,
        actor=actor,
        sentence=sentence[:500],
        seller_id=seller_id,
        location_id=location_id,
        order=order,
        job=job,
        delivery=delivery,
        correlation_id=correlation_id,
    )


def record_change(
    change_type: Change.Type, order: Order, data: dict[str, object], *, at: datetime
) -> None:
    """Tells Booon one fact about an order; its number is always in it."""
    Change.objects.create(
        type=change_type,
        at=at,
        seller_id=order.seller_id,
        location_id=order.location_id,
        order=order,
        data={"order_number": order.order_number, **data},
    )


def raise_stage(
    order: Order,
    stage: Stage,
    *,
    at: datetime,
    actor: str = "console",
    delivery: Delivery | None = None,
    **fields: object,
) -> bool:
    """Bring a locked order to `stage`, save `fields` with it, tell Booon and the timeline.

    Stages only rise: an order that is there already, or beyond, is left as it is. Returns
    whether it rose.
    """
    order_of_stages = list(Stage)
    previous = Stage(order.stage)
    if order_of_stages.index(stage) <= order_of_stages.index(previous):
        return False
    order.change(stage=stage, stage_since=at, **fields)
    record_change(
        Change.Type.ORDER_STAGE_CHANGED, order, {"stage": stage, "previous": previous}, at=at
    )
    record_event(
        "stage",
        f"{previous.label} → {stage.label}",
        at=at,
        actor=actor,
        order=order,
        delivery=delivery,
    )
    return True
