"""An address as it was typed, and as EasyEcom and the courier get it."""

import pytest

from integration.models import Order
from integration.orders.addresses import (
    as_sent,
    differences,
    is_none,
    kept_differences,
    phone_of,
    pincode_of,
    problems,
    sent_addresses,
)

TYPED = {
    "name": " Asha\u200b Rao ",
    "line1": "14\u00a0Lake Road",
    "line2": " Near the mill ",
    "city": " Pune",
    "state": "mh",
    "pincode": "411 001",
    "country": "",
    "phone": "9811100000 ext. 12",
    "email": " asha@buyer.test ",
}
SENT = {
    "name": "Asha Rao",
    "line1": "14 Lake Road",
    "line2": "Near the mill, Phone extension 12",
    "city": "Pune",
    "state": "Maharashtra",
    "country": "India",
    "email": "asha@buyer.test",
    "pincode": "411001",
    "phone": "9811100000",
}
ABROAD = {
    "name": "Tom",
    "line1": "1 High Street",
    "line2": "",
    "city": "London",
    "state": "",
    "pincode": "SW1A 1AA",
    "country": "United Kingdom",
    "phone": "+44 20 7946 0000",
    "email": "",
}
NOTHING = {
    "name": "",
    "line1": "",
    "line2": "",
    "city": "",
    "state": "",
    "pincode": "",
    "country": "India",
    "phone": "",
    "email": "",
}


def test_every_field_goes_out_plain():
    assert as_sent(TYPED) == SENT


def test_field_that_was_not_given_goes_out_empty():
    assert as_sent({}) == NOTHING


def test_address_abroad_keeps_its_state_and_the_blank_in_its_pincode():
    typed = ABROAD | {"country": "UK", "state": "mh"}
    assert as_sent(typed) == ABROAD | {"state": "mh"}


def test_state_that_india_has_not_stays_as_it_was_typed():
    assert as_sent(TYPED | {"state": "Bavaria"})["state"] == "Bavaria"


def test_address_that_is_whole_has_no_problem():
    assert list(problems(SENT)) == []
    assert list(problems(ABROAD)) == []


def test_what_is_missing_is_named_field_by_field():
    assert list(problems(NOTHING)) == [
        ("name", "Needed: who gets the parcel."),
        ("line1", "Needed: where the parcel goes."),
        ("city", "Needed."),
        ("pincode", "Needed."),
        ("state", "Needed in India."),
    ]


PIN = "A pincode in India has six digits."
PHONE = "A phone number has digits, spaces and + ( ) . , / - only."


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("pincode", "41100", PIN),
        ("pincode", "4110011", PIN),
        ("pincode", "011001", PIN),
        ("pincode", "411001 ", PIN),
        ("pincode", "SW1A 1AA", PIN),
        ("phone", "98111#00000", PHONE),
        ("phone", "9" * 31, PHONE),
        ("state", "Bavaria", "India has no state or union territory of this name."),
    ],
)
def test_what_india_would_not_take_is_said_of_its_field(field, text, sentence):
    assert list(problems(SENT | {field: text})) == [(field, sentence)]


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("pincode", "-1", "This is no pincode."),
        ("pincode", "1234567890123", "This is no pincode."),
        (
            "country",
            "--",
            "This is no country. Give its name or ISO code, such as India or IN; none is India.",
        ),
        ("phone", "none at all", PHONE),
    ],
)
def test_what_no_country_would_take_is_said_of_its_field(field, text, sentence):
    assert list(problems(ABROAD | {field: text})) == [(field, sentence)]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("pincode", "1"),
        ("pincode", "123456789012"),
        ("pincode", "d02-x285"),
        ("phone", ""),
        ("phone", "+(0)20.7,9/4-6 "),
        ("phone", "9" * 30),
    ],
)
def test_what_another_country_may_have_is_taken(field, text):
    assert list(problems(ABROAD | {field: text})) == []


def test_only_fields_that_go_out_otherwise_are_kept_as_different():
    typed = ABROAD | {"city": " London", "phone": "none"}
    assert differences(typed) == {"city": "London", "phone": ""}
    assert differences(ABROAD) == {}
    assert differences(None) == {}


def test_country_that_was_left_out_is_a_difference():
    given = {name: text for name, text in SENT.items() if name != "country"}
    assert differences(given) == {"country": "India"}


