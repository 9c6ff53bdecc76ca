"""One drain of announcements: what is taken up, sent and settled, and when it is not begun."""

from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from time import monotonic

import pytest

from integration import posting
from integration.feed import announcements, sender
from integration.feed.sender import Round
from integration.models import Announcement
from integration.models import Receiver as ReceiverRow
from integration.posting import Reply
from integration.sync import database_guard
from tests.factories import make_location
from tests.integration.feed.test_announcements import make_levels, the_receiver
from tests.moment import Moment, take_up_all

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
TAKEN = Reply(200, 5, "")


@pytest.fixture
def moment(monkeypatch, receiver):
    return Moment(monkeypatch, receiver)


@pytest.fixture
def posts(monkeypatch):
    """What is handed to the pool; nothing is sent, and each answer is given by the test."""
    given = []

    class Pool:
        def __init__(self, most, **_):
            self.most, self.ended = most, None

        def submit(self, *arguments):
            future = Future()
            given.append((future, arguments))
            return future

        def shutdown(self, **how):
            self.ended = how

    monkeypatch.setattr(sender, "ThreadPoolExecutor", Pool)
    return given


@pytest.fixture
def begun(moment, posts, settings):
    settings.BOOON_WEBHOOK_IN_FLIGHT = 3
    ReceiverRow.objects.create(name="booon")
    return Round(monotonic() + 60)


def test_nothing_is_begun_without_a_receiver(settings, posts):
    settings.BOOON_WEBHOOK_URL = ""
    make_levels(make_location(), 1)

    sender.drain()

    assert (posts, ReceiverRow.objects.count()) == ([], 0)


def test_nothing_is_begun_while_the_database_may_be_an_old_one(moment, posts, monkeypatch):
    monkeypatch.setattr(database_guard, "lets_out", lambda: False)
    make_levels(make_location(), 1)

    sender.drain()

    assert (posts, ReceiverRow.objects.count()) == ([], 0)


def test_drain_tells_what_is_there_and_is_over_then(moment, receiver):
    make_levels(make_location(), 2)
    assert sender.has_work() is True

    sender.drain()

    assert (len(receiver.came), sender.has_work()) == (2, False)
    assert the_receiver().taken_up == 2


def test_drain_that_is_over_its_time_begins_nothing(moment, receiver):
    make_levels(make_location(), 2)

    sender.drain(seconds=0)

    assert receiver.came == []


def test_as_many_are_under_way_as_may_be_each_under_its_own_key(begun, posts, moment):
    make_levels(make_location(), 5)

    # Five are taken up, and three of them are sent.
    assert begun.start_some() == 8
    assert (len(posts), len(begun.flying)) == (3, 3)
    rows = [row for row, _ in begun.flying.values()]
    assert len({row.key for row in rows}) == 3
    assert {at for _, at in begun.flying.values()} == {moment.now}
    assert begun.start_some() == 0
    assert (len(posts), begun.pool.most) == (3, 3)


def test_message_goes_to_the_receiver_signed_as_of_now_with_its_limit(
    begun, posts, moment, settings
):
    settings.BOOON_WEBHOOK_TIMEOUT = 7
    make_levels(make_location(), 1)

    begun.start_some()

    [(_, (post, session, url, body, headers, timeout))] = posts
    assert (post, session, timeout) == (posting.post, begun.session, 7)
    assert url == settings.BOOON_WEBHOOK_URL
    assert body.startswith(b'{"type":"stock.updated"')
    assert headers["webhook-timestamp"] == str(int(moment.now.timestamp()))
    assert headers["webhook-id"]


def test_what_is_answered_is_written_down_and_makes_room(begun, posts, moment):
    make_levels(make_location(), 4)
    begun.start_some()
    posts[0][0].set_result(TAKEN)

    begun.settle_some()

    assert (len(begun.flying), Announcement.objects.count()) == (2, 3)
    assert begun.start_some() == 1
    assert len(posts) == 4


def test_nothing_is_written_down_while_no_answer_came(begun, posts, moment, monkeypatch):
    monkeypatch.setattr(sender, "GLANCE", 0)
    make_levels(make_location(), 1)
    begun.start_some()
    monkeypatch.setattr(announcements, "record_tries", lambda *_: pytest.fail("no try came in"))

    begun.settle_some()

    assert len(begun.flying) == 1


def test_new_changes_are_taken_up_only_now_and_then_while_others_are_under_way(
    begun, posts, moment, monkeypatch
):
    make_levels(make_location(), 1)
    begun.start_some()
    make_levels(make_location(), 1)
    soon = begun.next_take_up

    monkeypatch.setattr(sender.time, "monotonic", lambda: soon - 0.01)
    assert begun.take_up(moment.now) == 0
    monkeypatch.setattr(sender.time, "monotonic", lambda: soon)
    assert begun.take_up(moment.now) == 1
    assert begun.next_take_up == soon + 0.25


def test_new_changes_are_taken_up_at_once_while_nothing_is_under_way(begun, moment):
    begun.next_take_up = monotonic() + 60
    make_levels(make_location(), 1)

    assert begun.take_up(moment.now) == 1


@pytest.mark.parametrize(
    ("opened", "probe", "flying", "room"),
    [
        (False, None, 0, 3),
        (False, None, 2, 1),
        (False, None, 3, 0),
        # Spared: one probe, in its time, while nothing is under way.
        (True, -1, 0, 1),
        (True, 0, 0, 1),
        (True, 1, 0, 0),
        (True, -1, 1, 0),
    ],
)
def test_room_is_what_may_be_sent_beside_what_is_under_way(begun, opened, probe, flying, room):
    ReceiverRow.objects.create(name="another", failures=0)
    ReceiverRow.objects.filter(name="booon").update(
        failures=10 if opened else 0,
        opened_at=NOW if opened else None,
        probe_at=None if probe is None else NOW + timedelta(seconds=probe),
    )
    begun.flying = dict.fromkeys(range(flying))

    assert begun.room(NOW) == room


def test_nothing_is_sent_while_announcements_are_held(begun, posts, moment, monkeypatch):
    make_levels(make_location(), 1)
    take_up_all(moment.now)
    monkeypatch.setattr(announcements, "is_held", lambda: True)

    assert (begun.start_some(), posts) == (0, [])


@pytest.mark.parametrize(("flying", "waits"), [(0, True), (1, False)])
def test_end_waits_for_nobody_who_is_still_under_way(begun, flying, waits):
    begun.flying = dict.fromkeys(range(flying))
    closed = []
    begun.session.close = lambda: closed.append(True)

    begun.end()

    assert begun.pool.ended == {"wait": waits, "cancel_futures": True}
    assert closed == [True]
