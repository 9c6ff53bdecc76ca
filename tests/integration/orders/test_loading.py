"""The orders of a turn with all that is beside them."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integration.models import Order, OrderLine, Product, SyncJob
from integration.orders import loading
from sellers.models import CarrierRegistration
from tests import only_on
from tests.factories import make_location, make_order, make_shipment, pushed

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def spelled(location, sku, text):
    Product.objects.create(
        seller=location.seller, location=location, sku=sku, spelled=text, seen_at=NOW
    )


def test_orders_are_found_by_their_jobs_and_no_others():
    first, second, _ = orders = [make_order() for _ in range(3)]
    place = SyncJob.objects.create(
        kind="location", seller=first.seller, location=first.location, status="pending"
    )
    jobs = [second.sync_job, place, first.sync_job]

    found = loading.lock(jobs)

    assert found == {first.sync_job.pk: first, second.sync_job.pk: second}
    assert list(found) == [first.sync_job.pk, second.sync_job.pk]
    assert loading.lock([]) == {}
    assert len(orders) == 3


@only_on.postgresql("row locks")
def test_orders_are_locked_in_the_order_of_their_keys():
    orders = [make_order() for _ in range(2)]

    with CaptureQueriesContext(connection) as queries:
        loading.lock([each.sync_job for each in orders])

    [read] = [each["sql"] for each in queries if 'FROM "integration_order" ' in each["sql"]]
    assert read.endswith('ORDER BY "integration_order"."id" ASC FOR NO KEY UPDATE')


def test_order_comes_with_its_lines_shipment_location_and_carrier_and_asks_no_more(
    django_assert_num_queries,
):
    location = make_location()
    CarrierRegistration.objects.update(company_carrier_id="4711")
    spelled(location, "KURTA-RED-M", "Kurta-Red-M")
    order = make_order(location)
    shipment = make_shipment(order)

    loaded = loading.load(order.sync_job)

    with django_assert_num_queries(0):
        assert loading.shipment_of(loaded) == shipment
        assert loading.carrier_of(loaded.location) == "4711"
        assert loaded.location.seller == order.seller
        assert loading.is_loaded(loaded) is True
        [(line, sku)] = loading.spelled_lines(loaded)
    assert (line.sku, sku) == ("KURTA-RED-M", "Kurta-Red-M")


def test_lines_are_read_only_for_orders_that_were_not_sent():
    sent, unsent = Order.objects.get(pk=pushed(make_order()).pk), make_order()
    unsent = Order.objects.get(pk=unsent.pk)

    loading.load_beside([sent, unsent])

    assert (loading.is_loaded(sent), loading.is_loaded(unsent)) == (False, True)
    assert loading.shipment_of(sent) is None


def test_sku_is_spelled_by_the_orders_own_seller_and_stays_where_nobody_spells_it():
    order, other = make_order(), make_location()
    OrderLine.objects.create(
        order=order,
        position=1,
        line_id="2",
        sku="SCARF",
        name="Scarf",
        quantity=1,
        unit_price=1,
    )
    spelled(other, "SCARF", "Theirs")
    spelled(order.location, "HAT", "Hat")
    spelled(order.location, "KURTA-RED-M", "")
    order = Order.objects.get(pk=order.pk)

    assert [sku for _, sku in loading.spelled_lines(order)] == ["KURTA-RED-M", "SCARF"]


def test_carrier_is_the_registered_one_of_the_location():
    location, other = make_location(), make_location()
    CarrierRegistration.objects.filter(location_key=other.location_key).update(
        company_carrier_id="9"
    )
    CarrierRegistration.objects.filter(location_key=location.location_key).update(
        company_carrier_id="4711"
    )
    assert loading.carrier_of(location) == "4711"

    CarrierRegistration.objects.filter(location_key=location.location_key).update(
        state="in_doubt", doubt_since=NOW
    )
    assert loading.carrier_of(location) == ""