def test_field_that_was_left_out_and_goes_out_empty_is_no_difference():
    assert differences({name: text for name, text in ABROAD.items() if text}) == {}


def test_differences_of_both_addresses_stand_apart():
    shipping, billing = ABROAD | {"city": " London"}, ABROAD | {"name": " Tom"}
    assert kept_differences(shipping, billing) == {
        "shipping": {"city": "London"},
        "billing": {"name": "Tom"},
    }
    assert kept_differences(ABROAD, None) == {"shipping": {}, "billing": {}}


def test_addresses_go_out_as_they_were_kept_when_the_order_was_taken_in():
    order = Order(
        shipping_address=ABROAD | {"city": " London"},
        billing_address=ABROAD | {"name": " Tom"},
        sent_as={"shipping": {"city": "Londinium"}, "billing": {"name": "Thomas"}},
    )
    assert sent_addresses(order) == (
        ABROAD | {"city": "Londinium"},
        ABROAD | {"name": "Thomas"},
    )


def test_order_of_a_release_that_kept_no_differences_goes_out_plain_all_the_same():
    order = Order(
        shipping_address=ABROAD | {"city": " London"},
        billing_address=ABROAD | {"name": " Tom"},
        sent_as=None,
    )
    assert sent_addresses(order) == (ABROAD, ABROAD)


def test_order_without_a_billing_address_has_none_to_send():
    order = Order(shipping_address=ABROAD, billing_address=None, sent_as=None)
    assert sent_addresses(order) == (ABROAD, None)


@pytest.mark.parametrize(
    ("typed", "country", "sent"),
    [
        (" 411 001 ", "India", "411001"),
        ("411-001", "India", "411001"),
        ("411 - 001", "India", "411001"),
        ("४११००१", "India", "411001"),
        (" SW1A 1AA ", "United Kingdom", "SW1A 1AA"),
        ("411-001", "Nepal", "411-001"),
    ],
)
def test_pincode_loses_blanks_and_dashes_in_india_only(typed, country, sent):
    assert pincode_of(typed, country) == sent


@pytest.mark.parametrize(
    ("typed", "number", "rest"),
    [
        ("9811100000", "9811100000", ""),
        ("+91 98111-00000", "+91 98111-00000", ""),
        ("  9811100000  ", "9811100000", ""),
        ("1234567", "1234567", ""),
        ("9811100000 x12", "9811100000", "Phone extension 12"),
        # Its extension stands in the number too.
        ("9811100000 x1", "9811100000", "Phone extension 1"),
        (
            "9811100000 x12; 9811100001",
            "9811100000",
            "Phone extension 12, Other phone 9811100001",
        ),
        ("9811100000; 9811100001 x34", "9811100000", "Other phone 9811100001 extension 34"),
        (
            "9811100000; 9811100001; 9811100002",
            "9811100000",
            "Other phone 9811100001, Other phone 9811100002",
        ),
        # The same number twice is taken out of what stands around them twice.
        ("9811100000; 9811100000", "9811100000", "Other phone 9811100000"),
        # One number stands in the other.
        ("9811100000; +91 9811100000", "9811100000", "Other phone +91 9811100000"),
        ("call 9811100000 please", "9811100000", ""),
        # As long as a number of India is, though none begins so.
        ("call 1234567890 please", "1234567890", ""),
        # A digit beside the number could be of use: the courier gets all that was typed.
        ("9811100000 after 6 pm", "9811100000", "Phone: 9811100000 after 6 pm"),
        ("", "", ""),
        ("N/A", "", ""),
        ("Not available", "", ""),
        ("ask the guard", "ask the guard", ""),
        ("12", "12", ""),
    ],
)
def test_number_goes_to_its_field_and_the_rest_to_the_courier(typed, number, rest):
    assert phone_of(typed) == (number, rest)


@pytest.mark.parametrize("text", ["", "-", "na", "N.A.", "nil", "No", "none", "NULL"])
def test_words_for_no_number_are_none(text):
    assert is_none(text) is True


@pytest.mark.parametrize("text", ["0", "na1", "nobody", "१"])
def test_what_has_a_digit_or_says_something_is_not_none(text):
    assert is_none(text) is False
