"""Every broken build is caught; the console as it is gets through the same scenes."""

from collections.abc import Iterator

import pytest

from tests.faults.dramas import DRAMAS, TIMES, UNFORGIVING, played
from tests.faults.points import SABOTAGE_VARIABLE
from tests.faults.sabotage import BUILDS
from tests.faults.stand import Stand, standing

# What a broken build left undone is not done later either.
REST_SECONDS = 45
HEAL_SECONDS = 240
CAUGHT_AS = {
    "no_lease": "doubled",
    "no_lease_token": "doubled",
    "dropped_by_hash": "lost",
    "suffixed_number": "doubled",
    "carrier_sent_again": "doubled",
    "job_saved_later": "lost",
    "doubt_overwritten": "doubled",
    "revision_forgotten": "misread",
}


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with standing(UNFORGIVING, **TIMES) as stand:
        yield stand


def test_every_sabotage_has_its_scene():
    assert set(DRAMAS) == set(CAUGHT_AS)
    # That one's is in test_restored.
    assert set(BUILDS) == {*DRAMAS, "cursors_given_again"}


@pytest.mark.parametrize("build", DRAMAS)
def test_console_as_it_is_gets_through(stand, build):
    stand.children.restart(**{SABOTAGE_VARIABLE: ""})

    assert played(stand, build, HEAL_SECONDS) == set()


@pytest.mark.parametrize("build", DRAMAS)
def test_sabotaged_build_is_caught(stand, build):
    stand.children.restart(**{SABOTAGE_VARIABLE: build})

    new = played(stand, build, REST_SECONDS)

    assert CAUGHT_AS[build] in {finding.kind for finding in new}
