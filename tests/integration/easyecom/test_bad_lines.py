"""Lines and bodies of webhooks that can't be used: which, why, and by what they are recognised."""

import json
from typing import Any

import pytest

from integration import easyecom
from integration.easyecom import BadLine, CancelledLine, FoundOrder, Level, Manifest
from integration.easyecom.strict_json import Unreadable
from integration.easyecom.webhooks import is_cancelled, is_shipped

GOOD = {"sku": "A", "inventory": 1}
SHIPPED = {"reference_code": "BN-1", "invoice_id": 9, "manifest_date": "2026-11-23 14:00:01"}
KEY = {"location_key": "en1"}


def levels(*rows: Any) -> tuple[Level | BadLine, ...]:
    return easyecom.read_inventory(json.dumps(list(rows)).encode())


def manifests(*rows: Any) -> tuple[Manifest | BadLine, ...]:
    return easyecom.read_manifested(json.dumps(list(rows)).encode())


@pytest.mark.parametrize(
    ("row", "bad"),
    [
        ("x", BadLine(1, "not_an_object", "The line is not an object.")),
        (
            KEY | {"sku": "a\u202eb", "inventory": 1},
            BadLine(
                1,
                "bad_text",
                "The sku holds characters that turn the reading direction.",
                sku="a b",
                location_key="en1",
            ),
        ),
        (
            {"sku": "A", "inventory": 1, "location_key": ["x"]},
            BadLine(1, "bad_text", "The location_key is not text.", sku="A"),
        ),
        (
            KEY | {"sku": "A", "inventory": 1, "warehouse_id": 1.5},
            BadLine(
                1,
                "bad_text",
                "The warehouse_id is not a whole number.",
                sku="A",
                location_key="en1",
            ),
        ),
        (KEY | {"inventory": 1}, BadLine(1, "no_sku", "The sku is missing.", location_key="en1")),
        (
            KEY | {"sku": "A", "inventory": None},
            BadLine(1, "bad_level", "The level is missing.", sku="A", location_key="en1"),
        ),
    ],
)
def test_line_of_levels_says_why_and_is_recognised(row: Any, bad: BadLine) -> None:
    assert levels(GOOD, row) == (Level(0, "A", 1, "", ""), bad)


def test_level_that_is_not_what_was_said_keeps_what_was() -> None:
    assert levels({"sku": "A", "inventory": -3}) == (Level(0, "A", 0, "", "", "-3"),)


@pytest.mark.parametrize(
    ("row", "bad"),
    [
        ("x", BadLine(1, "not_an_object", "The line is not an object.")),
        (
            SHIPPED | {"order_id": 1.5},
            BadLine(1, "bad_text", "The order_id is not a whole number.", order_number="BN-1"),
        ),
        (
            SHIPPED | {"invoice_id": [1]},
            BadLine(1, "bad_text", "The invoice_id is not text.", order_number="BN-1"),
        ),
        (
            SHIPPED | {"warehouseId": [1]},
            BadLine(1, "bad_text", "The warehouse_id is not text.", order_number="BN-1"),
        ),
        (
            {"manifest_date": "2026-11-23 14:00:01", "order_status": "Shipped"},
            BadLine(1, "no_reference", "Both reference_code and invoice_id are missing."),
        ),
        (
            {"reference_code": "BN-1"},
            BadLine(
                1,
                "not_shipped",
                "The order has neither a status nor a manifest.",
                order_number="BN-1",
            ),
        ),
        (
            {"reference_code": "BN-1", "order_status": "Open"},
            BadLine(
                1,
                "not_shipped",
                "The order is not shipped: its status is Open.",
                order_number="BN-1",
            ),
        ),
    ],
)
def test_line_of_manifests_says_why_and_is_recognised(row: Any, bad: BadLine) -> None:
    good, found = manifests(SHIPPED, row)

    assert isinstance(good, Manifest) and found == bad


def test_manifest_takes_the_place_from_whatever_names_it() -> None:
    row = SHIPPED | {
        "warehouseId": 5002,
        "manifest_no": ["x"],
        "company_name": "Anand Peenya",
        "pickup_city": "C" * 101,
    }
    [found] = manifests(row)

    assert isinstance(found, Manifest)
    assert (found.company_id, found.manifest_number, found.invoice_number) == ("5002", "", "")
    assert (found.place_name, found.place_city) == ("Anand Peenya", "C" * 100)


def test_order_whose_every_piece_is_cancelled_has_not_left() -> None:
    cancelled = (CancelledLine("A", 1, 1),)
    found = FoundOrder(
        *("BN-1", "1", "2", "Shipped", "", "", "", "", "", None, None, (("A", 1),)),
        cancelled=cancelled,
    )

    assert is_cancelled(found) and not is_shipped(found)


HOLDS_NO_LINES = ("wrong_shape", "The body holds no lines.")
NOTHING_LIKE = ("wrong_shape", "The body holds nothing like the lines of this trigger.")
ORDERS = ("order_body", "This is an order on the URL for inventory updates.")
LEVELS = ("inventory_body", "This is an inventory update on the URL for manifests.")


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ([], HOLDS_NO_LINES),
        (["x"], HOLDS_NO_LINES),
        ({"inventoryData": 5}, ("wrong_shape", "What stands under inventoryData is no list.")),
        ([{"a": 1}], NOTHING_LIKE),
        ([{"reference_code": "BN-1"}, {"a": 1}], ORDERS),
        ({"orders": []}, ORDERS),
        ([{"order_items": []}], ORDERS),
        (
            [{"shipments": []}],
            ("batch_manifest", "This is a Batch Manifest; its URL is not for that trigger."),
        ),
        (
            {"currentShippingStatus": "x"},
            ("tracking", "This is a Tracking update; its URL is not for that."),
        ),
        ([GOOD] * 5_001, ("too_many_lines", "The body has more than 5000 lines.")),
    ],
)
def test_body_that_came_to_the_address_for_levels_by_mistake(
    body: Any, refusal: tuple[str, str]
) -> None:
    with pytest.raises(Unreadable) as refused:
        easyecom.read_inventory(json.dumps(body).encode())
    assert (refused.value.code, refused.value.message) == refusal


@pytest.mark.parametrize("field", ["sku", "inventory", "availableInventory"])
def test_levels_at_the_address_for_manifests_are_known_by_any_field(field: str) -> None:
    with pytest.raises(Unreadable) as refused:
        easyecom.read_manifested(json.dumps([{field: 1}]).encode())
    assert (refused.value.code, refused.value.message) == LEVELS


@pytest.mark.parametrize("body", [{"inventoryData": GOOD}, [[GOOD]], GOOD, [GOOD, {"a": 1}]])
def test_levels_come_in_several_wrappings(body: Any) -> None:
    first = easyecom.read_inventory(json.dumps(body).encode())[0]

    assert first == Level(0, "A", 1, "", "")


def test_one_line_of_another_kind_is_a_bad_line_and_no_foreign_body() -> None:
    first, second = levels({"reference_code": "BN-1"}, GOOD)

    assert isinstance(first, BadLine) and second == Level(1, "A", 1, "", "")
