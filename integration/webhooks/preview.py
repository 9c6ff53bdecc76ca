"""What a replay would change: done as it would be, read off, and rolled back.

Nothing is kept and nobody is woken. A change gets its place in the feed once it is committed, so
the feed has no number less. It asks nothing of EasyEcom, as no replay does.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Max

from integration.models import Delivery, Event, ParkedLine, StockEntry
from integration.webhooks import processing

# So many are tried together, in one transaction that others have to wait for.
MOST = 50


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would be there afterwards; `entries` have the levels, old and new."""

    deliveries: list[Delivery]
    entries: list[StockEntry]
    events: list[Event]
    parked: list[ParkedLine]

    @property
    def changes_nothing(self) -> bool:
        return not (self.entries or self.events)


def preview_of(ids: Collection[int]) -> Rehearsal:
    """Of the first few of these deliveries that can be replayed."""
    with transaction.atomic():
        found = tried(sorted(ids)[:MOST])
        transaction.set_rollback(True)
    return found


def tried(ids: Collection[int]) -> Rehearsal:
    entry, event = last(StockEntry), last(Event)
    judged_before = Delivery.objects.filter(pk__in=ids).exclude(status=Delivery.Status.STORED)
    processing.replay(judged_before)
    again = Delivery.objects.filter(pk__in=ids, status=Delivery.Status.STORED).order_by("pk")
    processing.judge([processing.parse(each) for each in again.select_related("location")])
    # Others may commit meanwhile: what counts is new and names these deliveries.
    new = {"delivery__in": ids}
    return Rehearsal(
        list(Delivery.objects.filter(pk__in=ids).defer("body").order_by("pk")),
        list(StockEntry.objects.filter(**new, pk__gt=entry).order_by("delivery", "line")),
        list(Event.objects.filter(**new, pk__gt=event).select_related("order").order_by("pk")),
        list(ParkedLine.objects.filter(**new).order_by("delivery", "line")),
    )


def last(model: type[StockEntry] | type[Event]) -> int:
    return model._default_manager.aggregate(last=Max("pk"))["last"] or 0
