from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booon_console.lib import clock
from integration.models import (
    ApiCall,
    CallCount,
    Delivery,
    Drain,
    Hold,
    Order,
    Quota,
    Refusal,
    SyncJob,
    Tally,
    Topic,
    Worker,
)
from integration.monitoring import statistics
from integration.monitoring.metrics import counts, figures
from tests.factories import make_location, make_order, make_seller, open_call, pushed

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

MOST_QUERIES = 25


def shown() -> dict[tuple[str, ...], float]:
    """Each sample by its name and the values of its labels."""
    return {
        (sample.name.removeprefix("booon_"), *sample.labels.values()): sample.value
        for family in figures.all_figures()
        for sample in family.samples
    }


def due(order: Order, ago: timedelta) -> None:
    SyncJob.objects.update_or_create(
        order=order,
        defaults={
            "kind": SyncJob.Kind.ORDER,
            "seller": order.seller,
            "location": order.location,
            "status": SyncJob.Status.PENDING,
            "due_at": clock.now() - ago,
        },
    )


def test_each_figure_is_there_before_anything_happened():
    found = shown()

    assert found[("queue_waiting", "easyecom")] == 0
    assert found[("queue_oldest_seconds", "inbox")] == 0
    assert found[("orders_open", "received")] == 0
    assert found[("workers_at_work",)] == 0
    assert found[("holds", "everything")] == 0
    assert found[("passed_total", "pushed")] == 0
    assert {name for name, *_ in found} >= {"sync_jobs", "orders_blocked", "alerts_open"}


def test_queue_says_how_many_wait_and_since_when():
    due(make_order(), timedelta(minutes=3))
    due(make_order(order_number="BN-2"), timedelta(minutes=1))

    found = shown()

    assert found[("queue_waiting", "easyecom")] == 2
    assert 180 <= found[("queue_oldest_seconds", "easyecom")] < 190
    assert found[("sync_jobs", "pending")] == 2


def test_what_is_held_is_no_queue_and_the_hold_is_shown():
    order = make_order()
    due(order, timedelta(minutes=3))
    Hold.objects.create(seller=order.seller, reason="why", set_by="anna", set_at=clock.now())

    found = shown()

    assert found[("queue_waiting", "easyecom")] == 0
    assert (found[("holds", "everything")], found[("holds", "seller")]) == (0, 1)


def test_webhooks_that_wait_and_the_last_that_came():
    location = make_location()
    endpoint = location.endpoints.get(topic=Topic.INVENTORY)
    came = clock.now() - timedelta(seconds=40)
    Delivery.objects.create(
        endpoint=endpoint, location=location, topic=Topic.INVENTORY, received_at=came
    )
    Refusal.objects.create(
        endpoint_id=endpoint.pk, cause="no_token", hour=came, count=3, last_at=came
    )

    found = shown()

    assert found[("queue_waiting", "inbox")] == 1
    assert 40 <= found[("queue_oldest_seconds", "inbox")] < 50
    assert found[("webhook_last_arrival_timestamp_seconds", "inventory")] == came.timestamp()
    assert found[("webhook_refusals", "no_token")] == 3


def test_orders_by_stage_by_reason_and_beyond_their_limit():
    order = pushed(make_order())
    long_ago = clock.now() - timedelta(days=2)
    Order.objects.filter(pk=order.pk).update(stage_since=long_ago, blocked_reason="awb_late")

    found = shown()

    assert found[("orders_open", "awaiting_carrier")] == 1
    assert found[("orders_late", "awaiting_carrier")] == 1
    assert found[("orders_blocked", "awb_late")] == 1


def test_calls_by_outcome_and_use_and_what_is_left_of_the_day():
    seller = make_seller(daily_quota=100)
    order = make_order(make_location(seller=seller))
    call = open_call(order)
    ApiCall.objects.filter(pk=call.pk).update(
        is_open=False, outcome="done", started_at=clock.now(), ended_at=clock.now()
    )
    today = timezone.localdate()
    CallCount.objects.create(seller=seller, day=today, kind="x", is_polling=True, count=7)
    Quota.objects.update_or_create(
        seller=seller, defaults={"full_at": clock.now(), "day": today, "used_today": 30}
    )

    found = shown()

    assert found[("calls_lately", "done")] == 1
    assert (found[("calls_today", "polling")], found[("calls_today", "orders")]) == (7, 0)
    assert found[("quota_left", seller.code)] == 70
    assert found[("quota_limit", seller.code)] == 100


def test_workers_and_drains(settings):
    settings.WORKERS_EXPECTED = 2
    now = clock.now()
    Worker.objects.create(id="w", host="a", started_at=now, pulsed_at=now, beat_at=now)
    Drain.objects.update_or_create(
        pk=Drain.Kind.OUTBOX, defaults={"running_until": now + timedelta(seconds=60)}
    )

    found = shown()

    assert (found[("workers_at_work",)], found[("workers_expected",)]) == (1, 2)
    assert found[("worker_last_beat_timestamp_seconds",)] == now.timestamp()
    assert found[("drains_running", "outbox")] == 1


def test_what_passed_is_this_hours():
    seller = make_seller()
    hour = statistics.hour_of(clock.now())
    for ago, count in ((0, 4), (1, 9)):
        Tally.objects.create(
            seller=seller, kind=Tally.Kind.PUSHED, hour=hour - timedelta(hours=ago), count=count
        )

    assert shown()[("passed_total", "pushed")] == 4


def fill(numbers: range) -> None:
    for number in numbers:
        seller = make_seller(code=f"s{number}", daily_quota=100)
        location = make_location(seller=seller, location_key=f"key-{number}")
        due(make_order(location, order_number=f"BN-{number}"), timedelta(minutes=1))
        used = {"day": timezone.localdate(), "used_today": 10 * number}
        Quota.objects.update_or_create(seller=seller, defaults={"full_at": clock.now(), **used})


def test_cost_is_the_same_for_one_seller_and_for_many(monkeypatch):
    monkeypatch.setattr(figures, "MOST_SELLERS", 5)
    fill(range(1, 2))
    with CaptureQueriesContext(connection) as few:
        shown()
    fill(range(2, 9))

    with CaptureQueriesContext(connection) as many:
        found = shown()

    assert len(many) == len(few) <= MOST_QUERIES
    told = [labels for name, *labels in found if name == "quota_left"]
    assert told == [[f"s{number}"] for number in (8, 7, 6, 5, 4)]


def test_counts_stop_at_their_cap(monkeypatch):
    monkeypatch.setattr(counts, "MOST", 2)
    location = make_location()
    for number in range(3):
        make_order(location, order_number=f"BN-{number}")

    assert shown()[("orders_open", "received")] == 2


def test_no_label_is_a_person_an_order_or_a_sku():
    """Their values are the codes of this project, and codes of sellers where so many are told."""
    allowed = {"queue", "status", "stage", "reason", "state", "why", "outcome", "use", "seller"}
    allowed |= {"topic", "cause", "kind", "what", "over"}
    make_order()

    labels = {
        name for family in figures.all_figures() for each in family.samples for name in each.labels
    }

    assert labels <= allowed
    by_seller = {
        family.name
        for family in figures.all_figures()
        if any("seller" in each.labels for each in family.samples)
    }
    assert by_seller <= {"booon_quota_left", "booon_quota_limit"}
