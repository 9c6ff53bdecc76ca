"""The promise holds in every world that EasyEcom may turn out to be."""

from collections.abc import Iterator

import pytest

from tests.faults.stand import Stand, World, standing
from tests.faults.worlds import WORLDS, live_in


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with standing(World()) as stand:
        yield stand


@pytest.mark.parametrize("world", WORLDS, ids=str)
def test_nothing_is_lost_or_doubled_in_this_world(stand, world):
    told: list[str] = []

    report = live_in(stand, world, 20261125, told.append)

    assert report.findings == [], told
    assert not report.waiting
    assert report.faults.total() >= 40
