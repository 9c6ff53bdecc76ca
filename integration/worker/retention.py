"""What is deleted, and when. Safe to repeat and to interrupt: each chunk stands by itself."""

import math
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from integration.feed import announcements, feed
from integration.models import (
    Alert,
    ApiCall,
    Attempt,
    BulkItem,
    BulkRun,
    CallCount,
    Delivery,
    Event,
    HeldToken,
    LinkToken,
    OpenPage,
    OrderFile,
    Refusal,
    SellerFile,
    SetAside,
    Tally,
    open_events,
)
from integration.models.open_pages import GONE
from integration.orders import erasure
from sellers import locks
from sellers.staff_models import LogInTries, StaffSession

KEPT = timedelta(days=30)
# Who did what is asked for long after.
EVENTS_KEPT = timedelta(days=3 * 365)
# Small, and a quarter is what people compare.
COUNTS_KEPT = timedelta(days=92)
# They hold buyers' addresses or passwords, and are needed until what was refused is put right.
FILES_KEPT = timedelta(days=1)
# Prepared, and never started: what they foresaw is long past.
FROZEN_KEPT = timedelta(days=7)
# People's words on the work list, which set aside for 30 days at most: none hides what comes anew.
WORDS_KEPT = timedelta(days=60)
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
    sessions = StaffSession.objects.filter(expire_date__lt=now)
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

    tries = LogInTries.objects.filter(wrong_at__lt=now - locks.COOL_OFF)
    return {
        "api_calls": in_chunks(calls, delete, deadline),
        "bodies": in_chunks(bodies.exclude(status__in=UNJUDGED), empty, deadline),
        "refusals": in_chunks(refusals, delete, deadline),
        "sessions": in_chunks(sessions, delete, deadline),
        "log_in_tries": in_chunks(tries, delete, deadline),
        "events": in_chunks(old_events, through_the_door, deadline),
        "attempts": in_chunks(attempts, delete, deadline),
        "call_counts": in_chunks(counts, delete, deadline),
        "alerts": in_chunks(alerts, delete, deadline),
        "order_files": in_chunks(files, delete, deadline),
        "bulk_items": in_chunks(BulkItem.objects.filter(run__in=runs), delete, deadline),
        "bulk_runs": in_chunks(runs.filter(items__isnull=True), delete, deadline),
        "tallies": in_chunks(tallies, delete, deadline),
        "held_tokens": sum(
            in_chunks(kind.objects.filter(until__lt=now), delete, deadline)
            for kind in (HeldToken, LinkToken)
        ),
        "words": in_chunks(SetAside.objects.filter(at__lt=now - WORDS_KEPT), delete, deadline),
        "open_pages": in_chunks(OpenPage.objects.filter(seen_at__lt=now - GONE), delete, deadline),
        "seller_files": in_chunks(sellers, delete, deadline),
        "changes": feed.forget(told_before, announcements.taken_up(), deadline),
        # Last: the first night has all of the past, and nothing else waits for it.
        "buyers": erase_buyers(now, deadline),
    }


def erase_buyers(now: datetime, deadline: float = math.inf) -> int:
    """What names the buyers of orders that were over BUYERS_KEPT_DAYS ago. The orders stay."""
    old = now - timedelta(days=settings.BUYERS_KEPT_DAYS)

    def erase(chunk: QuerySet[Any]) -> int:
        return erasure.erase(chunk, now=now, why=erasure.ITS_TIME_IS_OVER).orders

    return sum(in_chunks(rows, erase, deadline) for rows in erasure.over_since(old))


def delete(chunk: QuerySet[Any]) -> int:
    return chunk.delete()[0]


@transaction.atomic
def through_the_door(chunk: QuerySet[Any]) -> int:
    """Events are deleted by retention alone."""
    open_events()
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
