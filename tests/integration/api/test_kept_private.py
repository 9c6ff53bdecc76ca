"""Answers of the API: no copy of them on the way, and no secret opened to write them."""

import pytest

from booon_console import fields
from tests.integration.admin.rows import fill
from tests.integration.api.conftest import BODY, ORDER_URL, SHIPMENT

pytestmark = pytest.mark.django_db


@pytest.fixture
def opened(monkeypatch) -> list[str]:
    """What was opened with FIELD_KEYS."""
    names = []
    reveal = fields.cipher

    def counted(keys):
        names.append("opened or closed")
        return reveal(keys)

    monkeypatch.setattr(fields, "cipher", counted)
    return names


def test_no_answer_opens_a_secret(api, opened):
    fill(3)
    opened.clear()

    for path in ("orders", "stock", "products", "listings", "sellers", "changes"):
        answer = api.get(f"/api/v1/{path}/")
        assert answer.status_code == 200 and answer.json()["results"], path

    assert opened == []


def test_orders_are_taken_and_read_without_opening_a_secret(api, location, opened):
    opened.clear()

    assert api.put_json(ORDER_URL, BODY).status_code == 201
    assert api.put_json(f"{ORDER_URL}shipment/", SHIPMENT).status_code == 200
    assert api.get(ORDER_URL).status_code == 200
    given = {"orders": [BODY | {"seller": "acme", "order_number": "BN-2"}]}
    assert api.post_json("/api/v1/orders/bulk/", given).status_code == 200
    assert api.delete(ORDER_URL).status_code == 200

    assert opened == []


@pytest.mark.parametrize("path", ["orders", "stock", "products", "listings", "sellers", "changes"])
def test_nobody_on_the_way_keeps_an_answer(api, path):
    assert api.get(f"/api/v1/{path}/")["Cache-Control"] == "no-store"


def test_nobody_on_the_way_keeps_an_order_or_a_refusal(api, client, location):
    taken = api.put_json(ORDER_URL, BODY)
    refused = api.put_json(ORDER_URL, BODY | {"lines": []})
    stranger = client.get(ORDER_URL)

    assert (taken.status_code, refused.status_code, stranger.status_code) == (201, 400, 401)
    assert {each["Cache-Control"] for each in (taken, refused, stranger)} == {"no-store"}
