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


class NotGenuine(ConsoleError):
    """Not signed with any of the secrets, or not of this hour: answer 400 and do nothing."""


@dataclass(frozen=True)
class Message:
    """One webhook. A repeat has the same `id`: apply each id once."""

    id: str
    type: str
    data: Mapping[str, Any]


def verify(
    body: bytes, headers: Mapping[str, str], secrets: Iterable[str], *, now: float | None = None
) -> Message:
    """What the console said. Raises NotGenuine.

    `body` is the request's bytes before anybody parsed them; `secrets` are the current one and,
    during a rotation, the other, each beginning with whsec_.
    """
    given = {name.lower(): value for name, value in headers.items()}
    id, moment = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not moment.isascii() or not moment.isdigit() or len(moment) > 12:
        raise NotGenuine("The webhook has no usable webhook-timestamp.")
    if abs((time.time() if now is None else now) - int(moment)) > TOLERANCE:
        raise NotGenuine("The webhook's time is more than five minutes from ours.")
    signed = f"{id}.{moment}.".encode() + body
    wanted = [b"v1," + signature(secret, signed) for secret in secrets]
    shown = given.get("webhook-signature", "").encode(errors="replace").split()
    if not any(hmac.compare_digest(one, other) for one in wanted for other in shown):
        raise NotGenuine("The webhook is not signed with a secret of ours.")
    said = json.loads(body)
    return Message(id, said["type"], said["data"])


def signature(secret: str, signed: bytes) -> bytes:
    prefix = "whsec_"
    key = base64.b64decode(secret[len(prefix) :] if secret.startswith(prefix) else secret)
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
