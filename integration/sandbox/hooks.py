"""A seller's webhook settings and what waits to be sent to them."""

from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integration.sandbox import indian_time

TRIGGERS = ("inventory", "manifested")
ACTIONS = {"inventory": "UpdateInventory", "manifested": "Manifested"}
STYLES = ("access-token", "bearer")
# Distinct failures, the hours they span, and what EasyEcom does then:
# docs/easyecom-contract.md#the-deactivation-rule.
DEACTIVATION = ((400, 24, "deactivated"), (80, 8, "second mail"), (20, 2, "warning mail"))


@dataclass
class Delivery:
    id: int
    body: bytes
    about: str
    names: list[str]
    tries: int = 0


@dataclass(frozen=True)
class Post:
    """What goes out, copied under the lock: the hook may be set anew meanwhile."""

    url: str
    headers: dict[str, str] = field(repr=False)
    body: bytes


@dataclass
class Hook:
    """One URL for one trigger of one location, as set under Webhook Settings."""

    location_key: str
    trigger: str
    url: str = ""
    token: str = field(default="", repr=False)
    style: str = STYLES[0]
    queue: deque[Delivery] = field(default_factory=deque)
    held: list[Delivery] = field(default_factory=list)
    is_busy: bool = False
    due_at: float = 0.0
    delivered: int = 0
    failures: int = 0
    given_up: int = 0
    dropped: int = 0
    first_failure_at: datetime | None = None
    last: dict[str, Any] | None = None

    def headers(self) -> dict[str, str]:
        token = {"Access-Token": self.token}
        if self.style == "bearer":
            token = {"Authorization": f"Bearer {self.token}"}
        return {"Content-Type": "application/json", **token}

    def waiting(self) -> int:
        return len(self.queue) + len(self.held)

    def take(self, deliveries: list[Delivery], hold: int) -> None:
        """Queue these, or hold them back until so many are there to go out last first."""
        self.held += deliveries
        if len(self.held) >= hold:
            self.let_go()

    def let_go(self) -> None:
        self.queue.extend(reversed(self.held))
        self.held.clear()

    def verdict(self) -> str:
        """What EasyEcom would have done about the failures by now. Counted, never acted on."""
        if self.first_failure_at is None:
            return ""
        hours = (indian_time.now() - self.first_failure_at).total_seconds() / 3600
        reached = (word for n, h, word in DEACTIVATION if self.failures >= n and hours >= h)
        return next(reached, "")

    def as_json(self) -> dict[str, Any]:
        """All but the token."""
        first = self.first_failure_at
        return {
            "location_key": self.location_key,
            "trigger": self.trigger,
            "url": self.url,
            "style": self.style,
            "waiting": self.waiting(),
            "delivered": self.delivered,
            "failures": self.failures,
            "given_up": self.given_up,
            "dropped": self.dropped,
            "first_failure_at": first.isoformat() if first else None,
            "easyecom_would": self.verdict(),
            "last": self.last,
        }
