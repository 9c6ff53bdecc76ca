"""What went through in each hour: counted anew, a day back at most, and never twice."""

from datetime import timedelta

import pytest
from django.utils import timezone

from booon_console.lib import clock
from integration.models import Delivery, Tally
from integration.monitoring import statistics
from integration.worker import retention
from tests.factories import make_location, make_order, make_shipment, pushed

pytestmark = pytest.mark.django_db


@pytest.fixture
def hour():
    """One that is over, on the hour in India."""
    return statistics.hour_of(clock.now()) - timedelta(hours=3)


def push(at, location=None):
    order = pushed(make_order(location))
    order.change(pushed_at=at)
    return order


def counted(**which):
    return list(Tally.objects.filter(**which).order_by("hour").values_list("hour", "count"))


def test_each_kind_is_counted_in_its_hour(hour):
    order = push(hour)
    make_shipment(order, assigned_at=hour + timedelta(minutes=59, seconds=59))
    done = push(hour - timedelta(hours=1), order.location)
    done.change(stage="manifested", manifested_at=hour, stage_since=hour + timedelta(hours=1))
    for source in ("webhook", "reconciled"):
        Delivery.objects.create(
            location=order.location, topic="inventory", source=source, received_at=hour
        )

    statistics.count()

    assert counted(kind="pushed") == [(hour - timedelta(hours=1), 1), (hour, 1)]
    assert counted(kind="assigned") == [(hour, 1)]
    assert counted(kind="manifested") == [(hour + timedelta(hours=1), 1)]
    assert counted(kind="deliveries") == [(hour, 1)]
    assert set(Tally.objects.values_list("seller", flat=True)) == {order.seller_id}


def test_counting_again_changes_nothing_and_what_came_since_is_found(hour):
    location = make_location()
    push(hour, location)
    statistics.count()
    statistics.count()
    assert counted(kind="pushed") == [(hour, 1)]

    push(hour, location)
    statistics.count()

    assert counted(kind="pushed") == [(hour, 2)]


def test_worker_that_was_away_makes_up_for_a_day_and_no_more(hour):
    push(hour - timedelta(hours=10))
    push(hour - timedelta(hours=40))

    statistics.count()

    assert counted(kind="pushed") == [(hour - timedelta(hours=10), 1)]


def test_hours_begin_on_the_hour_in_india(hour):
    push(hour)

    statistics.count()

    assert timezone.localtime(Tally.objects.get().hour).minute == 0


def test_old_tallies_are_deleted(hour):
    seller = make_location().seller
    Tally.objects.create(seller=seller, kind="pushed", hour=hour, count=1)
    Tally.objects.create(seller=seller, kind="pushed", hour=hour - timedelta(days=31), count=1)

    retention.delete_old(clock.now())

    assert [tally.hour for tally in Tally.objects.all()] == [hour]
