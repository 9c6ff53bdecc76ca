"""EasyEcom's answers and webhooks read whole: every value differs from the others, and each limit
is tried at the number itself, one below and one above."""

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from integration import easyecom
from integration.easyecom import (
    BadLine,
    Done,
    FoundLocation,
    FoundOrder,
    Level,
    Locations,
    Manifest,
    OrderCreated,
    OrdersFound,
    OutcomeUnknown,
    QueueStatus,
    RateLimited,
    Rejected,
    read,
)
from integration.easyecom.lookups import manifested_body
from integration.easyecom.values import BadValue, identifier, ist, level, money, name, text
from integration.easyecom.webhooks import is_cancelled, is_shipped
from tests.integration.easyecom.bodies import told
from tests.integration.easyecom.test_reading import FIND, LOCATIONS, ORDER, PRODUCTS, QUEUE

IST = timezone(timedelta(hours=5, minutes=30))
ROW: dict[str, Any] = {
    "reference_code": "BN-7731",
    "order_id": 81,
    "invoice_id": 91,
    "order_status": "Open",
    "location_key": "en1",
    "warehouse_id": 5001,
    "warehouseId": 5002,
    "company_id": 5003,
    "awb_number": "8900",
    "courier": "Delhivery",
    "manifest_no": "MAN-7",
    "manifest_date": "2026-11-23 14:00:01",
    "total_amount": "266.05",
    "order_items": [
        {"sku": "A", "item_quantity": 2, "suborder_quantity": 3},
        {"sku": "B", "suborder_quantity": 4},
        "no row",
        {"sku": "C"},
        {"item_quantity": 5},
    ],
    "suborders": [{"sku": "Z", "item_quantity": 9}],
}
FOUND = FoundOrder(
    order_number="BN-7731",
    order_id="81",
    invoice_id="91",
    status="Open",
    location_key="en1",
    company_id="5001",
    awb_number="8900",
    courier="Delhivery",
    manifest_number="MAN-7",
    manifested_at=datetime(2026, 11, 23, 14, 0, 1, tzinfo=IST),
    total=Decimal("266.05"),
    lines=(("A", 2), ("B", 4), ("C", None), ("", 5)),
    other_skus=("", "", "", ""),
)


def looked_up(*rows: dict[str, Any]) -> Any:
    outcome = read(FIND, 200, {}, told(code=200, data=list(rows)))
    assert isinstance(outcome, Done) and isinstance(outcome.reply, OrdersFound)
    return outcome.reply.orders


def without(row: dict[str, Any], *fields: str) -> dict[str, Any]:
    return {field: value for field, value in row.items() if field not in fields}


def test_look_up_has_every_value_in_its_own_place() -> None:
    assert looked_up(ROW) == (FOUND,)


def test_look_up_takes_the_first_name_of_a_value_that_is_there() -> None:
    (second,) = looked_up(without(ROW, "warehouse_id", "order_items"))
    (third,) = looked_up(without(ROW, "warehouse_id", "warehouseId") | {"order_items": None})

    assert (second.company_id, third.company_id) == ("5002", "5003")
    assert second.lines == third.lines == (("Z", 9),)


def test_look_up_of_nothing_but_the_row_is_empty_everywhere() -> None:
    (found,) = looked_up({})

    assert found == FoundOrder("", "", "", "", "", "", "", "", "", None, None, ())


def test_what_a_look_up_finds_is_read_as_the_webhook_would_have_told_it() -> None:
    (line,) = easyecom.read_manifested(manifested_body([FOUND]))

    assert line == Manifest(
        line=0,
        order_number="BN-7731",
        order_id="81",
        invoice_id="91",
        location_key="en1",
        company_id="5001",
        status="Open",
        manifested_at=FOUND.manifested_at,
        manifest_number="MAN-7",
        invoice_number="",
        courier="Delhivery",
        awb_number="8900",
        label_url="",
        invoice_url="",
    )


