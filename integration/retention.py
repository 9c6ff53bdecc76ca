"""What is deleted, and when. Safe to repeat and to interrupt: each chunk stands by itself."""

import math
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from integration.models import (
    Alert,
    ApiCall,
    Attempt,
    BulkItem,
    BulkRun,
    CallCount,
    Delivery,
    Event,
    OrderFile,
    Refusal,
    SellerFile,
    Tally,
)
from integration.telling import announcements, feed

KEPT = timedelta(days=30)
# Who did what is asked for long after.
EVENTS_KEPT = timedelta(days=3 * 365)
# Small, and a quarter is what people compare.
COUNTS_KEPT = timedelta(days=92)
# They hold buyers' addresses or passwords, and are needed until what was refused is put right.
FILES_KEPT = timedelta(days=1)
# Prepared, and never started: what they foresaw is long past.
FROZEN_KEPT = timedelta(days=7)
CHUNK = 500

UNJUDGED = [Delivery.Status.ASKED, Delivery.Status.STORED]


def delete_old(now: datetime, deadline: float = math.inf) -> dict[str, int]:
    """Deletes what has had its time, until `deadline` (monotonic). Returns how many of each.

    Calls without an outcome stay, and so do bodies that nobody has judged yet. Of a delivery
    only the body goes: its row and its parked lines stay. Changes go by CHANGES_KEPT_DAYS.
    """
    cutoff = now - KEPT
    calls = ApiCall.objects.filter(is_open=False, started_at__lt=cutoff)
    bodies = Delivery.objects.filter(received_at__lt=cutoff, body_deleted_at=None)
    refusals = Refusal.objects.filter(hour__lt=cutoff)
    sessions = Session.objects.filter(expire_date__lt=now)
    attempts = Attempt.objects.filter(at__lt=cutoff)
    counts = CallCount.objects.filter(day__lt=timezone.localdate(now - COUNTS_KEPT))
    tallies = Tally.objects.filter(hour__lt=cutoff)
    alerts = Alert.objects.filter(cleared_at__lt=now - COUNTS_KEPT)
    files = OrderFile.objects.filter(uploaded_at__lt=now - FILES_KEPT)
    sellers = SellerFile.objects.filter(uploaded_at__lt=now - FILES_KEPT)
    runs = BulkRun.objects.filter(frozen_at__lt=now - COUNTS_KEPT) | BulkRun.objects.filter(
        state=BulkRun.State.FROZEN, frozen_at__lt=now - FROZEN_KEPT
    )
    told_before = now - timedelta(days=settings.CHANGES_KEPT_DAYS)
    old_events = Event.objects.filter(at__lt=now - EVENTS_KEPT)

    def empty(chunk: QuerySet[Any]) -> int:
        return chunk.update(body=b"", body_deleted_at=now)

    return {
        "api_calls": in_chunks(calls, delete, deadline),
        "bodies": in_chunks(bodies.exclude(status__in=UNJUDGED), empty, deadline),
        "refusals": in_chunks(refusals, delete, deadline),
        "sessions": in_chunks(sessions, delete, deadline),
        "events": in_chunks(old_events, through_the_door, deadline),
        "attempts": in_chunks(attempts, delete, deadline),
        "call_counts": in_chunks(counts, delete, deadline),
        "alerts": in_chunks(alerts, delete, deadline),
        "order_files": in_chunks(files, delete, deadline),
        "bulk_items": in_chunks(BulkItem.objects.filter(run__in=runs), delete, deadline),
        "bulk_runs": in_chunks(runs.filter(items__isnull=True), delete, deadline),
        "tallies": in_chunks(tallies, delete, deadline),
        "seller_files": in_chunks(sellers, delete, deadline),
        "changes": feed.forget(told_before, announcements.taken_up(), deadline),
    }


def delete(chunk: QuerySet[Any]) -> int:
    return chunk.delete()[0]


@transaction.atomic
def through_the_door(chunk: QuerySet[Any]) -> int:
    """Events are deleted by retention alone: PostgreSQL refuses it to everybody else."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL booon.retention = 'on'")
    return delete(chunk)


def in_chunks(
    rows: QuerySet[Any], remove: Callable[[QuerySet[Any]], int], deadline: float = math.inf
) -> int:
    """Short transactions: webhooks and workers write in between."""
    removed = 0
    ahead = rows.order_by("pk")
    while time.monotonic() < deadline:
        keys = list(ahead.values_list("pk", flat=True)[:CHUNK])
        if not keys:
            break
        removed += remove(rows.filter(pk__in=keys))
        # Not from the beginning again: emptied deliveries stay, and they are many.
        ahead = rows.filter(pk__gt=keys[-1]).order_by("pk")
    return removed
