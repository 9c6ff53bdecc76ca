"""The console's webhooks, signed as Standard Webhooks says: HMAC-SHA256 over id, time and body."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from booon_console_client.errors import ConsoleError

TOLERANCE = 300
PREFIX = "whsec_"
SHORTEST_KEY = 24


class NotGenuine(ConsoleError):
    """Not signed with any of the secrets, or not of this hour: answer 400 and do nothing."""


@dataclass(frozen=True)
class Message:
    """One webhook. A repeat has the same `id`: apply each id once."""

    id: str
    type: str
    data: Mapping[str, Any]


def verify(
    body: bytes,
    headers: Mapping[str, str],
    secrets: Iterable[str | None],
    *,
    now: float | None = None,
) -> Message:
    """What the console said. Raises NotGenuine.

    `body` is the request's bytes before anybody parsed them; `secrets` are the current one and,
    during a rotation, the other, each beginning with whsec_. One that is not set (None, "" or
    nothing behind whsec_) opens nothing. Raises ValueError where a secret can't be one, or where
    one stands in the place of the list.
    """
    keys = keys_of(secrets)
    given = {name.lower(): value for name, value in headers.items()}
    id, moment = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not moment.isascii() or not moment.isdigit() or len(moment) > 12:
        raise NotGenuine("The webhook has no usable webhook-timestamp.")
    if abs((time.time() if now is None else now) - int(moment)) > TOLERANCE:
        raise NotGenuine("The webhook's time is more than five minutes from ours.")
    signed = f"{id}.{moment}.".encode() + body
    wanted = [b"v1," + signature(key, signed) for key in keys]
    shown = given.get("webhook-signature", "").encode(errors="replace").split()
    if not any(hmac.compare_digest(one, other) for one in wanted for other in shown):
        raise NotGenuine("The webhook is not signed with a secret of ours.")
    said = json.loads(body)
    return Message(id, said["type"], said["data"])


def keys_of(secrets: Iterable[str | None]) -> list[bytes]:
    """The keys of those that are set. Raises ValueError."""
    if isinstance(secrets, (str, bytes)):
        # Each of its characters would be taken for a secret.
        raise ValueError("Give the secrets as a list.")
    named = [(secret or "").strip() for secret in secrets]
    texts = [name[len(PREFIX) :] if name.startswith(PREFIX) else name for name in named]
    return [key_of(text) for text in texts if text]


def key_of(text: str) -> bytes:
    """Raises ValueError: a short key could be guessed, and an empty one signs for everybody."""
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) < SHORTEST_KEY:
        raise ValueError(f"A secret is {PREFIX} and at least {SHORTEST_KEY} bytes in base64.")
    return key


def signature(key: bytes, signed: bytes) -> bytes:
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
