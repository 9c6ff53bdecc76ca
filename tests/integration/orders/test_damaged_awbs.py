"""What a spreadsheet makes of an AWB number is known for what it is."""

import re

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from integration.orders.damaged_awbs import damage_of
from tests.examples import examples

SENTENCE = (
    "This looks like what Excel makes of a number, not like an AWB number. "
    "Format its column as text, and give the number as the courier wrote it."
)


@pytest.mark.parametrize(
    "awb",
    [
        "9.87655E+11",
        "9,87655E+11",
        "9.87655e+11",
        "9.87655E11",
        "9E+11",
        "1.2E-05",
        "9.87655 E+11",
        "\uff19.87655E+11",
        "8901.0",
        "8901.00",
        "8901,0",
        "8901.",
        "98,76,55,000",
        "987,655,000.00",
        "#N/A",
        "#REF!",
        "#VALUE!",
        "#NAME?",
        "########",
        '="8901"',
        "=A1",
        "'8901",
        "nan",
        "NaN",
        "inf",
    ],
)
def test_damaged_number_is_refused_by_name(awb):
    assert damage_of(awb) == SENTENCE


@pytest.mark.parametrize(
    "awb",
    ["8901", "0008901", "12E5", "E11", "AWB-12.5X", "1Z999AA10123456784", "BN/2026/77", "7E12IN"],
)
def test_couriers_own_number_is_taken(awb):
    assert damage_of(awb) == ""


@given(st.integers(10**11, 10**300).map(float))
@settings(max_examples=examples(200))
def test_every_float_that_a_program_writes_is_known(number):
    for text in (f"{number:.5E}", f"{number:e}", repr(number)):
        assert damage_of(text) == SENTENCE


@given(st.from_regex(re.compile(r"[A-Z]{0,4}[0-9]{6,18}[A-Z]{0,2}"), fullmatch=True))
@settings(max_examples=examples(200))
def test_letters_and_digits_alone_are_a_number(awb):
    assume(awb.strip("0"))

    assert damage_of(awb) == ""


@pytest.mark.parametrize(
    "awb", ["NA", "n/a", "N.A.", "-", "--", "0", "000", "NULL", "none", "nil", "TBD", "tba", "XXX"]
)
def test_word_that_stands_for_no_number_is_refused(awb):
    assert damage_of(awb) == "This stands for no AWB number. Give it once the courier has."


@pytest.mark.parametrize("awb", ["NA12", "0001", "N-A-1", "XB-1", "TBD-771", "1", "A0"])
def test_number_that_begins_like_such_a_word_is_taken(awb):
    assert damage_of(awb) == ""
