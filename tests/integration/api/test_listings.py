from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.models import ApiKey, Event, Listing, Product
from tests.factories import make_seller
from tests.integration.api.conftest import fields

pytestmark = pytest.mark.django_db

URL = "/api/v1/sellers/acme/listings/KURTA-RED-M/"
BODY = {
    "title": "Kurta, red, M",
    "price": "499.00",
    "mrp": "799.00",
    "active": True,
    "image_url": "https://images.booon.test/kurta.jpg",
}


def make_listings(seller, count):
    now = timezone.now()
    Listing.objects.bulk_create(
        Listing(
            seller=seller,
            sku=f"S{n}",
            title="T",
            price=1,
            created_at=now,
            updated_at=now + timedelta(seconds=n),
        )
        for n in range(count)
    )


@pytest.mark.parametrize("slash", ["", "/"])
def test_listing_is_taken_in_and_answered_with_its_body(api, location, slash):
    answer = api.put_json(URL.rstrip("/") + slash, BODY)

    assert answer.status_code == 201
    shown = answer.json()
    assert shown.pop("updated_at").endswith("Z")
    assert shown == BODY | {"seller": "acme", "sku": "KURTA-RED-M", "matched": False}
    assert api.get(URL).json()["title"] == "Kurta, red, M"


def test_what_was_done_to_a_listing_is_in_the_trail_with_the_key_that_did_it(api, location):
    api.put_json(URL, BODY)
    api.put_json(URL, BODY)
    api.put_json(URL, BODY | {"price": "450.00", "active": False})
    api.delete(URL)

    events = Event.objects.filter(kind="listing").order_by("pk")
    assert [event.sentence for event in events] == [
        "KURTA-RED-M listed.",
        "Listing of KURTA-RED-M changed: price 499.00 → 450.00; is_active True → False.",
        "Listing of KURTA-RED-M taken back.",
    ]
    name = ApiKey.objects.get().name
    assert {(event.actor, event.seller) for event in events} == {
        (f"booon · {name}", location.seller)
    }


def test_listing_given_again_is_changed_in_place(api, location):
    api.put_json(URL, BODY)

    answer = api.put_json(URL, {"title": "Kurta", "price": 450})

    assert answer.status_code == 200
    row = Listing.objects.get()
    assert (row.title, row.price, row.mrp) == ("Kurta", Decimal("450.00"), None)
    assert (row.is_active, row.image_url) == (True, "")


def test_listing_says_whether_easyecom_has_its_product(api, location):
    Product.objects.create(
        seller=location.seller, location=location, sku="KURTA-RED-M", seen_at=timezone.now()
    )

    assert api.put_json(URL, BODY).json()["matched"] is True


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 301}, "title"),
        ({"title": "nul \x00"}, "title"),
        ({"title": "kurta \u202edlog"}, "title"),
        ({"price": None}, "price"),
        ({"price": "-1"}, "price"),
        ({"price": "1.999"}, "price"),
        ({"price": "800.00"}, "price"),
        ({"price": True}, "price"),
        ({"mrp": "many"}, "mrp"),
        ({"active": "yes"}, "active"),
        ({"active": 1}, "active"),
        ({"image_url": "http://images.booon.test/kurta.jpg"}, "image_url"),
        ({"image_url": "https://me:pw@images.booon.test/kurta.jpg"}, "image_url"),
        ({"inventory": 3}, "inventory"),
        ({"sku": "KURTA"}, "sku"),
    ],
)
def test_what_is_not_right_is_refused_by_its_name(api, location, change, field):
    answer = api.put_json(URL, BODY | change)

    assert answer.status_code == 400
    assert fields(answer) == [field]
    assert not Listing.objects.exists()


@pytest.mark.parametrize("missing", ["title", "price"])
def test_title_and_price_are_needed(api, location, missing):
    body = {name: value for name, value in BODY.items() if name != missing}

    assert fields(api.put_json(URL, body)) == [missing]


@pytest.mark.parametrize(
    ("path", "sku"),
    [
        ("A%2FB", "A/B"),
        ("A/B", "A/B"),
        ("A%20B%23%3F", "A B#?"),
        ("%20A%20", "A"),
        ("%E0%A4%95", "क"),
        ("x" * 255, "x" * 255),
    ],
)
def test_sku_in_the_path_may_hold_anything(api, location, path, sku):
    url = f"/api/v1/sellers/acme/listings/{path}/"

    assert api.put_json(url, BODY).json()["sku"] == sku
    assert api.get(url).json()["sku"] == sku
    assert Listing.objects.get().sku == sku