def test_what_a_look_up_finds_is_written_whole() -> None:
    dateless = FoundOrder("BN-8", "", "", "Shipped", "", "", "", "", "", None, None, ())

    assert json.loads(manifested_body([FOUND, dateless])) == [
        {
            "reference_code": "BN-7731",
            "order_id": "81",
            "invoice_id": "91",
            "location_key": "en1",
            "warehouse_id": "5001",
            "order_status": "Open",
            "manifest_date": "2026-11-23 14:00:01",
            "manifest_no": "MAN-7",
            "courier": "Delhivery",
            "awb_number": "8900",
            "order_items": [
                {"sku": "A", "item_quantity": 2},
                {"sku": "B", "item_quantity": 4},
                {"sku": "C", "item_quantity": None},
                {"sku": "", "item_quantity": 5},
            ],
        },
        {
            "reference_code": "BN-8",
            "order_id": "",
            "invoice_id": "",
            "location_key": "",
            "warehouse_id": "",
            "order_status": "Shipped",
            "manifest_date": None,
            "manifest_no": "",
            "courier": "",
            "awb_number": "",
            "order_items": [],
        },
    ]


MANIFEST_ROW: dict[str, Any] = {
    **without(ROW, "order_items", "suborders", "total_amount", "company_id"),
    "invoice_number": "INV-3",
    "documents": {
        "label": "https://files.test/label.pdf",
        "easyecom_invoice": "https://files.test/invoice.pdf",
    },
}


def test_manifest_has_every_value_in_its_own_place() -> None:
    lines = easyecom.read_manifested(json.dumps([{"order_status": "New"}, MANIFEST_ROW]).encode())

    assert isinstance(lines[0], BadLine)
    assert lines[1] == Manifest(
        line=1,
        order_number="BN-7731",
        order_id="81",
        invoice_id="91",
        location_key="en1",
        company_id="5001",
        status="Open",
        manifested_at=datetime(2026, 11, 23, 14, 0, 1, tzinfo=IST),
        manifest_number="MAN-7",
        invoice_number="INV-3",
        courier="Delhivery",
        awb_number="8900",
        label_url="https://files.test/label.pdf",
        invoice_url="https://files.test/invoice.pdf",
    )


@pytest.mark.parametrize(
    ("left", "reason"),
    [
        (("reference_code",), None),
        (("invoice_id",), None),
        (("reference_code", "invoice_id"), "no_reference"),
        (("manifest_no",), None),
        # A number alone is given before the parcel leaves.
        (("manifest_date",), "not_shipped"),
        (("manifest_no", "manifest_date"), "not_shipped"),
    ],
)
def test_manifest_wants_one_name_of_its_order_and_one_sign_of_shipping(
    left: tuple[str, ...], reason: str | None
) -> None:
    (line,) = easyecom.read_manifested(json.dumps([without(MANIFEST_ROW, *left)]).encode())

    assert (line.code if isinstance(line, BadLine) else None) == reason


@pytest.mark.parametrize("status", ["Cancelled", "canceled", "CANCELLED"])
def test_cancelled_order_is_never_shipped(status: str) -> None:
    for fields in ({}, {"manifest_no": "", "manifest_date": None}):
        (found,) = looked_up(ROW | fields | {"order_status": status})
        assert is_cancelled(found)
        assert not is_shipped(found)


@pytest.mark.parametrize(
    ("status", "number", "date", "shipped"),
    [
        ("Shipped", "", None, True),
        ("shipped", "", None, True),
        ("Delivered", "", None, True),
        ("Manifest Scanned", "M", None, False),
        ("Delivered", "", "2026-11-23 14:00:01", True),
        ("", "", None, False),
    ],
)
def test_order_is_shipped_by_its_word_or_by_its_manifest(
    status: str, number: str, date: str | None, shipped: bool
) -> None:
    row = ROW | {"order_status": status, "manifest_no": number, "manifest_date": date}
    (found,) = looked_up(row)

    assert is_shipped(found) == shipped
    assert not is_cancelled(found)


def test_level_has_every_value_in_its_own_place() -> None:
    row = {"sku": "A", "inventory": 7, "location_key": "en1", "warehouse_id": 5001}
    other = {"sku": "B", "availableInventory": 8, "warehouseId": 5002, "location_key": "en2"}
    both = {"sku": "C", "inventory": 0, "availableInventory": 9, "warehouse_id": 1}
    body = json.dumps({"inventoryData": [row, other, both | {"warehouseId": 2}]}).encode()

    assert easyecom.read_inventory(body) == (
        Level(0, "A", 7, "en1", "5001"),
        Level(1, "B", 8, "en2", "5002"),
        Level(2, "C", 0, "", "1"),
    )


