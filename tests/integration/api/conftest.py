"""A key, a client that shows it, the body that the docs show, and no queue."""

import copy
import hashlib
import json

import pytest
from django.test import Client
from django.utils import timezone

from integration.models import ApiKey
from integration.sync import wakeup
from tests.factories import make_location, make_seller

KEY = "booon_canary-key-of-the-tests"

BODY = {
    "location_key": "ne29488101841",
    "ordered_at": "2026-11-23T10:15:00+05:30",
    "expected_delivery_at": None,
    "payment": {
        "mode": "cod",
        "collectable_amount": "266.00",
        "gateway": "",
        "transaction_id": "",
    },
    "shipping_charge": "20.00",
    "discount": "0.00",
    "lines": [
        {
            "line_id": "BN-1001-1",
            "sku": "mob000",
            "name": "Galaxy",
            "quantity": 2,
            "unit_price": "123.00",
            "discount": "0.00",
        }
    ],
    "shipping_address": {
        "name": "Asha Rao",
        "line1": "14 Lake Road",
        "line2": "",
        "city": "Mumbai",
        "state": "Maharashtra",
        "pincode": "400067",
        "country": "India",
        "phone": "",
        "email": "",
    },
    "billing_address": None,
    "buyer_gstin": "",
    "package": {"weight_g": 100, "length_cm": 10, "width_cm": 10, "height_cm": 10},
}
SHIPMENT = {
    "courier": "Delhivery",
    "awb_number": "890012345",
    "label_url": "https://labels.booon.test/1.pdf",
    "invoice_url": "https://labels.booon.test/1-invoice.pdf",
}
ORDER_URL = "/api/v1/sellers/acme/orders/BN-1001/"


class Api(Client):
    """Sends JSON with a key, and never hides a fault of ours behind a 500."""

    def put_json(self, url, body, **options):
        return self.put(url, json.dumps(body), content_type="application/json", **options)

    def post_json(self, url, body, **options):
        return self.post(url, json.dumps(body), content_type="application/json", **options)


def make_key() -> ApiKey:
    """A key in use, so that a request of it costs no note of that."""
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    return ApiKey.objects.create(name="Booon", digest=digest, last_used_at=timezone.now())


@pytest.fixture
def key(db):
    return make_key()


@pytest.fixture
def api(key):
    return Api(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {KEY}"})


@pytest.fixture
def location(db):
    return make_location(seller=make_seller(code="acme"), location_key=BODY["location_key"])


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    kinds = []
    monkeypatch.setattr(wakeup, "wake", kinds.append)
    return kinds


def body_with(path, value):
    """The body with one value changed; `path` is dotted, such as "lines.0.sku"."""
    body = copy.deepcopy(BODY)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = body
    for part in parents:
        place = place[part]
    place[last] = value
    return body


def body_without(path):
    body = copy.deepcopy(BODY)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    place = body
    for part in parents:
        place = place[part]
    del place[last]
    return body


def fields(response):
    """The fields that an error names; every error has the one shape."""
    assert response["Content-Type"] == "application/json"
    answer = response.json()
    assert list(answer) == ["errors"] and answer["errors"]
    for error in answer["errors"]:
        assert list(error) == ["field", "message"] and error["message"]
    return [error["field"] for error in answer["errors"]]
