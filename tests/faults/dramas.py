"""Short scenes, each of which ends badly on a console that lacks one rule, and well on ours.

They play in the world that forgives least: EasyEcom would take a second order of the same number,
and the console sends again what three look-ups do not find.
"""

import time
from collections.abc import Callable

from tests.faults import checker
from tests.faults.booon import Given
from tests.faults.checker import Finding
from tests.faults.easyecom import UNLISTED_STATE
from tests.faults.late import NotPlayed, corrected_late, let_sleep, until
from tests.faults.staff import Staff
from tests.faults.stand import SELLERS, Stand, World

UNFORGIVING = World(look_up_sees_failed=True, dedupe_covers_failed=False, policy="resend")
# EasyEcom's deadline is longer in these scenes than that, so that there is time to wake up in.
SLOW_SECONDS = 20.0
TIMES = {"EASYECOM_TIMEOUT": "25"}
# On a busy machine what sleeps may be ended before its scene, or wake up after it.
TRIES = 3
PLACES = [(code, key) for code, keys in SELLERS.items() for key in keys]


def next_place(stand: Stand) -> tuple[str, str]:
    return PLACES[len(stand.booon.given) % len(PLACES)]


def give(stand: Stand, **facts: str) -> Given:
    """One more order, at the next location."""
    n = len(stand.booon.given) + 1
    seller, key = next_place(stand)
    return stand.booon.give(seller, f"TR-{n}", key, n, **facts)


def calls(stand: Stand, kind: str) -> int:
    return sum(call["kind"] == kind for call in stand.easyecom.calls())


def is_there(stand: Stand, order: Given) -> bool:
    return any(row["order_number"] == order.number for row in stand.easyecom.orders())


def slow_creation(stand: Stand) -> None:
    """An order whose answer is long in coming, while the queue goes on."""
    slow = {"kind": "create_order", "fault": "slow", "seconds": 1.5}
    stand.easyecom.tell("faults", **slow, times=1)
    order = give(stand)
    until(lambda: is_there(stand, order), "the order to be sent")


def sleeper(stand: Stand) -> None:
    """A worker falls asleep with a log-in in hand, and wakes up while another sends the order."""
    stand.easyecom.tell("tokens/expire", location_key=next_place(stand)[1])
    stand.children.new_hits()
    stand.children.arm("answer_unwritten@log_in", "stop")
    give(stand)
    let_sleep(stand, "answer_unwritten@log_in")
    stand.easyecom.tell("faults", kind="create_order", fault="slow", seconds=SLOW_SECONDS, times=1)
    before = calls(stand, "create_order")
    until(lambda: calls(stand, "create_order") > before, "another to take over")
    stand.children.go_on()


def same_level_again(stand: Stand) -> None:
    """5, 4, 5: the third message has the first one's bytes, and no earlier scene had them."""
    level = 10 * stand.children.web.starts
    for quantity in (level + 5, level + 4, level + 5):
        stand.change_level(quantity)
        until(lambda: not stand.easyecom.waiting(), "the level to be delivered")


def refused_for_now(stand: Stand) -> None:
    """EasyEcom is too busy for the order once, and takes it then."""
    before = len(stand.easyecom.orders())
    stand.proxy.plan.add("create_order", "limited")
    give(stand)
    until(lambda: len(stand.easyecom.orders()) > before, "the order to be sent again")


def carrier_refused(stand: Stand) -> None:
    """A registration takes effect and is answered with code 400."""
    stand.easyecom.tell("faults", kind="add_carrier", fault="committed_400", times=1)
    before = calls(stand, "add_carrier")
    stand.add_newcomer()
    until(lambda: calls(stand, "add_carrier") > before, "the registration to be sent")
    stand.board_newcomers()


def web_killed(stand: Stand) -> None:
    """The web server dies in the middle of taking an order; Booon asks again."""
    for point in ("between_transactions", "accept_unanswered"):
        stand.children.arm(point, "kill")
    for _ in range(3):
        give(stand)


def asked_again(stand: Stand) -> None:
    """The order was created without an answer, and its shipment comes before the look-up."""
    stand.proxy.plan.add("create_order", "unanswered")
    order = give(stand)
    until(lambda: is_there(stand, order), "the order to be created")
    stand.booon.ship(order)


def made_late(stand: Stand) -> str:
    """What was in the way of EasyEcom making the first revision late; "" where it did."""
    try:
        is_made = corrected_late(
            stand,
            f"TR-{len(stand.booon.given) + 1}",
            give=lambda: give(stand, state=UNLISTED_STATE),
            settle=lambda: None,
            correct=stand.booon.correct,
        )
    except NotPlayed as error:
        return str(error)
    return "" if is_made else "what slept was too late, or was ended"


def changed_meanwhile(stand: Stand) -> None:
    """A refused order is corrected, and EasyEcom makes its first revision after all.

    Here a number is unique: two of them are no console's doing.
    """
    stand.easyecom.tell("settings", dedupe_covers_failed=True)
    stand.easyecom.refuse()
    try:
        in_the_way = []
        for _ in range(TRIES):
            in_the_way.append(made_late(stand))
            if not in_the_way[-1]:
                break
        else:
            raise NotPlayed("; ".join(in_the_way))
        until(lambda: not in_flight(stand), "all answers")
    finally:
        stand.easyecom.refuse(state="")
        stand.set_world()


# Each sabotage, and the scene in which it shows.
DRAMAS: dict[str, Callable[[Stand], None]] = {
    "no_lease": slow_creation,
    "no_lease_token": sleeper,
    "dropped_by_hash": same_level_again,
    "suffixed_number": refused_for_now,
    "carrier_sent_again": carrier_refused,
    "job_saved_later": web_killed,
    "doubt_overwritten": asked_again,
    "revision_forgotten": changed_meanwhile,
}


def played(stand: Stand, build: str, seconds: float) -> set[Finding]:
    """What the scene brought that was not there before, once all rests or after so long."""
    staff = Staff(stand.children, stand.easyecom)
    before = set(found(stand))
    DRAMAS[build](stand)
    give_up_at = time.monotonic() + seconds
    new: set[Finding] = set()
    stand.children.disarm()
    while time.monotonic() < give_up_at:
        staff.settle_orders(stand.booon)
        is_quiet = not (stand.easyecom.waiting() or in_flight(stand))
        new = set(found(stand)) - before
        is_doubled = any(finding.kind == "doubled" for finding in new)
        if is_doubled or (is_quiet and not new):
            break
        time.sleep(0.5)
    return new


def in_flight(stand: Stand) -> bool:
    """Whether EasyEcom has yet to answer a call, and to do what it asks for."""
    lines = stand.easyecom.calls()
    return any(line["status"] is None and line["fault"] in ("", "slow") for line in lines)


def found(stand: Stand) -> list[Finding]:
    return checker.findings(stand.booon.given, *stand.witness())
