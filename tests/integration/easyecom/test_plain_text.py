"""Marks that nobody sees, digits and dashes of every kind, by Unicode's own lists."""

import csv
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integration.easyecom import states_and_countries
from integration.easyecom.gstin import gstin_of
from integration.easyecom.plain_text import plain_code, plain_number, plain_words
from integration.easyecom.states_and_countries import country_named, is_no_country, state_named
from integration.orders.addresses import as_sent, phone_of, problems
from tests.examples import examples
from tests.factories import ADDRESS
from tests.integration.entrances import STATES

DATA = Path(__file__).parents[3] / "integration" / "easyecom" / "data"
EVERY = [chr(number) for number in range(sys.maxunicode + 1)]
DIGITS = [each for each in EVERY if unicodedata.category(each) == "Nd"]
DASHES = [each for each in EVERY if unicodedata.category(each) == "Pd"] + ["\u2212"]
BLANKS = [each for each in EVERY if unicodedata.category(each) == "Zs"]
# What is written and shows itself all the same: signs of Arabic, Syriac, Kaithi and hieroglyphs.
SEEN = "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
FORMATS = [
    each
    for each in EVERY
    if unicodedata.category(each) == "Cf"
    and each not in SEEN
    and not 0x13430 <= ord(each) < 0x13440
]
JOINERS = "\u200c\u200d"


@pytest.fixture(autouse=True)
def read_anew() -> None:
    """Each test reads the tables: what is kept would hide a fault in their reading."""
    states_and_countries._states.cache_clear()
    states_and_countries._countries.cache_clear()


def test_every_format_mark_of_unicode_is_dropped_from_a_code() -> None:
    assert plain_code("A" + "".join(FORMATS) + "B") == "AB"
    assert plain_number("98" + "".join(FORMATS) + "76") == "9876"


def test_words_keep_the_joiners_that_indian_scripts_need() -> None:
    name = "\u0915\u094d\u200d\u0937 \u0d28\u0d4d\u200d\u0d2e"
    assert plain_words("\u2068" + name + "\u2069\u200d") == name
    marks = "".join(each for each in FORMATS if each not in JOINERS)
    assert plain_words("Asha" + marks + " Rao") == "Asha Rao"


def test_every_digit_of_unicode_is_its_value() -> None:
    assert len(DIGITS) > 600
    assert {plain_number(each) for each in DIGITS} == set("0123456789")
    assert all(plain_number(each) == str(unicodedata.decimal(each)) for each in DIGITS)


def test_every_dash_is_a_hyphen_and_every_blank_a_space() -> None:
    assert {plain_number(f"9{each}8") for each in DASHES} == {"9-8"}
    assert {plain_number(f"9{each}8") for each in BLANKS} == {"9 8"}
    assert {plain_words(f"A{each}B") for each in BLANKS + ["\t", "\r\n", "\u2028"]} == {"A B"}


@settings(max_examples=examples(300))
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_what_is_plain_stays_as_it_is(text: str) -> None:
    for plain in (plain_words, plain_code, plain_number):
        assert plain(plain(text)) == plain(text)


@settings(max_examples=examples(300))
@given(
    number=st.from_regex(r"[6-9][0-9]{9}", fullmatch=True),
    zero=st.sampled_from([each for each in DIGITS if unicodedata.decimal(each) == 0]),
    dash=st.sampled_from([*DASHES, *BLANKS, ""]),
    marks=st.text(st.sampled_from(FORMATS), max_size=3),
)
def test_a_phone_number_is_read_in_any_digits_with_any_marks(
    number: str, zero: str, dash: str, marks: str
) -> None:
    typed = "".join(chr(ord(zero) + int(digit)) for digit in number)

    found, rest = phone_of(f"{marks}{typed[:5]}{dash}{marks}{typed[5:]}{marks}")

    assert found.replace("-", "").replace(" ", "") == number
    assert rest == ""


@settings(max_examples=examples(200))
@given(
    number=st.from_regex(r"[6-9][0-9]{9}", fullmatch=True),
    extension=st.from_regex(r"[1-9][0-9]{0,4}", fullmatch=True),
    word=st.sampled_from(
        [" ext. ", " ext ", " extn ", " extension ", " x", "x", "#", " #", ";ext="]
    ),
)
def test_an_extension_is_never_in_the_number(number: str, extension: str, word: str) -> None:
    assert phone_of(f"{number}{word}{extension}") == (number, f"Phone extension {extension}")


