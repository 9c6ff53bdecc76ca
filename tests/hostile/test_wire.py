"""A short run of the wire fuzzer, and what its tally has to notice."""

from collections import Counter

import pytest

from tests.hostile import wire
from tests.hostile.frames import FRAMINGS, SMUGGLED, Frame
from tests.integration.served import served, status

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

ROUNDS = 8


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("served")) as server:
        yield server


def test_hostile_requests_are_never_our_fault_and_only_bodies_are_stored(server):
    counts = wire.run(server, ROUNDS * len(FRAMINGS), seed=11)

    assert {name: counts[name] for name in wire.BAD} == dict.fromkeys(wire.BAD, 0), counts
    assert counts["stored"] >= 6 * ROUNDS
    assert counts["statuses"]["400"] > ROUNDS

    body = b'{"inventoryData": []}'
    assert status(server.call(server.head(f"Content-Length: {len(body)}"), body)) == 200


@pytest.mark.parametrize(
    ("stored", "what"),
    [
        ([], "lost"),
        ([b"good", SMUGGLED], "smuggled"),
        ([b"good", b"goo"], "unasked"),
        ([b"good", b"good"], "unasked"),
    ],
)
def test_tally_notices_what_is_stored_otherwise(stored, what):
    tally = wire.Tally()
    tally.note(0, Frame(b"", must=(b"good",)), [200])
    tally.compare(Counter(stored))

    assert [name for name in wire.BAD if tally.counts[name]] == [what]


def test_tally_notices_a_fault_and_a_refusal():
    tally = wire.Tally()
    tally.note(7, Frame(b"", may=(b"x",)), [500])
    tally.note(8, Frame(b"", must=(b"x",)), [400])

    assert (tally.counts["server_errors"], tally.counts["not_taken"]) == (1, 1)
    assert tally.failures == [7, 8]


def test_beginning_of_a_body_that_was_cut_off_may_be_stored():
    tally = wire.Tally()
    tally.note(0, Frame(b"", prefix=b"whole"), [200])
    tally.compare(Counter([b"who"]))

    assert not tally.counts["unasked"]
