"""A read-back's pages, each under an arrival number that was taken before it was asked for."""

import json

import pytest
from django.utils import timezone

from integration.models import Delivery, ReadBack, SyncJob
from integration.reconciliation import schedule
from integration.sync import leases
from integration.webhooks import processing
from tests.factories import make_location
from tests.integration.conftest import run
from tests.integration.deliveries import levels
from tests.integration.reconciliation.test_schedule import INVENTORY, page
from tests.integration.turns import advance

pytestmark = pytest.mark.django_db


def statuses(location):
    return list(location.deliveries.order_by("pk").values_list("status", flat=True))


def wanted(location):
    schedule.run_round()
    return SyncJob.objects.get(kind="stock", location=location)


def test_page_that_was_handed_in_stays_so_while_the_next_is_asked_for(easyecom):
    location = make_location()
    easyecom.get(INVENTORY, json=page(location, "/getInventoryDetailsV3?cursor=2", "A"))
    easyecom.get(f"{INVENTORY}?cursor=2", json=page(location, None, "B"))

    run(wanted(location))

    assert statuses(location) == ["stored", "stored"]
    processing.drain()
    assert levels(location) == {"A": 1, "B": 1}


def test_number_of_a_killed_worker_is_closed_when_the_page_is_asked_for_again(easyecom):
    location = make_location()
    (job,) = leases.claim([wanted(location).pk], timezone.now())
    assert advance(job) is not None
    SyncJob.objects.filter(pk=job.pk).update(lease_until=timezone.now() - schedule.AWAY)
    easyecom.get(INVENTORY, json=page(location, None, "A"))

    run(job)

    assert statuses(location) == ["empty", "stored"]
    assert ReadBack.objects.get().arrival == Delivery.objects.latest("pk").pk


@pytest.mark.parametrize(
    ("answer", "is_over"),
    [
        ({"json": {"code": 400, "message": "Invalid cursor", "data": []}}, True),
        ({"status": 502, "body": "<html>"}, False),
        ({"status": 429}, False),
        ({"status": 403, "json": {"message": "Forbidden"}}, False),
    ],
    ids=["refused", "unknown", "limited", "forbidden"],
)
def test_number_under_which_no_levels_come_is_closed(easyecom, answer, is_over):
    location = make_location()
    easyecom.get(INVENTORY, **answer)

    run(wanted(location), seconds=1)

    assert statuses(location) == ["empty"]
    assert (ReadBack.objects.get().ended_at is not None) == is_over


def test_page_without_levels_of_this_location_is_no_delivery_to_apply(easyecom):
    location, other = make_location(), make_location()
    easyecom.get(INVENTORY, json=page(other, None, "A"))

    run(wanted(location))

    assert statuses(location) == ["empty"]
    assert json.loads(bytes(Delivery.objects.get(location=location).body)) == {"inventoryData": []}
