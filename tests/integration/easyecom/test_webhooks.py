import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.easyecom import (
    BadLine,
    Level,
    Manifest,
    Unreadable,
    read_inventory,
    read_manifested,
)
from tests.integration.easyecom.bodies import body
from tests.integration.easyecom.test_reading_properties import DATA

LINE = {"sku": "lamp", "inventory": 3, "location_key": "kv1", "warehouse_id": 40417}
LEVEL = Level(0, "lamp", 3, "kv1", "40417")
ORDER = {"invoice_id": 7, "reference_code": "BN-1", "order_status": "Shipped"}


def raw(value: object) -> bytes:
    return json.dumps(value).encode()


def manifest(**changes: Any) -> Manifest | BadLine:
    (found,) = read_manifested(raw([ORDER | changes]))
    return found


def test_an_inventory_update_is_read_line_by_line() -> None:
    assert read_inventory(body("webhook_inventory")) == (
        Level(0, "lamp-brass", 12, "kv70010001", "40417"),
        Level(1, "wick", 300, "", "40418"),
        Level(2, "lamp-brass", 11, "kv70010001", ""),
        BadLine(3, "bad_level", "The level is missing.", "lamp-set", "", "kv70010001"),
    )


@pytest.mark.parametrize(
    "wrapped",
    [
        LINE,
        [LINE],
        [[LINE]],
        {"inventoryData": [LINE]},
        {"inventoryData": LINE},
        [{"inventoryData": [LINE]}],
    ],
)
def test_every_wrapping_of_levels_is_understood(wrapped: object) -> None:
    assert read_inventory(raw(wrapped)) == (LEVEL,)


def test_an_update_of_nothing_has_no_lines() -> None:
    assert read_inventory(b'{"inventoryData": []}') == ()
    assert read_manifested(b'{"orders": [], "nextUrl": null}') == ()


def test_a_byte_order_mark_is_accepted() -> None:
    assert read_inventory(b"\xef\xbb\xbf" + raw([LINE])) == (LEVEL,)


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"sku": None}, "no_sku", "The sku is missing."),
        ({"sku": "a\x00b"}, "bad_text", "The sku holds characters that cannot be stored."),
        ({"sku": "\ud800"}, "bad_text", "The sku holds characters that cannot be stored."),
        ({"sku": "x" * 256}, "bad_text", "The sku is longer than 255 characters."),
        ({"location_key": ["kv1"]}, "bad_text", "The location_key is not text."),
        ({"warehouse_id": "9" * 33}, "bad_text", "The warehouse_id is longer than 32 characters."),
        ({"inventory": 2.5}, "bad_level", "The level is not a whole number in plain digits."),
        ({"inventory": True}, "bad_level", "The level is not a number."),
        ({"inventory": "٣"}, "bad_level", "The level is not a whole number in plain digits."),
    ],
)
def test_a_bad_line_is_parked_and_the_others_stay(
    change: dict[str, object], code: str, message: str
) -> None:
    bad, good = read_inventory(raw([LINE | change, LINE]))
    assert isinstance(bad, BadLine)
    assert (bad.line, bad.code, bad.message) == (0, code, message)
    assert good == Level(1, "lamp", 3, "kv1", "40417")


def test_a_bad_sku_is_shown_harmless() -> None:
    (bad, _) = read_inventory(raw([LINE | {"sku": "a\x00\r\n\ud800" + "x" * 300}, LINE]))
    assert isinstance(bad, BadLine)
    assert bad.sku == "a " + "x" * 253


def test_lines_that_are_no_objects_are_parked() -> None:
    assert read_inventory(raw([LINE, "x", None]))[1:] == (
        BadLine(1, "not_an_object", "The line is not an object."),
        BadLine(2, "not_an_object", "The line is not an object."),
    )


def test_a_line_of_another_kind_among_good_ones_is_parked() -> None:
    assert read_inventory(raw([LINE, {"shipments": []}]))[1] == BadLine(
        1, "no_sku", "The sku is missing."
    )


def test_a_manifested_order_is_read() -> None:
    assert read_manifested(body("webhook_manifested_v2")) == (
        Manifest(
            line=0,
            order_number="BN-7731",
            order_id="733000111",
            invoice_id="733000333",
            location_key="kv70010001",
            company_id="40417",
            status="Shipped",
            manifested_at=datetime(2026, 11, 20, 13, 15, 10, tzinfo=UTC),
            manifest_number="M-20-1",
            invoice_number="KV/26/0042",
            courier="pickup@courier.example",
            awb_number="55120098001",
            label_url="https://labels.example/733000333.pdf",
            invoice_url="",
            place_name="Kaveri Home",
        ),
    )


def test_version_one_reads_like_version_two() -> None:
    (found,) = read_manifested(body("webhook_manifested_v1"))
    assert isinstance(found, Manifest)
    assert (found.order_number, found.invoice_id, found.awb_number, found.courier) == (
        "BN-7731",
        "733000333",
        "55120098001",
        "Delhivery",
    )


