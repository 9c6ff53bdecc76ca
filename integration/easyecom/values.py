"""Readers of EasyEcom's loose values: types drift, and "absent" has many faces.

All of this is docs/easyecom-contract.md#values. Every reader takes what strict_json gives, and
raises BadValue, whose text names the field and never repeats the value.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, TypeVar
from urllib.parse import urlsplit

from integration.easyecom.plain_text import plain_code

IST = timezone(timedelta(hours=5, minutes=30), "IST")

# How many characters a text may have; the columns it is kept in are as wide.
SKU_LIMIT = 255
NUMBER_LIMIT = 100
KEY_LIMIT = 64
ID_LIMIT = 32
NAME_LIMIT = 200
CITY_LIMIT = 100
COURIER_LIMIT = 100
URL_LIMIT = 1000
MESSAGE_LIMIT = 500
HIGHEST_LEVEL = 1_000_000
_HIGHEST_AMOUNT = 10**9

_ABSENT = {"", "na", "-"}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# They make one text look like another on every screen.
_TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
# Control characters, line separators, and those that turn the reading direction around.
_UNSHOWABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,20})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
)
# What is finer than a millionth of a second is cut off.
_TOO_FINE = re.compile(r"(?<=\.[0-9]{6})[0-9]+")
_AMOUNT = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{0,20})?")
_WHOLE = re.compile(r"-?[0-9]{1,40}(\.0{1,20})?")
_HTTPS = re.compile(r"https://[!-~]+", re.IGNORECASE)
_SPLIT_SUFFIX = re.compile(r"_OR[0-9]+\Z", re.IGNORECASE)

T = TypeVar("T")


class BadValue(ValueError):
    """A value that cannot be what its field should hold; `field` is EasyEcom's word for it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field} {problem}.")
        self.field = field


def absent(value: object) -> bool:
    """Whether EasyEcom means "nothing": null, "", "NA", "-" or a date of zeros."""
    if not isinstance(value, str):
        return value is None
    word = value.strip()
    return word.casefold() in _ABSENT or word.startswith("0000-00-00")


def text(value: object, limit: int, field: str = "The value") -> str:
    """A stripped string, "" where absent. A number is taken as its digits."""
    if absent(value):
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise BadValue(field, "is not text")
    words = str(value).strip()
    if len(words) > limit:
        raise BadValue(field, f"is longer than {limit} characters")
    if _UNSTORABLE.search(words):
        raise BadValue(field, "holds characters that cannot be stored")
    if _TURNING.search(words):
        raise BadValue(field, "holds characters that turn the reading direction")
    return words


def sku(value: object, field: str = "The sku") -> str:
    """A SKU, "" where absent: without marks that nobody sees, and in NFC.

    EasyEcom's lists are pasted from spreadsheets too. Only an override is refused: it makes the
    letters after it read backwards.
    """
    if isinstance(value, str) and not _UNSTORABLE.search(value) and "\u202e" not in value:
        value = plain_code(value)
    return text(value, SKU_LIMIT, field)


def identifier(value: object, field: str = "The id", limit: int = ID_LIMIT) -> str:
    """One of EasyEcom's ids as a string, "" where absent. An id of 0 is none."""
    if isinstance(value, Decimal):
        raise BadValue(field, "is not a whole number")
    found = text(value, limit, field)
    return "" if found == "0" else found


def money(value: object, field: str = "The amount") -> Decimal | None:
    """An amount or a measure, number or numeric string; None where absent."""
    if absent(value):
        return None
    if isinstance(value, str):
        value = _amount_of(value.strip(), field)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise BadValue(field, "is not a number")
    amount = Decimal(value)
    exponent = amount.as_tuple().exponent
    if not isinstance(exponent, int) or abs(exponent) > 20:
        raise BadValue(field, "is written in no way we know")
    if abs(amount) >= _HIGHEST_AMOUNT:
        raise BadValue(field, "is too large to be true")
    return amount


