"""A short run of the body fuzzer on the tests' own database; `make trust` runs it for volume."""

import pytest

from integration import easyecom
from integration.sync import wakeup
from integration.webhooks import views
from tests.hostile import bodies
from tests.hostile.mutations import SAMPLES, delivery_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setattr(wakeup, "wake", lambda kind: None)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [3, 2026])
def test_every_hostile_body_is_kept_and_judged(seed):
    counts = bodies.run(400, seed)

    assert {name: counts[name] for name in bodies.BAD} == dict.fromkeys(bodies.BAD, 0), counts
    assert counts["bodies"] == counts["stored"] + counts["too_large"] == 400
    assert counts["applied"] + counts["partly"] + counts["parked"] == counts["stored"]
    assert counts["applied"] and counts["partly"] and len(counts["reasons"]) > 10


def test_seed_replays():
    once, again = ([delivery_of(5, number) for number in range(200)] for _ in range(2))

    assert once == again
    assert delivery_of(6, 1) != delivery_of(5, 1)
    assert len({body for _, body in once} - set(SAMPLES.values())) > 190


def test_body_that_is_stored_changed_is_noticed(monkeypatch):
    monkeypatch.setattr(views, "read_body", lambda environ: b"{}")

    counts = bodies.run(20, seed=3)

    assert counts["stored_otherwise"] >= 19
    assert counts["failures"]


def test_fault_of_the_inbox_is_noticed(monkeypatch):
    def broken(body):
        raise ZeroDivisionError

    monkeypatch.setattr(easyecom, "read_inventory", broken)
    counts = bodies.run(40, seed=3)

    assert 10 < counts["faults"] < 30


def test_server_error_is_noticed(monkeypatch):
    def broken(*args):
        raise ZeroDivisionError

    monkeypatch.setattr(views, "store", broken)

    assert bodies.run(20, seed=3)["server_errors"] == 20
