"""Two drains at the same deliveries, and two that ask for the same ones again."""

from django.db import transaction

from integration.models import Change, StockEntry, StockLevel
from integration.webhooks import processing
from tests import races
from tests.factories import make_location
from tests.integration import deliveries

pytestmark = races.marks


def parsed():
    return [processing.parse(delivery) for delivery in processing.next_batch()]


def test_delivery_that_two_drains_have_read_is_applied_by_one():
    location = make_location()
    delivery = deliveries.inventory(location, ("A", 5))
    mine, theirs = parsed(), parsed()

    applied = races.meet(lambda: processing.apply(mine), lambda: processing.apply(theirs))

    delivery.refresh_from_db()
    assert applied == (1, 0)
    assert (delivery.status, delivery.times_applied) == ("applied", 1)
    assert (StockEntry.objects.count(), Change.objects.count()) == (1, 1)


def test_drain_waits_for_no_delivery_that_another_has_in_hand():
    location = make_location()
    deliveries.inventory(location, ("A", 5))
    mine = parsed()
    deliveries.inventory(location, ("B", 6))
    beside = races.Beside(processing.drain)

    with transaction.atomic():
        processing.apply(mine)
        beside.begin()
        has_waited = beside.until_it_waits()
    beside.until_it_ends()

    assert (has_waited, beside.found) == (False, 1)
    assert set(StockLevel.objects.values_list("sku", "quantity")) == {("A", 5), ("B", 6)}