@pytest.mark.parametrize("wrapped", [ORDER, [ORDER], [[ORDER]], {"orders": [ORDER]}])
def test_every_wrapping_of_orders_is_understood(wrapped: object) -> None:
    (found,) = read_manifested(raw(wrapped))
    assert isinstance(found, Manifest)
    assert (found.invoice_id, found.order_number) == ("7", "BN-1")


@pytest.mark.parametrize(
    "changes",
    [
        {"order_status": "SHIPPED"},
        {"order_status": " shipped "},
        {"order_status": "Shipped", "order_status_id": 9},
        {"order_status": "Delivered", "manifest_no": "M-1"},
        {"order_status": None, "manifest_date": "2026-11-20 18:45:10"},
    ],
)
def test_an_order_counts_as_shipped_by_word_or_by_manifest(changes: dict[str, object]) -> None:
    assert isinstance(manifest(**changes), Manifest)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"order_status": "Printed", "order_status_id": 7},
            "The order is not shipped: its status is Printed.",
        ),
        (
            {"order_status": "Cancelled", "manifest_no": "M-1"},
            "The order is not shipped: its status is Cancelled.",
        ),
        ({"order_status": "NA"}, "The order has neither a status nor a manifest."),
        (
            {"order_status": "", "manifest_date": "0000-00-00 00:00:00", "manifest_no": "-"},
            "The order has neither a status nor a manifest.",
        ),
    ],
)
def test_an_order_that_is_not_shipped_is_parked(changes: dict[str, object], message: str) -> None:
    assert manifest(**changes) == BadLine(0, "not_shipped", message, order_number="BN-1")


def test_an_order_without_any_reference_is_parked() -> None:
    assert manifest(reference_code=None, invoice_id=0) == BadLine(
        0, "no_reference", "Both reference_code and invoice_id are missing."
    )


def test_an_invoice_alone_is_enough() -> None:
    found = manifest(reference_code="")
    assert isinstance(found, Manifest)
    assert (found.order_number, found.invoice_id) == ("", "7")


@pytest.mark.parametrize(
    "changes",
    [
        {"reference_code": "a\x00"},
        {"invoice_id": {}},
        {"awb_number": "x" * 101},
        {"order_id": True},
    ],
)
def test_an_order_with_bad_text_is_parked(changes: dict[str, object]) -> None:
    found = manifest(**changes)
    assert isinstance(found, BadLine)
    assert found.code == "bad_text"


def test_a_bad_manifest_date_does_not_cost_the_manifest() -> None:
    found = manifest(manifest_date="20th", documents="none", courier="x" * 300)
    assert isinstance(found, Manifest)
    assert (found.manifested_at, found.label_url, found.courier) == (None, "", "x" * 100)


@pytest.mark.parametrize("read", [read_inventory, read_manifested])
@pytest.mark.parametrize(
    ("raw_body", "code"),
    [
        (b"", "empty"),
        (b"<html>", "html"),
        (b"{", "not_json"),
        (b"[1, NaN]", "bad_number"),
        (b'{"a": 1, "a": 2}', "duplicate_key"),
        (b"[" * 65 + b"]" * 65, "too_deep"),
        (b"null", "wrong_shape"),
        (b"true", "wrong_shape"),
        (b"1", "wrong_shape"),
        (b'"x"', "wrong_shape"),
        (b"[]", "wrong_shape"),
        (b"[[]]", "wrong_shape"),
        (b"{}", "wrong_shape"),
        (b'{"hello": "there"}', "wrong_shape"),
        (b"[1, 2]", "wrong_shape"),
    ],
)
def test_a_body_without_sense_is_refused_whole(
    read: Callable[[bytes], object], raw_body: bytes, code: str
) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(raw_body)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("read", "sent", "code"),
    [
        (read_inventory, body("webhook_batch_manifest"), "batch_manifest"),
        (read_manifested, body("webhook_batch_manifest"), "batch_manifest"),
        (read_inventory, body("webhook_tracking"), "tracking"),
        (read_manifested, body("webhook_tracking"), "tracking"),
        (read_inventory, body("webhook_manifested_v1"), "order_body"),
        (read_inventory, body("webhook_manifested_v2"), "order_body"),
        (read_manifested, body("webhook_inventory"), "inventory_body"),
        (read_manifested, raw([LINE]), "inventory_body"),
        (read_inventory, b'{"inventoryData": "none"}', "wrong_shape"),
        (read_manifested, b'{"orders": null}', "wrong_shape"),
        (read_inventory, raw([LINE] * 5_001), "too_many_lines"),
        (read_manifested, raw({"orders": [ORDER] * 5_001}), "too_many_lines"),
    ],
)
def test_another_trigger_is_told_apart(
    read: Callable[[bytes], object], sent: bytes, code: str
) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(sent)
    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")


def test_five_thousand_lines_are_read() -> None:
    assert len(read_inventory(raw([LINE] * 5_000))) == 5_000


@given(st.one_of(st.binary(max_size=60), DATA.map(raw)))
def test_reading_a_delivery_raises_nothing_but_unreadable(sent: bytes) -> None:
    for read in (read_inventory, read_manifested):
        try:
            lines = read(sent)
        except Unreadable:
            continue
        assert [line.line for line in lines] == list(range(len(lines)))
