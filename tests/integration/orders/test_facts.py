"""What makes two orders the same, and money at its limits."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from integration.orders.facts import as_body, fingerprint, money_problems, total_of

LINE = {
    "line_id": "L-1",
    "sku": "A",
    "name": "Lamp",
    "quantity": 2,
    "unit_price": Decimal("100.00"),
    "discount": Decimal("10.00"),
}
ADDRESS = {"name": "Asha", "line1": "1 Road", "pincode": "411001"}
FACTS = {
    "location_key": "en1",
    "ordered_at": datetime(2026, 11, 23, 4, 45, tzinfo=UTC),
    "expected_delivery_at": datetime(2026, 11, 28, 4, 45, tzinfo=UTC),
    "payment_mode": "cod",
    "collectable_amount": Decimal("205.00"),
    "payment_gateway": "g",
    "payment_transaction_id": "t",
    "shipping_charge": Decimal("20.00"),
    "discount": Decimal("5.00"),
    "lines": [LINE, LINE | {"line_id": "L-2", "sku": "B", "quantity": 1}],
    "shipping_address": ADDRESS,
    "billing_address": ADDRESS | {"name": "Ravi"},
    "package": {"weight_g": 100},
}
OTHERS = {
    "location_key": "en2",
    "ordered_at": datetime(2026, 11, 23, 4, 46, tzinfo=UTC),
    "expected_delivery_at": None,
    "payment_mode": "prepaid",
    "collectable_amount": Decimal("205.01"),
    "payment_gateway": "",
    "payment_transaction_id": "u",
    "shipping_charge": Decimal("20.01"),
    "discount": Decimal("5.01"),
    "lines": [LINE],
    "shipping_address": ADDRESS | {"name": "Ravi"},
    "billing_address": None,
    "package": {"weight_g": 101},
}
LINE_OTHERS = {
    "line_id": "L-9",
    "sku": "C",
    "name": "Lamps",
    "quantity": 3,
    "unit_price": Decimal("100.01"),
    "discount": Decimal("10.01"),
}


@pytest.mark.parametrize("name", FACTS)
def test_order_that_differs_in_one_fact_is_another(name):
    assert set(OTHERS) == set(FACTS)
    assert fingerprint(FACTS | {name: OTHERS[name]}) != fingerprint(FACTS)


@pytest.mark.parametrize("name", LINE)
def test_order_that_differs_in_one_fact_of_a_line_is_another(name):
    assert set(LINE_OTHERS) == set(LINE)
    lines = [LINE | {name: LINE_OTHERS[name]}, *FACTS["lines"][1:]]
    assert fingerprint(FACTS | {"lines": lines}) != fingerprint(FACTS)


def test_sequence_of_lines_and_which_address_is_which_make_another_order():
    swapped = {
        "shipping_address": FACTS["billing_address"],
        "billing_address": FACTS["shipping_address"],
    }
    turned = {"lines": FACTS["lines"][::-1]}
    assert len({fingerprint(FACTS | change) for change in ({}, swapped, turned)}) == 3


def test_same_facts_written_in_another_way_are_the_same_order():
    india = timezone(timedelta(hours=5, minutes=30))
    again = {name: FACTS[name] for name in reversed(FACTS)} | {
        "ordered_at": FACTS["ordered_at"].astimezone(india),
        "collectable_amount": Decimal("205"),
        "shipping_charge": Decimal("20.0"),
        "shipping_address": dict(reversed(ADDRESS.items())),
    }
    assert fingerprint(again) == fingerprint(FACTS)  # weak: that both are one is the promise


def test_fingerprint_that_a_release_before_kept_is_found_again():
    facts = FACTS | {"lines": [LINE], "billing_address": None, "package": None}

    text = (
        '{"billing_address":null,"collectable_amount":"205.00","discount":"5.00",'
        '"expected_delivery_at":"2026-11-28T04:45:00+00:00",'
        '"lines":[{"discount":"10.00","line_id":"L-1","name":"Lamp","quantity":2,"sku":"A",'
        '"unit_price":"100.00"}],"location_key":"en1",'
        '"ordered_at":"2026-11-23T04:45:00+00:00","package":null,"payment_gateway":"g",'
        '"payment_mode":"cod","payment_transaction_id":"t","shipping_address":'
        '{"line1":"1 Road","name":"Asha","pincode":"411001"},"shipping_charge":"20.00"}'
    )
    assert fingerprint(facts) == hashlib.sha256(text.encode()).hexdigest()


def test_gstin_makes_another_order_only_where_there_is_one():
    without, empty, given = ({}, {"buyer_gstin": ""}, {"buyer_gstin": "27AAPFU0939F1ZV"})
    prints = [fingerprint(FACTS | each) for each in (without, empty, given)]
    assert (prints[0] == prints[1], prints[0] == prints[2]) == (True, False)


def test_body_has_times_in_utc_and_money_with_two_decimals():
    india = timezone(timedelta(hours=5, minutes=30))
    facts = {"ordered_at": datetime(2026, 11, 23, 10, 15, tzinfo=india), "discount": Decimal("5")}
    assert as_body(facts) == {"ordered_at": "2026-11-23T04:45:00+00:00", "discount": "5.00"}


def test_what_no_body_can_hold_is_named():
    with pytest.raises(TypeError, match=r"^set$"):
        as_body({"lines": set()})


def test_total_is_goods_less_their_discounts_with_shipping_less_the_discount():
    assert total_of(FACTS) == Decimal("295.00")


TOO_MUCH = "The discount is more than the order costs."
NEEDED = "Needed for cod: what the courier collects."
ABOVE_0 = "It must be more than 0 for cod."
NOTHING = "A prepaid order has nothing to collect."
OVER = "It is more than the order's total of 295.00."
AMOUNT = "payment.collectable_amount"


@pytest.mark.parametrize(
    ("mode", "collectable", "problem"),
    [
        ("cod", "0.01", None),
        ("cod", "294.99", None),
        ("cod", "295.00", None),
        ("cod", "295.01", OVER),
        ("cod", "0.00", ABOVE_0),
        ("cod", None, NEEDED),
        ("prepaid", None, None),
        ("prepaid", "0.00", None),
        ("prepaid", "0.01", NOTHING),
        ("prepaid", "295.00", NOTHING),
    ],
)
def test_what_the_courier_collects_is_above_nothing_and_at_most_the_total(
    mode, collectable, problem
):
    amount = None if collectable is None else Decimal(collectable)

    found = list(money_problems(FACTS | {"payment_mode": mode}, amount))

    assert found == ([] if problem is None else [(AMOUNT, problem)])


@pytest.mark.parametrize(
    ("discount", "collectable", "problems"),
    [
        # The goods and shipping come to 300.00.
        ("299.99", "0.01", []),
        ("299.99", "0.02", [(AMOUNT, "It is more than the order's total of 0.01.")]),
        ("300.00", None, []),
        ("300.00", "0.00", []),
        ("300.00", "0.01", [(AMOUNT, "It is more than the order's total of 0.00.")]),
        ("300.01", "300.00", [("discount", TOO_MUCH)]),
        (
            "300.01",
            "300.01",
            [
                ("discount", TOO_MUCH),
                (AMOUNT, "It is more than the order's total of 300.00."),
            ],
        ),
        ("300.01", None, [("discount", TOO_MUCH), (AMOUNT, NEEDED)]),
    ],
)
def test_discount_is_at_most_what_the_order_costs(discount, collectable, problems):
    amount = None if collectable is None else Decimal(collectable)

    found = list(money_problems(FACTS | {"discount": Decimal(discount)}, amount))

    assert found == problems
