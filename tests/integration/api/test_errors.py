import json

import pytest
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)
from django.test import Client, override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration.api.errors import LONGEST_FIELD, MOST_ERRORS
from integration.models import ApiKey, Order
from integration.orders import intake, shipments
from tests.examples import examples
from tests.integration.api.conftest import (
    BODY,
    KEY,
    ORDER_URL,
    SHIPMENT,
    body_with,
    fields,
)

pytestmark = pytest.mark.django_db

EXAMPLE = json.dumps(BODY)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        KEY,
        "Bearer",
        "Bearer ",
        "Bearer wrong",
        f"Bearer {KEY}x",
        f"Bearer {KEY.upper()}",
        f"Basic {KEY}",
        f"Token {KEY}",
        "Bearer \xe9\xff",
        "Bearer " + "x" * 8000,
        f"Bearer {KEY},Bearer {KEY}",
    ],
)
@pytest.mark.parametrize("url", [ORDER_URL, "/api/v1/orders/", "/api/v1/changes"])
def test_nothing_is_told_without_a_key(client, key, location, header, url):
    headers = {} if header is None else {"HTTP_AUTHORIZATION": header}

    response = client.get(url, **headers)

    assert (response.status_code, fields(response)) == (401, [""])
    assert response["WWW-Authenticate"] == "Bearer"


def test_nothing_is_written_without_a_key(location):
    # With CSRF checks, which the API must never run into.
    response = Client(enforce_csrf_checks=True).put(ORDER_URL, EXAMPLE, "application/json")

    assert (response.status_code, fields(response)) == (401, [""])
    assert not Order.objects.exists()


def test_a_revoked_key_is_refused(api, location):
    ApiKey.objects.update(revoked_at=timezone.now())

    assert api.put_json(ORDER_URL, BODY).status_code == 401
    assert not Order.objects.exists()


def test_the_scheme_may_be_written_in_any_case(client, key):
    assert client.get("/api/v1/orders/", HTTP_AUTHORIZATION=f"bearer {KEY}").status_code == 200


@pytest.mark.parametrize(
    "url", ["/api/v1/", "/api/v1", "/api/v2/orders/", "/api/v1/sellers/acme/", "/api/x"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
@pytest.mark.parametrize("debug", [True, False])
def test_an_unknown_address_is_not_found(url, method, debug):
    with override_settings(DEBUG=debug):
        response = Client(enforce_csrf_checks=True).generic(method, url)

    assert (response.status_code, fields(response)) == (404, [""])


def test_other_addresses_have_a_page_of_djangos(client):
    response = client.get("/nowhere/")

    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(
    ("method", "url"),
    [
        ("POST", ORDER_URL),
        ("PATCH", ORDER_URL),
        ("OPTIONS", ORDER_URL),
        ("TRACE", ORDER_URL),
        ("DELETE", f"{ORDER_URL}shipment/"),
        ("POST", "/api/v1/orders/"),
        ("DELETE", "/api/v1/changes/"),
    ],
)
def test_a_method_that_there_is_not_is_refused(api, location, method, url):
    response = api.generic(method, url)

    assert (response.status_code, fields(response)) == (405, [""])
    assert "GET" in response["Allow"]


def test_head_answers_like_get(api):
    assert api.head("/api/v1/orders/").status_code == 200


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=bz2_codec",
        "application/json; charset=utf-16",
        "nonsense",
        "a/" + "b" * 5000,
        "",
    ],
)
def test_a_body_is_json_whatever_its_type_is_said_to_be(api, location, content_type):
    response = api.generic("PUT", ORDER_URL, EXAMPLE, content_type)

    assert response.status_code == 201


@pytest.mark.parametrize("accept", ["application/xml", "text/html", "nonsense", "x" * 10_000])
def test_the_answer_is_json_whatever_is_asked_for(api, accept):
    response = api.get("/api/v1/orders/?format=xml", HTTP_ACCEPT=accept)

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


