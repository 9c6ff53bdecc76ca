"""What people read of EasyEcom's values, bodies and answers, word for word."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from integration.easyecom import (
    BadLine,
    CancelledLine,
    FoundOrder,
    InventoryPage,
    Level,
    LineProblem,
    OrdersFound,
    QueueStatus,
    refusals,
    strict_json,
    values,
)
from integration.easyecom.values import BadValue


@pytest.mark.parametrize(
    ("read", "value", "sentence"),
    [
        (values.identifier, Decimal("1.5"), "is not a whole number."),
        (values.sku, "a\u202eb", "holds characters that turn the reading direction."),
        (values.money, [1], "is not a number."),
        (values.money, "12,5", "is not a number."),
        (values.money, True, "is not a number."),
        (values.money, Decimal("1e21"), "is written in no way we know."),
        (values.money, 10**13, "is too large to be true."),
        (values.ist, 5, "is not a time."),
        (values.ist, "yesterday", "is not a time."),
        (values.ist, "2026-02-30", "is not a time."),
        (values.ist, "1989-12-31", "is not a time near ours."),
        (values.quantity, None, "is missing."),
        (values.quantity, [1], "is not a number."),
        (values.quantity, "1e2", "is not a whole number in plain digits."),
    ],
)
def test_bad_value_says_what_it_is_not(
    read: Callable[..., object], value: object, sentence: str
) -> None:
    with pytest.raises(BadValue) as bad:
        read(value, "Its field")
    assert (bad.value.field, str(bad.value)) == ("Its field", f"Its field {sentence}")


@pytest.mark.parametrize(
    ("read", "values", "field"),
    [
        (values.text, ([], 5), "The value"),
        (values.sku, ([],), "The sku"),
        (values.identifier, ([],), "The id"),
        (values.money, ([],), "The amount"),
        (values.ist, (5,), "The time"),
        (values.level, ([],), "The level"),
        (values.quantity, ([],), "The quantity"),
    ],
)
def test_bad_value_of_no_name_is_called_by_what_it_should_be(
    read: Callable[..., object], values: tuple[object, ...], field: str
) -> None:
    with pytest.raises(BadValue) as bad:
        read(*values)
    assert bad.value.field == field


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("0.00000000000000000001", ""),
        ("0.000000000000000000001", "is written in no way we know."),
        ("999999999.99", ""),
        ("1000000000", "is too large to be true."),
        ("1e1", ""),
        ("0e20", ""),
        ("0e21", "is written in no way we know."),
        ("NaN", "is written in no way we know."),
        ("1e20", "is too large to be true."),
    ],
)
def test_amount_has_twenty_digits_behind_the_point_at_most(amount: str, sentence: str) -> None:
    if not sentence:
        assert values.money(Decimal(amount)) == Decimal(amount)
        return
    with pytest.raises(BadValue, match=f"The amount {sentence}"):
        values.money(Decimal(amount))


def test_time_finer_than_a_millionth_is_cut() -> None:
    assert values.ist("2026-11-23 04:45:00.123456789Z") == datetime(
        2026, 11, 23, 4, 45, 0, 123456, tzinfo=UTC
    )


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("0.0000000", "0.0000000"),
        ("12", "12"),
        ("0E-20", "0.00000000000000000000"),
        ("0E-21", "0E-21"),
        ("1E+1", "1E+1"),
    ],
)
def test_number_is_written_as_it_came(number: str, written: str) -> None:
    assert values.plain_digits(Decimal(number)) == written


def test_link_and_words_are_cut_at_their_limits() -> None:
    longest = "https://f.example/" + "x" * (values.URL_LIMIT - 18)
    assert values.https_url(longest) == longest
    assert values.https_url(longest + "x") == ""
    assert values.render_words("\x00" * 39 + "abcd", 10) == "a"


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"\xff", "not_utf8", "The body is not text in UTF-8."),
        (b" ", "empty", "The body is empty."),
        (b"<html>", "html", "The body is a web page and not JSON."),
        (b" " * 70 + b"<html>", "html", "The body is a web page and not JSON."),
        (b"{", "not_json", "The body is not valid JSON."),
        (b"[1e99999999999999999999]", "bad_number", "The body holds a number without measure."),
        (b"[NaN]", "bad_number", "The body holds NaN or Infinity, which JSON does not have."),
        (b'{"a":1,"a":2}', "duplicate_key", "The body has the same key twice in one object."),
        (b"[" * 65 + b"]" * 65, "too_deep", "The body is nested deeper than 64 levels."),
    ],
)
def test_unreadable_body_says_why(body: bytes, code: str, message: str) -> None:
    with pytest.raises(strict_json.Unreadable) as refusal:
        strict_json.loads(body)
    said = refusal.value
    assert (said.code, said.message, str(said)) == (code, message, message)


def test_names_of_fields_that_cannot_be_stored_are_refused_where_that_is_asked() -> None:
    body = '{"a\\u0000": 1}'
    assert strict_json.loads(body) == {"a\x00": 1}

    with pytest.raises(strict_json.Unreadable) as refusal:
        strict_json.loads(body, storable_keys=True)
    assert (refusal.value.code, str(refusal.value)) == (
        "unstorable_text",
        "A field's name holds characters that cannot be stored.",
    )


@pytest.mark.parametrize(("digits", "kind"), [(39, int), (40, int), (41, Decimal)])
def test_integer_of_forty_digits_is_one(digits: int, kind: type) -> None:
    [number] = strict_json.loads(b"[" + b"1" * digits + b"]")  # type: ignore[misc]
    assert type(number) is kind


def queue(state: Any, message: str, error_file: str = "") -> str:
    return QueueStatus(state, message=message, error_file=error_file).sentence


def test_queue_says_how_far_it_is() -> None:
    file = "https://f.example/1.csv"
    assert queue("waiting", "Soon", file).endswith(": Soon")
    assert queue("failed", "No tax", f"{file}?key=1#a").endswith(f": No tax (error file: {file})")
    assert queue("failed", "No tax", f"{file}#a?b").endswith(f": No tax (error file: {file})")
    assert queue("failed", "", file).endswith(f": (error file: {file})")


def found(status: str = "Open", **fields: Any) -> FoundOrder:
    return FoundOrder("BN-1", "1", "2", status, "", "", "9", "", "M", None, None, (), **fields)


def order(*cancelled: CancelledLine, manifested: bool = False) -> FoundOrder:
    at = datetime(2026, 11, 23, tzinfo=UTC) if manifested else None
    lines = (("A", 2), ("B", 1))
    return FoundOrder(
        "BN-1", "1", "2", "Open", "", "", "", "", "", at, None, lines, cancelled=cancelled
    )


WHOLE, PART = CancelledLine("A", 2, 2), CancelledLine("A", 2, 1)
OTHER, MORE = CancelledLine("B", 1, 1), CancelledLine("B", 1, 2)


@pytest.mark.parametrize(
    ("shown", "is_cancelled"),
    [
        (order(), False),
        (order(WHOLE), False),
        (order(PART, OTHER), False),
        (order(WHOLE, OTHER), True),
        (order(WHOLE, MORE), True),
        (order(WHOLE, OTHER, manifested=True), False),
        (found("Cancelled"), True),
    ],
)
def test_order_is_cancelled_once_nothing_of_any_line_is_left(
    shown: FoundOrder, is_cancelled: bool
) -> None:
    assert shown.is_cancelled == is_cancelled
    assert shown.state == ("cancelled" if is_cancelled else "Open")


def test_order_says_what_leads_to_it_and_how_far_it_is() -> None:
    shown = OrdersFound((found(), found("On Hold"), order()))

    assert shown.sentence == (
        "EasyEcom shows it: InvoiceID 2 with AWB 9, Open, manifest M, "
        "InvoiceID 2 with AWB 9, on hold, manifest M, InvoiceID 2, Open."
    )
    assert OrdersFound(()).sentence == "EasyEcom shows no order of this number."


def test_page_of_levels_says_how_many_were_left_out_and_whether_more_come() -> None:
    levels = (Level(0, "A", 1, "", ""),)
    whole, rest = InventoryPage(levels, (), None), InventoryPage(levels, (), "/I?c=1")
    bad = InventoryPage(levels, (BadLine(1, "x", "x"),), None)

    sentences = {whole.sentence, rest.sentence, bad.sentence}
    assert len(sentences) == 3 and all("1 level" in sentence for sentence in sentences)


def line(number: int, words: str) -> LineProblem:
    return LineProblem("", f"SKU-{number}", words)


def test_refusal_names_as_many_lines_as_fit_and_counts_the_others() -> None:
    """500 characters in all: 24 of them are kept for "; and 199 more lines"."""
    words = "x" * 74
    four = [line(number, words) for number in range(6)]
    said = [f"SKU-{number}: {words}" for number in range(6)]

    assert refusals.in_words("Error. ", four[:2]) == f"Error: {said[0]}; {said[1]}"
    assert refusals.in_words("Error", four[:6]).endswith(f"{said[4]}; and 1 more line")
    longer = [*four[:5], line(5, "y" * 90), line(6, "z")]
    assert refusals.in_words("Error", longer).endswith(f"{said[4]}; and 2 more lines")
    assert len(refusals.in_words("Error", longer)) <= values.MESSAGE_LIMIT


@pytest.mark.parametrize(("size", "fits"), [(234, True), (235, True), (236, False)])
def test_last_line_may_fill_the_sentence_to_its_end(size: int, fits: bool) -> None:
    first = line(1, "a" * 242)
    head = f"Error: SKU-1: {'a' * 242}"
    last = line(2, "b" * size)

    said = refusals.in_words("Error", [first, last])

    assert said == (f"{head}; SKU-2: {'b' * size}" if fits else f"{head}; and 1 more line")
    assert not fits or len(said) == values.MESSAGE_LIMIT - 235 + size
