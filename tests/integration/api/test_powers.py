"""What a key opens besides its sellers: parts of the API, reading alone, so many calls a minute."""

import hashlib
from collections import Counter
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import OperationalError
from django.urls import get_resolver

from integration.api import rate
from integration.api.views.base import ApiView
from integration.models import ApiKey, Area, Order
from tests.factories import make_location, make_order, make_seller
from tests.integration.api.conftest import BODY, ORDER_URL, SHIPMENT, Api, fields

pytestmark = pytest.mark.django_db

NARROW = "booon_narrow-canary-key"
NOON = datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)
# Each address with a method that reads and, where there is one, one that writes.
READS = {
    "/api/v1/orders/": Area.ORDERS,
    ORDER_URL: Area.ORDERS,
    f"{ORDER_URL}shipment/": Area.SHIPMENTS,
    "/api/v1/stock/": Area.STOCK,
    "/api/v1/products/": Area.STOCK,
    "/api/v1/listings/": Area.STOCK,
    "/api/v1/sellers/acme/listings/?sku=A": Area.STOCK,
    "/api/v1/sellers/acme/listings/A/": Area.STOCK,
    "/api/v1/changes/": Area.CHANGES,
}
WRITES = {
    ("put", ORDER_URL): Area.ORDERS,
    ("delete", ORDER_URL): Area.ORDERS,
    ("post", f"{ORDER_URL}validate/"): Area.ORDERS,
    ("post", "/api/v1/orders/bulk/"): Area.ORDERS,
    ("put", f"{ORDER_URL}shipment/"): Area.SHIPMENTS,
    ("post", "/api/v1/shipments/bulk/"): Area.SHIPMENTS,
    ("put", "/api/v1/sellers/acme/listings/A/"): Area.STOCK,
    ("delete", "/api/v1/sellers/acme/listings/A/"): Area.STOCK,
    ("put", "/api/v1/sellers/acme/listings/?sku=A"): Area.STOCK,
    ("delete", "/api/v1/sellers/acme/listings/?sku=A"): Area.STOCK,
}


def narrow(**powers):
    digest = hashlib.sha256(NARROW.encode()).hexdigest()
    row = ApiKey.objects.create(name="narrow", digest=digest, **powers)
    return row, Api(headers={"Authorization": f"Bearer {NARROW}"})


def views_of_the_api():
    """Every view below /api/v1/, as the URL configuration has them."""
    return {
        pattern.callback.view_class
        for group in get_resolver().url_patterns
        if str(group.pattern).startswith("api/")
        for pattern in group.url_patterns
        if str(pattern.pattern).startswith("v1/")
    }


def test_every_view_says_which_part_it_belongs_to():
    found = {view: view.area for view in views_of_the_api()}

    assert all(issubclass(view, ApiView) for view in found)
    assert Counter(found.values()) == {
        Area.ORDERS: 5,
        Area.SHIPMENTS: 2,
        Area.STOCK: 5,
        Area.CHANGES: 1,
        None: 1,
    }


@pytest.mark.parametrize("area", Area)
def test_key_of_one_part_opens_that_and_no_other(area):
    make_order(make_location(seller=make_seller(code="acme")), order_number="BN-1001")
    _, api = narrow(areas=area.value)

    for url, of in READS.items():
        answer = api.get(url)
        assert (answer.status_code == 403) is (of is not area), url
        if of is not area:
            assert answer.json()["errors"][0]["message"] == (
                f"This API key opens {area.value}; {of.value} takes another key."
            )
    for (method, url), of in WRITES.items():
        answer = getattr(api, method)(url, "{}", content_type="application/json")
        assert (answer.status_code == 403) is (of is not area), (method, url)
    assert api.get("/api/v1/sellers/").status_code == 200


def test_key_of_two_parts_opens_both():
    _, api = narrow(areas="orders stock")

    assert api.get("/api/v1/orders/").status_code == 200
    assert api.get("/api/v1/stock/").status_code == 200
    assert api.get("/api/v1/changes/").status_code == 403


