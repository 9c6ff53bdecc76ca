"""A delivered body as staff may see it."""

import json
import re
from contextlib import suppress

from integration import easyecom

SHOWN_BYTES = 64 * 1024
# Invisible and direction-changing characters make a text look like another one.
INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def raw_body(body: bytes) -> str:
    """Its beginning as it came, buyers' data included; what can't be seen is spelt out."""
    return visible(body[:SHOWN_BYTES].decode(errors="backslashreplace"))


def shown_body(body: bytes) -> str:
    """Its beginning, indented where it is JSON; buyers' data and secrets hidden. Never raises."""
    text = easyecom.redacted(body, limit=SHOWN_BYTES)
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return visible(text)


def visible(text: str) -> str:
    return INVISIBLE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