def test_locations_have_every_value_in_their_own_place() -> None:
    row = {
        "location_key": "en1",
        "company_id": 5001,
        "location_name": "Main",
        "city": "Pune",
        "state": "Maharashtra",
        "api_token": "token-canary",
    }

    assert read(LOCATIONS, 200, {}, told(code=200, data=[row, "no row"])) == Done(
        Locations((FoundLocation("en1", "5001", "Main", "Pune", "Maharashtra"),))
    )


# Create Order and its queue --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (
            {"OrderID": 81, "SuborderID": 71, "InvoiceID": 91, "queueId": 5},
            Done(OrderCreated("81", "71", "91")),
        ),
        ({"OrderID": 81}, Done(OrderCreated("81", "", ""))),
        ({"InvoiceID": 91}, Done(OrderCreated("", "", "91"))),
        ({"queueId": 5}, Done(easyecom.OrderQueued("5"))),
        ({"SuborderID": 71}, None),
        ({"OrderID": 0, "InvoiceID": "0", "queueId": ""}, None),
        ({}, None),
        ({"OrderID": 81, "InvoiceID": 91, "Status": "200"}, Done(OrderCreated("81", "", "91"))),
        ({"OrderID": 81, "InvoiceID": 91, "Status": 400}, None),
        ({"OrderID": 81, "InvoiceID": 91, "Status": "400"}, None),
        ({"OrderID": 81, "InvoiceID": 91, "Status": None}, None),
        ({"OrderID": 81, "InvoiceID": 9.5}, None),
    ],
)
def test_create_order_proves_what_its_ids_prove(data: dict[str, Any], outcome: Any) -> None:
    read_as = read(ORDER, 200, {}, told(code=200, message="ok", data=data))

    if outcome is None:
        assert isinstance(read_as, OutcomeUnknown)
    else:
        assert read_as == outcome


NOTES = {"order_id": 81, "reference_code": "BN-7731", "message": "In the notes"}


@pytest.mark.parametrize(("status", "state"), [(1, "waiting"), ("2", "waiting"), (3, "finished")])
def test_queue_tells_its_order_and_the_answers_own_word(status: object, state: Any) -> None:
    data = {"status_id": status, "notes": json.dumps(NOTES)}

    assert read(QUEUE, 200, {}, told(code=200, message="On top", data=data)) == Done(
        QueueStatus(state, "81", "BN-7731", "On top")
    )


@pytest.mark.parametrize(
    ("notes", "message"),
    [
        (NOTES, "In the notes"),
        (json.dumps(NOTES), "In the notes"),
        ("Plain words", "Plain words"),
        ("", "On top"),
        (None, "On top"),
        ({"order_id": 81}, "On top"),
    ],
)
def test_failed_queue_tells_why_by_the_words_nearest_to_it(notes: object, message: str) -> None:
    data = {"status_id": 4, "notes": notes}
    outcome = read(QUEUE, 200, {}, told(code=200, message="On top", data=data))

    assert isinstance(outcome, Done) and isinstance(outcome.reply, QueueStatus)
    assert (outcome.reply.state, outcome.reply.message) == ("failed", message)


# Limits ----------------------------------------------------------------------------------------


def test_text_is_as_long_as_its_column_at_most() -> None:
    for limit in (32, 64, 100, 255):
        assert text("x" * limit, limit) == "x" * limit
        assert text(f" {'x' * limit} ", limit) == "x" * limit
        with pytest.raises(BadValue, match=f"longer than {limit} characters"):
            text("x" * (limit + 1), limit)


@pytest.mark.parametrize(
    ("field", "limit"),
    [("order_status", 32), ("location_key", 64), ("awb_number", 100), ("manifest_no", 100)],
)
def test_word_of_a_look_up_that_is_too_long_is_none(field: str, limit: int) -> None:
    ours = {"order_status": "status", "manifest_no": "manifest_number"}.get(field, field)
    (fits,) = looked_up(ROW | {field: "x" * limit})
    (over,) = looked_up(ROW | {field: "x" * (limit + 1)})

    assert getattr(fits, ours) == "x" * limit
    assert getattr(over, ours) == ""


