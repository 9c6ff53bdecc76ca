"""EasyEcom's words without what they must not repeat: the account's secrets, and the buyer.

EasyEcom answers with what it was given, so a refusal may hold a password, a phone number, a street.
Both are known when a call is made, and are masked by their value; what looks like a token, a mail
address or a phone number of India is masked whatever its value. All else stays as it was said.
"""

import html
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import quote

from integration.easyecom.outcomes import (
    AlreadyExists,
    AuthRefused,
    Done,
    LineProblem,
    Outcome,
    OutcomeUnknown,
    Rejected,
)
from integration.easyecom.plain_text import plain_number
from integration.easyecom.redaction import without_tokens
from integration.easyecom.refusals import LINE_MESSAGE_LIMIT
from integration.easyecom.replies import (
    BadLine,
    FoundLocation,
    FoundOrder,
    FoundProduct,
    InventoryPage,
    Locations,
    OrdersFound,
    ProductPage,
    QueueStatus,
    Reply,
)
from integration.easyecom.values import MESSAGE_LIMIT

MASK = "●●●"
# Anything shorter than the first hides nobody, and below the second it has to stand by itself.
SHORTEST, SHORTEST_ANYWHERE = 3, 8
# Digits that say which number was refused, and not whose it is.
SHOWN_DIGITS = 3
# Of what is private, at the end of words that were cut.
SHORTEST_BEGINNING = 4
FEWEST_DIGITS = 5
SHORTEST_PART_OF_STREET = 6
NAME_PARTS = re.compile(r"[\s,.]+")
STREETS = ("line1", "line2")
# Names that are words of EasyEcom's refusals too: somebody types "Customer" for a name, or "Test".
_ORDINARY = """
address already amount billing buyer carrier cash city company contact country courier credentials
customer data date does email empty error exist exists failed field find for format found india
invalid invoice item key limit location login mandatory marketplace message missing mobile name not
null number online order orders parameter password payment phone pincode please price product
products quantity rate record reference required retail seller set shipping sku state states status
store tax test the token unable user valid value warehouse with within wrong
"""
ORDINARY = frozenset(_ORDINARY.split())

_GAP = r"[\s().,/-]{0,3}"
_INDIA = rf"(?:(?:\+|00)?91{_GAP}|0)?"
# The ways in which ten digits are written for a phone number; other groups are amounts and ids.
_ANY_PHONE = re.compile(
    rf"(?<![\w.-]){_INDIA}"
    r"([6-9][0-9]{9}|[6-9][0-9]{4}[ -][0-9]{5}|[6-9][0-9]{2}[ -][0-9]{3}[ -][0-9]{4}"
    r"|[6-9][0-9]{3}[ -][0-9]{3}[ -][0-9]{3})(?![\w-])"
)
_ANY_EMAIL = re.compile(r"[\w.%+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
# As `secrets.token_urlsafe(32)` makes webhook tokens, of which only digests are kept.
_OWN_TOKEN = re.compile(
    r"(?<![\w-])(?=[\w-]*[0-9])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[A-Za-z0-9_-]{43}(?![\w-])"
)
_ALL_BUT_DIGITS = re.compile("[^0-9]+")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, repr=False)
class Private:
    """What the words about one call must not repeat, made ready by `private_of`."""

    secret: re.Pattern[str] | None = None
    phone: re.Pattern[str] | None = None
    buyer: re.Pattern[str] | None = None
    # All of it, for words that end within.
    values: tuple[str, ...] = ()
    # An order's own, which may look like phone numbers.
    numbers: tuple[str, ...] = ()


NOTHING = Private()


def private_of(
    secrets: Iterable[str],
    addresses: Sequence[Mapping[str, str]] = (),
    others: Iterable[str] = (),
    numbers: Iterable[str] = (),
) -> Private:
    """`addresses` are the buyer's, as given and as sent; `others` what else is the buyer's, such
    as a GSTIN."""
    forms = [form for secret in secrets if secret for form in _forms(secret)]
    buyer = [*_words_of_buyer(addresses), *others]
    phones = sorted({_phone(address.get("phone", "")) for address in addresses} - {""})
    return Private(
        _any_of(map(_literal, _worth_hiding(forms))),
        _any_of(phones),
        _any_of(map(_literal, _worth_hiding(buyer))),
        tuple(_worth_hiding([*forms, *buyer])),
        tuple(numbers),
    )


def outcome_without(outcome: Outcome, private: Private) -> Outcome:
    """The outcome, its sentences without secrets and the buyer. What it proves stays."""
    match outcome:
        case Rejected(message, lines):
            is_cut = len(message) == MESSAGE_LIMIT
            hidden = tuple(_line_without(line, private) for line in lines)
            # A line is cut within the message as well: it is the same there as by itself.
            for line, said in zip(lines, hidden, strict=True):
                message = message.replace(line.message, said.message)
            message = without(message, private, is_cut=is_cut)
            return replace(outcome, message=message, lines=hidden)
        case AlreadyExists(message) | AuthRefused(message=message):
            return replace(outcome, message=without(message, private))
        case OutcomeUnknown(reason):
            return replace(outcome, reason=without(reason, private))
        case Done(reply):
            return Done(_reply_without(reply, private))
        case _:
            return outcome


