"""What an order said before and after a change: as rows, as differences, and in words."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from integration.models import Event, OrderRevision
from integration.orders.revisions import (
    Difference,
    Source,
    body_of,
    differences,
    in_words,
    leaves,
    record,
    words_of,
)
from tests.factories import ADDRESS, make_location, make_order

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
BEGUN = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
BEFORE = {
    "payment_mode": "cod",
    "discount": "0.00",
    "billing_address": None,
    "shipping_address": {"name": "Asha", "city": "Pune"},
    "lines": [
        {"line_id": "BN-1-1", "sku": "A", "quantity": 2, "unit_price": "10.00"},
        {"line_id": "BN-1-2", "sku": "B", "quantity": 1, "unit_price": "5.00"},
    ],
}


def test_each_fact_has_its_path_and_what_is_empty_has_none():
    assert list(leaves(BEFORE | {"payment_gateway": "", "package": {"weight_g": 0}})) == [
        ("payment_mode", "cod"),
        ("discount", "0.00"),
        ("shipping_address.name", "Asha"),
        ("shipping_address.city", "Pune"),
        ("lines.BN-1-1.sku", "A"),
        ("lines.BN-1-1.quantity", "2"),
        ("lines.BN-1-1.unit_price", "10.00"),
        ("lines.BN-1-2.sku", "B"),
        ("lines.BN-1-2.quantity", "1"),
        ("lines.BN-1-2.unit_price", "5.00"),
        ("package.weight_g", "0"),
    ]


def test_facts_that_changed_came_or_went_are_told_old_ones_first():
    after = BEFORE | {
        "payment_gateway": "Razorpay",
        "payment_mode": "prepaid",
        "lines": [BEFORE["lines"][1], BEFORE["lines"][0] | {"quantity": 3, "sku": ""}],
    }
    assert list(differences(BEFORE, after)) == [
        Difference("payment_mode", "cod", "prepaid"),
        Difference("lines.BN-1-1.sku", "A", ""),
        Difference("lines.BN-1-1.quantity", "2", "3"),
        Difference("payment_gateway", "", "Razorpay"),
    ]


def test_line_that_stands_elsewhere_has_not_changed():
    assert list(differences(BEFORE, BEFORE | {"lines": BEFORE["lines"][::-1]})) == []


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("lines.BN-1-1.unit_price", "line BN-1-1: unit price"),
        ("lines.BN.1.1.unit_price", "line BN.1.1: unit price"),
        ("payment_mode", "payment mode"),
        ("shipping_address.city", "shipping address: city"),
    ],
)
def test_path_in_words(path, words):
    assert words_of(path) == words


def test_what_changed_is_told_with_its_values_and_a_buyers_facts_without():
    changes = [
        Difference("payment_mode", "cod", "prepaid"),
        Difference("payment_gateway", "", "Razorpay"),
        Difference("package.weight_g", "100", ""),
        Difference("shipping_address.city", "Pune", "Thane"),
        Difference("billing_address.name", "", "Ravi"),
        Difference("payment_transaction_id", "t-1", "t-2"),
        Difference("buyer_gstin", "", "27AAPFU0939F1ZV"),
    ]
    assert in_words(changes) == (
        "payment mode cod → prepaid; payment gateway none → Razorpay; "
        "package: weight g 100 → none; shipping address: city; billing address: name; "
        "payment transaction id; buyer gstin"
    )


FACTS = {
    "location_key": "en1",
    "ordered_at": datetime(2026, 11, 23, 4, 45, tzinfo=UTC),
    "expected_delivery_at": None,
    "payment_mode": "cod",
    "collectable_amount": Decimal("266.00"),
    "payment_gateway": "",
    "payment_transaction_id": "",
    "shipping_charge": Decimal("20.00"),
    "discount": Decimal("0.00"),
    "lines": [
        {
            "line_id": "BN-1-1",
            "sku": "KURTA-RED-M",
            "name": "Kurta",
            "quantity": 2,
            "unit_price": Decimal("123.00"),
            "discount": Decimal("0.00"),
        }
    ],
    "shipping_address": ADDRESS,
    "billing_address": None,
    "buyer_gstin": "",
    "package": {"weight_g": 100, "length_cm": 10, "width_cm": 10, "height_cm": 10},
}
BODY = FACTS | {
    "ordered_at": "2026-11-23T04:45:00+00:00",
    "collectable_amount": "266.00",
    "shipping_charge": "20.00",
    "discount": "0.00",
    "lines": [FACTS["lines"][0] | {"unit_price": "123.00", "discount": "0.00"}],
}


@pytest.fixture
def order():
    order = make_order(make_location(location_key="en1"), push_begun_at=BEGUN)
    order.lines.update(line_id="BN-1-1")
    order.refresh_from_db()
    return order


def rows_of(order):
    columns = ("number", "body", "at", "actor", "reason", "push_begun_at", "correlation_id")
    return list(OrderRevision.objects.filter(order=order).order_by("number").values_list(*columns))


@pytest.mark.django_db
def test_body_of_an_order_is_what_its_rows_say(order):
    make_order()
    assert body_of(order) == BODY


@pytest.mark.django_db
def test_first_change_keeps_what_was_given_by_whom_and_when_it_was_sent(order):
    Event.objects.create(order=order, kind="changed", at=NOW, actor="meera")
    Event.objects.create(order=order, kind="received", at=NOW, actor="booon · key 1")
    Event.objects.create(order=order, kind="received", at=NOW, actor="booon · key 2")
    Event.objects.create(order=make_order(), kind="received", at=NOW, actor="booon · key 3")

    changes = record(
        order,
        FACTS | {"discount": Decimal("1.00")},
        Source("meera", "c-1"),
        NOW,
        reason="A voucher.",
    )

    assert changes == [Difference("discount", "0.00", "1.00")]
    assert rows_of(order) == [
        (1, BODY, order.created_at, "booon · key 1", "", BEGUN, ""),
        (2, BODY | {"discount": "1.00"}, NOW, "meera", "A voucher.", None, "c-1"),
    ]


@pytest.mark.django_db
def test_order_whose_beginning_nobody_knows_was_given_by_booon(order):
    Event.objects.create(order=make_order(), kind="received", at=NOW, actor="meera")

    record(order, FACTS, Source("meera"), NOW)

    assert rows_of(order) == [
        (1, BODY, order.created_at, "booon", "", BEGUN, ""),
        (2, BODY, NOW, "meera", "", None, ""),
    ]


@pytest.mark.django_db
def test_next_change_notes_when_the_revision_before_was_sent_and_leaves_other_orders_alone(order):
    other = make_order()
    for each in (order, other):
        OrderRevision.objects.create(order=each, number=1, body={}, at=BEGUN, actor="booon")
        OrderRevision.objects.create(order=each, number=2, body={}, at=BEGUN, actor="ravi")
    order.change(revision=2)

    record(order, FACTS, Source("meera"), NOW)

    assert rows_of(order) == [
        (1, {}, BEGUN, "booon", "", None, ""),
        (2, {}, BEGUN, "ravi", "", BEGUN, ""),
        (3, BODY, NOW, "meera", "", None, ""),
    ]
    assert [row[5] for row in rows_of(other)] == [None, None]
