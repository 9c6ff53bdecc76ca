"""Orders in bulk, and the sellers' health."""

import pytest
from booon_console_client import Invalid, NotFound

from tests.integration.api.conftest import BODY, body_with


def test_many_orders_are_given_and_each_has_its_own_result(console):
    place = {"seller": "acme", "order_number": "BN-1"}
    wrong = body_with("lines.0.quantity", 0) | {"seller": "acme", "order_number": "BN-2"}

    first, second, third = console.put_orders([BODY | place, wrong, BODY | place])

    assert (first["status"], second["status"], third["status"]) == (201, 400, 200)
    assert first["order"] == console.get_order("acme", "BN-1") == third["order"]
    assert (second["order"], second["errors"][0]["field"]) == (None, "lines.0.quantity")


def test_awbs_of_many_orders_are_given_and_each_has_its_own_result(console, location):
    console.put_order("acme", "BN-1", BODY)
    details = {"courier": "Delhivery", "awb_number": "890012345"}

    first, second = console.put_shipments(
        [
            {"seller": "acme", "order_number": "BN-1", **details},
            {"seller": "acme", "order_number": "BN-2", **details},
        ]
    )

    assert (first["status"], second["status"]) == (200, 404)
    assert first["order"] == console.get_order("acme", "BN-1")
    assert second["errors"][0]["message"] == "There is no such order."


def test_sellers_come_with_their_locations_health(console, location):
    (seller,) = console.sellers()

    assert seller["code"] == "acme"
    (place,) = seller["locations"]
    assert (place["location_key"], place["live"]) == (location.location_key, True)
    assert seller["quota"]["orders"] and place["orders_stuck"] == 0
    assert list(console.sellers(seller="acme")) == [seller]
    with pytest.raises(Invalid, match="seller: There is no such seller"):
        next(console.sellers(seller="nobody"))


def test_order_is_validated_and_not_given(console):
    foreseen = console.validate_order("acme", "BN-1", BODY)

    assert foreseen == {"result": "created", "missing_skus": [], "location_is_live": True}
    with pytest.raises(NotFound):
        console.get_order("acme", "BN-1")
    with pytest.raises(Invalid) as refused:
        console.validate_order("acme", "BN-1", BODY | {"lines": []})
    assert [error.field for error in refused.value.errors] == ["lines"]
