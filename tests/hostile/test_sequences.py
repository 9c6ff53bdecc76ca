"""A short run of the state machine, and faults that it has to find."""

import pytest
from hypothesis import Phase

from integration.catalog import stock
from tests.hostile import sequences

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def test_deliveries_in_any_order_end_in_the_level_of_the_highest_arrival():
    counts = sequences.run(30, 20261126)

    assert counts["sequences"] >= 30
    assert all(counts[what] > 5 for what in ("repeats", "late", "replays", "read_backs"))


GUARD = "(excluded.arrival, excluded.line) > (stock.arrival, stock.line)"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (GUARD, "true"),
        (GUARD, f"{GUARD} AND stock.quantity <> excluded.quantity"),
        ("previous = stock.quantity,", "previous = excluded.quantity,"),
    ],
    ids=["the last one wins", "the same quantity is no news", "previous lost"],
)
def test_inventory_gone_wrong_is_found_out(monkeypatch, right, wrong):
    assert right in stock.LEVELS
    monkeypatch.setattr(stock, "LEVELS", stock.LEVELS.replace(right, wrong))

    with pytest.raises(AssertionError):
        sequences.run(60, 1, phases=(Phase.generate,))