@pytest.mark.parametrize(
    ("field", "limit"),
    [
        ("reference_code", 100),
        ("order_id", 32),
        ("invoice_id", 32),
        ("location_key", 64),
        ("warehouse_id", 32),
        ("order_status", 32),
        ("awb_number", 100),
    ],
)
def test_line_of_a_manifest_with_a_word_too_long_is_bad(field: str, limit: int) -> None:
    for length, is_bad in ((limit, False), (limit + 1, True)):
        row = MANIFEST_ROW | {field: "9" * length}
        (line,) = easyecom.read_manifested(json.dumps([row]).encode())
        assert isinstance(line, BadLine) == is_bad
        if isinstance(line, BadLine):
            assert (line.code, f"The {field} is longer" in line.message) == ("bad_text", True)


@pytest.mark.parametrize(
    ("field", "limit", "code"),
    [("sku", 255, "bad_text"), ("location_key", 64, "bad_text"), ("warehouse_id", 32, "bad_text")],
)
def test_line_of_a_level_with_a_word_too_long_is_bad(field: str, limit: int, code: str) -> None:
    row = {"sku": "A", "inventory": 1}
    for length, is_bad in ((limit, False), (limit + 1, True)):
        body = json.dumps([row | {field: "9" * length}]).encode()
        (line,) = easyecom.read_inventory(body)
        assert (isinstance(line, BadLine) and line.code == code) == is_bad


def test_names_are_cut_at_their_length() -> None:
    assert [len(name("x" * length, 100)) for length in (99, 100, 101)] == [99, 100, 100]
    (found,) = looked_up(ROW | {"courier": "x" * 101})
    assert found.courier == "x" * 100


@pytest.mark.parametrize(
    ("value", "counted"),
    [
        (999_999, (999_999, "")),
        (1_000_000, (1_000_000, "")),
        (1_000_001, (1_000_000, "1000001")),
        ("1000000", (1_000_000, "")),
        ("1000001", (1_000_000, "1000001")),
        (0, (0, "")),
        ("0", (0, "")),
        (-1, (0, "-1")),
        ("-1", (0, "-1")),
    ],
)
def test_levels_are_from_nothing_to_a_million(value: object, counted: tuple[int, str]) -> None:
    assert level(value) == counted


@pytest.mark.parametrize("sign", [1, -1])
def test_amounts_are_below_a_thousand_million(sign: int) -> None:
    assert money(sign * (10**9 - 1)) == sign * Decimal(999_999_999)
    assert money(Decimal("999999999.99") * sign) == sign * Decimal("999999999.99")
    for value in (10**9, Decimal("1000000000.00"), "1000000000"):
        with pytest.raises(BadValue):
            money(f"{'-' if sign < 0 else ''}{value}")


@pytest.mark.parametrize(
    ("year", "is_good"), [(1989, False), (1990, True), (2100, True), (2101, False)]
)
def test_times_are_near_ours(year: int, is_good: bool) -> None:
    if is_good:
        assert ist(f"{year}-01-02 03:04:05") == datetime(year, 1, 2, 3, 4, 5, tzinfo=IST)
    else:
        with pytest.raises(BadValue):
            ist(f"{year}-01-02 03:04:05")


def test_time_that_names_its_zone_keeps_it() -> None:
    assert ist("2026-11-23T08:30:00Z") == datetime(2026, 11, 23, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(("value", "found"), [(0, ""), ("0", ""), ("00", "00"), (1, "1")])
def test_id_of_nought_is_none(value: object, found: str) -> None:
    assert identifier(value) == found


@pytest.mark.parametrize(
    ("wish", "seconds"),
    [("0", 1.0), ("1", 1.0), ("2", 2.0), ("899", 899.0), ("900", 900.0), ("901", 900.0)],
)
def test_wait_that_easyecom_asks_for_is_from_a_second_to_a_quarter_of_an_hour(
    wish: str, seconds: float
) -> None:
    assert read(PRODUCTS, 429, {"Retry-After": wish}, b"") == RateLimited(seconds)


def test_words_that_are_kept_are_cut_at_five_hundred() -> None:
    for length in (499, 500, 501):
        outcome = read(ORDER, 400, {}, told(code=400, message="x" * length))
        assert outcome == Rejected("x" * min(length, 500))
