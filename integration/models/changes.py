"""What Booon is told (changes), and what people are told (events)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from django.db import connection, models, transaction
from django.db.models import Q

from integration.models import unit_of_work
from integration.models.deliveries import Delivery
from integration.models.order_states import Stage
from integration.models.orders import Order
from integration.models.sync import SyncJob
from sellers.models import Location, Seller


class Change(models.Model):
    """One fact for Booon. `cursor` is given by the reader that first sees it committed."""

    class Type(models.TextChoices):
        STOCK_UPDATED = "stock.updated"
        ORDER_STAGE_CHANGED = "order.stage_changed"
        ORDER_MANIFESTED = "order.manifested"
        ORDER_CANCELLED_AT_EASYECOM = "order.cancelled_at_easyecom"

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


# Any number that nobody else locks by: "feed" in ASCII.
FEED_LOCK = 0x66656564
# Beyond what a state file remembers, for what was given since it was written.
MARGIN = 1_000_000


class ChangeCounters(models.Manager["ChangeCounter"]):
    def current(self) -> ChangeCounter:
        """As it is now; one of nothing given, unsaved, where there is none."""
        return self.filter(pk=1).first() or ChangeCounter()

    def locked(self) -> ChangeCounter:
        """One numbering at a time, until the transaction ends."""
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # A statement of its own: what follows must see all that the last holder committed.
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FEED_LOCK])
        found, _ = self.get_or_create(pk=1)
        return found

    @transaction.atomic
    def pass_over(self, remembered: int, now: datetime) -> None:
        """Leave out every cursor that may have been given for a fact that this database lost.

        `remembered` is the highest that anybody remembers, 0 where nobody does. From the first time
        on the counter goes by milliseconds, of which there were always more than changes.
        """
        known = self.locked()
        beyond = max(remembered + MARGIN, known.last + MARGIN, int(now.timestamp() * 1000))
        known.gaps = [*known.gaps, [known.last, beyond]]
        known.last = beyond
        known.save(update_fields=["gaps", "last"])


class ChangeCounter(models.Model):
    """The one row that holds the last cursor given, and the last that is kept no longer.

    `gaps` are cursors that were passed over, as pairs: nothing between the two was ever given here,
    and a database that was here before may have given them for other facts.
    """

    last = models.PositiveBigIntegerField(default=0)
    forgotten = models.PositiveBigIntegerField(default=0)
    gaps = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))

    objects = ChangeCounters()

    def __str__(self) -> str:
        return str(self.last)


class Event(models.Model):
    """Timeline and audit in one: what happened, to what, by whom. Never changed."""

    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=32, db_index=True)
    # A user name, "booon · <key>" (the API), "easyecom", or "console".
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
        permissions = [
            ("view_own_event", "Can view events of their own"),
            ("export_list", "Can take lists away as files"),
        ]
        indexes = [
            models.Index(fields=["order", "id"], name="event_order"),
            models.Index(fields=["actor", "-id"], name="event_actor"),
        ]

    def __str__(self) -> str:
        return self.sentence


def open_events() -> None:
    """Let this transaction delete events, or put other words into them: PostgreSQL refuses it to
    everybody else."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL booon.retention = 'on'")


def api_time(moment: datetime | None) -> str | None:
    """UTC to the second, as every answer and change of ours shows it: 2026-11-23T13:16:49Z."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def make_event(
    kind: str,
    sentence: str,
    *,
    at: datetime,
    actor: str = "console",
    seller_id: int | None = None,
    location_id: int | None = None,
    order_id: int | None = None,
    job: SyncJob | None = None,
    delivery: Delivery | None = None,
    correlation_id: str = "",
) -> Event:
    """One line of the timeline, not saved yet: `record_events` saves many at once."""
    return Event(
        at=at,
        kind=kind,
        actor=actor,
        sentence=sentence[:500],
        seller_id=seller_id,
        location_id=location_id,
        order_id=order_id,
        job=job,
        delivery=delivery,
        correlation_id=correlation_id,
    )


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
    owner = order or location
    event = make_event(
        kind,
        sentence,
        at=at,
        actor=actor,
        seller_id=owner.seller_id if owner else seller.pk if seller else None,
        location_id=order.location_id if order else location.pk if location else None,
        order_id=order.pk if order else None,
        job=job,
        delivery=delivery,
        correlation_id=correlation_id,
    )
    unit_of_work.insert(event)


def record_events(events: Iterable[Event]) -> None:
    """Adds many lines to the timeline, as `make_event` made them."""
    Event.objects.bulk_create(events, batch_size=200)


def record_change(
    change_type: Change.Type, order: Order, data: dict[str, object], *, at: datetime
) -> None:
    """Tells Booon one fact about an order; its number is always in it."""
    change = Change(
        type=change_type,
        at=at,
        seller_id=order.seller_id,
        location_id=order.location_id,
        order=order,
        data={"order_number": order.order_number, **data},
    )
    unit_of_work.insert(change)


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
