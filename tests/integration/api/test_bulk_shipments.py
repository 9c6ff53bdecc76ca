"""Shipment details of many orders in one request: each answered, and left behind, as by its PUT."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integration.models import ApiKey, Order, ShipmentDetails, SyncJob
from tests.factories import awb_conflict, make_location, make_order, make_seller, make_shipment
from tests.factories import pushed as at_easyecom
from tests.integration.api.conftest import SHIPMENT

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

URL = "/api/v1/shipments/bulk/"


def waits(location, number) -> Order:
    order = at_easyecom(make_order(location, order_number=number))
    SyncJob.objects.filter(order=order).update(status="succeeded", due_at=None)
    return order


def item(number="BN-1", **change):
    return SHIPMENT | {"seller": "acme", "order_number": number} | change


def give(api, *items):
    answer = api.post_json(URL, {"shipments": list(items)})
    assert answer.status_code == 200, answer.json()
    return answer.json()["results"]


def statuses(results):
    return [each["status"] for each in results]


@pytest.mark.parametrize("slash", ["", "/"])
def test_each_is_kept_and_answered_in_its_place(api, location, woken, slash):
    for number in ("BN-1", "BN-2"):
        waits(location, number)
    body = {"shipments": [item("BN-2", awb_number="A-2"), item("BN-1", awb_number="A-1")]}

    answer = api.post_json(URL.rstrip("/") + slash, body)

    results = answer.json()["results"]
    assert [each["order"]["shipment"]["awb_number"] for each in results] == ["A-2", "A-1"]
    assert [(each["seller"], each["order_number"]) for each in results] == [
        ("acme", "BN-2"),
        ("acme", "BN-1"),
    ]
    assert set(SyncJob.objects.values_list("status", flat=True)) == {"pending"}
    assert woken == ["outbox"]


def test_one_that_is_refused_is_no_matter_to_the_others(api, location):
    other = make_location()
    for number in ("BN-1", "BN-2", "BN-3"):
        waits(location, number)
    make_shipment(waits(location, "BN-4"), courier="Delhivery", awb_number="TAKEN-1")
    waits(other, "BN-5")

    results = give(
        api,
        item("BN-1", awb_number="A-1"),
        item("BN-2", awb_number="9.87655E+11"),
        item("BN-3", awb_number="TAKEN-1"),
        item("BN-NONE"),
        item("BN-5"),
        item("BN-1", seller="nobody"),
        "BN-1",
        {"seller": "acme"},
        item("BN-2", stage="manifested"),
        item("BN-3", awb_number="A-3"),
    )

    assert statuses(results) == [200, 400, 409, 404, 404, 404, 400, 400, 400, 200]
    assert "Order BN-4 that is not manifested yet" in results[2]["errors"][0]["message"]
    assert [each["errors"][0]["field"] for each in (results[1], results[2], results[8])] == [
        "awb_number",
        "awb_number",
        "stage",
    ]
    given = ShipmentDetails.objects.exclude(awb_number="TAKEN-1")
    assert sorted(given.values_list("awb_number", flat=True)) == ["A-1", "A-3"]


def test_same_details_again_change_nothing_and_wake_nobody(api, location, woken):
    waits(location, "BN-1")
    give(api, item())
    woken.clear()

    results = give(api, item(), item())

    assert (statuses(results), woken) == ([200, 200], [])


def test_conflict_is_settled_in_the_list_too(api, location):
    first, second = (awb_conflict(waits(location, n), f"XB-{n}") for n in ("BN-1", "BN-2"))
    ours = {"courier": second.shipment.courier, "awb_number": second.shipment.awb_number}

    refused, used, replaced = give(
        api,
        item("BN-1", awb_number="A-9"),
        item("BN-1", courier="Xpress", awb_number="XB-BN-1"),
        item("BN-2", **ours, replaces="XB-BN-2", reason="The label is ours."),
    )

    assert statuses([refused, used, replaced]) == [409, 200, 200]
    first.refresh_from_db()
    assert first.stage == "carrier_assigned"
    assert ShipmentDetails.objects.get(order=second).replaces == "XB-BN-2"


def test_key_of_some_sellers_gives_to_theirs_alone(api, location):
    waits(location, "BN-1")
    own = make_location(seller=make_seller(code="own"))
    waits(own, "BN-1")
    ApiKey.objects.update(is_limited=True)
    ApiKey.objects.get().sellers.add(own.seller)

    assert statuses(give(api, item(), item(seller="own"))) == [404, 200]


@pytest.mark.parametrize(
    "body", [{}, {"shipments": None}, {"shipments": {}}, {"shipments": [1] * 501}, {"x": []}]
)
def test_envelope_that_is_wrong_is_refused_whole(api, location, body):
    answer = api.post_json(URL, body)

    assert answer.status_code == 400
    assert not ShipmentDetails.objects.exists()


def test_only_with_a_key_and_only_by_post(api, client):
    assert client.post(URL).status_code == 401
    assert api.get(URL).status_code == 405


def test_reading_takes_as_many_queries_for_many_as_for_few(api, location):
    def queries(count: int) -> int:
        with CaptureQueriesContext(connection) as found:
            give(api, *(item(f"BN-NONE-{n}") for n in range(count)))
        return len(found)

    few = queries(1)

    assert queries(20) == few
