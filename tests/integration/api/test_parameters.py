"""What stands behind the question mark of an address: nothing is passed over in silence."""

import pytest

from integration.models import Listing, Order
from tests.integration.api.conftest import BODY, fields

pytestmark = pytest.mark.django_db

ORDER = "/api/v1/sellers/acme/orders/BN-1/"


@pytest.mark.parametrize("query", ["validate=true", "dry_run=1", "limit=3"])
def test_write_with_a_parameter_that_there_is_not_writes_nothing(api, location, query):
    answer = api.put_json(f"{ORDER}?{query}", BODY)

    assert answer.status_code == 400
    assert fields(answer) == [query.partition("=")[0]]
    assert not Order.objects.exists()


def test_many_orders_with_a_parameter_are_none(api, location):
    item = BODY | {"seller": "acme", "order_number": "BN-1"}

    answer = api.post_json("/api/v1/orders/bulk/?validate=1", {"orders": [item]})

    assert fields(answer) == ["validate"]
    assert not Order.objects.exists()


def test_listing_whose_sku_stands_in_the_path_takes_no_other_from_the_query(api, location):
    body = {"title": "Kurta", "price": "799.00"}

    refused = api.put_json("/api/v1/sellers/acme/listings/Q1/?sku=Q2", body)
    taken = api.put_json("/api/v1/sellers/acme/listings/?sku=Q2", body)

    assert (fields(refused), taken.status_code) == (["sku"], 201)
    assert list(Listing.objects.values_list("sku", flat=True)) == ["Q2"]


@pytest.mark.parametrize(
    "address", ["orders/?seller=acme&seller=acme", "orders/?stage=received&stage=manifested"]
)
def test_parameter_given_twice_is_refused_by_name(api, location, address):
    answer = api.get(f"/api/v1/{address}")

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {"field": address.partition("?")[2].partition("=")[0], "message": "Give it once."}
    ]
