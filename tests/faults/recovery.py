"""How soon a due order's next step is tried after a kill, with the console's own times."""

import os
import signal
import time
from collections.abc import Callable
from typing import Any

from tests.faults.isolation import REAL_TIMES
from tests.faults.stand import Stand, World, standing

POINTS = ("claim_uncommitted", "claimed", "call_opened", "answer_begun", "settle_uncommitted")
PATIENCE = 300
ABOUT_ORDERS = ("create_order", "find_order", "assign_awb")
# The console's own: a cluster is replaced after so many seconds of silence.
OWN_SILENCE = "75"


def waits(say: Callable[[str], None], points: tuple[str, ...] = POINTS) -> dict[str, float]:
    """Seconds from a kill at each point to the next call about that order; and for a cluster
    whose idle workers were killed, to the next beat of another one."""
    found: dict[str, float] = {}
    with standing(World(), **REAL_TIMES) as stand:
        with_own_silence(stand)
        for point in points:
            found[point] = after_kill(stand, point)
            say(f"killed at {point}: next step after {found[point]:.0f} s")
        found["idle workers killed"] = after_hang(stand)
        say(f"idle workers killed: next step after {found['idle workers killed']:.0f} s")
    return found


def with_own_silence(stand: Stand) -> None:
    for child in stand.children.workers:
        child.command[-1] = OWN_SILENCE
    stand.children.restart()


def after_kill(stand: Stand, point: str) -> float:
    number = next_number(stand)
    stand.children.new_hits()
    stand.children.arm(point, "kill")
    stand.booon.give("north", number, "en-north-1", 1)
    hits = until(stand.children.new_hits)
    return next_call(stand, number, hits[0]["at"])


def after_hang(stand: Stand) -> float:
    """Among these is the one that holds the lock of the task queue, and takes it along."""
    killed_at = time.time()
    for pid in until(lambda: stand.children.pids("worker")):
        os.kill(pid, signal.SIGKILL)
    number = next_number(stand)
    stand.booon.give("north", number, "en-north-1", 1)
    return next_call(stand, number, killed_at)


def next_number(stand: Stand) -> str:
    return f"TR-R{len(stand.booon.given) + 1}"


def next_call(stand: Stand, number: str, after: float) -> float:
    """Seconds until EasyEcom hears of this order again."""

    def heard() -> list[float]:
        return [
            at
            for call in stand.easyecom.calls()
            if call["order_number"] == number
            and call["kind"] in ABOUT_ORDERS
            and (at := stand.easyecom.time_of(call)) > after
        ]

    return min(until(heard)) - after


def until(ask: Callable[[], list[Any]]) -> list[Any]:
    """Raises TimeoutError."""
    give_up_at = time.monotonic() + PATIENCE
    while time.monotonic() < give_up_at:
        if found := ask():
            return found
        time.sleep(0.2)
    raise TimeoutError
