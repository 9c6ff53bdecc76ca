"""What is compared with EasyEcom and when; `checks` and `reconcile` do the comparing.

Orders past their manifest clock are looked up. Each live location's levels are read back in turn,
and at once where webhooks are silent while orders move or the console was away. Asking only writes
rows; how much goes out is bounded for each round here, and by the quota, where all of it polls.
"""

from collections import Counter
from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, F, Max, OuterRef, QuerySet, Subquery

from booon_console import clock
from integration import onboarding
from integration.comparing import checks
from integration.models import (
    Delivery,
    Doubt,
    Mark,
    Order,
    ReadBack,
    SyncJob,
    Topic,
    WebhookEndpoint,
    record_event,
)
from sellers.models import Location, Seller

Cause = ReadBack.Cause
OPEN = checks.OPEN

# How many of a location's orders are asked about in one round.
CHECKS_AT_ONCE = 50
# How many read-backs of one account are under way together.
READ_BACKS_AT_ONCE = 4
MOST_ASKED = 1000
# No inventory webhook this long after EasyEcom took an order, which takes stock, is a silence.
SILENCE = timedelta(hours=1)
# A webhook may come before EasyEcom's answer to the order that caused it.
EARLY = timedelta(minutes=10)
# A round comes every ten minutes: the host, its database or its worker was away.
AWAY = timedelta(minutes=35)


def go() -> None:
    """One round."""
    now = clock.now()
    ask_overdue(now)
    if was_away(now):
        ask_read_backs(live_locations(), Cause.DOWNTIME, now)
    ask_read_backs(silent_locations(now), Cause.SILENCE, now)
    ask_read_backs(locations_in_turn(now), Cause.ROTATION, now)
    start_read_backs()


def ask_order(order: Order, *, actor: str) -> list[int]:
    """Have one order looked up soon. Returns the job; none where a look-up would tell nothing."""
    now = clock.now()
    if not ask(Order.objects.filter(pk=order.pk), now):
        return []
    record_event("reconcile", "Asked to compare it.", at=now, actor=actor, order=order)
    return want([order.location_id])


def ask_seller(seller: Seller, *, actor: str) -> list[int]:
    """Have all open orders of a seller looked up and its levels read back. Returns the jobs."""
    now = clock.now()
    oldest = open_orders().filter(seller=seller).order_by("pk").values_list("pk", flat=True)
    ask(Order.objects.filter(pk__in=list(oldest[:MOST_ASKED])), now)
    locations = list(live_locations().filter(seller=seller))
    for location in locations:
        record_event("reconcile", "Asked to compare it.", at=now, actor=actor, location=location)
    ask_read_backs([location.pk for location in locations], Cause.PERSON, now)
    return want([location.pk for location in locations]) + start(locations)


# Orders ---------------------------------------------------------------------------------------


def open_orders() -> QuerySet[Order]:
    return Order.objects.filter(stage__in=OPEN, doubt=Doubt.NONE, location__live_at__isnull=False)


def ask_overdue(now: datetime) -> None:
    """Those whose manifest clock has run out, the oldest of each location first."""
    overdue = open_orders().filter(check_due_at__lte=now)
    places = list(overdue.order_by().values_list("location_id", flat=True).distinct())
    for location_id in places:
        waiting = open_orders().filter(location=location_id, check_asked_at__isnull=False).count()
        oldest = overdue.filter(location=location_id, check_asked_at=None).order_by("check_due_at")
        ids = oldest.values_list("pk", flat=True)[: max(CHECKS_AT_ONCE - waiting, 0)]
        ask(Order.objects.filter(pk__in=list(ids)), now)
    want(places)


@transaction.atomic
def ask(orders: QuerySet[Order], now: datetime) -> int:
    """By `update`: Booon's "changed since" is about facts. One that waits keeps its place.

    Locked in the order of their ids, as manifests lock them. Returns how many wait now.
    """
    open_ = orders.filter(stage__in=OPEN, doubt=Doubt.NONE).order_by("pk")
    ids = list(open_.select_for_update(no_key=True).values_list("pk", flat=True))
    Order.objects.filter(pk__in=ids, check_asked_at=None).update(check_asked_at=now)
    return len(ids)


def want(location_ids: Collection[int]) -> list[int]:
    """Their look-up jobs; one that is at work or due already comes to these orders by itself."""
    jobs = [
        onboarding.job_for(location, SyncJob.Kind.CHECKS).pk
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


def ask_read_backs(
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
    """Where EasyEcom took an order a while ago, and nothing about stock was heard or read since."""
    deliveries = Delivery.objects.filter(endpoint=OuterRef("pk")).order_by("-pk")
    orders = Order.objects.filter(
        location=OuterRef("location_id"), pushed_at__lte=now - SILENCE
    ).order_by("-pushed_at")
    endpoints = WebhookEndpoint.objects.filter(
        topic=Topic.INVENTORY, location__live_at__isnull=False
    ).annotate(
        heard_at=Subquery(deliveries.values("received_at")[:1], output_field=DateTimeField()),
        moved_at=Subquery(orders.values("pushed_at")[:1], output_field=DateTimeField()),
        read_at=Max("location__read_backs__asked_at"),
        live_at=F("location__live_at"),
    )
    rows = endpoints.values_list("location_id", "moved_at", "heard_at", "read_at", "live_at")
    return [
        location_id
        for location_id, moved_at, *known in rows
        if moved_at is not None and moved_at - EARLY > max(filter(None, known))
    ]


def start_read_backs() -> None:
    """The longest asked first, a few of each account at a time."""
    under_way = Counter(reading().values_list("seller_id", flat=True))
    for read_back in waiting():
        seller_id = read_back.location.seller_id
        if under_way[seller_id] < READ_BACKS_AT_ONCE:
            under_way[seller_id] += len(start([read_back.location]))


def reading() -> QuerySet[SyncJob]:
    status = SyncJob.Status
    return SyncJob.objects.filter(
        kind=SyncJob.Kind.STOCK, status__in=[status.PENDING, status.RUNNING]
    )


def waiting() -> QuerySet[ReadBack]:
    """Asked for, and no job is at it."""
    asked = ReadBack.objects.filter(ended_at=None, location__live_at__isnull=False)
    asked = asked.exclude(location__in=reading().values("location_id"))
    return asked.select_related("location").defer("location__token").order_by("asked_at", "pk")


def start(locations: Collection[Location]) -> list[int]:
    jobs = [onboarding.job_for(location, SyncJob.Kind.STOCK).pk for location in locations]
    SyncJob.objects.filter(pk__in=jobs).exclude(pk__in=reading()).want()
    return jobs
