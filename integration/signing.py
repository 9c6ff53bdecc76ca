"""Messages to Booon, signed as Standard Webhooks says: id, time and body under each secret."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.conf import settings
from standardwebhooks import Webhook


@dataclass(frozen=True, slots=True)
class Message:
    """What a receiver may rely on: the same fact has the same id and body at every try."""

    id: str
    body: bytes = field(repr=False)

    def headers(self, at: datetime) -> dict[str, str]:
        """For a try at that time."""
        moment = at.astimezone(UTC)
        text = self.body.decode()
        signatures = [Webhook(secret).sign(self.id, moment, text) for secret in secrets()]
        return {
            "Content-Type": "application/json",
            "User-Agent": "booon-console",
            "webhook-id": self.id,
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": " ".join(signatures),
        }


def secrets() -> list[str]:
    """The current one first; during a rotation the old one too."""
    both = (settings.BOOON_WEBHOOK_SECRET, settings.BOOON_WEBHOOK_SECRET_OLD)
    return [secret for secret in both if secret]


def message(id: str, type: str, timestamp: str | None, data: Mapping[str, object]) -> Message:
    body = {"type": type, "timestamp": timestamp, "data": data}
    return Message(id, json.dumps(body, separators=(",", ":")).encode())
