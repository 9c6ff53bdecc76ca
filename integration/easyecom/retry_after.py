"""How long a 429 asks us to wait. Whether EasyEcom sends Retry-After is not known (contract)."""

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

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