def without(words: str, private: Private, *, is_cut: bool | None = None) -> str:
    """Words of EasyEcom's as they may be kept and shown."""
    if is_cut if is_cut is not None else len(words) in (LINE_MESSAGE_LIMIT, MESSAGE_LIMIT):
        words = _without_cut_end(words, private.values)
    words = _ANY_EMAIL.sub(MASK, without_tokens(by_value(words, private)))

    def shown(found: re.Match[str]) -> str:
        return found.group() if found.group() in private.numbers else _masked_number(found)

    return _ANY_PHONE.sub(shown, words)[:MESSAGE_LIMIT]


def by_value(words: str, private: Private) -> str:
    """The same by value alone: for a body, whose keys and patterns were seen to before."""
    words = without_secrets(words, private)
    if private.phone:
        words = private.phone.sub(_masked_number, words)
    return private.buyer.sub(MASK, words) if private.buyer else words


def without_secrets(words: str, private: Private) -> str:
    """Only the account's secrets are masked: for what we say ourselves."""
    words = _OWN_TOKEN.sub(MASK, words)
    return private.secret.sub(MASK, words) if private.secret else words


def _line_without(line: LineProblem, private: Private) -> LineProblem:
    return LineProblem(
        by_value(line.line_id, private),
        by_value(line.sku, private),
        without(line.message, private),
    )


# What of a reply is words, and not an id or a fact that is compared.
_WORDS: dict[type, tuple[str, ...]] = {
    QueueStatus: ("message", "error_file"),
    FoundOrder: ("cancellation_reason", "place_name", "place_city"),
    FoundLocation: ("name", "city"),
    FoundProduct: ("name", "category", "brand"),
    ProductPage: ("company_name", "skipped"),
    BadLine: ("message",),
}
_ROWS: dict[type, tuple[str, ...]] = {
    OrdersFound: ("orders",),
    Locations: ("locations",),
    ProductPage: ("products",),
    InventoryPage: ("bad",),
}


def _reply_without(reply: Reply, private: Private) -> Reply:
    """Facts are masked only where a secret stands in them; what is said for people as all words."""
    is_said = isinstance(reply, QueueStatus | OrdersFound)
    return _fields_without(reply, private, without if is_said else without_secrets)


def _fields_without(row: T, private: Private, hide: Callable[[str, Private], str]) -> T:
    changes: dict[str, Any] = {}
    for name in _ROWS.get(type(row), ()):
        changes[name] = tuple(_fields_without(each, private, hide) for each in getattr(row, name))
    for name in _WORDS.get(type(row), ()):
        said = getattr(row, name)
        is_list = isinstance(said, tuple)
        changes[name] = (
            tuple(hide(words, private) for words in said) if is_list else hide(said, private)
        )
    return replace(row, **changes) if changes else row  # type: ignore[type-var]


def _forms(secret: str) -> Iterator[str]:
    """A secret as it may stand in a sentence, an address, a page or a body."""
    yield secret
    yield quote(secret, safe="")
    yield html.escape(secret)
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]


def _words_of_buyer(addresses: Iterable[Mapping[str, str]]) -> Iterator[str]:
    """Mails, names and streets, whole and in the parts that somebody is known by."""
    for address in addresses:
        yield address.get("email", "")
        name = address.get("name", "")
        parts = [part for part in NAME_PARTS.split(name) if len(part) >= SHORTEST]
        yield from (each for each in [name, *parts] if each.casefold() not in ORDINARY)
        for line in (address.get(field, "") for field in STREETS):
            parts = [part.strip() for part in line.split(",")]
            yield from (each for each in [line, *parts] if len(each) >= SHORTEST_PART_OF_STREET)


def _phone(typed: str) -> str:
    """A pattern for these digits however they are spelled, and with India's code before them."""
    digits = _ALL_BUT_DIGITS.sub("", plain_number(typed))[-10:]
    if len(digits) < FEWEST_DIGITS:
        return ""
    return rf"(?<![0-9]){_INDIA}{_GAP.join(digits)}(?![0-9])"


def _masked_number(found: re.Match[str]) -> str:
    return MASK + _ALL_BUT_DIGITS.sub("", found.group())[-SHOWN_DIGITS:]


def _worth_hiding(values: Iterable[str]) -> list[str]:
    """The longest first: one may be the beginning of another."""
    known = {each.strip() for each in values}
    return sorted((each for each in known if len(each) >= SHORTEST), key=len, reverse=True)


def _any_of(patterns: Iterable[str]) -> re.Pattern[str] | None:
    whole = "|".join(patterns)
    return re.compile(whole, re.IGNORECASE) if whole else None


def _literal(value: str) -> str:
    """Whatever its case and the blanks in it; a short one only by itself."""
    text = r"\s+".join(re.escape(part) for part in value.split())
    return text if len(value) >= SHORTEST_ANYWHERE else rf"(?<!\w){text}(?!\w)"


def _without_cut_end(words: str, values: Iterable[str]) -> str:
    """EasyEcom's words are cut to a length: what is left of something private at their end goes."""
    folded = words.lower()
    left = max((_beginning_at_end(folded, value.lower()) for value in values), default=0)
    return words[: len(words) - left] + MASK if left else words


def _beginning_at_end(words: str, value: str) -> int:
    """How many letters of the value's beginning stand at the end."""
    lengths = range(len(value) - 1, SHORTEST_BEGINNING - 1, -1)
    return next((length for length in lengths if words.endswith(value[:length])), 0)
