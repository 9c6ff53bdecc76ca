"""An older dump is put back: a reader of the feed, one that was away, and a receiver end with what
the console says; and a build that gives its cursors again is caught."""

from tests.faults.restored import restored

SEED = 20261128
# So long nothing that a reader misses comes by itself, seconds.
REST = 40


def test_readers_and_receiver_end_with_the_databases_facts():
    told: list[str] = []

    report = restored(SEED, is_quiet=False, say=told.append)

    assert report.findings == [], told
    assert report.lost >= 8


def test_build_that_gives_its_cursors_again_is_caught():
    told: list[str] = []

    report = restored(
        SEED, is_quiet=True, say=told.append, build="cursors_given_again", patience=REST
    )

    assert any(each.startswith("lost: reader") for each in report.findings), told
