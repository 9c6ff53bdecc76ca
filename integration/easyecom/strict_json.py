"""JSON from outside, read so that nothing in it can surprise us later.

Refused: what is not UTF-8, nesting deeper than 64, duplicate keys, NaN and Infinity, trailing junk.
Numbers never become floats: a fraction or an exponent gives a Decimal, and so does an integer of
more than 40 digits. A Decimal may still be absurd (1e999), so whoever uses it checks its size.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from typing import NoReturn

MAX_DEPTH = 64
_LONGEST_INT = 40

# Possessive, and content with a missing end quote, so that hostile text costs linear time.
_STRING = re.compile(r'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
_NOT_BRACKET = re.compile(r"[^\[\]{}]++")
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Unreadable(ValueError):
    """A body that cannot be understood; `code` is a slug, `message` a sentence without its text."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def loads(body: bytes | str, *, storable_keys: bool = False) -> object:
    """Parse a body, or raise Unreadable.

    With `storable_keys`, a key that a database would refuse (with NUL or a lone surrogate) makes
    the whole body unreadable. Of values their reader has to judge, who can name them.
    """
    text = _decoded(body)
    _check_start(text)
    _check_depth(text)
    parsed = _parsed(text)
    # Neither character can stand in a decoded body as it is; an escape has to be there.
    if storable_keys and (isinstance(body, str) or "\\u" in text):
        _check_storable(parsed)
    return parsed


def _decoded(body: bytes | str) -> str:
    if isinstance(body, str):
        return body.removeprefix("\ufeff")
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Unreadable("not_utf8", "The body is not text in UTF-8.") from None


def _check_start(text: str) -> None:
    start = text[:64].lstrip() or text.lstrip()[:1]
    if not start:
        raise Unreadable("empty", "The body is empty.")
    if start.startswith("<"):
        raise Unreadable("html", "The body is a web page and not JSON.")


def _check_depth(text: str) -> None:
    """Refuse deep nesting before the parser meets it: its recursion is no safe place to learn."""
    brackets = _NOT_BRACKET.sub("", _STRING.sub("", text))
    if max(accumulate(map(_STEP.__getitem__, brackets)), default=0) > MAX_DEPTH:
        raise Unreadable("too_deep", f"The body is nested deeper than {MAX_DEPTH} levels.")


def _parsed(text: str) -> object:
    try:
        parsed: object = json.loads(
            text,
            parse_int=_whole,
            parse_float=_fraction,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError:
        raise Unreadable("not_json", "The body is not valid JSON.") from None
    return parsed


def _whole(digits: str) -> int | Decimal:
    return int(digits) if len(digits) <= _LONGEST_INT else Decimal(digits)


def _fraction(digits: str) -> Decimal:
    try:
        return Decimal(digits)
    except InvalidOperation:
        raise Unreadable("bad_number", "The body holds a number without measure.") from None


def _refuse_constant(word: str) -> NoReturn:
    raise Unreadable("bad_number", "The body holds NaN or Infinity, which JSON does not have.")


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable("duplicate_key", "The body has the same key twice in one object.")
    return found


def _check_storable(parsed: object) -> None:
    if not all(map(is_storable, _keys(parsed))):
        raise Unreadable(
            "unstorable_text", "A field's name holds characters that cannot be stored."
        )


def is_storable(text: str) -> bool:
    """No NUL and no lone surrogate, which is half of a character outside the basic plane."""
    return _UNSTORABLE.search(text) is None


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from _keys(item)
