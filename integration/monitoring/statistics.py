"""How much went through in each hour: counted every minute by a schedule, read by charts.

The finished hours of a busy day are so never counted again for a page. An hour is India's.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, QuerySet
from django.db.models.functions import TruncHour
from django.utils import timezone

from booon_console.lib import clock
from integration.models import Delivery, Order, ShipmentDetails, Stage, Tally

HOUR = timedelta(hours=1)
SHOWN = 24
# As far back as a worker that was away makes up for.
FURTHEST = timedelta(hours=SHOWN)
Kind = Tally.Kind


def count() -> None:
    """Every hour since the last one that was counted, and that one and the one before again."""
    now = clock.now()
    last = Tally.objects.aggregate(last=Max("hour"))["last"]
    furthest = hour_of(now - FURTHEST)
    since = furthest if last is None else max(last - HOUR, furthest)
    found = [tally for source in sources(since) for tally in tallied(*source)]
    Tally.objects.bulk_create(
        found,
        update_conflicts=True,
        unique_fields=["hour", "kind", "seller"],
        update_fields=["count"],
        batch_size=500,
    )


def sources(since: datetime) -> Iterator[tuple[Kind, QuerySet[Any], str, str]]:
    """What is counted, by which time, and how it leads to its seller. Each has an index."""
    yield Kind.PUSHED, Order.objects.filter(pushed_at__gte=since), "pushed_at", "seller"
    assigned = ShipmentDetails.objects.filter(assigned_at__gte=since)
    yield Kind.ASSIGNED, assigned, "assigned_at", "order__seller"
    manifested = Order.objects.filter(stage=Stage.MANIFESTED, stage_since__gte=since)
    yield Kind.MANIFESTED, manifested, "stage_since", "seller"
    webhooks = Delivery.objects.filter(received_at__gte=since, source=Delivery.Source.WEBHOOK)
    yield Kind.DELIVERIES, webhooks, "received_at", "location__seller"


def tallied(kind: Kind, rows: QuerySet[Any], column: str, seller: str) -> Iterator[Tally]:
    hours = rows.annotate(hour=TruncHour(column), whose=F(seller)).order_by()
    for hour, whose, number in hours.values_list("hour", "whose").annotate(Count("pk")):
        yield Tally(kind=kind, hour=hour, seller_id=whose, count=number)


def hour_of(moment: datetime) -> datetime:
    return timezone.localtime(moment).replace(minute=0, second=0, microsecond=0)
