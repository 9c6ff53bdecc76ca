"""What is odd about shipment details that are taken all the same."""

from datetime import UTC, datetime

import pytest

from integration.orders.awb_doubts import doubts_of, near_to, unknown
from integration.orders.many_shipments import GivenShipment
from tests.factories import make_location, make_order, make_shipment, pushed

NOW = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
KNOWN = ["Delhivery", "Blue Dart"]


@pytest.mark.parametrize(
    ("courier", "near"),
    [
        ("Delhivry", ["Delhivery"]),
        ("bluedartt", ["Blue Dart"]),
        ("DELHI VERY", []),
        ("Delhivery", []),
        ("Xpressbees", []),
    ],
)
def test_courier_is_near_to_one_that_looks_like_it(courier, near):
    assert near_to(courier, KNOWN) == near


def test_nothing_is_near_where_no_courier_was_used():
    assert near_to("Delhivery", []) == []


@pytest.mark.parametrize(
    ("courier", "near", "known", "words"),
    [
        ("Xpressbees", [], KNOWN, "Xpressbees was not used before."),
        (
            "Delhivry",
            ["Delhivery"],
            KNOWN,
            "Delhivry was not used before. Did you mean Delhivery?",
        ),
        ("blue dart", [], KNOWN, ""),
        ("Xpressbees", [], [], ""),
    ],
)
def test_courier_that_was_never_used_is_told(courier, near, known, words):
    assert unknown(courier, near, known) == words


@pytest.fixture
def location():
    return make_location()


def given(location, awb="8901", courier="Delhivery"):
    facts = {"courier": courier, "awb_number": awb, "label_url": "", "invoice_url": ""}
    return GivenShipment(pushed(make_order(location)), facts)


def holder(location, stage="carrier_assigned", courier="Delhivery", **fields):
    order = pushed(make_order(location, order_number="BN-9"))
    order.change(stage=stage, manifested_at=NOW)
    make_shipment(order, courier=courier, awb_number="8901", **fields)
    return order


def said_of(one, known=KNOWN):
    return doubts_of([one], known).get(one.order.pk)


@pytest.mark.django_db
def test_details_about_which_nothing_is_odd_are_not_told_of(location):
    holder(location)
    assert doubts_of([given(location, "8902")], KNOWN) == {}


@pytest.mark.django_db
def test_order_that_has_this_awb_is_named_to_its_own_seller_only(location):
    holder(location)
    assert said_of(given(location)) == "Order BN-9 has this AWB."
    assert said_of(given(make_location())) == "Another order has this AWB."


@pytest.mark.django_db
def test_order_that_had_this_awb_is_told_with_since_when_in_indian_time(location):
    holder(location, "manifested")
    assert said_of(given(location)) == (
        "Order BN-9 had this AWB; it is manifested since 24 November 2026."
    )


@pytest.mark.django_db
def test_withdrawn_order_that_had_this_awb_has_no_time(location):
    order = make_order(location, order_number="BN-9", stage="withdrawn")
    make_shipment(order, courier="Delhivery", awb_number="8901")
    assert said_of(given(location)) == "Order BN-9 had this AWB; it is withdrawn."


@pytest.mark.django_db
def test_awb_that_was_passed_on_is_nobodys(location):
    holder(location, "manifested", is_passed_on=True)
    assert said_of(given(location)) is None


@pytest.mark.django_db
def test_same_awb_with_the_courier_that_was_meant_is_told_too(location):
    holder(location)
    assert said_of(given(location, courier="Delhivry")) == (
        "Delhivry was not used before. Did you mean Delhivery? "
        "Order BN-9 has this AWB with Delhivery."
    )


@pytest.mark.django_db
def test_own_awb_given_once_more_is_not_odd(location):
    order = holder(location)
    facts = {"courier": "Delhivery", "awb_number": "8901", "label_url": "", "invoice_url": ""}
    assert doubts_of([GivenShipment(order, facts)], KNOWN) == {}


@pytest.mark.django_db
def test_many_are_told_each_for_itself_with_one_look(location, django_assert_num_queries):
    holder(location)
    odd, plain, new = (
        given(location),
        given(location, "8902"),
        given(location, "8903", "Xpressbees"),
    )

    with django_assert_num_queries(1):
        found = doubts_of([odd, plain, new], KNOWN)

    assert found == {
        odd.order.pk: "Order BN-9 has this AWB.",
        new.order.pk: "Xpressbees was not used before.",
    }
