from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.easyecom import values
from integration.easyecom.values import BadValue

ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.decimals(),
    st.text(max_size=40),
    st.sampled_from(["1e999", "٣", "NA", "2026-02-30", "https://[x", "0000-00-00 00:00:00"]),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)


@pytest.mark.parametrize("value", [None, "", "  ", "NA", "na", "-", "0000-00-00 00:00:00"])
def test_absent_has_many_faces(value: object) -> None:
    assert values.absent(value)


@pytest.mark.parametrize("value", [0, False, "0", "NAB", "--", [], {}])
def test_other_values_are_present(value: object) -> None:
    assert not values.absent(value)


@pytest.mark.parametrize(
    ("value", "read"),
    [("  lamp ", "lamp"), ("NA", ""), (None, ""), (12, "12"), (Decimal("1.50"), "1.50")],
)
def test_text_is_stripped(value: object, read: str) -> None:
    assert values.text(value, 10) == read


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("x" * 11, "The sku is longer than 10 characters."),
        ("a\x00b", "The sku holds characters that cannot be stored."),
        ("\ud800", "The sku holds characters that cannot be stored."),
        (True, "The sku is not text."),
        ([], "The sku is not text."),
        ({}, "The sku is not text."),
    ],
)
def test_text_refuses_and_names_the_field(value: object, sentence: str) -> None:
    with pytest.raises(BadValue) as refusal:
        values.text(value, 10, "The sku")
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("value", "read"),
    [(733000111, "733000111"), (" 733 ", "733"), (0, ""), ("0", ""), (None, ""), ("NA", "")],
)
def test_identifier_is_a_string(value: object, read: str) -> None:
    assert values.identifier(value) == read


@pytest.mark.parametrize("value", [Decimal("1.0"), True, [1], "9" * 33])
def test_identifier_refuses_what_is_no_id(value: object) -> None:
    with pytest.raises(BadValue):
        values.identifier(value)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (123, Decimal(123)),
        ("1798.00", Decimal("1798.00")),
        (Decimal("152.5424"), Decimal("152.5424")),
        ("-5", Decimal(-5)),
        ("-", None),
        (None, None),
    ],
)
def test_money_is_a_decimal(value: object, read: Decimal | None) -> None:
    assert values.money(value) == read


@pytest.mark.parametrize(
    "value",
    [True, "1,200", "1e3", "٣", "NaN", [], Decimal("1e999"), Decimal("1e-999"), 10**9, 10**39]
    + [Decimal("NaN"), Decimal("Infinity"), "9" * 21, Decimal("0." + "1" * 50)],
)
def test_money_refuses_what_no_column_would_hold(value: object) -> None:
    with pytest.raises(BadValue):
        values.money(value)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("2026-11-20 18:45:10", datetime(2026, 11, 20, 13, 15, 10, tzinfo=UTC)),
        ("2026-11-20 00:10:00", datetime(2026, 11, 19, 18, 40, tzinfo=UTC)),
        ("2028-02-29", datetime(2028, 2, 28, 18, 30, tzinfo=UTC)),
        ("2026-11-20T18:45:10Z", datetime(2026, 11, 20, 18, 45, 10, tzinfo=UTC)),
        ("2026-11-20 18:45:10+05:30", datetime(2026, 11, 20, 13, 15, 10, tzinfo=UTC)),
        ("0000-00-00 00:00:00", None),
        ("NA", None),
        (None, None),
    ],
)
def test_times_without_zone_are_indian(value: object, read: datetime | None) -> None:
    assert values.ist(value) == read


@pytest.mark.parametrize(
    "value",
    ["2026-02-30 10:00:00", "20-11-2026", "0001-01-01 00:00:00", "9999-12-31", 5, "٢٠٢٦", "x"],
)
def test_ist_refuses_what_is_no_time(value: object) -> None:
    with pytest.raises(BadValue):
        values.ist(value)


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (0, 0),
        (12, 12),
        (10**6, 10**6),
        ("3", 3),
        ("0300", 300),
        ("1000000", 10**6),
        (" 3", 3),
        ("3.00", 3),
        ("-0", 0),
        (Decimal("12.0"), 12),
        (Decimal("0.0000000000"), 0),
    ],
)
def test_levels_are_whole_numbers(value: object, read: int) -> None:
    assert values.level(value) == (read, "")
    assert values.quantity(value) == read