def test_key_that_reads_only_changes_nothing():
    location = make_location(seller=make_seller(code="acme"), location_key=BODY["location_key"])
    make_order(location, order_number="BN-1001")
    _, api = narrow(is_read_only=True)

    for method, url in WRITES:
        answer = getattr(api, method)(url, "{}", content_type="application/json")
        assert answer.status_code == 403, (method, url)
        assert "reads only" in answer.json()["errors"][0]["message"]
    assert api.put_json(ORDER_URL.replace("1001", "1002"), BODY).status_code == 403
    assert api.put_json(f"{ORDER_URL}shipment/", SHIPMENT).status_code == 403
    assert [order.order_number for order in Order.objects.all()] == ["BN-1001"]
    for url in ("/api/v1/orders/", ORDER_URL, "/api/v1/changes/", "/api/v1/sellers/"):
        assert api.get(url).status_code == 200, url


@pytest.mark.parametrize(
    ("powers", "said"),
    [
        ({}, "reads and writes everything"),
        ({"areas": "orders stock"}, "reads and writes orders, stock"),
        ({"is_read_only": True}, "reads everything"),
    ],
)
def test_key_says_what_it_is_for(powers, said):
    assert narrow(**powers)[0].powers == said


@pytest.fixture
def limits(monkeypatch):
    """Nothing was allotted to this process yet."""
    monkeypatch.setattr(rate, "calls", rate.Calls())


@pytest.mark.postgres
@pytest.mark.parametrize(("most", "answered"), [(1, 1), (7, 7), (120, 120)])
def test_key_has_its_calls_of_a_minute_and_then_waits_for_the_next(limits, most, answered):
    _, api = narrow(calls_per_minute=most)
    with time_machine.travel(NOON, tick=False) as moment:
        said = [api.get("/api/v1/sellers/").status_code for _ in range(most + 1)]
        assert said == [200] * answered + [429]

        refused = api.get("/api/v1/sellers/")
        assert fields(refused) == [""]
        assert refused["Retry-After"] == "50"
        assert f"{most} calls of this minute. Go on after 50 s." in refused.content.decode()

        moment.shift(50)
        assert api.get("/api/v1/sellers/").status_code == 200


def test_each_answer_says_what_is_left_at_least(limits):
    _, api = narrow(calls_per_minute=120)
    names = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
    with time_machine.travel(NOON, tick=False):
        answers = [api.get("/api/v1/sellers/") for _ in range(121)]

    said = [[answer[name] for name in names] for answer in answers]
    assert said == [["120", str(max(119 - n, 0)), "50"] for n in range(121)]


NAMES = {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}


@pytest.mark.parametrize(
    ("method", "url", "status", "left"),
    [
        ("get", "/api/v1/sellers/", 200, ["119", "118"]),
        ("get", "/api/v1/stock/?limit=0", 400, ["119", "118"]),
        ("get", "/api/v1/sellers/no-such/listings/A/", 404, ["119", "118"]),
        ("options", "/api/v1/stock/", 405, ["119", "118"]),
        # What a key does not open, and what is not there, takes no call.
        ("get", "/api/v1/orders/", 403, ["120", "120"]),
        ("put", f"{ORDER_URL}shipment/", 403, ["120", "120"]),
        ("patch", "/api/v1/stock/", 403, ["120", "120"]),
        ("get", "/api/v1/no-such/", 404, ["120", "120"]),
        ("get", "/api/", 404, ["120", "120"]),
    ],
)
def test_every_answer_to_a_key_says_what_is_left(limits, method, url, status, left):
    _, api = narrow(areas="stock", is_read_only=True, calls_per_minute=120)
    with time_machine.travel(NOON, tick=False):
        said = [getattr(api, method)(url) for _ in range(2)]

    assert [answer.status_code for answer in said] == [status, status]
    assert [answer["RateLimit-Remaining"] for answer in said] == left
    assert all(answer["RateLimit-Limit"] == "120" for answer in said)
    assert all(answer["RateLimit-Reset"] == "50" for answer in said)


