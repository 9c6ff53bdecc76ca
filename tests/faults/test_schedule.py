"""A schedule is its seed's, and holds what its size promises."""

from collections import Counter

from tests.faults import schedule
from tests.faults.points import NAMES


def test_same_seed_gives_the_same_schedule():
    assert schedule.drawn(7, schedule.SHORT) == schedule.drawn(7, schedule.SHORT)


def test_another_seed_gives_another_schedule():
    assert schedule.drawn(7, schedule.SHORT) != schedule.drawn(8, schedule.SHORT)


def test_schedule_holds_the_orders_kills_and_faults_of_its_size():
    steps = schedule.drawn(7, schedule.SHORT)

    assert sum(step.orders for step in steps) == schedule.SHORT.orders
    assert sum(step.what in ("kill", "kill at") for step in steps) == schedule.SHORT.kills
    assert sum(len(step.faults) for step in steps) >= schedule.SHORT.faults


def test_schedule_has_orders_refused_and_one_changed_meanwhile_in_each_sweep():
    acts = Counter(f"{step.what} {step.whom}" for step in schedule.drawn(7, schedule.SHORT))

    assert acts["refused for its state"] == acts["refused for its SKU"] == 6
    assert acts["changed meanwhile "] == 2
    assert sum(count for act, count in acts.items() if act.startswith("AWB replaced")) == 12


def test_long_schedule_kills_thirty_times_at_each_point():
    steps = schedule.drawn(7, schedule.LONG)
    points = Counter(step.whom.partition("@")[0] for step in steps if step.what == "kill at")

    assert set(points) == set(NAMES)
    assert min(points.values()) >= 30
