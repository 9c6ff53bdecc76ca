"""PostgreSQL ends a transaction in another's way. It is tried again; nothing is lost.

F18 of docs/reliability.md#2-faults.
"""

import threading
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction

from booon_console.lib import clock
from integration.models import Order, Stage, StockLevel, SyncJob
from integration.sync import engine
from integration.webhooks import processing
from tests.factories import make_location, make_order
from tests.integration import deliveries
from tests.integration.api.test_bulk import wait_for_a_lock
from tests.integration.conftest import API, bodies
from tests.integration.orders.test_intake import in_threads, needs_postgresql
from tests.integration.orders.test_push import created

pytestmark = pytest.mark.postgres


class Ended(Exception):
    """As psycopg tells a deadlock."""

    sqlstate = "40P01"


def timeout_of(duration: str) -> None:
    """Whoever has the shorter one is ended."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET deadlock_timeout = '{duration}'")


@pytest.mark.django_db
def test_delivery_that_was_in_the_way_twice_stays_stored_and_is_applied_next(monkeypatch):
    location = make_location()
    delivery = deliveries.inventory(location, ("A", 5))
    apply, ended = processing.apply, []

    def in_the_way(readings):
        if len(ended) < 2:
            ended.append(readings)
            raise OperationalError("deadlock detected") from Ended()
        return apply(readings)

    monkeypatch.setattr(processing, "apply", in_the_way)

    assert processing.drain(5) == 0
    delivery.refresh_from_db()
    assert delivery.status == "stored"
    assert processing.drain(5) == 1

    assert StockLevel.objects.get(sku="A").quantity == 5


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_batch_that_is_ended_by_a_deadlock_is_applied_all_the_same():
    location = make_location()
    deliveries.inventory(location, ("A", 1), ("B", 1))
    processing.drain(5)
    deliveries.inventory(location, ("A", 2), ("B", 2))
    has_one = threading.Event()

    def in_the_way():
        timeout_of("10s")
        with transaction.atomic():
            StockLevel.objects.select_for_update().get(sku="B")
            has_one.set()
            wait_for_a_lock()
            StockLevel.objects.select_for_update().get(sku="A")

    def judge():
        timeout_of("50ms")
        has_one.wait(30)
        return processing.drain(10)

    _, judged = in_threads(in_the_way, judge)

    assert judged == 1
    assert set(StockLevel.objects.values_list("quantity", flat=True)) == {2}


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_order_whose_worker_is_ended_by_a_deadlock_goes_out_once(easyecom):
    order = make_order()
    easyecom.post(f"{API}/webhook/v2/createOrder", json=created(order))
    has_job = threading.Event()

    def in_the_way():
        """The job before its order, which nobody of ours does."""
        timeout_of("10s")
        with transaction.atomic():
            SyncJob.objects.select_for_update().get(order=order)
            has_job.set()
            wait_for_a_lock()
            Order.objects.select_for_update().get(pk=order.pk)

    def work():
        timeout_of("50ms")
        has_job.wait(30)
        engine.drain(5)

    in_threads(in_the_way, work)
    SyncJob.objects.filter(lease_until__isnull=False).update(
        lease_until=clock.now() - timedelta(seconds=1)
    )
    engine.drain(5)

    order.refresh_from_db()
    assert order.stage == Stage.AWAITING_CARRIER
    assert len(bodies(easyecom, "createOrder")) == 1
