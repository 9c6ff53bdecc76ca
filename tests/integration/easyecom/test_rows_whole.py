"""Rows of EasyEcom's answers with every field in them, and what is said of those that are none."""

import re
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from integration import easyecom
from integration.easyecom import (
    CancelledLine,
    Done,
    FoundLocation,
    FoundOrder,
    FoundProduct,
    InventoryPage,
    Kind,
    Level,
    Locations,
    OrdersFound,
    OutcomeUnknown,
    ProductPage,
    QueueStatus,
    RateLimited,
    TokenIssued,
    read,
)
from tests.integration.easyecom.bodies import told
from tests.integration.easyecom.test_calls import sent
from tests.integration.easyecom.test_reading import FIND, LOCATIONS, ORDER, PRODUCTS, QUEUE

IST = timezone(timedelta(hours=5, minutes=30))
INVENTORY = easyecom.get_inventory()
LOG_IN = easyecom.log_in("desk@kaveri.example", "pw", "en1")
CARRIER = easyecom.add_carrier(14, "u", "p")
AWB = easyecom.assign_awb("7", "D", "5", "7301")
ANOTHER_STATUS = "its data carries another status than its code"
PRODUCT: dict[str, Any] = {
    "cp_id": 701,
    "company_product_id": 702,
    "product_id": 703,
    "sku": " kurta\u200b-m ",
    "product_name": "N" * 301,
    "active": 1,
    "product_type": "combo_product",
    "mrp": "799.00",
    "cost": 310.5,
    "weight": 250,
    "length": 30,
    "width": 20,
    "height": 4,
    "EANUPC": "8901234567894",
    "hsn_code": "6204",
    "tax_rate": 0.05,
    "category_name": "Kurtas",
    "brand": "Indigo",
    "product_image_url": "https://files.test/kurta.jpg",
    "updated_at": "2026-11-20 18:30:05",
    "sub_products": [{"sku": "TOP", "quantity": "2.00"}, {"sku": "DUPATTA", "quantity": 1}],
    "parent_sku": "KURTA",
    "company_name": "Anand Peenya",
}
FOUND_PRODUCT = FoundProduct(
    company_product_id="701",
    product_id="703",
    sku="kurta-m",
    name="N" * 300,
    active=True,
    kind="combo_product",
    mrp=Decimal("799.00"),
    cost=Decimal("310.5"),
    weight_g=Decimal(250),
    length_cm=Decimal(30),
    width_cm=Decimal(20),
    height_cm=Decimal(4),
    ean="8901234567894",
    hsn_code="6204",
    tax_rate=Decimal("0.05"),
    category="Kurtas",
    brand="Indigo",
    image_url="https://files.test/kurta.jpg",
    updated_at=datetime(2026, 11, 20, 18, 30, 5, tzinfo=IST),
    components=(("TOP", 2), ("DUPATTA", 1)),
    parent_sku="KURTA",
    spelled="kurta\u200b-m",
)


def page(*rows: Any, **top: Any) -> ProductPage:
    outcome = read(PRODUCTS, 200, {}, told(code=200, data=list(rows), **top))
    assert isinstance(outcome, Done) and isinstance(outcome.reply, ProductPage)
    return outcome.reply


def product(**changes: Any) -> FoundProduct:
    (found,) = page(PRODUCT | changes).products
    return found


def test_product_has_every_value_in_its_own_place() -> None:
    assert page(PRODUCT, nextUrl="/P?cursor=1") == ProductPage(
        (FOUND_PRODUCT,), "/P?cursor=1", (), (), "Anand Peenya"
    )


def test_products_are_named_by_other_words_of_easyecoms() -> None:
    bare = {"sku": "A", "company_product_id": 702, "parentSku": "B"}

    (found,) = page(bare).products

    assert (found.company_product_id, found.parent_sku) == ("702", "B")
    assert page(bare).company_name == ""
    assert page(bare | {"company_name": None}, "no row", PRODUCT).company_name == "Anand Peenya"


