"""What is compared with EasyEcom and when; `order_comparison` and `stock_readback` do so.

Orders past their manifest clock are looked up. Each live location's levels are read back in turn,
and at once where webhooks are silent while orders move, where they were refused, or the console
was away. Asking only writes rows; how much goes out is bounded for each round here, and by the
quota, where all of it polls.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Max, Q, QuerySet

from booon_console.lib import clock
from integration.models import (
    Doubt,
    Mark,
    Order,
    ReadBack,
    SyncJob,
    Topic,
    WebhookEndpoint,
    record_event,
)
from integration.models.deliveries import CALM, EARLY
from integration.reconciliation import order_comparison
from sellers.models import Location, Seller

Cause = ReadBack.Cause
OPEN = order_comparison.OPEN

# How many of a location's orders are asked about in one round.
CHECKS_AT_ONCE = 50
# How many read-backs of one account are under way together.
READ_BACKS_AT_ONCE = 4
MOST_ASKED = 1000
# While all that comes is refused.
REFUSED_AGAIN = timedelta(hours=1)
# A round comes every ten minutes: the host, its database or its worker was away.
AWAY = timedelta(minutes=35)


def run_round() -> None:
    """One round."""
    now = clock.now()
    request_overdue(now)
    if was_away(now):
        request_read_backs(live_locations(), Cause.DOWNTIME, now)
    request_read_backs(silent_locations(now), Cause.SILENCE, now)
    request_read_backs(refused_locations(now), Cause.REFUSED, now)
    request_read_backs(locations_in_turn(now), Cause.ROTATION, now)
    start_read_backs()


def request_order(order: Order, *, actor: str) -> list[int]:
    """Have one order looked up soon. Returns the job; none where a look-up would tell nothing."""
    now = clock.now()
    if not request_checks(Order.objects.filter(pk=order.pk), now):
        return []
    record_event("reconcile", "Asked to compare it.", at=now, actor=actor, order=order)
    return want_checks([order.location_id])


def request_seller(seller: Seller, *, actor: str) -> list[int]:
    """Have all open orders of a seller looked up and its levels read back. Returns the jobs."""
    now = clock.now()
    oldest = open_orders().filter(seller=seller).order_by("pk").values_list("pk", flat=True)
    request_checks(Order.objects.filter(pk__in=list(oldest[:MOST_ASKED])), now)
    locations = list(live_locations().filter(seller=seller))
    for location in locations:
        record_event("reconcile", "Asked to compare it.", at=now, actor=actor, location=location)
    request_read_backs([location.pk for location in locations], Cause.PERSON, now)
    return want_checks([location.pk for location in locations]) + start_jobs(locations)


# Orders ---------------------------------------------------------------------------------------


def open_orders() -> QuerySet[Order]:
    return Order.objects.filter(stage__in=OPEN, doubt=Doubt.NONE, location__live_at__isnull=False)


def request_overdue(now: datetime) -> None:
    """Those whose manifest clock has run out, the oldest of each location first."""
    overdue = open_orders().filter(check_due_at__lte=now)
    places = list(overdue.order_by().values_list("location_id", flat=True).distinct())
    for location_id in places:
        waiting = open_orders().filter(location=location_id, check_asked_at__isnull=False).count()
        oldest = overdue.filter(location=location_id, check_asked_at=None).order_by("check_due_at")
        ids = oldest.values_list("pk", flat=True)[: max(CHECKS_AT_ONCE - waiting, 0)]
        request_checks(Order.objects.filter(pk__in=list(ids)), now)
    want_checks(places)


@transaction.atomic
def request_checks(orders: QuerySet[Order], now: datetime) -> int:
    """By `update`: Booon's "changed since" is about facts. One that waits keeps its place.

    Locked in the order of their ids, as manifests lock them. Returns how many wait now.
    """
    open_ = orders.filter(stage__in=OPEN, doubt=Doubt.NONE).order_by("pk")
    ids = list(open_.select_for_update(no_key=True).values_list("pk", flat=True))
    Order.objects.filter(pk__in=ids, check_asked_at=None).update(check_asked_at=now)
    return len(ids)


def want_checks(location_ids: Collection[int]) -> list[int]:
    """Their look-up jobs; one that is at work or due already comes to these orders by itself."""
    jobs = [
        SyncJob.objects.of_location(location, SyncJob.Kind.CHECKS).pk
        for location in Location.objects.filter(pk__in=location_ids).only("pk", "seller_id")
    ]
    SyncJob.objects.filter(pk__in=jobs).exclude(status=SyncJob.Status.PENDING).want()
    return jobs


# Stock ----------------------------------------------------------------------------------------


def live_locations() -> QuerySet[Location]:
    return Location.objects.filter(live_at__isnull=False)


def was_away(now: datetime) -> bool:
    before = Mark.move("round", now)
    return before is not None and now - before > AWAY


def request_read_backs(
    locations: QuerySet[Location] | Collection[int], cause: Cause, now: datetime
) -> None:
    """Written down once each: one that waits or is being read already will do."""
    ids = locations.values_list("pk", flat=True) if isinstance(locations, QuerySet) else locations
    known = set(ReadBack.objects.filter(location__in=ids).values_list("location_id", flat=True))
    ReadBack.objects.bulk_create(
        [
            ReadBack(location_id=pk, cause=cause if pk in known else Cause.FIRST, asked_at=now)
            for pk in ids
        ],
        ignore_conflicts=True,
    )


def locations_in_turn(now: datetime) -> QuerySet[Location]:
    """Those not asked about for a while, or never."""
    before = now - timedelta(hours=settings.STOCK_READ_HOURS)
    recently = ReadBack.objects.filter(asked_at__gt=before).values("location_id")
    return live_locations().exclude(pk__in=recently)


def silent_locations(now: datetime) -> list[int]:
    """Where the inventory webhook is silent, and levels were not read since either."""
    silent = WebhookEndpoint.objects.silent(now).annotate(
        read_at=Max("location__read_backs__asked_at")
    )
    unread = silent.filter(Q(read_at=None) | Q(read_at__lt=F("moved_at") - EARLY))
    return list(unread.values_list("location_id", flat=True))


def refused_locations(now: datetime) -> list[int]:
    """Where levels that EasyEcom told were refused and have not been read since: at once when its
    webhooks are taken again, else once in a while. Two senders, of which one is refused, are no
    reason to read in every round."""
    refusing = WebhookEndpoint.objects.refusing(now).filter(
        topic=Topic.INVENTORY, location__live_at__isnull=False
    )
    unread = refusing.annotate(read_at=Max("location__read_backs__asked_at")).filter(
        Q(read_at=None) | Q(read_at__lt=F("refused_at"))
    )
    is_mended = Q(heard_at__gt=F("refused_at"), refused_at__lte=now - CALM)
    due = unread.filter(is_mended | Q(read_at=None) | Q(read_at__lt=now - REFUSED_AGAIN))
    return list(due.values_list("location_id", flat=True))


def start_read_backs() -> None:
    """The longest asked first, a few of each account at a time."""
    under_way = Counter(jobs_under_way().values_list("seller_id", flat=True))
    for read_back in waiting_read_backs():
        seller_id = read_back.location.seller_id
        if under_way[seller_id] < READ_BACKS_AT_ONCE:
            under_way[seller_id] += len(start_jobs([read_back.location]))


def jobs_under_way() -> QuerySet[SyncJob]:
    status = SyncJob.Status
    return SyncJob.objects.filter(
        kind=SyncJob.Kind.STOCK, status__in=[status.PENDING, status.RUNNING]
    )


def waiting_read_backs() -> QuerySet[ReadBack]:
    """Asked for, and no job is at it."""
    asked = ReadBack.objects.filter(ended_at=None, location__live_at__isnull=False)
    asked = asked.exclude(location__in=jobs_under_way().values("location_id"))
    return asked.select_related("location").defer("location__token").order_by("asked_at", "pk")


def start_jobs(locations: Collection[Location]) -> list[int]:
    jobs = [SyncJob.objects.of_location(location, SyncJob.Kind.STOCK).pk for location in locations]
    SyncJob.objects.filter(pk__in=jobs).exclude(pk__in=jobs_under_way()).want()
    return jobs
