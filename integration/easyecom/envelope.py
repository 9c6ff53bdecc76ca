"""The frame around every EasyEcom answer: code, message and data, where the next page is, and how
long to wait (docs/easyecom-contract.md#common-rules).

A nextUrl is followed verbatim, and never to another host. Whether EasyEcom sends Retry-After is
not known.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from urllib.parse import SplitResult, urlsplit

from integration.easyecom import strict_json
from integration.easyecom.redaction import without_tokens
from integration.easyecom.values import absent, object_in, render_words

# In a message, or as the data, they mean an empty result: docs/easyecom-contract.md#nothing-found.
_NOTHING_FOUND = re.compile(
    "no (data|records?|results?|orders?|products?|items?) found|unable to find"
)
# Looked through for words that mean something; much less of it is kept.
_MESSAGE_READ = 5_000


@dataclass(frozen=True, slots=True)
class Envelope:
    """An answer that is a JSON object. `code` is as it came: a number, a string, or missing."""

    top: dict[str, object]
    code: object
    message: str
    data: object

    @property
    def number(self) -> int | None:
        """The code where it is a real integer: all that counts as evidence for a write."""
        return self.code if type(self.code) is int else None

    @property
    def loose_number(self) -> int | None:
        """The code where it is an integer, or a string of one: good enough for a read."""
        if isinstance(self.code, str) and self.code in ("200", "400", "401", "403", "404", "429"):
            return int(self.code)
        return self.number

    @property
    def found_nothing(self) -> bool:
        """Whether EasyEcom says, in its several ways, that there is nothing of the kind."""
        if isinstance(self.data, list | dict) and not _is_hollow(self.data):
            return False
        said = f"{self.message} {render_words(self.data)}".casefold()
        return _NOTHING_FOUND.search(" ".join(said.split())) is not None

    @property
    def record(self) -> dict[str, object]:
        """`data` as an object, also where it came as a list of one."""
        return object_in(self.data)


def _is_hollow(data: list[object] | dict[str, object]) -> bool:
    """Nothing but empty lists and the like, such as `{"orders": []}`."""
    return not any(data.values() if isinstance(data, dict) else data)


def opened(body: bytes) -> Envelope:
    """Read an answer's frame. Raises strict_json.Unreadable unless it is a JSON object."""
    top = strict_json.loads(body)
    if not isinstance(top, dict):
        raise strict_json.Unreadable("not_an_object", "The body is JSON, but not an object.")
    data = top.get("data")
    return Envelope(top, top.get("code"), _message(top, data), data)


def _message(top: dict[str, object], data: object) -> str:
    places = (top.get("message"), top.get("error"), object_in(data).get("Message"))
    words = next((place for place in places if isinstance(place, str) and not absent(place)), "")
    return without_tokens(render_words(words, _MESSAGE_READ))


_PORTS = {"http": 80, "https": 443}
# What may stand in a request target as it is; the opaque cursor is never re-encoded.
_TARGET = re.compile(r"/(?!/)[!-\"$-\[\]-~]{0,8000}")

_AFTER_HOST = re.compile(r"\A[^:/?#]*://[^/?#]*")


class ForeignPage(ValueError):
    """A nextUrl that must not be followed; `code` is a slug and `message` says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def target_of(next_target: str, base_url: str) -> str:
    """Path and query of a nextUrl below `base_url`, character for character.

    A relative one is kept; an absolute one has to have the scheme, host and port of `base_url`.
    Raises ForeignPage for everything else.
    """
    target = next_target if next_target.startswith("/") else _reduced(next_target, base_url)
    if not _TARGET.fullmatch(target):
        raise ForeignPage("bad_next_page", "EasyEcom's link to the next page is not a usable path.")
    return target


def _reduced(next_target: str, base_url: str) -> str:
    base = base_url.rstrip("/")
    if _origin(next_target) != _origin(base) or "@" in _split(next_target).netloc:
        raise ForeignPage("foreign_host", "EasyEcom's link to the next page leads to another host.")
    path = _AFTER_HOST.sub("", next_target, count=1)
    prefix = _split(base).path
    if not path.startswith(prefix + "/"):
        raise ForeignPage("foreign_host", "EasyEcom's link to the next page leaves our base URL.")
    return path.removeprefix(prefix)


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = _split(url)
    try:
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        port = None
    return parts.scheme, parts.hostname or "", port


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if not parts.scheme or not parts.netloc:
        raise ForeignPage("bad_next_page", "EasyEcom's link to the next page is not a usable link.")
    return parts


_SHORTEST, _LONGEST = 1.0, 900.0


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds from 1 to 900, or None where the header is missing or makes no sense.

    A date is taken relative to the answer's own Date header, so that no clock of ours matters.
    """
    wish = _header(headers, "retry-after").strip()
    if re.fullmatch(r"[0-9]{1,40}", wish):
        return _clamped(float(wish))
    until, sent = _date(wish), _date(_header(headers, "date"))
    if until is None or sent is None:
        return None
    return _clamped((until - sent).total_seconds())


def _clamped(seconds: float) -> float:
    return min(max(seconds, _SHORTEST), _LONGEST)


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for key, value in headers.items() if key.casefold() == name), "")


def _date(words: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(words[:64])
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else None
