"""A webhook to Booon, checked as its receiver has to, each check with a sentence."""

import hmac
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from integration.feed import signing

# Standard Webhooks, "Verifying webhook authenticity".
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
TOLERANCE = timedelta(minutes=5)
FOREIGN = "It fits no secret that is set here; or id, time or body is not what was signed."
IN_OTHER_BYTES = "It fits this JSON in other bytes: check the body before anybody parses it."


@dataclass(frozen=True, slots=True)
class Check:
    """One thing a receiver looks at, and what was found."""

    name: str
    has_passed: bool
    sentence: str


def checks(body: bytes, headers: Mapping[str, str], now: datetime) -> Iterator[Check]:
    """All of them, so that one failure hides no other. `body` is the bytes as they came."""
    given = {name.lower(): value.strip() for name, value in headers.items()}
    missing = [name for name in HEADERS if not given.get(name)]
    told = f"{', '.join(missing)} missing." if missing else "All there."
    yield Check("headers", not missing, told)
    yield time_check(sent_at(given), now)
    yield Check("signature", *signature(body, given))
    yield body_check(body)


def sent_at(headers: Mapping[str, str]) -> datetime | None:
    text = headers.get("webhook-timestamp", "")
    is_time = text.isascii() and text.isdigit() and len(text) <= 11
    return datetime.fromtimestamp(int(text), UTC) if is_time else None


def time_check(sent: datetime | None, now: datetime) -> Check:
    if sent is None:
        return Check("time", False, "webhook-timestamp must be whole seconds since 1970.")
    seconds = round((now - sent).total_seconds())
    told = f"{sent:%F %H:%M:%S} UTC, {abs(seconds):,} s {'ago' if seconds >= 0 else 'ahead'}"
    if abs(now - sent) <= TOLERANCE:
        return Check("time", True, f"{told}.")
    return Check("time", False, f"{told}: a receiver takes five minutes, either way.")


def signature(body: bytes, headers: Mapping[str, str]) -> tuple[bool, str]:
    """Whether one of them holds, and with which secret, or what is wrong with them."""
    shown = headers.get("webhook-signature", "").split()
    sent = sent_at(headers)
    if not any(each.startswith("v1,") for each in shown):
        return False, "None of version v1."
    if sent is None:
        return False, "Not checked: its time can't be read."
    id = headers.get("webhook-id", "")
    if not signing.signatures(id, sent, b""):
        return False, f"Not checked: set {signing.SECRETS[0]} in the environment."
    if name := maker(id, sent, body, shown):
        return True, f"Made with {name}."
    others = as_it_may_have_been(body)
    return False, IN_OTHER_BYTES if any(maker(id, sent, it, shown) for it in others) else FOREIGN


def maker(id: str, sent: datetime, body: bytes, shown: list[str]) -> str:
    """The secret that one of these was made with, by its name; "" where there is none."""
    try:
        wanted = signing.signatures(id, sent, body)
    except UnicodeDecodeError:
        return ""
    for name, one in wanted.items():
        if any(hmac.compare_digest(one.encode(), each.encode()) for each in shown):
            return name
    return ""


def as_it_may_have_been(body: bytes) -> Iterator[bytes]:
    """Without the line end that an editor adds; and before somebody wrote the JSON anew."""
    yield body.rstrip(b"\r\n")
    try:
        yield signing.as_written(json.loads(body))
    except (ValueError, RecursionError):
        return


def body_check(body: bytes) -> Check:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return Check("body", False, "No JSON.")
    if not isinstance(said, dict) or not {"type", "timestamp", "data"} <= set(said):
        return Check("body", False, "It must be an object of type, timestamp and data.")
    return Check("body", True, f"{said['type']}, {len(body):,} bytes.")
