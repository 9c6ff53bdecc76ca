"""All that is wrong with a body is told in one answer, and why a path can carry no such number."""

import copy

import pytest

from integration.api.errors import NOTHING_HERE
from integration.models import Listing, Order
from tests.factories import make_order
from tests.integration.api.conftest import BODY, ORDER_URL, SHIPMENT, fields
from tests.integration.api.test_listings import BODY as LISTING
from tests.integration.api.test_listings import URL as LISTING_URL

pytestmark = pytest.mark.django_db

WRONG_FIELDS = {
    "colour",
    "location_key",
    "ordered_at",
    "payment.gateway",
    "lines.0.quantity",
    "lines.1.discount",
    "lines.1.line_id",
    "shipping_address.name",
    "shipping_address.state",
    "shipping_address.pincode",
    "shipping_address.phone",
    "billing_address.city",
    "billing_address.state",
    "buyer_gstin",
}


@pytest.fixture
def wrong_everywhere():
    """Alone, beside a neighbour that is wrong, and together: every kind of thing to get wrong."""
    body = copy.deepcopy(BODY)
    body["colour"] = "red"
    body["location_key"] = "nobodys"
    body["ordered_at"] = "yesterday"
    body["payment"]["gateway"] = "x" * 101
    line = body["lines"][0]
    body["lines"] = [line | {"quantity": 0}, line | {"discount": "246.01"}]
    body["shipping_address"] |= {"state": "Bavaria", "pincode": "12", "phone": "call me at 7 x"}
    del body["shipping_address"]["name"]
    body["billing_address"] = BODY["shipping_address"] | {"city": "x" * 101, "state": ""}
    body["buyer_gstin"] = "29AAGCB7383J1Z5"
    return body


def test_all_that_is_wrong_with_an_order_is_told_at_once(api, location, wrong_everywhere):
    refused = api.put_json(ORDER_URL, wrong_everywhere)

    assert refused.status_code == 400
    told = fields(refused)
    assert set(told) == WRONG_FIELDS
    assert len(told) == len(WRONG_FIELDS)
    assert not Order.objects.exists()


def test_many_orders_and_the_dry_run_are_told_the_same(api, location, wrong_everywhere):
    alone = api.put_json(ORDER_URL, wrong_everywhere).json()["errors"]

    dry = api.post_json(f"{ORDER_URL}validate/", wrong_everywhere)
    item = wrong_everywhere | {"seller": "acme", "order_number": "BN-1001"}
    [among] = api.post_json("/api/v1/orders/bulk/", {"orders": [item]}).json()["results"]

    assert (dry.status_code, dry.json()["errors"]) == (400, alone)
    assert (among["status"], among["errors"]) == (400, alone)


def test_money_is_added_up_though_the_address_is_wrong(api, location):
    body = copy.deepcopy(BODY)
    body["shipping_address"]["pincode"] = "0"
    body["payment"]["collectable_amount"] = "266.01"

    told = fields(api.put_json(ORDER_URL, body))

    assert set(told) == {"shipping_address.pincode", "payment.collectable_amount"}


def test_money_is_not_added_up_of_lines_that_are_wrong(api, location):
    body = copy.deepcopy(BODY)
    body["lines"][0]["unit_price"] = "much"
    body["payment"]["collectable_amount"] = "1000.00"

    assert fields(api.put_json(ORDER_URL, body)) == ["lines.0.unit_price"]


def test_a_number_that_is_unfit_is_told_beside_the_body(api, location):
    body = BODY | {"ordered_at": "now"}

    told = fields(api.put_json("/api/v1/sellers/acme/orders/BN 1001/", body))

    assert told == ["order_number", "ordered_at"]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("BN%2F1001", "This one has a slash."),
        ("BN/1001", "This one has a slash."),
        ("BN%201001", "This one has a space."),
        ("BN%231001", 'This one has a "#".'),
        ("BN%3F1001", 'This one has a "?".'),
        ("BN%251001", "This one has a percent sign."),
        ("BN%5C1001", "This one has a backslash."),
        ("BN%E2%80%AE1001", "This one has a character U+202E."),
        ("B%C3%B61001", "This one has a character U+00F6."),
        ("BN1001%0A", "This one has a character U+000A."),
        ("-1001", 'This one begins with "-".'),
        ("B" * 65, "This one has 65 characters."),
    ],
)
def test_a_number_that_the_path_cant_carry_is_told_why(api, location, written, why):
    url = f"/api/v1/sellers/acme/orders/{written}/"

    given, asked = api.put_json(url, BODY), api.get(url)

    assert (given.status_code, fields(given)) == (400, ["order_number"])
    assert given.json()["errors"][0]["message"].endswith(f"the first a letter or digit. {why}")
    assert asked.status_code == 404
    assert asked.json()["errors"][0]["message"].endswith(why)


@pytest.mark.parametrize("method", ["POST", "DELETE", "PATCH", "OPTIONS"])
def test_a_slash_too_many_leads_nowhere_whatever_is_asked(api, location, method):
    response = api.generic(method, f"{ORDER_URL}label/")

    assert response.status_code == 404
    assert response.json()["errors"][0]["message"].startswith(f"{NOTHING_HERE} An order number has")


def test_a_stranger_learns_nothing_of_a_path_with_a_slash(client, api, location):
    assert client.put("/api/v1/sellers/acme/orders/BN/1/").status_code == 401
    other = api.put_json("/api/v1/sellers/nobody/orders/BN/1/", BODY)

    assert (other.status_code, fields(other)) == (404, [""])


def test_a_shipment_and_a_listing_are_told_all_at_once_too(api, location):
    make_order(location, order_number="BN-1001")
    shipment = SHIPMENT | {"awb_number": "9.87655E+11", "replaces": "1"}
    del shipment["courier"]
    listing = LISTING | {"title": "", "mrp": "1.00"}

    told = fields(api.put_json(f"{ORDER_URL}shipment/", shipment))
    assert set(told) == {"courier", "awb_number", "reason"}
    assert set(fields(api.put_json(LISTING_URL, listing))) == {"title", "price"}
    assert not Listing.objects.exists()


@pytest.mark.parametrize(
    "payment", [{"mode": "cod"}, {"mode": "prepaid", "collectable_amount": "100.00"}]
)
def test_payment_that_is_wrong_whatever_the_order_costs_is_told_beside_its_lines(
    api, location, payment
):
    body = BODY | {"payment": payment, "lines": [BODY["lines"][0] | {"quantity": 0}]}

    refused = api.put_json(ORDER_URL, body)

    assert set(fields(refused)) == {"lines.0.quantity", "payment.collectable_amount"}


def test_line_ids_are_the_same_whatever_marks_that_nobody_sees_they_hold(api, location):
    lines = [BODY["lines"][0] | {"line_id": line_id} for line_id in ("1", "1\u200b", "\u200b")]

    refused = api.put_json(ORDER_URL, BODY | {"lines": lines})

    assert set(fields(refused)) == {"lines.1.line_id", "lines.2.line_id"}
