"""What happens in a run and in which sequence: all of it drawn from one seed.

The same seed and size give the same schedule; when within a process a signal lands is up to the
machine, as it is in life.
"""

from dataclasses import dataclass
from random import Random

from tests.faults.points import POINTS

# A call of these is there to be spoilt as long as orders come in.
CALLS = ("create_order", "assign_awb", "find_order")
ROLES = ("web", "web_worker", "supervisor", "cluster", "worker")
CARRIER_POINTS = ("call_opened", "answer_begun", "answer_unwritten", "half_sent")
CARRIER_FAULTS = ("lost", "unanswered", "cut", "truncated", "html", "busy", "limited", "swapped")
FAULTS = (
    *("lost", "unanswered", "unanswered", "cut", "truncated", "dripped"),
    *("html", "swapped", "busy", "limited"),
)
# The proxy's faults are drawn a little more often than asked for: the last may meet no call.
SPARE = 1.1
# The answer to a replaced AWB is lost, or it never got there.
REPLACEMENT_FAULTS = ("unanswered", "unanswered", "lost", "cut", "truncated", "busy")


@dataclass(frozen=True)
class Size:
    orders: int
    kills: int
    faults: int
    newcomers: int
    sweeps: int
    refused: int
    replaced: int


SHORT = Size(orders=500, kills=60, faults=300, newcomers=8, sweeps=2, refused=12, replaced=12)
# Each failpoint twice more than thirty times: now and then one is not come by.
LONG = Size(
    orders=5_000, kills=640, faults=3_000, newcomers=40, sweeps=20, refused=120, replaced=120
)
# For one of the worlds: what is in doubt matters there, and no worker that wakes up late.
WORLD = Size(orders=40, kills=4, faults=40, newcomers=0, sweeps=0, refused=2, replaced=2)
TINY = Size(orders=60, kills=8, faults=30, newcomers=2, sweeps=1, refused=4, replaced=4)


@dataclass(frozen=True)
class Step:
    """`what` is done, to `whom`, for so many `seconds`; then so many orders are given."""

    what: str
    whom: str = ""
    seconds: float = 0
    orders: int = 0
    faults: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        words = [self.what, self.whom, f"{self.seconds:g} s" if self.seconds else ""]
        spoilt = " ".join(f"{kind}:{fault}" for kind, fault in self.faults)
        after = f"then {self.orders} orders" + (f" with {spoilt}" if spoilt else "")
        return " ".join(filter(None, words)) + f", {after}"


def drawn(seed: int, size: Size) -> list[Step]:
    random = Random(seed)
    acts = [*kills(random, size), *disturbances(random, size)]
    random.shuffle(acts)
    steps: list[Step] = []
    faults = round(size.faults * SPARE)
    for n, (what, whom, seconds) in enumerate(acts):
        orders = share(size.orders, n, len(acts))
        spoilt = tuple(fault(random) for _ in range(share(faults, n, len(acts))))
        if whom.endswith("find_order"):
            # So that there is something to look up.
            spoilt += (("create_order", "unanswered"),)
        steps.append(Step(what, whom, seconds, orders, spoilt))
    return steps


def kills(random: Random, size: Size) -> list[tuple[str, str, float]]:
    """Four of five at a failpoint, each point as often as any other; the rest at random."""
    at_points = size.kills * 4 // 5
    places = [POINTS[n % len(POINTS)] for n in range(at_points)]
    acts = [
        ("kill at", aimed(random, point.name, point.of.__name__ in ("of_call", "of_answers")), 0.0)
        for point in places
    ]
    return acts + [("kill", random.choice(ROLES), 0.0) for _ in range(size.kills - at_points)]


def aimed(random: Random, name: str, is_by_call: bool) -> str:
    return f"{name}@{random.choice(CALLS)}" if is_by_call else name


def disturbances(random: Random, size: Size) -> list[tuple[str, str, float]]:
    """For each sweep one of all that is no kill, and the newcomers."""
    acts: list[tuple[str, str, float]] = []
    for _ in range(size.sweeps):
        acts += [
            ("stop at", aimed(random, "call_opened", True), 8.0),
            ("stop at", aimed(random, "answer_unwritten", True), 8.0),
            ("pause", random.choice(("web_worker", "supervisor", "cluster")), 3.0),
            ("pause", "worker", 8.0),
            ("database", "fast", random.uniform(2, 6)),
            ("database", "immediate", random.uniform(0, 2)),
            ("queue deleted", "", 0.0),
            ("queue doubled", "", 0.0),
            ("secret key rotated", "", 0.0),
            ("due times moved", "", 0.0),
            ("leases ended", "", 0.0),
            ("tokens expired", "", 0.0),
        ]
        acts += [("poison", "", 3.0), ("changed meanwhile", "", 0.0)]
    acts += [("stock", "", 0.0), ("manifest", "", 0.0)] * (size.sweeps * 3)
    acts += [("refused for its", ("state", "SKU")[n % 2], 0.0) for n in range(size.refused)]
    for n in range(size.replaced):
        # Two of three with a fault: the others show that it goes well by itself.
        way = random.choice(REPLACEMENT_FAULTS) if n % 3 else ""
        acts.append(("AWB replaced", f"and {way}" if way else "", 0.0))
    for n in range(size.newcomers):
        way = random.choice(CARRIER_POINTS) if n % 2 else random.choice(CARRIER_FAULTS)
        acts.append(("newcomer killed at" if n % 2 else "newcomer and", way, 0.0))
    return acts


def fault(random: Random) -> tuple[str, str]:
    return random.choice(("create_order", "create_order", "assign_awb", "find_order")), (
        random.choice(FAULTS)
    )


def share(total: int, n: int, parts: int) -> int:
    """The n-th of so many parts that add up to the total."""
    return total * (n + 1) // parts - total * n // parts