HOSTILE = [
    b"",
    b" ",
    b"null",
    b"true",
    b"1",
    b'"x"',
    b"[]",
    b"{}",
    b"{",
    b"<html></html>",
    b"\xff\xfe",
    EXAMPLE.encode("utf-16"),
    EXAMPLE.encode() + b"}",
    b"[" * 100_000,
    b'{"a":' * 1000 + b"1" + b"}" * 1000,
    b'{"location_key": "a", "location_key": "b"}',
    b'{"discount": NaN}',
    b'{"discount": -Infinity}',
    b'{"discount": 1e999}',
    b'{"discount": 1e99999999999999999999}',
    b'{"discount": ' + b"9" * 5000 + b"}",
    b'{"discount": 0e999999999}',
    b'{"discount": 1e-999999999}',
    b'{"location_key": "\\u0000"}',
    b'{"location_key": "\\ud800"}',
    b'{"\\u0000": 1}',
    b'{"\\udfff": 1}',
    json.dumps({f"k{n}": n for n in range(10_000)}).encode(),
    json.dumps({"k" * 100_000: 1}).encode(),
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_body_is_a_400(api, location, body):
    response = api.generic("PUT", ORDER_URL, body)

    assert response.status_code == 400
    assert all(len(field) <= LONGEST_FIELD for field in fields(response))
    assert len(fields(response)) <= MOST_ERRORS
    assert not Order.objects.exists()


NUMBERS = ["1e999", "1e-999", "0e999999999", "-0", "9" * 41, "9" * 5000, "1e99999999999999999999"]
PLACES = [
    "lines.0.quantity",
    "lines.0.unit_price",
    "package.weight_g",
    "lines.0.sku",
    "ordered_at",
    "payment.mode",
    "expected_delivery_at",
]


@pytest.mark.parametrize("number", NUMBERS, ids=range(len(NUMBERS)))
@pytest.mark.parametrize("path", PLACES)
def test_an_absurd_number_is_never_a_fault_of_ours(api, location, path, number):
    body = body_with(path, "NUMBER")
    # A price of -0 leaves less than there would be to collect.
    body["payment"] |= {"mode": "prepaid", "collectable_amount": "0"} if "price" in path else {}
    written = json.dumps(body).replace('"NUMBER"', number)

    response = api.generic("PUT", ORDER_URL, written)

    assert response.status_code in (201, 400)
    if response.status_code == 400:
        # The longest exponent is no number to the parser, which can't say where it stands.
        assert fields(response) in ([path], [""])


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(["1e999", "NaN", "-0", "٣", "\u202e", "2026-11-23T10:15:00Z", "9" * 400]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
ANY_PLACE = [*BODY, *PLACES, "lines.0", "shipping_address.pincode", "shipping_address.name"]


@pytest.mark.slow
@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(path=st.sampled_from(ANY_PLACE), value=ANYTHING)
def test_whatever_stands_in_an_order_is_taken_or_refused(api, location, path, value):
    response = api.generic("PUT", ORDER_URL, json.dumps(body_with(path, value)))

    assert response.status_code in (200, 201, 400)
    if response.status_code == 400:
        assert fields(response)


@pytest.mark.slow
@settings(
    max_examples=examples(150),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=st.binary(max_size=200) | ANYTHING.map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_as_a_shipment_is_refused_by_shape(api, location, body):
    api.put_json(ORDER_URL, BODY)

    response = api.generic("PUT", f"{ORDER_URL}shipment/", body)

    assert (response.status_code, bool(fields(response))) == (400, True)


@settings(
    max_examples=examples(100),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    name=st.sampled_from(["limit", "cursor", "stage", "seller", "sku", "after"]), value=st.text()
)
@pytest.mark.parametrize("where", ["orders", "stock", "changes"])
def test_whatever_is_asked_of_a_list_is_answered_or_refused(api, where, name, value):
    response = api.get(f"/api/v1/{where}/", query_params={name: value})

    # A cursor that is ahead of the feed is no longer, or not yet, one of its own.
    is_cursor = where == "changes" and name == "after"
    assert response.status_code in ((200, 400, 410) if is_cursor else (200, 400))


def test_too_many_parameters_are_a_400(api):
    response = api.get("/api/v1/orders/?" + "a=1&" * 1001)

    assert (response.status_code, fields(response)) == (400, [""])


def test_a_body_over_two_megabytes_is_too_large(api, location):
    response = api.put_json(ORDER_URL, BODY | {"discount": "x" * (2 * 1024 * 1024)})

    assert (response.status_code, fields(response)) == (413, [""])


def test_a_body_without_a_length_is_asked_for_one(api, location):
    environ = {"HTTP_TRANSFER_ENCODING": "chunked", "CONTENT_LENGTH": ""}

    response = api.put(ORDER_URL, EXAMPLE, "application/json", **environ)

    assert (response.status_code, fields(response)) == (411, [""])


AWAY = [OperationalError, InterfaceError]
OUR_FAULTS = [DatabaseError, IntegrityError, DataError, ProgrammingError]


@pytest.mark.parametrize(
    ("problem", "status", "retry_after"),
    [(each, 503, "30") for each in AWAY] + [(each, 500, None) for each in OUR_FAULTS],
)
def test_only_a_database_that_is_away_is_a_503(
    api, location, monkeypatch, caplog, problem, status, retry_after
):
    def fail(*args, **kwargs):
        raise problem("Key (phone)=(canary) is wrong")

    monkeypatch.setattr(intake, "store_chunk", fail)

    response = api.put_json(ORDER_URL, BODY)

    assert (response.status_code, fields(response)) == (status, [""])
    assert response.headers.get("Retry-After") == retry_after
    assert "canary" not in response.content.decode() + caplog.text
    [told] = [each.msg for each in caplog.records if "api_database_error" in str(each.msg)]
    assert told["problem"] == problem.__name__
    assert told["frames"][-1].startswith("tests/integration/api/test_errors.py:")


def test_a_fault_of_ours_is_a_500_in_json(api, location, monkeypatch):
    def fail(*args, **kwargs):
        raise RuntimeError("secret words")

    monkeypatch.setattr(shipments, "give_shipment", fail)
    api.put_json(ORDER_URL, BODY)
    api.raise_request_exception = False

    response = api.put_json(f"{ORDER_URL}shipment/", SHIPMENT)

    assert (response.status_code, fields(response)) == (500, [""])
    assert b"secret" not in response.content


def test_a_foreign_host_is_a_400_in_json(client):
    response = client.get("/api/v1/orders/", HTTP_HOST="evil.test")

    assert (response.status_code, fields(response)) == (400, [""])


OBJECT, LIST = "Give a JSON object here.", "Give a JSON list here."
LINK = "Give a link that begins with https:// and holds no log-in."
AT = "Give date and time with their zone, such as 2026-11-23T10:15:00+05:30."


@pytest.mark.parametrize(
    ("change", "field", "message"),
    [
        ({"payment": "cod"}, "payment", OBJECT),
        ({"shipping_address": []}, "shipping_address", OBJECT),
        ({"lines": {}}, "lines", LIST),
        ({"lines": ["KURTA"]}, "lines.0", OBJECT),
        ({"location_key": ["x"]}, "location_key", "Give it as text."),
        ({"ordered_at": "23/11/2026"}, "ordered_at", AT),
        ({"stage": "received"}, "stage", "There is no such field."),
    ],
)
def test_error_of_an_order_says_what_is_expected(api, location, change, field, message):
    answer = api.put_json(ORDER_URL, BODY | change)

    assert answer.status_code == 400
    assert {"field": field, "message": message} in answer.json()["errors"]


@pytest.mark.parametrize("body", ["5", '"cod"', "[]", "null"])
@pytest.mark.parametrize("url", ["/api/v1/orders/bulk/", "/api/v1/shipments/bulk/"])
def test_body_that_is_no_object_is_asked_for_as_one(api, url, body):
    answer = api.post(url, body, content_type="application/json")

    assert answer.json() == {"errors": [{"field": "", "message": OBJECT}]}


@pytest.mark.parametrize("link", ["http://x.test/1.pdf", "x", 5, True, "https://a:b@x.test/1.pdf"])
def test_link_that_is_none_is_told_once(api, location, link):
    api.put_json(ORDER_URL, BODY)
    details = {"courier": "Delhivery", "awb_number": "8901", "label_url": link}

    answer = api.put_json(f"{ORDER_URL}shipment/", details)

    assert answer.json() == {"errors": [{"field": "label_url", "message": LINK}]}


@pytest.mark.parametrize(
    ("query", "field", "part"),
    [
        ("stage=lost", "stage", "Give one of received, awaiting_carrier, carrier_assigned,"),
        ("blocked_reason=lost", "blocked_reason", "Give one of "),
        ("page=2", "page", "There is no such parameter here."),
    ],
)
def test_error_of_a_list_says_what_may_be_asked(api, query, field, part):
    [said] = api.get(f"/api/v1/orders/?{query}").json()["errors"]

    assert said["field"] == field
    assert said["message"].startswith(part)
