"""The samples' shapes, with values of our own, as typed replies."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integration.easyecom import (
    BadLine,
    CarrierRegistered,
    Done,
    FoundLocation,
    FoundOrder,
    FoundProduct,
    InventoryPage,
    Level,
    Locations,
    OrderCreated,
    OrderQueued,
    OrdersFound,
    OutcomeUnknown,
    ProductPage,
    QueueStatus,
    TokenIssued,
    read,
)
from tests.integration.easyecom.bodies import body, told
from tests.integration.easyecom.test_reading import FIND, LOCATIONS, LOG_IN, PRODUCTS, QUEUE, STOCK

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJsb2MiOiJrdjcifQ.c2lnbmF0dXJl"


def found(row: dict[str, Any]) -> Any:
    """What a look-up of BN-7731 makes of one row."""
    outcome = read(FIND, 200, {}, told(code=200, data=[row]))
    assert isinstance(outcome, Done)
    assert isinstance(outcome.reply, OrdersFound)
    return outcome.reply.orders


def pulled(**row: Any) -> Any:
    outcome = read(PRODUCTS, 200, {}, told(data=[{"sku": "lamp", "cp_id": 1} | row], nextUrl=None))
    assert isinstance(outcome, Done)
    return outcome.reply


def test_log_in_gives_the_token_and_its_life() -> None:
    assert read(LOG_IN, 200, {}, body("token_issued")) == Done(TokenIssued(JWT, 7_776_000))


@pytest.mark.parametrize(
    ("life", "seconds"),
    [("3600", 3600), (None, None), (-1, None), ("soon", None), (10**12, None), (True, None)],
)
def test_a_strange_life_of_a_token_is_no_life(life: object, seconds: int | None) -> None:
    answer = told(data={"token": {"jwt_token": JWT, "expires_in": life}}, message=None)
    assert read(LOG_IN, 200, {}, answer) == Done(TokenIssued(JWT, seconds))


@pytest.mark.parametrize("token", [None, "", "a b", "a\r\nX: 1", "tökén", 5, "x" * 9_000])
def test_a_token_that_no_header_can_carry_is_doubt(token: object) -> None:
    answer = told(data={"token": {"jwt_token": token}}, message=None)
    assert isinstance(read(LOG_IN, 200, {}, answer), OutcomeUnknown)


def test_locations_come_without_their_credential() -> None:
    outcome = read(LOCATIONS, 200, {}, body("locations"))
    assert outcome == Done(
        Locations(
            (
                FoundLocation("kv70010001", "40417", "Kaveri Hosur", "Hosur", "Tamil Nadu"),
                FoundLocation("kv70010002", "40418", "Kaveri Shop", "", "Karnataka"),
            )
        )
    )
    assert "canary" not in repr(outcome)


def test_a_location_without_key_is_left_out() -> None:
    rows = [{"location_name": "x"}, {"location_key": ["x"]}, "x", {"location_key": "kv1"}]
    outcome = read(LOCATIONS, 200, {}, told(code=200, data=rows))
    assert outcome == Done(Locations((FoundLocation("kv1", "", "", "", ""),)))


def test_products_are_read_and_the_bad_ones_named() -> None:
    outcome = read(PRODUCTS, 200, {}, body("products"))
    assert isinstance(outcome, Done)
    page = outcome.reply
    assert isinstance(page, ProductPage)
    lamp, wick, lamp_set = page.products
    assert lamp == FoundProduct(
        company_product_id="81200045",
        product_id="20300011",
        sku="lamp-brass",
        name="Brass lamp",
        active=True,
        kind="normal_product",
        mrp=Decimal("899.00"),
        cost=Decimal("410.25"),
        weight_g=Decimal(640),
        length_cm=Decimal("12.5"),
        width_cm=Decimal(12),
        height_cm=Decimal(31),
        ean="8900000000017",
        hsn_code="9405",
        tax_rate=Decimal("0.12"),
        category="Lamps",
        brand="Kaveri",
        image_url="https://images.kaveri.example/lamp.jpeg",
        updated_at=datetime(2026, 10, 5, 18, 29, 1, tzinfo=UTC),
    )
    assert (wick.active, wick.mrp, wick.cost, wick.image_url) == (False, None, None, "")
    assert (wick.updated_at, wick.tax_rate) == (None, None)
    assert (lamp_set.kind, lamp_set.components) == (
        "combo_product",
        (("lamp-brass", 1), ("wick", 4)),
    )
    assert page.skipped == (
        "Product 4 of the page was left out: Its sku is missing.",
        "Product 5 of the page was left out: It is not an object.",
    )
    assert page.next_target == "/Products/GetProductMaster?cursor=aB3_x/9%2fQ-1SwrKd=="


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"sku": "a\x00b"}, "Its sku holds characters that cannot be stored."),
        ({"sku": "x" * 256}, "Its sku is longer than 255 characters."),
        ({"cp_id": {"a": 1}}, "Its cp_id is not text."),
        ({"sub_products": "x"}, "Its sub_products are not a list of objects."),
        ({"sub_products": [{"sku": "a"}]}, "A sub-product's quantity is missing."),
    ],
)
def test_a_product_that_cannot_be_kept_is_left_out(row: dict[str, Any], reason: str) -> None:
    page = pulled(**row)
    assert (page.products, page.skipped) == (
        (),
        (f"Product 1 of the page was left out: {reason}",),
    )


def test_a_product_that_cannot_be_kept_is_named_as_far_as_it_can() -> None:
    assert pulled(sku="lamp", sub_products="x").unread == ("lamp",)
    assert pulled(sku="x" * 256).unread == ()


@pytest.mark.parametrize(("row", "parent"), [({"parent_sku": "p"}, "p"), ({"parentSku": 7}, "7")])
def test_a_variants_parent_is_kept_where_it_is_given(row: dict[str, Any], parent: str) -> None:
    (product,) = pulled(**row).products
    assert product.parent_sku == parent


@pytest.mark.parametrize("value", [10**30, "1e999", "much", [], True, {}])
def test_a_strange_measure_is_none_and_spoils_nothing(value: object) -> None:
    (product,) = pulled(mrp=value, weight=value, tax_rate=value, updated_at=value).products
    assert (product.mrp, product.weight_g, product.tax_rate) == (None, None, None)
    assert product.updated_at is None


def test_a_tax_rate_that_is_no_fraction_is_none() -> None:
    (product,) = pulled(tax_rate=18).products
    assert product.tax_rate is None


@pytest.mark.parametrize("link", [5, ["/x"], {"a": 1}, "/" + "x" * 9_000])
def test_a_strange_next_page_is_doubt_and_no_end(link: object) -> None:
    answer = told(data=[{"sku": "lamp"}], nextUrl=link)
    assert isinstance(read(PRODUCTS, 200, {}, answer), OutcomeUnknown)


def test_a_finished_queue_names_its_order() -> None:
    assert read(QUEUE, 200, {}, body("queue_finished")) == Done(
        QueueStatus("finished", "733000111", "BN-7731", "Successful")
    )


@pytest.mark.parametrize(
    ("status", "state"), [(1, "waiting"), ("2", "waiting"), (3, "finished"), (4, "failed")]
)
def test_a_queue_status_is_a_word(status: object, state: str) -> None:
    answer = told(code=200, data={"status_id": status, "notes": "not json"})
    outcome = read(QUEUE, 200, {}, answer)
    assert isinstance(outcome, Done)
    assert isinstance(outcome.reply, QueueStatus)
    assert outcome.reply.state == state
    assert outcome.reply.message == ("not json" if state == "failed" else "")


@pytest.mark.parametrize("status", [None, 0, 5, "done", True, [3]])
def test_an_unknown_queue_status_is_doubt(status: object) -> None:
    answer = told(code=200, data={"status_id": status})
    assert isinstance(read(QUEUE, 200, {}, answer), OutcomeUnknown)


def test_a_look_up_keeps_the_asked_order_and_its_splits_only() -> None:
    assert read(FIND, 200, {}, body("order_found")) == Done(
        OrdersFound(
            (
                FoundOrder(
                    order_number="BN-7731_OR1",
                    order_id="733000111",
                    invoice_id="733000333",
                    status="Shipped",
                    location_key="kv70010001",
                    company_id="40417",
                    awb_number="55120098001",
                    courier="Delhivery",
                    manifest_number="M-20-1",
                    manifested_at=datetime(2026, 11, 20, 13, 15, 10, tzinfo=UTC),
                    total=Decimal("1798.00"),
                    lines=(("lamp-brass", 2), ("wick", None)),
                    buyer=(("shipping.email", "buyer@kaveri.example"),),
                    other_skus=("", ""),
                ),
            )
        )
    )


@pytest.mark.parametrize("reference", ["BN-7731", " BN-7731 ", "BN-7731_OR2"])
def test_a_row_of_the_asked_order_is_kept(reference: str) -> None:
    (order,) = found({"reference_code": reference, "order_id": 1})
    assert order.order_number == reference.strip()


@pytest.mark.parametrize("reference", [None, "", "NA"])
def test_a_row_without_reference_is_kept_as_evidence(reference: object) -> None:
    (order,) = found({"reference_code": reference, "order_id": 1})
    assert (order.order_number, order.order_id) == ("", "1")


@pytest.mark.parametrize("reference", ["BN-77310", "BN-7731_X1", "XBN-7731", ["BN-7731"], 7])
def test_a_row_of_another_order_is_dropped(reference: object) -> None:
    assert found({"reference_code": reference, "order_id": 1}) == ()


@pytest.mark.parametrize("data", [None, {}, {"status": "ok"}, "ok", ["BN-7731"], [None]])
def test_a_look_up_without_rows_is_not_taken_for_nothing_found(data: object) -> None:
    assert isinstance(read(FIND, 200, {}, told(code=200, data=data)), OutcomeUnknown)


def test_strange_values_in_a_found_order_are_empty() -> None:
    (order,) = found(
        {"reference_code": "BN-7731", "invoice_id": [], "manifest_date": "x", "total_amount": "a"}
    )
    assert (order.invoice_id, order.manifested_at, order.total, order.lines) == ("", None, None, ())


def test_stock_levels_are_read_back_and_the_bad_ones_named() -> None:
    assert read(STOCK, 200, {}, body("stock_levels")) == Done(
        InventoryPage(
            levels=(Level(0, "lamp-brass", 17, "kv70010001", ""),),
            bad=(BadLine(1, "bad_level", "The level is missing.", "wick", "", "kv70010001"),),
            next_target="https://api.easyecom.io/getInventoryDetailsV3?cursor=Zz%3d",
        )
    )


@pytest.mark.parametrize(
    ("reply", "sentence"),
    [
        (TokenIssued("a-token", 7_776_000), "A log-in for 90 days."),
        (TokenIssued("a-token"), "A log-in."),
        (Locations(()), "0 locations."),
        (CarrierRegistered("8812"), "The carrier is registered as 8812."),
        (ProductPage(()), "0 products; the last page."),
        (ProductPage((), "/next", ("no SKU",)), "0 products, 1 row not to be read; more to come."),
        (InventoryPage((Level(0, "KURTA", 5, "", ""),)), "1 level; the last page."),
        (OrderCreated("81", "71", "91"), "Created: InvoiceID 91."),
        (OrderCreated("81", "71", ""), "Created, but without an InvoiceID."),
        (OrderQueued("q7"), "Taken in; it is created later, by queue q7."),
        (QueueStatus("waiting"), "The queue has not got to it."),
        (QueueStatus("failed", message="bad SKU"), "The queue has failed: bad SKU"),
        (OrdersFound(()), "EasyEcom shows no order of this number."),
        (
            OrdersFound(
                (*found({"invoice_id": 91}), *found({"invoice_id": 92, "awb_number": "A-7"}))
            ),
            "EasyEcom shows it: InvoiceID 91, InvoiceID 92 with AWB A-7.",
        ),
        (OrdersFound(found({})), "EasyEcom shows it: no InvoiceID."),
    ],
)
def test_every_reply_says_in_a_sentence_what_came(reply: Any, sentence: str) -> None:
    assert reply.sentence == sentence
