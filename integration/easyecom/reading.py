"""What an answer of EasyEcom is evidence of: one pure function and its table.

Unknown beats failed: only what EasyEcom says in so many words counts as a no, and only what it
proves counts as a yes.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from integration.easyecom import catalog, lookups, parsing, refusals, strict_json
from integration.easyecom.calls import Call, Kind
from integration.easyecom.envelope import Envelope, opened, seconds_to_wait
from integration.easyecom.outcomes import (
    AlreadyExists,
    AuthRefused,
    Done,
    LineProblem,
    Outcome,
    OutcomeUnknown,
    RateLimited,
    Rejected,
)
from integration.easyecom.replies import (
    InventoryPage,
    Locations,
    OrdersFound,
    ProductPage,
    QueueStatus,
    Reply,
)
from integration.easyecom.values import MESSAGE_LIMIT, BadValue

MAX_REPLY = 5 * 1024 * 1024
"""Bytes of an answer that are read; a longer body is passed on one byte longer, and is unknown."""

_PARSERS: dict[Kind, Callable[[Call, Envelope], Reply]] = {
    Kind.LOG_IN: parsing.token_issued,
    Kind.GET_LOCATIONS: parsing.locations,
    Kind.ADD_CARRIER: parsing.carrier_registered,
    Kind.GET_PRODUCTS: catalog.product_page,
    Kind.CREATE_ORDER: parsing.order_created,
    Kind.FIND_ORDER: lookups.orders_found,
    Kind.GET_QUEUE_STATUS: parsing.queue_status,
    Kind.ASSIGN_AWB: parsing.awb_assigned,
    Kind.GET_INVENTORY: catalog.inventory_page,
}
# A queued order that EasyEcom does not find in its queue is neither made nor refused.
_EMPTY: dict[Kind, Reply] = {
    Kind.GET_LOCATIONS: Locations(()),
    Kind.GET_PRODUCTS: ProductPage(()),
    Kind.FIND_ORDER: OrdersFound(()),
    Kind.GET_QUEUE_STATUS: QueueStatus("waiting"),
    Kind.GET_INVENTORY: InventoryPage(()),
}
# These two replies may lack the code: docs/easyecom-contract.md#envelope.
_MAY_LACK_CODE = (Kind.LOG_IN, Kind.GET_PRODUCTS)
_WRONG_LOG_IN = ("invalid user credentials", "invalid location key")
# These say that somebody on the way lost patience, not that EasyEcom refused.
_TIMED_OUT = (408, 425, 499)
_NUMBER_EXISTS = re.compile(r"order number\b.*\balready exists", re.IGNORECASE)
# "Limit Exceeded" by itself is the day's; with "rate" before it the second's.
_DAY_IS_SPENT = re.compile(
    r"\A\W*limit exceeded\W*\Z|\b(daily|day'?s?|per day|quota)\b", re.IGNORECASE
)
_CREATED = re.compile(r"(\S+) created successfully")


@dataclass(frozen=True, slots=True)
class _Answer:
    call: Call
    status: int
    headers: Mapping[str, str]
    envelope: Envelope | None
    problem: str = ""

    @property
    def code(self) -> int | None:
        """EasyEcom's code: for a write only where it is an integer (a "200" proves nothing)."""
        if self.envelope is None:
            return None
        return self.envelope.number if self.call.kind.is_write else self.envelope.loose_number

    @property
    def verdict(self) -> int:
        """The HTTP status, or the 401, 403 or 429 that an HTTP 200 carries as its code."""
        inner = self.code if self.status == 200 else None
        return inner if inner in (401, 403, 429) else self.status

    @property
    def message(self) -> str:
        """As it is kept."""
        return self.envelope.message[:MESSAGE_LIMIT] if self.envelope else ""

    @property
    def lines(self) -> tuple[LineProblem, ...]:
        """What it says of single lines: only a refused Create Order does."""
        is_refused = self.call.kind is Kind.CREATE_ORDER and self.code != 200
        return refusals.line_problems(self.envelope) if self.envelope and is_refused else ()

    @property
    def says_no(self) -> bool:
        return self.code is not None and 400 <= self.code < 500

    @property
    def has_no_code(self) -> bool:
        return self.envelope is not None and self.envelope.code is None

    @property
    def is_judgement(self) -> bool:
        """Whether somebody decided on the request: no time-out, no server error, no redirect."""
        return self.status == 200 or (400 <= self.status < 500 and self.status not in _TIMED_OUT)

    def unknown(self, what: str) -> OutcomeUnknown:
        return unknown(self.call, f"was answered with HTTP {self.status}, and {what}")


