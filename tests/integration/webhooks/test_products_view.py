"""Booon's listings as EasyEcom fetches them."""

from decimal import Decimal

import pytest
from django.db import DataError, OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.catalog import listings
from integration.models import Delivery, Listing, Refusal
from integration.webhooks import auth, products_view
from sellers.models import Location
from tests.factories import endpoint_token, make_location
from tests.integration.catalog.test_sku_mapping import LISTED

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget_tokens():
    auth.trusted.clear()


@pytest.fixture
def location() -> Location:
    return make_location()


def url_of(location, topic="inventory"):
    return f"/webhooks/easyecom/{location.endpoints.get(topic=topic).pk}/products"


def fetch(client, location, url=None, **headers):
    headers = headers or {"Access-Token": endpoint_token(location, "inventory")}
    return client.get(url or url_of(location), headers=headers)


def list_many(location, count):
    now = timezone.now()
    Listing.objects.bulk_create(
        Listing(
            seller=location.seller,
            sku=f"S{n}",
            title=f"Thing {n}",
            price=1,
            created_at=now,
            updated_at=now,
        )
        for n in range(count)
    )


def causes():
    return list(Refusal.objects.values_list("cause", flat=True))


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize("header", ["Access-Token", "Authorization"])
def test_listings_are_shaped_like_easyecoms_own_products(client, location, slash, header):
    facts = LISTED | {"mrp": Decimal("799.50"), "image_url": "https://images.booon.test/a.jpg"}
    listing, _ = listings.put(location.seller, "KURTA", facts, actor="booon")
    token = endpoint_token(location, "inventory")
    headers = {header: f"Bearer {token}" if header == "Authorization" else token}

    answer = fetch(client, location, url_of(location) + slash, **headers)

    assert answer.status_code == 200
    body = answer.json()
    (row,) = body["data"]
    assert body["nextUrl"] is None
    made = [row.pop("created_at"), row.pop("updated_at")]
    assert all(len(moment) == len("2026-11-23 10:15:00") for moment in made)
    assert row == {
        "cp_id": listing.pk,
        "product_id": listing.pk,
        "sku": "KURTA",
        "product_name": "Kurta",
        "active": 1,
        "product_type": "normal_product",
        "mrp": 799.5,
        "price": 499,
        "product_image_url": "https://images.booon.test/a.jpg",
    }


def test_no_listings_are_easyecoms_own_words_for_none(client, location):
    listings.put(make_location().seller, "A", LISTED, actor="booon")

    assert fetch(client, location).json() == {"data": "No Data Found", "nextUrl": None}


def test_next_url_leads_relatively_to_the_end(client, location):
    list_many(location, 5)
    found, url = [], f"{url_of(location)}?limit=2"

    while url:
        assert url.startswith("/webhooks/")
        page = fetch(client, location, url).json()
        found.append([row["sku"] for row in page["data"]])
        url = page["nextUrl"]

    assert found == [["S0", "S1"], ["S2", "S3"], ["S4"]]


@pytest.mark.parametrize(
    ("limit", "count"),
    [("0", 1), ("1", 1), ("999999", 200), ("", 100), ("x", 100), ("-5", 100), ("9" * 30, 100)],
)
def test_limit_is_kept_within_bounds(client, location, limit, count):
    list_many(location, 201)

    page = fetch(client, location, f"{url_of(location)}?limit={limit}").json()

    assert len(page["data"]) == count


@pytest.mark.parametrize("cursor", ["x", "%00", "=" * 9, "LTU", "OTk5OTk5OTk5OTk5OTk5OTk5OTk5"])
def test_cursor_that_is_not_ours_is_refused(client, location, cursor):
    answer = fetch(client, location, f"{url_of(location)}?cursor={cursor}")

    assert answer.status_code == 400
    assert [list(error) for error in answer.json()["errors"]] == [["field", "message"]]
    assert causes() == ["bad_cursor"]


@pytest.mark.parametrize(
    ("headers", "cause"),
    [
        ({"X-Nothing": "1"}, "no_token"),
        ({"Access-Token": "wrong"}, "wrong_token"),
        ({"Access-Token": "one", "Authorization": "Bearer other"}, "two_tokens"),
    ],
)
def test_without_the_inventory_endpoints_token_it_is_a_counted_401(
    client, location, headers, cause
):
    answer = fetch(client, location, **headers)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    (error,) = answer.json()["errors"]
    assert error["field"] == "" and error["message"]
    assert causes() == [cause]


def test_manifested_endpoint_opens_no_shelf(client, location):
    token = endpoint_token(location, "manifested")

    answer = fetch(client, location, url_of(location, "manifested"), **{"Access-Token": token})

    assert answer.status_code == 401
    assert causes() == ["wrong_topic"]


def test_unknown_endpoint_is_the_same_401(client):
    answer = client.get("/webhooks/easyecom/nobody/products", headers={"Access-Token": "x"})

    assert answer.status_code == 401
    assert causes() == ["unknown_endpoint"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD"])
def test_other_methods_are_a_counted_405(client, location, method):
    answer = client.generic(method, url_of(location), b"{}")

    assert answer.status_code == 405
    assert answer["Allow"] == "GET"
    assert causes() == ["method"]
    assert not Delivery.objects.exists()


def test_it_only_reads_and_costs_the_same_however_much_is_listed(client, location):
    url = url_of(location) + "?limit=200"
    list_many(location, 2)
    fetch(client, location, url)
    with CaptureQueriesContext(connection) as few:
        fetch(client, location, url)
    Listing.objects.all().delete()
    list_many(location, 300)

    with CaptureQueriesContext(connection) as many:
        fetch(client, location, url)

    assert len(few) == len(many) == 1
    assert all(query["sql"].startswith("SELECT") for query in many)


def test_database_that_is_away_is_a_503(client, location, monkeypatch):
    def away(*args):
        raise OperationalError

    monkeypatch.setattr(products_view, "page", away)

    answer = fetch(client, location)

    assert answer.status_code == 503
    assert answer["Retry-After"]


def test_fault_of_ours_in_the_database_is_no_503(client, location, monkeypatch):
    def fail(*args):
        raise DataError

    monkeypatch.setattr(products_view, "page", fail)
    client.raise_request_exception = False

    answer = fetch(client, location)

    assert answer.status_code == 500
    assert "Retry-After" not in answer
