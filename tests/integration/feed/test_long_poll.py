"""Readers who wait for the feed: one look-out for all, told within a moment, none forgotten."""

import threading
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest

from integration.feed import long_poll as watching
from integration.feed.long_poll import Watch
from tests.integration.processes import wait_for


@pytest.fixture
def feed_end(monkeypatch):
    """The last cursor, as the look-out finds it; and how often it looked."""

    class End:
        last, looks = 0, 0

    def last_cursor():
        End.looks += 1
        return End.last

    monkeypatch.setattr(watching, "last_cursor", last_cursor)
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.01)
    return End


def test_who_waits_is_told_of_news(feed_end):
    watch = Watch()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(watch.wait, 7, 10)
        wait_for(lambda: feed_end.looks > 2)
        assert not waiting.done()
        feed_end.last = 8

        assert waiting.result(timeout=30) is True
    wait_for(lambda: not watch.is_looking)


def test_who_waits_in_vain_is_let_go_in_time(feed_end):
    feed_end.last = 7
    watch, began = Watch(), monotonic()

    assert watch.wait(7, 0.1) is False
    assert 0.1 <= monotonic() - began < 8
    wait_for(lambda: not watch.is_looking)


def test_a_hundred_readers_share_one_look_out(feed_end):
    watch = Watch()
    with ThreadPoolExecutor(100) as pool:
        waiting = [pool.submit(watch.wait, 0, 10) for _ in range(100)]
        wait_for(lambda: watch.waiting == 100)
        names = [each.name for each in threading.enumerate()]
        feed_end.last = 1

        assert [each.result(timeout=30) for each in waiting] == [True] * 100
    assert names.count("feed-watch") == 1
    wait_for(lambda: not watch.is_looking)


def test_nobody_looks_while_nobody_waits(feed_end):
    watch = Watch()
    watch.wait(7, 0.02)
    wait_for(lambda: not watch.is_looking)
    looks = feed_end.looks
    wait_for(lambda: "feed-watch" not in [each.name for each in threading.enumerate()])

    assert feed_end.looks == looks
    assert watch.wait(-1, 5) is True  # And looks again for the next one.
    wait_for(lambda: not watch.is_looking)


def test_beyond_the_most_nobody_waits(feed_end, monkeypatch):
    monkeypatch.setattr(watching, "MOST_WAITING", 1)
    watch = Watch()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(watch.wait, 0, 10)
        wait_for(lambda: watch.waiting == 1)
        began = monotonic()

        assert watch.wait(0, 10) is False
        assert monotonic() - began < 8
        feed_end.last = 1
        assert first.result(timeout=30) is True
    wait_for(lambda: not watch.is_looking)