@pytest.mark.parametrize(
    ("value", "read", "said"),
    [
        (-3, 0, "-3"),
        ("-3.00", 0, "-3"),
        (Decimal("-1.0"), 0, "-1"),
        (10**6 + 1, 10**6, "1000001"),
        (2**63, 10**6, "9223372036854775808"),
        ("9" * 20, 10**6, "9" * 20),
        (-(10**40 - 1), 0, "-" + "9" * 40),
    ],
)
def test_what_nobody_can_sell_by_is_taken_as_the_nearest_level(
    value: object, read: int, said: str
) -> None:
    assert values.level(value) == (read, said)
    with pytest.raises(BadValue, match="The quantity is not between 0 and 1000000."):
        values.quantity(value)


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (None, "The level is missing."),
        (True, "The level is not a number."),
        ([1], "The level is not a number."),
        (Decimal("1e998"), "The level is not a whole number in plain digits."),
        (Decimal("1e2"), "The level is not a whole number in plain digits."),
        (Decimal("2.5"), "The level is not a whole number in plain digits."),
        ("2.5", "The level is not a whole number in plain digits."),
        ("1e2", "The level is not a whole number in plain digits."),
        ("2.", "The level is not a whole number in plain digits."),
        ("+2", "The level is not a whole number in plain digits."),
        ("- 2", "The level is not a whole number in plain digits."),
        ("٣", "The level is not a whole number in plain digits."),
        ("", "The level is not a whole number in plain digits."),
        ("9" * 5000, "The level is not a whole number in plain digits."),
    ],
)
def test_level_refuses_everything_else_with_a_sentence(value: object, sentence: str) -> None:
    with pytest.raises(BadValue) as refusal:
        values.level(value)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("https://labels.example/1.pdf?sig=a", "https://labels.example/1.pdf?sig=a"),
        (" HTTPS://labels.example/1 ", "HTTPS://labels.example/1"),
        ("http://labels.example/1.pdf", ""),
        ("javascript:alert(1)", ""),
        ("https://", ""),
        ("https:///x", ""),
        ("https://[bad/", ""),
        ("https://user:pw@labels.example/1", ""),
        ("https://labels.example/a b", ""),
        ("https://labels.example/\u202e", ""),
        ("https://labels.example/" + "x" * 1000, ""),
        (None, ""),
        (5, ""),
    ],
)
def test_only_sane_https_links_are_links(value: object, read: str) -> None:
    assert values.https_url(value) == read


def test_shown_words_have_no_tricks_in_them() -> None:
    assert values.render_words("a\x00\r\nb\u202ec\ud800 ") == "a b c"
    assert values.render_words("x" * 600) == "x" * 500
    assert values.render_words(["x"]) == ""


def test_names_are_cut_rather_than_refused() -> None:
    assert values.name("n" * 300) == "n" * 200
    assert values.name(501) == "501"
    assert values.name(True) == ""
    assert values.name("NA") == ""


@pytest.mark.parametrize(
    ("reference", "number"),
    [("BN-1_OR1", "BN-1"), ("BN-1_or12", "BN-1"), ("BN-1", "BN-1"), ("BN_OR1-1", "BN_OR1-1")],
)
def test_a_split_suffix_is_taken_off(reference: str, number: str) -> None:
    assert values.without_split_suffix(reference) == number


@pytest.mark.parametrize(
    "read", [values.level, values.money, values.ist, values.identifier, lambda v: values.text(v, 9)]
)
@given(value=ANYTHING)
def test_readers_raise_nothing_but_bad_value(read: Any, value: object) -> None:
    try:
        read(value)
    except BadValue as refusal:
        assert str(refusal).endswith(".")
    assert isinstance(
        values.https_url(value) + values.render_words(value) + values.name(value), str
    )