@settings(max_examples=examples(300))
@given(typed=st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_no_digit_of_a_phone_that_is_taken_is_lost(typed: str) -> None:
    sent = as_sent(ADDRESS | {"phone": typed, "line2": ""})

    if not dict(problems(sent)).get("phone"):
        told = sent["phone"] + sent["line2"]
        assert sorted(filter(str.isdecimal, plain_number(typed))) == sorted(
            filter(str.isdecimal, told)
        ) or sent["line2"].startswith("Phone: ")


@settings(max_examples=examples(200))
@given(
    pin=st.from_regex(r"[1-9][0-9]{5}", fullmatch=True),
    zero=st.sampled_from([each for each in DIGITS if unicodedata.decimal(each) == 0]),
    between=st.sampled_from(["", " ", "\u00a0", "-", "\u2013", "\u200b"]),
)
def test_a_pin_is_read_in_any_digits(pin: str, zero: str, between: str) -> None:
    typed = "".join(chr(ord(zero) + int(digit)) for digit in pin)

    sent = as_sent(ADDRESS | {"pincode": f"{typed[:3]}{between}{typed[3:]}"})

    assert sent["pincode"] == pin
    assert not list(problems(sent))


def test_each_state_has_its_codes() -> None:
    assert len(STATES) == 36
    for name in STATES:
        assert state_named(name) == name
    codes = {
        "07": "Delhi",
        "7": "Delhi",
        "27": "Maharashtra",
        "38": "Ladakh",
        "28": "Andhra Pradesh",
    }
    codes |= {"OR": "Odisha", "IN-OD": "Odisha", "TG": "Telangana", "UA": "Uttarakhand"}
    assert {code: state_named(code) for code in codes} == codes


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("27-Maharashtra", "Maharashtra"),
        ("Maharashtra (27)", "Maharashtra"),
        ("Delhi (NCT)", "Delhi"),
        ("U.P.", "Uttar Pradesh"),
        ("महाराष्ट्र", "Maharashtra"),
        ("தமிழ்நாடு", "Tamil Nadu"),
        ("Mahārāshtra", "Maharashtra"),
        ("27-Gujarat", ""),
        ("Maharashtra/Goa", ""),
        ("India", ""),
        ("state", ""),
        ("", ""),
    ],
)
def test_a_state_is_known_by_what_fits_one_only(typed: str, name: str) -> None:
    assert state_named(typed) == name


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("", "India"),
        ("in", "India"),
        ("IND", "India"),
        ("भारत", "India"),
        ("\u200bINDIA\u00a0", "India"),
        ("U.S.A.", "United States"),
        ("Viet Nam", "Vietnam"),
        ("Bharat", "India"),
        ("भारतवर्ष", "India"),
        ("ہندوستان", "India"),
        ("+91", "India"),
        ("The Republic of India", "India"),
        ("India (IN)", "India"),
        ("Karnataka, India - 560001", "India"),
        ("Karnataka India", "India"),
        ("Gary, IN, USA", "Gary, IN, USA"),
        ("Korea, North", "North Korea"),
        ("UK", "United Kingdom"),
        ("Dubai", "United Arab Emirates"),
        ("St. Lucia", "Saint Lucia"),
        ("Österreich", "Austria"),
        ("Maharashtra", "India"),
        ("Jammu & Kashmir", "India"),
        ("N/A", "India"),
        ("none", "India"),
        ("Select country", "India"),
        ("Namibia", "Namibia"),
        ("NAM", "Namibia"),
        ("Narnia", "Narnia"),
    ],
)
def test_a_country_is_known_by_name_and_code(typed: str, name: str) -> None:
    assert country_named(typed) == name


@pytest.mark.parametrize(
    "typed",
    [
        *("India", "in", "IND", "Bharat", "भारत", "U.S.A.", "UK", "U.K.", "Türkiye", "Kosovo"),
        *("New York, USA", "UAE (Dubai)", "Cote d'Ivoire", "CÔTE D’IVOIRE", "Hong Kong SAR"),
        # In other scripts, listed or not.
        *("日本", "Россия", "नेपाल", "ཨོ་རྒྱན", "मंगल ग्रह"),
    ],
)
def test_what_may_be_a_country_is_one(typed: str) -> None:
    assert not is_no_country(country_named(typed))


@pytest.mark.parametrize(
    "typed", ["Atlantis", "Narnia", "Inida", "undefined", "0", "12", "EU", "Europe"]
)
def test_what_is_certainly_no_country_is_none(typed: str) -> None:
    assert is_no_country(country_named(typed))


def test_no_spelling_is_of_two_countries() -> None:
    with (DATA / "countries.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))

    spellings = [
        (spelling, row["name"])
        for row in rows
        for spelling in (row["name"], *row["iso"].split("|"), *row["also"].split("|"))
        if spelling
    ]

    assert len(rows) > 249
    assert [pair for pair in spellings if country_named(pair[0]) != pair[1]] == []


@pytest.mark.parametrize("number", ["27AAPFU0939F1ZV", "29AAGCB7383J1Z4", "07AAACB2894G1ZP"])
def test_a_gstin_is_right_by_one_check_digit_only(number: str) -> None:
    fits = {number[:14] + last for last in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"}
    assert {each for each in fits if gstin_of(each)} == {number}
    assert gstin_of(f" {number.lower()[:2]} {number.lower()[2:]}\u200b") == number
    assert gstin_of("NA") == gstin_of(" ") == ""
