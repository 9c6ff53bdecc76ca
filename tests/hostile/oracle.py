"""What an answer of EasyEcom is evidence of, read a second time: from
docs/reliability.md#the-evidence-table and docs/easyecom-contract.md#what-an-answer-means, and from
nothing of the classifier's.

First match wins, unknown beats failed. A verdict is the set of classes that the pages allow: mostly
one, and two where they are silent and either is safe, because both are followed by a look-up or by
a person.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any

DONE, UNKNOWN, REJECTED = "Done", "OutcomeUnknown", "Rejected"
DUPLICATE, AUTH, LIMITED = "AlreadyExists", "AuthRefused", "RateLimited"

FIVE_MEGABYTES = 5 * 1024 * 1024
DEEPEST = 64
LONGEST_MESSAGE = 500
WORDS = ("200", "400", "401", "403", "404", "429")
THINGS = ("data", "record", "result", "order", "product", "item")
NOTHING = ("unable to find", *(f"no {each}{s} found" for each in THINGS for s in ("", "s")))
AN_ORDERS = {
    *("reference_code", "invoice_id", "order_id", "order_status", "order_items", "suborders")
}
WRONG_LOG_IN = ("invalid user credentials", "invalid location key")
# Somebody on the way lost patience.
TIMED_OUT = (408, 425, 499)
# What no column holds, and what no screen shows as it is.
UNFIT = re.compile("[\x00\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
ABSENT = ("", "na", "-")
READS = ("get_locations", "get_products", "find_order", "get_queue_status", "get_inventory")
WITHOUT_CODE = ("log_in", "get_products")
OF_ANOTHER = re.compile(r"(\S*[0-9]\S*) created successfully")


class NoAnswer(ValueError):
    """What came is no JSON object that can be trusted."""


def parsed(body: bytes) -> dict[str, Any]:
    """The JSON object, or NoAnswer: too long, not UTF-8, cut off, a key twice, too deep."""
    if len(body) > FIVE_MEGABYTES:
        raise NoAnswer
    try:
        told = json.loads(
            body.decode("utf-8-sig"),
            object_pairs_hook=without_repeats,
            parse_constant=refuse,
            parse_float=Decimal,
            parse_int=lambda digits: int(digits) if len(digits) < 50 else Decimal(digits),
        )
        # From Python 3.12 on it may be read and yet be too deep to be walked through.
        is_sane = isinstance(told, dict) and depth(told) <= DEEPEST
    except (ValueError, ArithmeticError, RecursionError):
        raise NoAnswer from None
    if not is_sane:
        raise NoAnswer
    return told


def without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise NoAnswer
    return dict(pairs)


def refuse(word: str) -> None:
    raise NoAnswer


def depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(depth, value), default=0) if isinstance(value, list) else 0


def is_absent(value: Any) -> bool:
    if not isinstance(value, str):
        return value is None
    return value.strip().lower() in ABSENT or value.strip().startswith("0000-00-00")


def id_in(value: Any) -> str | None:
    """An id as its digits or letters; "" where there is none; None where it can't be one."""
    if is_absent(value) or value in (0, "0"):
        return None if isinstance(value, bool | Decimal) else ""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    words = str(value).strip()
    is_sane = 0 < len(words) <= 32 and not UNFIT.search(words)
    return ("" if words == "0" else words) if is_sane else None


@dataclass(frozen=True)
class Answer:
    """One answer to one call: `kind` and `about` as the call has them."""

    kind: str
    about: str
    status: int
    body: bytes

    @cached_property
    def told(self) -> dict[str, Any] | None:
        try:
            return parsed(self.body)
        except NoAnswer:
            return None

    @property
    def is_decided(self) -> bool:
        """Whether the HTTP status is one that somebody gives who looked at the request."""
        refused = 400 <= self.status < 500 and self.status not in TIMED_OUT
        return self.status == 200 or refused

    @property
    def code(self) -> Any:
        """An int, or None. For a read a string of one will do; for a write it proves nothing."""
        code = (self.told or {}).get("code")
        if self.kind in (*READS, "log_in") and code in WORDS:
            return int(code)
        return code if type(code) is int else None

    @property
    def has_code(self) -> bool:
        return (self.told or {}).get("code") is not None

    @property
    def is_refusal(self) -> bool:
        return self.code is not None and 400 <= self.code < 500

    @property
    def data(self) -> Any:
        return (self.told or {}).get("data")

    @property
    def record(self) -> dict[str, Any]:
        """The object in `data`, or in a list of one."""
        data = self.data[0] if isinstance(self.data, list) and len(self.data) == 1 else self.data
        return data if isinstance(data, dict) else {}

    @property
    def said(self) -> str:
        return self.words.lower()

    @property
    def words(self) -> str:
        told = self.told or {}
        places = (told.get("message"), told.get("error"), self.record.get("Message"))
        return next((p for p in places if isinstance(p, str) and not is_absent(p)), "")


Row = Callable[[Answer], set[str] | None]


def wrong_log_in(answer: Answer) -> set[str] | None:
    is_wrong = answer.kind == "log_in" and answer.said.strip().startswith(WRONG_LOG_IN)
    return {AUTH} if is_wrong and answer.is_decided else None


def duplicate(answer: Answer) -> set[str] | None:
    """Where the words are EasyEcom's own, whatever the code; a success with ids comes first."""
    if answer.kind != "create_order" or "already exists" not in answer.said:
        return None
    if not 400 <= answer.status < 500 and answer.status != 200:
        return None
    if answer.status in (401, 403, 429, *TIMED_OUT) or answer.code in (200, 401, 403, 429):
        return {DUPLICATE} | (decided_by_status(answer) or success(answer) or {UNKNOWN, REJECTED})
    return {DUPLICATE}


