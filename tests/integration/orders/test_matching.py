"""What of a look-up speaks against an order of ours, and what does not."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from integration.easyecom import FoundOrder
from integration.models import OrderLine, Product
from integration.orders.matching import mismatch
from tests.factories import make_location, make_order

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
# Where the goods are ours.
MOVED = " It was moved there in EasyEcom."
LINES = "Its SKUs or quantities differ."


@pytest.fixture
def order():
    """Goods of 300.00: 2 x 123.00 and 3 x 20.00, less 6.00; shipping 40.00, discount 7.00."""
    location = make_location(location_key="en1", company_id="5001")
    order = make_order(
        location, shipping_charge=Decimal("40.00"), discount=Decimal("7.00"), order_number="BN-1"
    )
    OrderLine.objects.create(
        order=order,
        position=1,
        line_id="BN-1-2",
        sku="SCARF",
        quantity=3,
        unit_price=Decimal("20.00"),
        discount=Decimal("6.00"),
    )
    return order


def invoice(**fields):
    """One that says nothing but its number."""
    nothing = dict.fromkeys(FoundOrder.__dataclass_fields__, "")
    return FoundOrder(**(nothing | {"manifested_at": None, "total": None, "lines": ()} | fields))


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({}, ""),
        ({"location_key": "en1"}, ""),
        ({"location_key": "EN1"}, ""),
        ({"location_key": "en2"}, f"It is at location en2, not en1.{MOVED}"),
        # The key decides where there is one.
        ({"location_key": "en1", "company_id": "5002"}, ""),
        ({"location_key": "en2", "company_id": "5001"}, f"It is at location en2, not en1.{MOVED}"),
        ({"company_id": "5001"}, ""),
        ({"company_id": "5002"}, f"It is at warehouse 5002, not 5001.{MOVED}"),
    ],
)
def test_place_is_compared_by_its_key_else_by_its_company(order, said, sentence):
    assert mismatch(order, [invoice(**said)]) == sentence


def test_company_that_we_do_not_know_ourselves_is_no_mismatch(order):
    order.location.company_id = ""

    assert mismatch(order, [invoice(company_id="5002")]) == ""


def test_every_invoice_of_a_split_order_has_to_be_at_its_location(order):
    invoices = [invoice(location_key="en1"), invoice(location_key="en2")]

    assert mismatch(order, invoices) == f"It is at location en2, not en1.{MOVED}"


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ((("KURTA-RED-M", 2), ("SCARF", 3)), ""),
        ((("SCARF", 3), ("KURTA-RED-M", 2)), ""),
        ((("SCARF", 1), ("KURTA-RED-M", 2), ("SCARF", 2)), ""),
        ((("KURTA-RED-M", 2),), LINES),
        ((("KURTA-RED-M", 2), ("SCARF", 2)), LINES),
        ((("KURTA-RED-M", 2), ("SCARF", 4)), LINES),
        ((("KURTA-RED-M", 2), ("SCARF", 3), ("HAT", 1)), LINES),
        ((("kurta-red-m", 2), ("scarf", 1), ("Scarf", 2)), ""),
        ((("KURTA\u200b-RED-M", 2), (" SCARF ", 3)), ""),
        # Whoever leaves out one SKU or quantity has not said what the order holds.
        ((("KURTA-RED-M", 2), ("", 3)), ""),
        ((("", 9), ("HAT", 1)), ""),
        ((("KURTA-RED-M", 2), ("SCARF", None)), ""),
        ((("KURTA-RED-M", None), ("HAT", 1)), ""),
        ((), ""),
    ],
)
def test_skus_and_quantities_are_compared_where_all_are_said(order, lines, sentence):
    assert mismatch(order, [invoice(lines=lines)]) == sentence


def test_lines_of_a_split_order_are_taken_together(order):
    parts = [invoice(lines=(("KURTA-RED-M", 2), ("SCARF", 1))), invoice(lines=(("SCARF", 2),))]

    assert mismatch(order, parts) == ""
    assert mismatch(order, parts[:1]) == LINES


def test_lines_of_one_order_are_taken_together_too(order):
    order.lines.update(sku="SCARF")

    assert mismatch(order, [invoice(lines=(("SCARF", 5),))]) == ""


@pytest.mark.parametrize(
    "total",
    [
        # Goods alone, with shipping, less the discount, and both; each a paisa to either side.
        *("300.00", "299.99", "300.01"),
        *("340.00", "339.99", "340.01"),
        *("293.00", "292.99", "293.01"),
        *("333.00", "332.99", "333.01"),
    ],
)
def test_total_is_ours_with_or_without_shipping_and_discount_to_a_paisa(order, total):
    assert mismatch(order, [invoice(total=Decimal(total))]) == ""


@pytest.mark.parametrize(
    "total",
    ["299.98", "300.02", "339.98", "340.02", "292.98", "293.02", "332.98", "333.02", "331.00"],
)
def test_two_paise_off_is_another_total(order, total):
    sentence = f"Its total is {total}, ours is 333.00."

    assert mismatch(order, [invoice(total=Decimal(total))]) == sentence


def test_totals_of_a_split_order_are_taken_together_where_all_are_said(order):
    parts = [invoice(total=Decimal("133.00")), invoice(total=Decimal("200.00"))]

    assert mismatch(order, parts) == ""
    assert mismatch(order, parts[:1]) == "Its total is 133.00, ours is 333.00."
    assert mismatch(order, [parts[0], invoice()]) == ""


def test_what_is_told_first_is_place_then_lines_then_total(order):
    wrong = {"location_key": "en2", "lines": (("HAT", 1),), "total": Decimal("1.00")}
    told = []
    for name in tuple(wrong):
        told.append(mismatch(order, [invoice(**wrong)]))
        del wrong[name]

    assert told == [
        "It is at location en2, not en1.",
        LINES,
        "Its total is 1.00, ours is 333.00.",
    ]


# Rounded totals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("totals", "sentence"),
    [
        (["300"], ""),
        (["301"], ""),
        (["299"], "Its total is 299.00, ours is 333.40."),
        (["150", "151.49"], ""),
        (["150", "152.00"], ""),
        (["150", "151.50"], "Its total is 301.50, ours is 333.40."),
        (["150", "152.50"], "Its total is 302.50, ours is 333.40."),
        (["302"], "Its total is 302.00, ours is 333.40."),
        (["300.99"], "Its total is 300.99, ours is 333.40."),
    ],
)
def test_each_invoice_with_a_whole_total_may_be_less_than_a_rupee_off(order, totals, sentence):
    """The goods come to 300.50."""
    order.shipping_charge, order.discount = Decimal("40.40"), Decimal("7.50")
    order.lines.filter(position=1).update(discount=Decimal("5.50"))

    assert mismatch(order, [invoice(total=Decimal(each)) for each in totals]) == sentence


# Cancelled invoices ------------------------------------------------------------------------------

KURTA, SCARVES = ("KURTA-RED-M", 2), ("SCARF", 3)


def cancelled(*lines):
    return invoice(status="Cancelled", lines=lines)


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        # All are cancelled: one of them may be the order, or all together.
        ([cancelled(KURTA, SCARVES)], ""),
        ([cancelled(("HAT", 1)), cancelled(KURTA, SCARVES)], ""),
        ([cancelled(KURTA), cancelled(SCARVES)], ""),
        ([cancelled(KURTA), cancelled(("HAT", 1))], LINES),
        ([cancelled(("HAT", 1))], LINES),
        # One beside others is left out, or is a part of the order.
        ([cancelled(("HAT", 1)), invoice(lines=(KURTA, SCARVES))], ""),
        ([cancelled(KURTA), invoice(lines=(SCARVES,))], ""),
        ([cancelled(("HAT", 1)), invoice(lines=(SCARVES,))], LINES),
        ([invoice(lines=(SCARVES,)), invoice(lines=(("HAT", 1),))], LINES),
    ],
)
def test_cancelled_invoice_is_the_order_or_a_part_of_it_or_left_out(order, found, sentence):
    assert mismatch(order, found) == sentence


def test_order_of_which_a_part_is_cancelled_may_have_moved(order):
    found = [cancelled(KURTA), invoice(lines=(SCARVES,), location_key="en2")]
    assert mismatch(order, found) == f"It is at location en2, not en1.{MOVED}"


# Numbers in other letters ------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["bn-1", "bn-1_OR2"])
def test_number_in_other_letters_is_ours_unless_there_is_an_order_of_those_letters(order, number):
    make_order(order_number=number)
    make_order(order.location, order_number="bn-2")
    assert mismatch(order, [invoice(order_number=number)]) == ""

    make_order(order.location, order_number=number)
    assert mismatch(order, [invoice(order_number=number)]) == "It is order bn-1."


@pytest.mark.parametrize("number", ["BN-1", "BN-1_OR2", "", "BN-9"])
def test_own_number_and_one_that_only_belongs_to_another_is_no_mismatch(order, number):
    make_order(order.location, order_number="BN-9")
    assert mismatch(order, [invoice(order_number=number)]) == ""


# The marketplace's own name of a SKU, and combos -------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "other_skus", "sentence"),
    [
        ((("MP-1", 2), SCARVES), ("KURTA-RED-M", ""), ""),
        ((("MP-1", 2), SCARVES), ("kurta-red-m",), ""),
        ((KURTA, ("MP-2", 3)), ("", "SCARF"), ""),
        # What is ours by its own name stays so.
        ((KURTA, SCARVES), ("SCARF", "KURTA-RED-M"), ""),
        ((("MP-1", 2), SCARVES), ("MP-3", ""), LINES),
        ((("MP-1", 2), SCARVES), (), LINES),
    ],
)
def test_line_is_known_by_the_marketplaces_name_too(order, lines, other_skus, sentence):
    assert mismatch(order, [invoice(lines=lines, other_skus=other_skus)]) == sentence


@pytest.mark.parametrize(
    ("components", "sentence"),
    [
        ([{"sku": "shirt", "quantity": 1}, {"sku": "TROUSERS", "quantity": 2}], ""),
        ([{"sku": "SHIRT", "quantity": 1}, {"sku": "TROUSERS", "quantity": 1}], LINES),
        ([], LINES),
    ],
)
def test_combo_may_be_shown_as_its_parts(order, components, sentence):
    Product.objects.create(
        seller=order.seller,
        location=order.location,
        sku="KURTA-RED-M",
        components=components,
        seen_at=NOW,
    )
    parts = (("SHIRT", 2), ("TROUSERS", 4), SCARVES)

    assert mismatch(order, [invoice(lines=parts)]) == sentence


def test_combo_of_another_seller_is_none_of_ours(order):
    other = make_location()
    Product.objects.create(
        seller=other.seller,
        location=other,
        sku="KURTA-RED-M",
        components=[{"sku": "SHIRT", "quantity": 1}],
        seen_at=NOW,
    )
    assert mismatch(order, [invoice(lines=(("SHIRT", 2), SCARVES))]) == LINES
