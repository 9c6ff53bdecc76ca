"""A key limited to some sellers sees and touches nothing of the others."""

import hashlib
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from integration.feed.long_poll import watch
from integration.models import ApiKey, ChangeCounter, Listing, Order, Product, StockLevel
from tests.factories import make_location, make_order, make_seller, make_shipment
from tests.integration.api.conftest import BODY, KEY, SHIPMENT, Api, fields
from tests.integration.api.test_listings import BODY as LISTING
from tests.integration.feed.test_feed import make_changes

pytestmark = pytest.mark.django_db

LIMITED = "booon_limited-canary-key"
LISTS = ("orders", "stock", "products", "listings")


def make_key(*sellers, name="limited", key=LIMITED):
    row = ApiKey.objects.create(
        name=name, digest=hashlib.sha256(key.encode()).hexdigest(), is_limited=True
    )
    row.sellers.set(sellers)
    return row


def fill(code):
    """A seller with one of everything."""
    location = make_location(seller=make_seller(code=code), location_key=f"key-of-{code}")
    of = {"seller": location.seller, "location": location}
    now = timezone.now()
    make_shipment(make_order(location, order_number="BN-1"))
    StockLevel.objects.create(**of, sku="A", quantity=1, arrival=1, line=0, updated_at=now)
    Product.objects.create(**of, sku="A", seen_at=now)
    Listing.objects.create(
        seller=location.seller, sku="A", title="T", price=1, created_at=now, updated_at=now
    )
    return location


@pytest.fixture
def ours(db):
    return fill("ours")


@pytest.fixture
def theirs(db):
    return fill("theirs")


@pytest.fixture
def limited(ours, theirs):
    make_key(ours.seller)
    return Api(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {LIMITED}"})


def codes(api, path):
    return {row["seller"] for row in api.get(f"/api/v1/{path}").json()["results"]}


@pytest.mark.parametrize("name", LISTS)
def test_lists_show_its_own_sellers_only(limited, api, name):
    assert codes(limited, f"{name}/") == codes(limited, f"{name}/?seller=ours") == {"ours"}
    assert codes(api, f"{name}/") == {"ours", "theirs"}


@pytest.mark.parametrize("name", LISTS)
def test_another_seller_is_unknown_to_a_list_as_one_that_is_not_there(limited, name):
    answers = [limited.get(f"/api/v1/{name}/?seller={code}") for code in ("theirs", "nobody")]

    assert [answer.status_code for answer in answers] == [400, 400]
    assert answers[0].content == answers[1].content
    assert fields(answers[0]) == ["seller"]


def test_location_of_another_seller_is_unknown_too(limited):
    answer = limited.get("/api/v1/stock/?location_key=key-of-theirs")

    assert (answer.status_code, fields(answer)) == (400, ["location_key"])


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("get", "orders/BN-1/", None),
        ("put", "orders/BN-1/", BODY | {"location_key": "key-of-theirs"}),
        ("put", "orders/BN-2/", BODY | {"location_key": "key-of-theirs"}),
        ("delete", "orders/BN-1/", None),
        ("get", "orders/BN-1/shipment/", None),
        ("put", "orders/BN-1/shipment/", SHIPMENT),
        ("get", "listings/A/", None),
        ("put", "listings/A/", LISTING),
        ("put", "listings/B/", LISTING),
        ("delete", "listings/A/", None),
    ],
)
def test_single_things_of_another_seller_are_not_found(limited, method, path, body):
    def ask(code):
        url = f"/api/v1/sellers/{code}/{path}"
        return limited.put_json(url, body) if body else getattr(limited, method)(url)

    foreign, missing = ask("theirs"), ask("nobody")

    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    assert Order.objects.count() == Listing.objects.count() == 2
    assert set(Order.objects.values_list("stage", flat=True)) == {"received"}
    assert ask("ours").status_code in (200, 201, 204, 400)


def test_orders_do_not_go_to_a_location_of_another_seller(limited):
    body = BODY | {"location_key": "key-of-theirs"}

    answer = limited.put_json("/api/v1/sellers/ours/orders/BN-9/", body)

    assert (answer.status_code, fields(answer)) == (400, ["location_key"])


def test_key_of_no_seller_sees_nothing(theirs):
    make_key()
    api = Api(headers={"Authorization": f"Bearer {LIMITED}"})

    assert [codes(api, f"{name}/") for name in LISTS] == [set()] * len(LISTS)


def test_use_of_a_key_is_remembered_to_the_minute(api, key, monkeypatch):
    ApiKey.objects.update(last_used_at=None)
    start = timezone.now()
    for seconds, noted in ((0, 0), (59, 0), (60, 60), (61, 60)):
        monkeypatch.setattr(timezone, "now", lambda at=seconds: start + timedelta(seconds=at))
        assert api.get("/api/v1/orders/").status_code == 200
        key.refresh_from_db()
        assert key.last_used_at == start + timedelta(seconds=noted)


def test_refused_key_leaves_no_trace(client, key):
    ApiKey.objects.update(revoked_at=timezone.now(), last_used_at=None)

    answer = client.get("/api/v1/orders/", headers={"Authorization": f"Bearer {KEY}"})

    assert answer.status_code == 401
    assert ApiKey.objects.get().last_used_at is None


def test_reading_goes_on_where_the_use_cannot_be_noted(api, monkeypatch):
    def locked(*args):
        raise OperationalError("database is locked")

    monkeypatch.setattr(ApiKey, "note_use", locked)

    assert api.get("/api/v1/orders/").status_code == 200


def test_feed_shows_its_own_changes_and_moves_past_the_others(limited, api, ours, theirs):
    for location in (theirs, ours, theirs):
        make_changes(location, 1)

    page = limited.get("/api/v1/changes/").json()

    assert [row["seller"] for row in page["results"]] == ["ours"]
    assert page["cursor"] == "3"
    again = limited.get("/api/v1/changes/?after=3").json()
    assert again == {"results": [], "cursor": "3"}
    assert len(api.get("/api/v1/changes/").json()["results"]) == 3


def test_change_of_another_seller_ends_no_wait(limited, ours, theirs, monkeypatch):
    make_changes(theirs, 1)
    waits = []

    def wait(after, seconds):
        waits.append(after)
        make_changes(theirs if len(waits) < 3 else ours, 1)
        return True

    monkeypatch.setattr(watch, "wait", wait)

    page = limited.get("/api/v1/changes/?after=0&wait=20").json()

    assert waits == [1, 2, 3]
    assert [row["seller"] for row in page["results"]] == ["ours"]
    assert page["cursor"] == "4"


def test_wait_that_was_in_vain_gives_where_to_go_on(limited, theirs, monkeypatch):
    make_changes(theirs, 1)
    monkeypatch.setattr(watch, "wait", lambda after, seconds: False)

    page = limited.get("/api/v1/changes/?wait=20").json()

    assert page == {"results": [], "cursor": "1"}


def test_too_late_is_said_to_a_limited_key_too(limited):
    ChangeCounter.objects.create(pk=1, last=9, forgotten=5)

    answer = limited.get("/api/v1/changes/?after=4")

    assert answer.status_code == 410
    assert (answer.json()["oldest"], answer.json()["cursor"]) == ("6", "5")