def ist(value: object, field: str = "The time") -> datetime | None:
    """An aware time, None where absent. EasyEcom's times carry no zone and are IST."""
    if absent(value):
        return None
    if not isinstance(value, str) or not _MOMENT.fullmatch(value.strip()):
        raise BadValue(field, "is not a time")
    try:
        moment = datetime.fromisoformat(_TOO_FINE.sub("", value.strip()))
    except ValueError:
        raise BadValue(field, "is not a time") from None
    if not 1990 <= moment.year <= 2100:
        raise BadValue(field, "is not a time near ours")
    return moment if moment.tzinfo else moment.replace(tzinfo=IST)


def level(value: object, field: str = "The level") -> tuple[int, str]:
    """A stock level, from 0 to HIGHEST_LEVEL, and what was said where that is another number.

    Below 0 there is nothing to sell; the level before, left standing, would be sold. What lies
    above the limit is as much as anybody sells.
    """
    said = _whole(value, field)
    counted = min(max(said, 0), HIGHEST_LEVEL)
    return counted, "" if counted == said else str(said)


def quantity(value: object, field: str = "The quantity") -> int:
    """How many of something there are, from 0 to HIGHEST_LEVEL."""
    count = _whole(value, field)
    if not 0 <= count <= HIGHEST_LEVEL:
        raise BadValue(field, f"is not between 0 and {HIGHEST_LEVEL}")
    return count


def _whole(value: object, field: str) -> int:
    """A whole number, also as 12.0, "12.00" or " 12 ". Whoever writes 3.5 or 1e2 counts something
    else than pieces."""
    if value is None:
        raise BadValue(field, "is missing")
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise BadValue(field, "is not a number")
    digits = plain_digits(value) if isinstance(value, Decimal) else str(value).strip()
    if not _WHOLE.fullmatch(digits):
        raise BadValue(field, "is not a whole number in plain digits")
    return int(digits.partition(".")[0])


def plain_digits(number: Decimal) -> str:
    """As it was written: a Decimal's own text gives 0.0000000 an exponent."""
    exponent = number.as_tuple().exponent
    is_plain = isinstance(exponent, int) and -20 <= exponent <= 0
    return f"{number:f}" if is_plain else str(number)


def https_url(value: object) -> str:
    """The link, or "" unless it is https, with a host, without log-in, and of a sane length."""
    if not isinstance(value, str) or len(value) > URL_LIMIT:
        return ""
    link = value.strip()
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    return link if _HTTPS.fullmatch(link) and parts.hostname and "@" not in parts.netloc else ""


def render_words(words: object, limit: int = MESSAGE_LIMIT) -> str:
    """EasyEcom's own words, made fit for a screen, a log and a column; "" unless a string."""
    if not isinstance(words, str):
        return ""
    return _UNSHOWABLE.sub(" ", words[: 4 * limit]).strip()[:limit]


def name(value: object, limit: int = NAME_LIMIT) -> str:
    """Words for people: cut and cleaned rather than refused, "" where there are none."""
    if absent(value) or isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return ""
    return render_words(str(value), limit)


def without_split_suffix(reference_code: str) -> str:
    """Our order number in a reference_code, which ends in `_OR1` and the like after a split."""
    return _SPLIT_SUFFIX.sub("", reference_code)


def unless_bad(read: Callable[..., T], default: T, *values: Any) -> T:
    """What a reader finds, or the default where the value is bad: for what we can do without."""
    try:
        return read(*values)
    except BadValue:
        return default


def object_in(value: object) -> dict[str, object]:
    """The object, also in a list of one; {} for anything else."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else {}


def first_present(row: dict[str, object], *names: str) -> object:
    """The first of some fields that is not absent: EasyEcom writes one thing in several ways."""
    return next((row[name] for name in names if not absent(row.get(name))), None)


def _amount_of(digits: str, field: str) -> Decimal:
    if not _AMOUNT.fullmatch(digits):
        raise BadValue(field, "is not a number")
    return Decimal(digits)
