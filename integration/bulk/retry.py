"""Retry and replay: these rows are wanted again, and it is written down who wanted that.

Nothing is sent or applied here: the engines do, in their own time. Whoever asks wakes them.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from integration.models import Delivery, SyncJob, make_event, record_events
from integration.webhooks import processing


@transaction.atomic
def retry(
    ids: Collection[int], *, actor: str, now: datetime, sentence: str = "Retry asked for."
) -> int:
    """Have these sync jobs looked at again. Returns how many were asked.

    A cancelled one stays cancelled.
    """
    chosen = SyncJob.objects.filter(pk__in=ids).exclude(status=SyncJob.Status.CANCELLED)
    # Before the jobs are touched: an event locks its order, and the engine locks that one first.
    record_events(
        make_event(
            "retry",
            sentence,
            at=now,
            actor=actor,
            seller_id=job.seller_id,
            location_id=job.location_id,
            order_id=job.order_id,
            job=job,
        )
        for job in chosen.order_by("order_id", "pk")
    )
    return chosen.want()


@transaction.atomic
def replay(
    ids: Collection[int], *, actor: str, now: datetime, sentence: str = "Replay asked for."
) -> int:
    """Have these deliveries applied again. Returns how many will be."""
    chosen = Delivery.objects.filter(pk__in=ids)
    waiting = set(chosen.filter(status=Delivery.Status.STORED).values_list("pk", flat=True))
    count = processing.replay(chosen)
    stored = chosen.filter(status=Delivery.Status.STORED).exclude(pk__in=waiting)
    record_events(
        make_event(
            "replay",
            sentence,
            at=now,
            actor=actor,
            seller_id=delivery.location.seller_id,
            location_id=delivery.location_id,
            delivery=delivery,
        )
        for delivery in stored.select_related("location").only("location__seller_id")
    )
    return count