def test_product_that_says_little_is_empty_everywhere_else() -> None:
    (found,) = page({"sku": "A", "hsn_code": ["x"], "parent_sku": ["x"], "EANUPC": {}}).products

    numbers = [found.mrp, found.cost, found.weight_g, found.length_cm, found.width_cm]
    words = [found.company_product_id, found.product_id, found.name, found.kind, found.category]
    assert numbers == [None] * 5 and words == [""] * 5
    assert (found.hsn_code, found.ean, found.parent_sku, found.brand) == ("", "", "", "")
    assert (found.tax_rate, found.height_cm, found.updated_at, found.active) == (
        None,
        None,
        None,
        True,
    )


def test_sku_is_kept_in_easyecoms_letters_where_ours_are_others() -> None:
    assert product(sku="A").spelled == ""
    # EasyEcom's own letters count, and there are 255 of them at most.
    assert product(sku="a" * 254 + "\u200b").spelled == "a" * 254 + "\u200b"
    assert product(sku="a" * 255 + "\u200b").spelled == ""


@pytest.mark.parametrize(
    ("rate", "read_as"),
    [("0", Decimal(0)), ("1", Decimal(1)), ("1.01", None), ("-0.01", None), ("18", None)],
)
def test_tax_is_a_fraction_from_nought_to_one(rate: str, read_as: Decimal | None) -> None:
    assert product(tax_rate=rate).tax_rate == read_as


@pytest.mark.parametrize("said", ["0", 0, False, "false", " Inactive ", "NO"])
def test_only_a_plain_no_makes_a_product_inactive(said: object) -> None:
    assert not product(active=said).active
    assert product(active=None).active
    assert product(active="yes").active


def test_products_that_cannot_be_used_are_named() -> None:
    rows = [
        {"sku": "A", "sub_products": "x"},
        {"sku": "B", "sub_products": ["x"]},
        {"sku": "C", "sub_products": [{"sku": ["x"], "quantity": 1}]},
        {"sku": "D", "sub_products": [{"sku": "x", "quantity": "half"}]},
        {"sku": "E", "product_id": [1]},
        {"sku": "F", "cp_id": [1]},
        {"sku": ["x"]},
        {"sku": ""},
        "no row",
        PRODUCT,
    ]

    found = page(*rows)

    assert found.products == (FOUND_PRODUCT,)
    assert found.unread == ("A", "B", "C", "D", "E", "F")
    begun = [sentence.split(" was left out: ")[1].rsplit(" ", 1)[0] for sentence in found.skipped]
    assert [words.split(" ")[:3] for words in begun] == [
        ["Its", "sub_products", "are"],
        ["Its", "sub_products", "are"],
        ["A", "sub-product's", "sku"],
        ["A", "sub-product's", "quantity"],
        ["Its", "product_id", "is"],
        ["Its", "cp_id", "is"],
        ["Its", "sku", "is"],
        ["Its", "sku", "is"],
        ["It", "is", "not"],
    ]


def test_next_page_stands_at_the_top_or_under_data() -> None:
    under = read(PRODUCTS, 200, {}, told(code=200, data=[PRODUCT | {"nextUrl": "/P?c=2"}]))
    assert isinstance(under, Done) and isinstance(under.reply, ProductPage)
    assert under.reply.next_target == "/P?c=2"
    levels = told(code=200, data={"inventoryData": []}, nextUrl="/I?c=2")
    assert read(INVENTORY, 200, {}, levels) == Done(InventoryPage((), (), "/I?c=2"))


def test_levels_stand_under_data_or_are_the_data() -> None:
    row = {"sku": "A", "inventory": 7, "location_key": "en1", "warehouse_id": 5001}
    expected = Done(InventoryPage((Level(0, "A", 7, "en1", "5001"),), (), None))

    assert read(INVENTORY, 200, {}, told(code=200, data=[row])) == expected
    assert read(INVENTORY, 200, {}, told(code=200, data={"inventoryData": [row]})) == expected


