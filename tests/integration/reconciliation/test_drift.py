"""Levels read back that are not those that stand here."""

from typing import Any

import pytest
from django.utils import timezone

from integration.models import Change, Delivery, Drift, Event, ReadBack
from integration.webhooks import processing
from sellers.models import Location
from tests.factories import make_location
from tests.integration.deliveries import inventory, levels, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def location() -> Location:
    """Read through once before."""
    location = make_location()
    ReadBack.objects.create(
        location=location,
        cause="first",
        asked_at=timezone.now(),
        ended_at=timezone.now(),
        arrival=0,
    )
    return location


def read_back(location: Location, *lines: tuple[str, int]) -> Delivery:
    body = {"inventoryData": [{"sku": sku, "inventory": level} for sku, level in lines]}
    return stored(location, "inventory", body, source="reconciled", endpoint=None)


def apply() -> None:
    processing.drain(5)


def drifts() -> list[tuple[Any, ...]]:
    return list(Drift.objects.order_by("sku").values_list("sku", "ours", "theirs", "is_mended"))


def test_level_that_differs_is_a_row_with_both_values_and_is_mended(location):
    inventory(location, ("A", 5), ("B", 7))
    apply()
    delivery = read_back(location, ("A", 4), ("B", 7))

    apply()

    drift = Drift.objects.get()
    assert drifts() == [("A", 5, 4, True)]
    assert (drift.location, drift.delivery) == (location, delivery)
    assert levels(location) == {"A": 4, "B": 7}
    assert Event.objects.get(kind="drift").delivery == delivery


def test_policy_may_be_to_report_only(location, settings):
    settings.STOCK_DRIFT_POLICY = "report"
    inventory(location, ("A", 5), ("B", 7))
    apply()
    changes = Change.objects.count()
    read_back(location, ("A", 4), ("B", 7), ("C", 1))

    apply()

    assert drifts() == [("A", 5, 4, False), ("C", None, 1, False)]
    assert levels(location) == {"A": 5, "B": 7}
    assert Change.objects.count() == changes


def test_level_that_was_not_here_at_all_drifted_from_none(location):
    read_back(location, ("A", 4))

    apply()

    assert drifts() == [("A", None, 4, True)]
    assert levels(location) == {"A": 4}


def test_first_read_back_of_a_location_fills_it(settings):
    settings.STOCK_DRIFT_POLICY = "report"
    location = make_location()
    inventory(location, ("A", 5))
    apply()
    read_back(location, ("A", 4), ("B", 2))
    last = read_back(location, ("C", 3))
    ReadBack.objects.create(
        location=location,
        cause="first",
        asked_at=timezone.now(),
        ended_at=timezone.now(),
        arrival=last.pk,
    )

    apply()

    assert drifts() == []
    assert levels(location) == {"A": 4, "B": 2, "C": 3}


def test_webhook_that_came_while_easyecom_answered_is_newer_and_no_drift(location):
    inventory(location, ("A", 5))
    apply()
    delivery = read_back(location, ("A", 5))
    Delivery.objects.filter(pk=delivery.pk).update(status="asked")
    inventory(location, ("A", 3))
    apply()
    Delivery.objects.filter(pk=delivery.pk).update(status="stored")

    apply()

    assert drifts() == []
    assert levels(location) == {"A": 3}


def test_webhooks_around_it_in_the_same_batch_are_no_drift(location):
    inventory(location, ("A", 5), ("B", 5))
    apply()
    inventory(location, ("A", 4))
    read_back(location, ("A", 4), ("B", 5))
    inventory(location, ("B", 3))

    apply()

    assert drifts() == []
    assert levels(location) == {"A": 4, "B": 3}


def test_replayed_read_back_drifts_no_more(location, settings):
    settings.STOCK_DRIFT_POLICY = "report"
    inventory(location, ("A", 5))
    apply()
    delivery = read_back(location, ("A", 4))
    apply()

    processing.replay(Delivery.objects.filter(pk=delivery.pk))
    apply()

    assert drifts() == [("A", 5, 4, False)]