@pytest.mark.parametrize("url", ["/api/v1/stock/", "/api/v1/nothing/"])
def test_answers_to_no_key_or_an_unknown_one_say_nothing_of_a_limit(limits, client, url):
    unknown = client.get(url, headers={"Authorization": "Bearer booon_unknown"})

    assert not NAMES & {*unknown.headers, *client.get(url).headers}
    assert unknown.status_code == client.get(url).status_code


def test_answers_of_a_key_without_a_limit_say_nothing_of_one(limits):
    _, api = narrow(calls_per_minute=0)

    assert "RateLimit-Limit" not in api.get("/api/v1/sellers/")


def test_limit_is_of_all_web_servers_together(limits, monkeypatch):
    _, api = narrow(calls_per_minute=100)
    with time_machine.travel(NOON, tick=False):
        # 100 calls are allotted two at a time, to whoever asks first.
        said = Counter()
        servers = [rate.Calls() for _ in range(3)]
        for n in range(120):
            monkeypatch.setattr(rate, "calls", servers[n % 3])
            said[api.get("/api/v1/sellers/").status_code] += 1

    assert said == {200: 100, 429: 20}


def test_one_keys_calls_are_nobody_elses(limits, api, key):
    _, other = narrow(calls_per_minute=1)
    key.calls_per_minute = 2
    key.save()

    with time_machine.travel(NOON, tick=False):
        assert [other.get("/api/v1/sellers/").status_code for _ in range(2)] == [200, 429]
        assert [api.get("/api/v1/sellers/").status_code for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("by_setting", "own", "refused"),
    [(1, None, True), (1, 0, False), (0, None, False), (0, 1, True)],
)
def test_limit_is_the_keys_own_or_the_settings(settings, limits, by_setting, own, refused):
    settings.API_CALLS_PER_MINUTE = by_setting
    _, api = narrow(calls_per_minute=own)

    with time_machine.travel(NOON, tick=False):
        said = [api.get("/api/v1/sellers/").status_code for _ in range(3)]

    assert (429 in said) is refused


def test_refused_calls_and_unknown_keys_take_nothing_from_a_key(limits, client):
    _, api = narrow(calls_per_minute=1, areas="orders")

    with time_machine.travel(NOON, tick=False):
        client.get("/api/v1/orders/", headers={"Authorization": f"Bearer {NARROW}x"})
        api.get("/api/v1/stock/")
        assert api.get("/api/v1/orders/").status_code == 200


def test_reading_goes_on_where_nothing_can_be_written(limits, monkeypatch):
    def away(*args):
        raise OperationalError

    _, api = narrow(calls_per_minute=1)
    monkeypatch.setattr(ApiKey, "allot", away)
    monkeypatch.setattr(ApiKey, "note_use", away)

    with time_machine.travel(NOON, tick=False):
        assert [api.get("/api/v1/sellers/").status_code for _ in range(3)] == [200] * 3


BUYER = ("Buyer Canary", "Street Canary", "Second Canary", "98765", "canary@mail.test")


def test_key_for_shipments_alone_reads_no_buyer(api, location):
    address = BODY["shipping_address"] | dict(
        zip(("name", "line1", "line2", "phone", "email"), BUYER, strict=True)
    )
    item = {"seller": "acme", "order_number": "BN-1001"} | SHIPMENT
    api.put_json(ORDER_URL, BODY | {"shipping_address": address, "billing_address": address})
    _, narrowed = narrow(areas="shipments")

    answers = [
        narrowed.put_json(f"{ORDER_URL}shipment/", SHIPMENT),
        narrowed.get(f"{ORDER_URL}shipment/"),
        narrowed.post_json("/api/v1/shipments/bulk/", {"shipments": [item]}),
    ]

    for answer in answers:
        assert answer.status_code == 200
        assert "Not shown to this key" in answer.content.decode()
        assert [words for words in BUYER if words in answer.content.decode()] == []
    shown = answers[0].json()["shipping_address"]
    assert (shown["city"], shown["pincode"]) == (address["city"], address["pincode"])
    assert api.get(f"{ORDER_URL}shipment/").json()["shipping_address"]["name"] == "Buyer Canary"