def test_link_to_the_next_page_has_8000_characters_at_most() -> None:
    longest = "/P?c=" + "x" * 7_995

    assert page(nextUrl=longest).next_target == longest


ROW: dict[str, Any] = {
    "reference_code": "BN-7731",
    "order_id": 81,
    "invoice_id": 91,
    "order_status": "Open",
    "location_key": "en1",
    "company_id": 5003,
    "company_name": "Anand Peenya",
    "pickup_city": "C" * 300,
    "awb_number": "8900",
    "courier": "Delhivery",
    "manifest_no": "MAN-7",
    "manifest_date": "2026-11-23 14:00:01",
    "last_update_date": "2026-11-24 09:00:02",
    "total_amount": "266.05",
    "collectable_amount": "166.05",
    "meta": {"cancellation_reason": "R" * 300},
    "order_items": [
        {
            "sku": "A",
            "marketplace_sku": "a-1",
            "item_quantity": 3,
            "cancelled_quantity": 2,
            "shipped_quantity": 1,
        },
        {"sku": "B", "marketplace_sku": ["x"], "item_quantity": 4, "cancelled_quantity": 4},
        {"sku": "C", "item_quantity": 5, "cancelled_quantity": 0},
        {"sku": "D", "cancelled_quantity": 1},
        {"sku": ["x"], "item_quantity": 6},
    ],
    "shipping_name": "S" * 501,
    "customer_name": "Somebody else",
    "address_line_1": "line 1",
    "address_line_2": "line 2",
    "city": "Pune",
    "state": "Maharashtra",
    "pin_code": "411001",
    "contact_num": "9812345670",
    "email": "asha@mail.example",
    "billing_name": "Bina",
    "billing_address_1": "billing 1",
    "billing_address_2": "billing 2",
    "billing_city": "Surat",
    "billing_state": "Gujarat",
    "billing_pin_code": "395003",
    "billing_mobile": "9812345671",
}
FOUND = FoundOrder(
    order_number="BN-7731",
    order_id="81",
    invoice_id="91",
    status="Open",
    location_key="en1",
    company_id="5003",
    awb_number="8900",
    courier="Delhivery",
    manifest_number="MAN-7",
    manifested_at=datetime(2026, 11, 23, 14, 0, 1, tzinfo=IST),
    total=Decimal("266.05"),
    lines=(("A", 3), ("B", 4), ("C", 5), ("D", None), ("", 6)),
    collectable=Decimal("166.05"),
    buyer=(
        ("shipping.name", "S" * 500),
        ("shipping.line1", "line 1"),
        ("shipping.line2", "line 2"),
        ("shipping.city", "Pune"),
        ("shipping.state", "Maharashtra"),
        ("shipping.pincode", "411001"),
        ("shipping.phone", "9812345670"),
        ("shipping.email", "asha@mail.example"),
        ("billing.name", "Bina"),
        ("billing.line1", "billing 1"),
        ("billing.line2", "billing 2"),
        ("billing.city", "Surat"),
        ("billing.state", "Gujarat"),
        ("billing.pincode", "395003"),
        ("billing.phone", "9812345671"),
    ),
    other_skus=("a-1", "", "", "", ""),
    cancelled=(CancelledLine("A", 3, 2, 1), CancelledLine("B", 4, 4, 0)),
    cancellation_reason="R" * 200,
    changed_at=datetime(2026, 11, 24, 9, 0, 2, tzinfo=IST),
    place_name="Anand Peenya",
    place_city="C" * 100,
)


def looked_up(data: Any) -> tuple[FoundOrder, ...]:
    outcome = read(FIND, 200, {}, told(code=200, data=data))
    assert isinstance(outcome, Done) and isinstance(outcome.reply, OrdersFound)
    return outcome.reply.orders


