"""How long one seller's orders take while another's account fails, or is slowed down.

With the console's own times, none shortened.
"""

import time
from dataclasses import dataclass
from datetime import datetime
from statistics import quantiles
from typing import Any

from tests.faults.booon import Booon, Given
from tests.faults.stand import Stand, World, standing

ORDERS = 60
PATIENCE = 120
# The console's defaults, and its own constants too.
REAL_TIMES = {
    "EASYECOM_TIMEOUT": "20",
    "SYNC_LEASE": "90",
    "IN_DOUBT_DELAYS": "60,300,900",
    "RETRY_DELAYS": "5,15,60,300,900,3600",
    "TRUST_REAL_TIMES": "true",
}
SOUTH = "api@south.test"


@dataclass(frozen=True)
class Isolation:
    """p95 in seconds from PUT to pushed of the seller with nothing wrong."""

    alone: float
    beside_failing: float
    beside_limited: float

    @property
    def worst(self) -> float:
        return max(self.beside_failing, self.beside_limited) - self.alone


def measured() -> Isolation:
    with standing(World(), **REAL_TIMES) as stand:
        alone = p95(stand, 0)
        stand.easyecom.tell(
            "faults", kind="*", fault="status", status=500, times=None, match={"account": SOUTH}
        )
        beside_failing = p95(stand, ORDERS)
        stand.easyecom.session.delete(f"{stand.easyecom.address}/sandbox/faults")
        stand.easyecom.tell("accounts", email=SOUTH, password="password of south", rate=1, burst=1)
        beside_limited = p95(stand, ORDERS)
    return Isolation(alone, beside_failing, beside_limited)


def p95(stand: Stand, others: int) -> float:
    """Of the north's orders, given among as many of the south's."""
    first = len(stand.booon.given)
    given: list[tuple[Given, float]] = []
    for n in range(first, first + ORDERS):
        if others:
            stand.booon.give("south", f"TR-S{n}", "en-south-1", n)
        asked_at = time.time()
        given.append((stand.booon.give("north", f"TR-N{n}", "en-north-1", n), asked_at))
    pushed = await_pushed(stand.booon, [order.number for order, _ in given])
    waits = [max(pushed[order.number] - asked_at, 0.0) for order, asked_at in given]
    return quantiles(waits, n=20)[-1]


def await_pushed(booon: Booon, numbers: list[str]) -> dict[str, float]:
    """When each was pushed, as the feed tells. Raises TimeoutError."""
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at:
        pushed = {
            change["data"]["order_number"]: seconds(change["at"])
            for change in booon.changes()
            if is_push(change)
        }
        if set(numbers) <= set(pushed):
            return pushed
        time.sleep(0.5)
    raise TimeoutError("Not all were pushed.")


def is_push(change: dict[str, Any]) -> bool:
    is_stage = change["type"] == "order.stage_changed"
    return is_stage and change["data"]["stage"] == "awaiting_carrier"


def seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