@pytest.mark.parametrize("path", ["x" * 256, "%00", "%20"])
def test_path_that_is_no_sku_is_refused_by_its_name(api, location, path):
    url = f"/api/v1/sellers/acme/listings/{path}/"

    answer = api.put_json(url, BODY)

    assert answer.status_code == 400 and fields(answer) == ["sku"]
    assert api.get(url).status_code == 404


def test_listing_is_taken_back(api, location):
    api.put_json(URL, BODY)

    assert api.delete(URL).status_code == 204
    assert not Listing.objects.exists()
    assert [api.delete(URL).status_code, api.get(URL).status_code] == [404, 404]


def test_unknown_seller_is_a_404(api):
    assert api.put_json(URL, BODY).status_code == 404
    assert api.get(URL).status_code == 404
    assert api.delete(URL).status_code == 404


def test_nobody_lists_without_a_key(client, location):
    assert client.put(URL, "{}", content_type="application/json").status_code == 401
    assert client.get("/api/v1/listings/").status_code == 401


def test_listings_come_page_by_page_and_by_seller(api):
    seller, other = make_seller(code="acme"), make_seller()
    make_listings(seller, 5)
    make_listings(other, 1)

    found, url = [], "/api/v1/listings?seller=acme&limit=2"
    while url:
        page = api.get(url).json()
        found += page["results"]
        url = page["next"]

    assert [row["sku"] for row in found] == ["S0", "S1", "S2", "S3", "S4"]
    assert {row["seller"] for row in found} == {"acme"}


def test_listings_that_were_changed_later_are_asked_for(api):
    make_listings(make_seller(), 3)
    after = Listing.objects.get(sku="S1").updated_at.isoformat().replace("+", "%2B")

    page = api.get(f"/api/v1/listings/?updated_after={after}").json()

    assert [row["sku"] for row in page["results"]] == ["S2"]


def test_a_page_costs_the_same_however_long(api):
    make_listings(make_seller(), 3)
    with CaptureQueriesContext(connection) as few:
        api.get("/api/v1/listings/?limit=3")
    make_listings(make_seller(), 60)

    with CaptureQueriesContext(connection) as many:
        api.get("/api/v1/listings/?limit=60")

    assert len(many) == len(few)


def listed() -> list[str]:
    return list(Listing.objects.order_by("sku").values_list("sku", flat=True))


def test_a_sku_that_ends_in_a_slash_has_an_address_of_its_own(api, location):
    home = "/api/v1/sellers/acme/listings"
    assert api.put_json(f"{home}/ZZ/", BODY).status_code == 201
    assert api.put_json(f"{home}/?sku=ZZ%2F", BODY).json()["sku"] == "ZZ/"

    assert api.get(f"{home}?sku=ZZ%2F").json()["sku"] == "ZZ/"
    assert api.delete(f"{home}/?sku=ZZ%2F").status_code == 204
    assert listed() == ["ZZ"]
    assert api.delete(f"{home}/?sku=ZZ%2F").status_code == 404
    assert api.get(f"{home}/").status_code == 404
    assert fields(api.put_json(f"{home}/", BODY)) == ["sku"]


@pytest.mark.parametrize("path", ["ZZ/", "ZZ%2F"])
def test_an_address_that_may_mean_two_skus_touches_neither(api, location, path):
    """The case booon/21_listing_slash_end.json: a web server hands on both alike."""
    for sku in ("ZZ", "ZZ/"):
        api.put_json(f"/api/v1/sellers/acme/listings/?sku={sku}", BODY)
    url = f"/api/v1/sellers/acme/listings/{path}"

    answers = [api.delete(url), api.get(url), api.put_json(url, BODY | {"title": "Another"})]

    assert [answer.status_code for answer in answers] == [409, 409, 409]
    assert "listings/?sku=" in answers[0].json()["errors"][0]["message"]
    assert listed() == ["ZZ", "ZZ/"]
    assert not Listing.objects.filter(title="Another").exists()
    assert api.delete("/api/v1/sellers/acme/listings/ZZ%2F/").status_code == 204


def test_a_sku_of_a_listing_is_without_marks_that_nobody_sees(api, location):
    url = "/api/v1/sellers/acme/listings/cafe%CC%81%E2%80%8B/"

    assert api.put_json(url, BODY).json()["sku"] == "caf\u00e9"
    assert api.put_json("/api/v1/sellers/acme/listings/caf%C3%A9/", BODY).status_code == 200