@pytest.mark.parametrize(
    "data", [[ROW], ROW, {"orders": [ROW]}, {"orders": ROW}, [{"orders": [ROW]}]]
)
def test_order_has_every_value_in_its_own_place_in_each_shape_of_an_answer(data: Any) -> None:
    assert looked_up(data) == (FOUND,)


def test_order_of_another_number_is_left_out_and_one_without_any_is_kept() -> None:
    others = [{"reference_code": "BN-7732"}, {"reference_code": ["x"]}, {"order_id": 5}]

    assert [found.order_id for found in looked_up(others)] == ["5"]


@pytest.mark.parametrize(
    ("call", "data", "words"),
    [
        (PRODUCTS, {"a": 1}, "its data is not a list of products"),
        (INVENTORY, {"inventoryData": "x"}, "its data holds no list of stock levels"),
        (FIND, ["x"], "its data is not a list of orders"),
        (FIND, {"orders": ["x"]}, "its data is not a list of orders"),
        (FIND, {"a": 1}, "its data is not an order"),
        (LOG_IN, {"token": {"jwt_token": "a b"}}, "it holds no usable token"),
        (LOCATIONS, "x", "its data is not a list"),
        (LOCATIONS, {"a": 1}, "its data is not a list of locations"),
        (CARRIER, {"companyCarrierId": 0}, "it holds no companyCarrierId"),
        (CARRIER, {"companyCarrierId": [1]}, "its field companyCarrierId is unusable"),
        (CARRIER, {"companyCarrierId": 7, "Status": 400}, ANOTHER_STATUS),
        (ORDER, {"a": 1}, "it holds neither an order id nor a queue id"),
        (ORDER, {"OrderID": [1]}, "its field OrderID is unusable"),
        (ORDER, {"OrderID": 1, "Status": 400}, ANOTHER_STATUS),
        (QUEUE, {"status_id": 9}, "its status_id is not one we know"),
        (QUEUE, {"status_id": [1]}, "its field status_id is unusable"),
        (AWB, {"Status": 400}, ANOTHER_STATUS),
    ],
)
def test_answer_that_proves_nothing_says_what_is_wrong_with_it(
    call: easyecom.Call, data: Any, words: str
) -> None:
    outcome = read(call, 200, {}, told(code=200, message="ok", data=data))

    assert isinstance(outcome, OutcomeUnknown) and outcome.is_answered
    assert re.search(rf"\b{re.escape(words)}\b", outcome.sentence)


@pytest.mark.parametrize("link", [5, "/P?c=" + "x" * 7_996])
def test_next_page_that_is_no_link_says_so(link: Any) -> None:
    outcome = read(PRODUCTS, 200, {}, told(code=200, data=[], nextUrl=link))

    assert isinstance(outcome, OutcomeUnknown) and "its nextUrl is not a link" in outcome.sentence


@pytest.mark.parametrize("call", [LOCATIONS, ORDER, PRODUCTS, QUEUE])
def test_answer_that_is_no_object_says_so(call: easyecom.Call) -> None:
    outcome = read(call, 200, {}, b"[1]")

    assert isinstance(outcome, OutcomeUnknown)
    assert outcome.sentence.endswith("its body is no answer (not_an_object).")


@pytest.mark.parametrize("code", ["200", "400", "401", "403", "404", "429", 200, 503])
def test_code_may_come_as_a_string_where_nothing_was_written(code: object) -> None:
    assert easyecom.envelope.opened(told(code=code)).loose_number == int(str(code))


@pytest.mark.parametrize("code", ["503", "0200", " 200", "x", None, True, 200.0, [200]])
def test_code_that_is_none_is_no_number(code: object) -> None:
    assert easyecom.envelope.opened(told(code=code)).loose_number is None


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"message": "m", "error": "e", "data": {"Message": "d"}}, "m"),
        ({"message": "NA", "error": "e", "data": {"Message": "d"}}, "e"),
        ({"message": 5, "error": None, "data": {"Message": "d"}}, "d"),
        ({"data": [{"Message": "d"}]}, "d"),
        ({"message": ["x"]}, ""),
    ],
)
def test_message_is_the_first_place_that_has_words(fields: dict[str, Any], message: str) -> None:
    assert easyecom.envelope.opened(told(code=400, **fields)).message == message


