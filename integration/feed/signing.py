"""Messages to Booon, signed as Standard Webhooks says: id, time and body under each secret."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings
from standardwebhooks import Webhook

# The current one first; during a rotation the old one too.
SECRETS = ("BOOON_WEBHOOK_SECRET", "BOOON_WEBHOOK_SECRET_OLD")


@dataclass(frozen=True, slots=True)
class Message:
    """What a receiver may rely on: the same fact has the same id and body at every try."""

    id: str
    body: bytes = field(repr=False)

    def headers(self, at: datetime) -> dict[str, str]:
        """For a try at that time."""
        moment = at.astimezone(UTC)
        return {
            "Content-Type": "application/json",
            "User-Agent": "booon-console",
            "webhook-id": self.id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(signatures(self.id, moment, self.body).values()),
        }


def signatures(id: str, moment: datetime, body: bytes) -> dict[str, str]:
    """By the name of the secret that each is made with; `moment` in UTC, `body` in UTF-8."""
    secrets = {name: getattr(settings, name) for name in SECRETS}
    text = body.decode()
    return {name: Webhook(key).sign(id, moment, text) for name, key in secrets.items() if key}


def message(id: str, type: str, timestamp: str | None, data: Mapping[str, object]) -> Message:
    body = {"type": type, "timestamp": timestamp, "data": data}
    return Message(id, as_written(body))


def as_written(body: object) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
