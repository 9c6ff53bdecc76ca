"""What is counted: sets of rows by label, all in one query, and none further than a cap."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from integration.feed import announcements
from integration.models import (
    Announcement,
    Delivery,
    Order,
    OrderReason,
    Quota,
    SyncJob,
    WebhookEndpoint,
)
from integration.monitoring.front_page import throughput
from integration.sync import leases, quota_status

# A figure of so many means that many or more.
MOST = 10_000
Rows = QuerySet[Any]
Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Counted:
    """One figure: its rows by the values of its label."""

    name: str
    says: str
    label: str
    sets: Mapping[str, Rows]


def capped(sets: Mapping[Key, Rows]) -> dict[Key, int]:
    """How many rows each has, up to MOST: one query, however many sets."""
    names, parts = list(sets), []
    values: list[Any] = []
    for number, rows in enumerate(sets.values()):
        try:
            sql, params = rows.order_by().values("pk")[:MOST].query.sql_with_params()
        except EmptyResultSet:
            continue
        # LIMIT ends each count early; it stands inside, for UNION takes none on SQLite.
        parts.append(f"SELECT {number}, COUNT(*) FROM ({sql}) AS part_{number}")
        values += params
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), values)
        found = {names[number]: count for number, count in cursor.fetchall()}
    return {name: found.get(name, 0) for name in names}


def all_kinds(now: datetime) -> Iterator[Counted]:
    due = {name: rows for name, (rows, _) in waiting(now).items()}
    yield Counted("queue_waiting", "What is due, by queue.", "queue", due)
    yield from of_orders(now)
    yield from of_webhooks(now)
    statuses = [each for each in SyncJob.Status if each != SyncJob.Status.SUCCEEDED]
    jobs = {each.value: SyncJob.objects.filter(status=each) for each in statuses}
    yield Counted("sync_jobs", "Sync jobs that are not at rest, by status.", "status", jobs)
    accounts = {
        "out_of_quota": quota_status.out_of_quota(now),
        "paused": Quota.objects.filter(paused_until__gt=now),
    }
    says = "EasyEcom accounts that may make no call now."
    yield Counted("accounts_stopped", says, "why", accounts)


def waiting(now: datetime) -> dict[str, tuple[Rows, str]]:
    """What should go on by itself, by queue, the oldest first; and since when its rows wait."""
    jobs = leases.claimable(now).polling(False).filter(due_at__lte=now).order_by("due_at")
    stored = Delivery.objects.filter(status=Delivery.Status.STORED, judged_at=None).order_by("pk")
    is_told = announcements.is_wanted() and not announcements.is_held()
    untold = Announcement.objects.due(now).order_by("due_at")
    return {
        "easyecom": (jobs, "due_at"),
        "inbox": (stored, "received_at"),
        "booon": (untold if is_told else untold.none(), "due_at"),
    }


def of_orders(now: datetime) -> Iterator[Counted]:
    stages, late = {}, {}
    for stage, limit in throughput.limits():
        open_orders = Order.objects.filter(stage=stage, cancelled_at_easyecom=None)
        stages[stage.value] = open_orders
        late[stage.value] = open_orders.filter(stage_since__lt=now - limit)
    yield Counted("orders_open", "Open orders by stage.", "stage", stages)
    yield Counted("orders_late", "Open orders beyond their stage's limit.", "stage", late)
    reasons = {each.value: Order.objects.filter(blocked_reason=each) for each in OrderReason}
    says = "Orders that do not move on, by reason."
    yield Counted("orders_blocked", says, "reason", reasons)


def of_webhooks(now: datetime) -> Iterator[Counted]:
    left = (Delivery.Status.PARKED, Delivery.Status.PARTLY)
    parked = {each.value: Delivery.objects.filter(status=each) for each in left}
    says = "Webhooks of EasyEcom's that wait for a person."
    yield Counted("deliveries_parked", says, "status", parked)
    endpoints = {
        "all": WebhookEndpoint.objects.filter(location__live_at__isnull=False),
        "silent": WebhookEndpoint.objects.silent(now),
    }
    says = "Endpoints of live locations; silent ones."
    yield Counted("webhook_endpoints", says, "state", endpoints)
    untold = {
        "given_up": Announcement.objects.filter(given_up_at__isnull=False),
        "waiting": Announcement.objects.waiting(),
    }
    says = "Changes that Booon's receiver was not told."
    yield Counted("announcements", says, "state", untold)