BASE = "https://api.easyecom.io/ee/"


@pytest.mark.parametrize(
    ("link", "code", "words"),
    [
        ("//evil.example/P", "bad_next_page", "is not a usable path."),
        ("P?cursor=1", "bad_next_page", "is not a usable link."),
        ("https://[bad/P", "bad_next_page", "is not a usable link."),
        ("https://evil.example/ee/P", "foreign_host", "leads to another host."),
        ("https://api.easyecom.io/P", "foreign_host", "leaves our base URL."),
    ],
)
def test_link_that_is_not_followed_says_why(link: str, code: str, words: str) -> None:
    with pytest.raises(easyecom.ForeignPage) as refusal:
        easyecom.next_page(Kind.GET_PRODUCTS, link, BASE)

    sentence = f"EasyEcom's link to the next page {words}"
    assert (refusal.value.code, refusal.value.message, str(refusal.value)) == (
        code,
        sentence,
        sentence,
    )


def test_only_the_links_own_host_is_taken_off() -> None:
    call = easyecom.next_page(
        Kind.GET_PRODUCTS, "https://api.easyecom.io/ee/P?back=https://api.easyecom.io/ee/Q", BASE
    )

    assert call.target == "/P?back=https://api.easyecom.io/ee/Q"


def test_locations_are_a_list_or_one_object_or_none() -> None:
    row = {"location_key": "en1", "company_id": [1], "city": "C" * 101, "state": "S" * 101}
    [found] = locations([row, {"location_key": ["x"]}, {}])

    assert (found.location_key, found.company_id) == ("en1", "")
    assert (found.city, found.state) == ("C" * 100, "S" * 100)
    assert locations(row) == (found,)
    assert locations(None) == locations([]) == locations({}) == ()


def locations(data: Any) -> tuple[FoundLocation, ...]:
    outcome = read(LOCATIONS, 200, {}, told(code=200, message="ok", data=data))
    assert isinstance(outcome, Done) and isinstance(outcome.reply, Locations)
    return outcome.reply.locations


@pytest.mark.parametrize("status", [1, 4])
def test_queue_that_says_its_order_in_no_usable_way_says_none(status: int) -> None:
    notes = {"order_id": [1], "reference_code": ["x"]}
    data = {"status_id": status, "notes": notes, "result": "ftp://f.example/1"}
    outcome = read(QUEUE, 200, {}, told(code=200, message="On top", data=data))

    assert isinstance(outcome, Done)
    state = "waiting" if status == 1 else "failed"
    assert outcome.reply == QueueStatus(state, "", "", "On top", "")


@pytest.mark.parametrize(
    ("said", "seconds"),
    [(3600, 3600), ("3600", 3600), ("9" * 9, 999_999_999), ("9" * 10, None), ("soon", None)],
)
def test_token_lives_as_long_as_is_said(said: object, seconds: int | None) -> None:
    data = {"token": {"jwt_token": "a.b.c", "expires_in": said}}

    assert read(LOG_IN, 200, {}, told(code=200, message="ok", data=data)) == Done(
        TokenIssued("a.b.c", seconds)
    )


def test_buyers_gstin_goes_out_where_there_is_one() -> None:
    assert sent(gst_number="27AAPFU0939F1ZV")["customer"][0]["gst_number"] == "27AAPFU0939F1ZV"
    assert "gst_number" not in sent(gst_number="")["customer"][0]


def test_spent_calls_are_told_as_what_they_are() -> None:
    spent = RateLimited(None, of_the_day=True)

    assert spent.sentence == "EasyEcom says that the day's calls are used; this one has to wait."