def read(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> Outcome:
    """Classify an answer. The first rule of the table that has something to say decides."""
    answer = _opened(call, status, headers, body)
    for rule in _TABLE:
        outcome = rule(answer)
        if outcome is not None:
            return outcome
    return _proved(answer)


def unknown(call: Call, what: str) -> OutcomeUnknown:
    """Doubt about a call, naming its method and path only: a query may hold what is private."""
    return OutcomeUnknown(f"{call.method} {call.target.partition('?')[0]} {what}")


def _opened(call: Call, status: int, headers: Mapping[str, str], body: bytes) -> _Answer:
    if len(body) > MAX_REPLY:
        return _Answer(call, status, headers, None, "its body is too long")
    try:
        return _Answer(call, status, headers, opened(body))
    except strict_json.Unreadable as unreadable:
        return _Answer(call, status, headers, None, f"its body is no answer ({unreadable.code})")


def _wrong_log_in(answer: _Answer) -> Outcome | None:
    """Its HTTP status is not known, its words are: docs/easyecom-contract.md#wrong-credentials."""
    said = answer.message.casefold().startswith(_WRONG_LOG_IN)
    if answer.call.kind is Kind.LOG_IN and answer.is_judgement and said:
        return AuthRefused(401, answer.message)
    return None


def _cool_down(answer: _Answer) -> Outcome | None:
    """The password is not wrong; we asked too soon: docs/easyecom-contract.md#log-in-cool-down."""
    if answer.call.kind is Kind.LOG_IN and answer.verdict == 403:
        return RateLimited(seconds_to_wait(answer.headers), cool_down=True)
    return None


def _rate_limited(answer: _Answer) -> Outcome | None:
    if answer.verdict != 429:
        return None
    is_of_the_day = _DAY_IS_SPENT.search(answer.message) is not None
    return RateLimited(seconds_to_wait(answer.headers), of_the_day=is_of_the_day)


def _auth_refused(answer: _Answer) -> Outcome | None:
    if answer.verdict not in (401, 403):
        return None
    renewable = answer.verdict == 401 and answer.call.kind.needs_token
    return AuthRefused(answer.verdict, answer.message, renewable)


def _no_judgement(answer: _Answer) -> Outcome | None:
    """A 5xx, a redirect, a proxy's time-out: EasyEcom may have done it all the same."""
    return None if answer.is_judgement else answer.unknown("that tells nothing")


def _unreadable(answer: _Answer) -> Outcome | None:
    """Gateways answer HTML, with any status: docs/easyecom-contract.md#what-an-answer-means."""
    return answer.unknown(answer.problem) if answer.envelope is None else None


def _nothing_found(answer: _Answer) -> Outcome | None:
    """An empty read; a write is refused by it: docs/easyecom-contract.md#nothing-found."""
    empty = _EMPTY.get(answer.call.kind)
    if empty is None or answer.envelope is None or not answer.envelope.found_nothing:
        return None
    # A code that we can't read, say "500", is not the same as none.
    fits = answer.has_no_code or answer.code == 200 or answer.says_no
    return Done(empty) if fits else None


def _already_exists(answer: _Answer) -> Outcome | None:
    """The duplicate comes without the ids, and with a code of 200 it would be nonsense.

    docs/easyecom-contract.md#duplicates
    """
    if answer.call.kind is not Kind.CREATE_ORDER or not answer.envelope or answer.code == 200:
        return None
    if "already exists" in answer.envelope.message.casefold():
        return AlreadyExists(answer.message)
    said = (line.message for line in answer.lines)
    number_exists = next((words for words in said if _NUMBER_EXISTS.search(words)), "")
    return AlreadyExists(number_exists) if number_exists else None


def _refused(answer: _Answer) -> Outcome | None:
    """The normal business error is an HTTP 200 whose code is 400.

    docs/easyecom-contract.md#common-rules
    """
    lines = answer.lines
    message = refusals.in_words(answer.message, lines) if lines else answer.message
    if answer.says_no:
        return Rejected(message, lines)
    if answer.status != 200 and answer.has_no_code and answer.message:
        return Rejected(message, lines)
    return None


def _no_success(answer: _Answer) -> Outcome | None:
    """Only HTTP 200 with the code 200 says yes; see _MAY_LACK_CODE."""
    if answer.status == 200 and answer.has_no_code and answer.call.kind in _MAY_LACK_CODE:
        return None
    if answer.status == 200 and answer.code == 200:
        return None
    return answer.unknown("its code is not one we know")


def _another_order(answer: _Answer) -> Outcome | None:
    """A success that names another order proves nothing about ours."""
    named = _CREATED.search(answer.message)
    if answer.call.kind is not Kind.CREATE_ORDER or named is None:
        return None
    number = named.group(1)
    # "Order created successfully" names none: every order number has a digit in it.
    if number == answer.call.about or not re.search("[0-9]", number):
        return None
    return answer.unknown("it speaks of another order")


def _proved(answer: _Answer) -> Outcome:
    assert answer.envelope is not None  # _unreadable has seen to it.
    try:
        return Done(_PARSERS[answer.call.kind](answer.call, answer.envelope))
    except parsing.NoEvidence as lacking:
        return replace(answer.unknown(str(lacking)), is_answered=True)
    except BadValue as bad:
        return replace(answer.unknown(f"its field {bad.field} is unusable"), is_answered=True)


_TABLE: tuple[Callable[[_Answer], Outcome | None], ...] = (
    _wrong_log_in,
    _cool_down,
    _rate_limited,
    _auth_refused,
    _no_judgement,
    _unreadable,
    _nothing_found,
    _already_exists,
    _refused,
    _no_success,
    _another_order,
)
