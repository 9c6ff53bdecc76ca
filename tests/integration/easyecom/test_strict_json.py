from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integration.easyecom.strict_json import Unreadable, loads


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty"),
        (b" \r\n\t ", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"  <html><body>Bad gateway</body></html>", "html"),
        (b"\xff\xfe{\x00}\x00", "not_utf8"),
        ('"caf\xe9"'.encode("latin-1"), "not_utf8"),
        (b'"\xed\xa0\x80"', "not_utf8"),
        (b'{"a": 1} x', "not_json"),
        (b'{"a": 1', "not_json"),
        (b"{'a': 1}", "not_json"),
        (b'["a\x00b"]', "not_json"),
        (b"\x1f\x8b\x08garbage", "not_utf8"),
        (b"[NaN]", "bad_number"),
        (b'{"a": -Infinity}', "bad_number"),
        (b"[1e99999999999999999999999]", "bad_number"),
        (b'{"qty": 1, "qty": 0}', "duplicate_key"),
        (b'[{"a": {"b": 1, "\\u0062": 2}}]', "duplicate_key"),
        (b"[" * 65 + b"]" * 65, "too_deep"),
        (b'{"a":' * 65 + b"1" + b"}" * 65, "too_deep"),
        (b"[" * 100_000, "too_deep"),
    ],
)
def test_loads_refuses_what_it_cannot_trust(body: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        loads(body)
    assert refusal.value.code == code
    assert refusal.value.message.endswith(".")


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ("\ufeff[]", []),
        (b"null", None),
        (b"[true, 0, -3]", [True, 0, -3]),
        (b"[1.10, 1e999, 2.0]", [Decimal("1.10"), Decimal("1e999"), Decimal("2.0")]),
        (b"9" * 40, int("9" * 40)),
        (b'["\\u0000", "\\ud800"]', ["\x00", "\ud800"]),
        (b'{"a": {"x": 1}, "b": {"x": 2}}', {"a": {"x": 1}, "b": {"x": 2}}),
    ],
)
def test_loads_reads_the_rest(body: bytes | str, value: object) -> None:
    assert loads(body) == value


def test_no_number_becomes_a_float() -> None:
    found = loads(b"[0.1, 1E2, 5]")
    assert isinstance(found, list)
    assert [type(number) for number in found] == [Decimal, Decimal, int]


def test_huge_integers_become_decimals() -> None:
    found = loads(b"1" + b"0" * 5_000)
    assert isinstance(found, Decimal)
    assert found.adjusted() == 5_000


def test_brackets_inside_strings_are_not_depth() -> None:
    assert loads(b'["' + b"[" * 500 + b'\\"{{"]') == ["[" * 500 + '"{{']


def test_nesting_of_64_is_still_read() -> None:
    found = loads(b"[" * 64 + b"]" * 64)
    for _ in range(63):
        assert isinstance(found, list)
        found = found[0]
    assert found == []


@pytest.mark.parametrize(
    "body",
    [b'{"a": {"\\ud800": 1}}', b'{"\\u0000": 1}', '[{"\udfff": 1}]', b'{"x\\udc00y": []}'],
)
def test_storable_keys_refuse_nul_and_lone_surrogates(body: bytes | str) -> None:
    with pytest.raises(Unreadable) as refusal:
        loads(body, storable_keys=True)
    assert refusal.value.code == "unstorable_text"


def test_storable_text_lets_every_other_character_through() -> None:
    assert loads(b'["\\ud83d\\ude00 \\u0915"]', storable_keys=True) == ["\U0001f600 \u0915"]


@pytest.mark.parametrize(
    "body",
    [
        b'"' + b'\\"' * 500_000,
        b'"' * 1_000_000,
        b'"' + b"\\" * 1_000_000,
        b"{" * 1_000_000,
        b"[" + b"[]," * 300_000 + b"1]",
        b'{"a":' + b" " * 1_000_000,
    ],
    ids=["escapes", "quotes", "backslashes", "openers", "pairs", "spaces"],
)
def test_a_hostile_megabyte_is_judged_at_once(body: bytes) -> None:
    """Quadratic work would take minutes here, and the suite would show it."""
    try:
        loads(body)
    except Unreadable as refusal:
        assert refusal.code in ("not_json", "too_deep")


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_loads_raises_nothing_but_unreadable(body: bytes | str) -> None:
    try:
        loads(body)
    except Unreadable as refusal:
        assert refusal.code
