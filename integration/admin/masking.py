"""What staff see of a buyer and of a delivered body: enough to recognise, not enough to reach."""

import json
import re
from contextlib import suppress
from typing import Any

from integration import easyecom

HIDDEN = "•••"


def masked(address: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Label and value; street and e-mail are only said to be there."""
    if not address:
        return []
    place = " ".join(filter(None, [str(address.get("city") or ""), text(address, "pincode")]))
    shown = [
        ("Name", masked_name(text(address, "name"))),
        ("Phone", masked_phone(text(address, "phone"))),
        ("E-mail", HIDDEN if address.get("email") else ""),
        ("Street", HIDDEN if address.get("line1") or address.get("line2") else ""),
        ("City and pincode", place),
    ]
    return [(label, value) for label, value in shown if value]


WHOLE = {
    "name": "Name",
    "phone": "Phone",
    "email": "E-mail",
    "line1": "Street",
    "line2": "",
    "city": "City",
    "state": "State",
    "pincode": "Pincode",
    "country": "Country",
}


def whole(address: dict[str, Any] | None) -> list[tuple[str, str]]:
    """Label and value, nothing hidden: for one who asked, and whose asking is written down."""
    shown = [(label, text(address or {}, name)) for name, label in WHOLE.items()]
    return [(label, value) for label, value in shown if value]


def as_typed(given: dict[str, Any] | None, sent: dict[str, Any] | None) -> list[tuple[str, str]]:
    """What was typed otherwise than it is sent, with marks that nobody sees spelt out."""
    given, sent = given or {}, sent or {}
    return [
        (label or "Street, second line", visible(str(given.get(name) or "")) or "nothing")
        for name, label in WHOLE.items()
        if (given.get(name) or "") != (sent.get(name) or "")
    ]


def text(address: dict[str, Any], name: str) -> str:
    return str(address.get(name) or "").strip()


def masked_name(name: str) -> str:
    return f"{name[0]}{HIDDEN}" if name else ""


def masked_phone(phone: str) -> str:
    return f"{HIDDEN}{phone[-2:]}" if len(phone) > 2 else HIDDEN if phone else ""


SHOWN_BYTES = 64 * 1024
# Invisible and direction-changing characters make a text look like another one.
INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def raw_body(body: bytes) -> str:
    """Its beginning as it came, buyers' data included; what can't be seen is spelt out."""
    return visible(body[:SHOWN_BYTES].decode(errors="backslashreplace"))


def render_body(body: bytes) -> str:
    """Its beginning, indented where it is JSON; buyers' data and secrets hidden. Never raises."""
    text = easyecom.redacted(body, limit=SHOWN_BYTES)
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return visible(text)


def visible(text: str) -> str:
    return INVISIBLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
