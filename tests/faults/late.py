"""An order that was refused and corrected, while its first revision is still to come.

A worker falls asleep before it sends the first revision. Another sends it in its place, and is
refused. By the time the first one wakes up, EasyEcom has learnt the state, and makes it.
"""

import time
from collections.abc import Callable
from typing import Any

from tests.faults.booon import Given
from tests.faults.easyecom import UNLISTED_STATE
from tests.faults.stand import Stand

PATIENCE = 180
# A sleeper is ended in the end, as one whose task takes too long.
CORRECTION_SECONDS = 90
# So that what sleeps comes first.
SECOND_TAKES = 10.0


class NotPlayed(Exception):
    """The scene did not come about; the text says what was waited for."""


def until(is_so: Callable[[], Any], what: str, seconds: float = PATIENCE) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > give_up_at:
            raise NotPlayed(what)
        time.sleep(0.05)


def corrected_late(
    stand: Stand,
    number: str,
    *,
    give: Callable[[], Given],
    settle: Callable[[], object],
    correct: Callable[[Given], bool],
) -> bool:
    """Whether EasyEcom made the first revision. Raises NotPlayed.

    `settle` is a person's part meanwhile; `correct` says whether the console took the correction.
    """
    point = f"call_opened@{number}"
    stand.children.arm(point, "stop")
    try:
        order = give()
        let_sleep(stand, point)
        until(lambda: is_refused(stand, order, settle), "a refusal", CORRECTION_SECONDS)
        slow = {"kind": "create_order", "fault": "slow", "match": {"order_number": number}}
        stand.easyecom.tell("faults", **slow, seconds=SECOND_TAKES, times=1)
        sent = len(creations(stand, number))
        until(lambda: correct(order), "the order to be changed", CORRECTION_SECONDS)
        until(lambda: len(creations(stand, number)) > sent, "revision 2 to be sent")
        stand.easyecom.refuse(state="")
        stand.children.go_on()
        until(lambda: all(call["status"] for call in creations(stand, number)), "all answers")
    finally:
        stand.children.go_on()
        stand.easyecom.refuse(state=UNLISTED_STATE)
    rows = [row for row in stand.easyecom.orders() if row["order_number"] == number]
    return any(map(order.is_earlier, rows))


def let_sleep(stand: Stand, point: str) -> None:
    """Until whoever passes this point next has stopped itself. What an earlier scene hit is no
    sign of it."""
    hits: list[dict[str, Any]] = []

    def is_hit() -> bool:
        hits.extend(hit for hit in stand.children.new_hits() if hit["key"] == point)
        return bool(hits)

    until(is_hit, "a call to be opened")
    stand.children.will_go_on(hits[0]["pid"], 3600)


def is_refused(stand: Stand, order: Given, settle: Callable[[], object]) -> bool:
    settle()
    return bool(stand.booon.shown(order)["blocked_reason"] == "rejected")


def creations(stand: Stand, number: str) -> list[dict[str, Any]]:
    calls = stand.easyecom.calls()
    return [c for c in calls if (c["kind"], c["order_number"]) == ("create_order", number)]