def decided_by_status(answer: Answer) -> set[str] | None:
    """401, 403 and 429 say of themselves that nothing was processed."""
    inner = answer.code if answer.status == 200 else None
    for status, outcome in ((429, LIMITED), (401, AUTH), (403, AUTH)):
        if answer.kind == "log_in" and status == 403:
            outcome = LIMITED
        if status in (answer.status, inner):
            return {outcome}
    return None


def tells_nothing(answer: Answer) -> set[str] | None:
    return {UNKNOWN} if answer.told is None or not answer.is_decided else None


def nothing_found(answer: Answer) -> set[str] | None:
    """An empty result of a read: docs/easyecom-contract.md#nothing-found."""
    words = f"{answer.said} {answer.data if isinstance(answer.data, str) else ''}".lower()
    words = " ".join(words.split())
    inside = answer.data.values() if isinstance(answer.data, dict) else answer.data
    is_empty = not isinstance(answer.data, list | dict) or not any(inside)
    is_said = is_empty and any(nothing in words for nothing in NOTHING)
    if answer.kind not in READS or not is_said:
        return None
    return {DONE} if answer.is_refusal or answer.code == 200 or not answer.has_code else None


def rejected(answer: Answer) -> set[str] | None:
    if answer.is_refusal:
        return {REJECTED}
    if answer.status != 200 and not answer.has_code and answer.said:
        return {REJECTED, UNKNOWN}
    return None


def success(answer: Answer) -> set[str] | None:
    if answer.status != 200 or answer.told is None:
        return None
    if answer.code != 200 and (answer.has_code or answer.kind not in WITHOUT_CODE):
        return None
    return {DONE} if PROOFS[answer.kind](answer) else {UNKNOWN}


def made(answer: Answer) -> bool:
    """Ids of the order, or of its place in the queue; another order's are no evidence."""
    named = OF_ANOTHER.search(" ".join(answer.words[:LONGEST_MESSAGE].split()))
    if named and named.group(1) != answer.about:
        return False
    return has_inner_success(answer) and bool(ids_of(answer))


def ids_of(answer: Answer) -> tuple[str, ...]:
    """OrderID, InvoiceID and queueId; () unless one of them is there and all are ids."""
    fields = ("OrderID", "InvoiceID", "queueId", "SuborderID")
    found = [id_in(answer.record.get(field)) for field in fields]
    if None in found or not any(found[:3]):
        return ()
    return tuple(word or "" for word in found[:3])


def has_inner_success(answer: Answer) -> bool:
    return answer.record.get("Status", 200) in (200, "200")


def registered(answer: Answer) -> bool:
    found = id_in(answer.record.get("companyCarrierId")) or ""
    digits = found.isascii() and found.isdigit() and len(found) <= 18
    return has_inner_success(answer) and digits and int(found) > 0


def logged_in(answer: Answer) -> bool:
    holder = answer.record.get("token")
    holder = holder[0] if isinstance(holder, list) and len(holder) == 1 else holder
    token = holder.get("jwt_token") if isinstance(holder, dict) else None
    return isinstance(token, str) and bool(re.fullmatch("[!-~]{1,8192}", token))


def is_list(answer: Answer) -> bool:
    return isinstance(answer.data, list)


def is_page(answer: Answer) -> bool:
    link = (answer.told or {}).get("nextUrl")
    link = answer.record.get("nextUrl") if is_absent(link) else link
    return is_list(answer) and is_link(link)


def is_link(link: Any) -> bool:
    return is_absent(link) or (isinstance(link, str) and len(link) <= 8000)


def are_orders(answer: Answer) -> bool:
    """A list of orders, `{"orders": …}`, a list of those, or one thing that has an order's keys."""
    rows: list[Any] = []
    for item in answer.data if is_list(answer) else [answer.data]:
        if not isinstance(item, dict):
            return False
        inner = item.get("orders", item)
        rows.extend(inner if isinstance(inner, list) else [inner])
    if not all(isinstance(row, dict) for row in rows):
        return False
    return is_list(answer) or all(AN_ORDERS & set(row) for row in rows)


def are_locations(answer: Answer) -> bool:
    """A list, one location by itself, or nothing: a location may be listed nowhere."""
    if isinstance(answer.data, dict):
        return not answer.data or not is_absent(answer.data.get("location_key"))
    return is_list(answer) or is_absent(answer.data)


def is_queue_state(answer: Answer) -> bool:
    return id_in(answer.record.get("status_id")) in ("1", "2", "3", "4")


def are_levels(answer: Answer) -> bool:
    link = answer.record.get("nextUrl")
    link = (answer.told or {}).get("nextUrl") if is_absent(link) else link
    return isinstance(answer.record.get("inventoryData", answer.data), list) and is_link(link)


PROOFS: dict[str, Callable[[Answer], bool]] = {
    "log_in": logged_in,
    "get_locations": are_locations,
    "add_carrier": registered,
    "get_products": is_page,
    "create_order": made,
    "find_order": are_orders,
    "get_queue_status": is_queue_state,
    "assign_awb": has_inner_success,
    "get_inventory": are_levels,
}
TABLE: tuple[Row, ...] = (
    *(wrong_log_in, duplicate, decided_by_status, tells_nothing, nothing_found, rejected, success),
)


def verdict(answer: Answer) -> set[str]:
    """The classes that the pages allow."""
    return next((found for row in TABLE if (found := row(answer))), {UNKNOWN})
