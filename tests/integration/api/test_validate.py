"""What giving an order would come to, asked without giving it."""

import pytest
from django.utils import timezone

from integration.models import Event, Order, Product, SyncJob, UnmappedSku
from sellers.models import Location
from tests.factories import make_order
from tests.integration.api.conftest import BODY, ORDER_URL, body_with, body_without, fields

pytestmark = pytest.mark.django_db
URL = f"{ORDER_URL}validate/"


@pytest.fixture(autouse=True)
def place(location):
    return location


def product(location, sku, **fields):
    now = timezone.now()
    return Product.objects.create(
        seller=location.seller, location=location, sku=sku, seen_at=now, **fields
    )


def test_new_order_would_be_created_and_nothing_is_kept(api, woken):
    answer = api.post_json(URL, BODY)

    assert answer.status_code == 200
    assert answer.json() == {"result": "created", "missing_skus": [], "location_is_live": True}
    assert not Order.objects.exists() and not SyncJob.objects.exists()
    assert not Event.objects.exists() and not UnmappedSku.objects.exists()
    assert woken == []


def test_it_tells_the_same_from_a_change(api):
    api.put_json(ORDER_URL, BODY)

    assert api.post_json(URL, BODY).json()["result"] == "same"
    changed = body_with("lines.0.quantity", 3)
    assert api.post_json(URL, changed).json()["result"] == "changed"
    assert Order.objects.get().lines.get().quantity == 2
    assert Order.objects.get().revision == 1


def test_it_answers_what_its_put_would_be_refused_for(api, place):
    for body in (
        body_without("location_key"),
        body_with("payment.collectable_amount", "999"),
        body_with("ordered_at", "2100-01-01T00:00:00Z"),
    ):
        asked, given = api.post_json(URL, body), api.put_json(ORDER_URL, body)
        assert (asked.status_code, asked.json()) == (given.status_code, given.json())
        assert asked.status_code == 400
    elsewhere = body_with("location_key", "nowhere")
    assert fields(api.post_json(URL, elsewhere)) == ["location_key"]
    assert api.post_json(URL.replace("acme", "nobody"), BODY).status_code == 404

    make_order(place, order_number="BN-1001", stage="awaiting_carrier", easyecom_invoice_id="1")
    asked, given = api.post_json(URL, BODY), api.put_json(ORDER_URL, BODY)
    assert (asked.status_code, asked.json()) == (given.status_code, given.json())
    assert asked.status_code == 409


def test_it_names_the_skus_that_easyecom_does_not_have_each_once(api, place):
    line = BODY["lines"][0]
    lines = [line | {"line_id": f"L{n}", "sku": sku} for n, sku in enumerate("BADAC")]
    body = body_with("lines", lines) | {"payment": {"mode": "prepaid"}}
    # Nothing was read yet, so nothing is known to be missing.
    assert api.post_json(URL, body).json()["missing_skus"] == []
    product(place, "A")
    product(place, "C", gone_at=timezone.now(), is_active=False)

    assert api.post_json(URL, body).json()["missing_skus"] == ["B", "D", "C"]


def test_it_says_that_the_location_is_not_live(api, place):
    Location.objects.filter(pk=place.pk).update(live_at=None)

    assert api.post_json(URL, BODY).json()["location_is_live"] is False
