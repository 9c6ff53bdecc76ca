"""Telling Booon's receiver again, and what retention may take away from it."""

from datetime import timedelta

import pytest

from integration.feed import announcements, feed, sender
from integration.feed.announcements import Try
from integration.models import Announcement, Attempt, Change, Receiver
from integration.posting import Reply
from integration.worker import retention
from tests.factories import make_location
from tests.integration.feed.test_announcements import due, make_levels, the_receiver, told
from tests.moment import Moment, take_up_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def moment(monkeypatch, receiver):
    return Moment(monkeypatch, receiver)


# Resend -----------------------------------------------------------------------------------------


def test_what_was_told_is_told_again_on_demand_under_its_own_id(moment, receiver):
    make_levels(make_location(), 2)
    sender.drain()

    again = announcements.resend(Change.objects.filter(cursor=1), moment.now)
    sender.drain()

    assert [change.cursor for change in again] == [1]
    assert sorted(told(receiver)) == ["change_1", "change_1", "change_2"]
    assert not Announcement.objects.exists()


def test_what_was_given_up_gets_one_try(moment, receiver, settings):
    settings.BOOON_WEBHOOK_TRIES_FOR = 0
    make_levels(make_location(), 1)
    receiver.answer = lambda message: 500
    sender.drain()
    assert Announcement.objects.get().given_up_at == moment.now

    moment.pass_by(hours=1)
    announcements.resend(Change.objects.all(), moment.now)
    sender.drain()
    still = Announcement.objects.get().given_up_at
    receiver.answer = lambda message: 200
    announcements.resend(Change.objects.all(), moment.now)
    sender.drain()

    assert still == moment.now
    assert not Announcement.objects.exists()
    assert told(receiver) == ["change_1"]


def test_what_waits_behind_another_keeps_its_turn(moment, receiver):
    make_levels(make_location(), 3, sku="KURTA")
    receiver.answer = lambda message: 500
    sender.drain()

    assert announcements.resend(Change.objects.filter(cursor__gt=1), moment.now) == []
    assert due(moment.now) == []
    (again,) = announcements.resend(Change.objects.all(), moment.now)
    assert again.cursor == 1
    assert due(moment.now) == [1]


def test_resend_of_what_is_not_taken_up_yet_does_nothing(moment):
    make_levels(make_location(), 1)
    announcements.ensure_receiver(moment.now)

    assert announcements.resend(Change.objects.all(), moment.now) == []
    assert not Announcement.objects.exists()


def test_resend_between_numbering_and_taking_up_does_nothing_and_nothing_is_told_twice(
    moment, receiver
):
    make_levels(make_location(), 2)
    announcements.ensure_receiver(moment.now)
    feed.number_some()

    assert announcements.resend(Change.objects.all(), moment.now) == []
    assert not Announcement.objects.exists()
    sender.drain()
    assert sorted(told(receiver)) == ["change_1", "change_2"]


def test_resend_of_what_waits_for_its_next_try_brings_that_forward(moment, receiver):
    make_levels(make_location(), 1)
    receiver.answer = lambda message: 500
    sender.drain()
    waiting = Announcement.objects.get()
    assert waiting.due_at > moment.now

    announcements.resend(Change.objects.all(), moment.now)

    again = Announcement.objects.get()
    assert (again.due_at, again.tries, again.gives_up_at) == (moment.now, 1, waiting.gives_up_at)


@pytest.mark.parametrize("was_told", [True, False], ids=["told", "given up"])
def test_one_try_is_all_that_a_resend_gives(moment, receiver, settings, was_told):
    settings.BOOON_WEBHOOK_TRIES_FOR = 0
    make_levels(make_location(), 1)
    receiver.answer = lambda message: 200 if was_told else 500
    sender.drain()
    settings.BOOON_WEBHOOK_TRIES_FOR = 3600
    receiver.answer = lambda message: 500

    announcements.resend(Change.objects.all(), moment.now)
    sender.drain()

    assert Announcement.objects.get().given_up_at == moment.now
    assert len(receiver.came) == 2


def test_resend_probes_a_receiver_that_is_spared(moment, receiver, settings):
    make_levels(make_location(), 12)
    receiver.answer = lambda message: 500
    sender.drain()
    assert not announcements.has_work()
    receiver.answer = lambda message: 200

    announcements.resend(Change.objects.filter(cursor=12), moment.now)

    assert announcements.has_work()
    sender.drain()
    assert not Announcement.objects.exists()


# Retention --------------------------------------------------------------------------------------


def test_a_change_is_not_forgotten_before_it_is_told_or_given_up(moment, receiver, settings):
    settings.CHANGES_KEPT_DAYS = 1
    make_levels(make_location(), 3)
    receiver.answer = lambda message: 500 if message.data["cursor"] == "2" else 200
    sender.drain()
    moment.pass_by(days=2)

    assert retention.delete_old(moment.now)["changes"] == 1
    assert [change.cursor for change in feed.read(1, 10)] == [2, 3]

    Announcement.objects.update(gives_up_at=moment.now, due_at=moment.now)
    sender.drain()
    assert retention.delete_old(moment.now)["changes"] == 2
    assert not Announcement.objects.exists()


def test_a_change_that_is_not_announced_yet_is_not_forgotten(moment, settings):
    settings.CHANGES_KEPT_DAYS = 1
    make_levels(make_location(), 2)
    feed.number_some()
    moment.pass_by(days=2)

    assert retention.delete_old(moment.now)["changes"] == 0

    settings.BOOON_WEBHOOK_URL = ""
    assert retention.delete_old(moment.now)["changes"] == 2


def test_attempts_go_after_30_days(moment):
    make_levels(make_location(), 1)
    sender.drain()

    assert retention.delete_old(moment.now + timedelta(days=29))["attempts"] == 0
    assert retention.delete_old(moment.now + timedelta(days=31))["attempts"] == 1


# Every row as it stands after ------------------------------------------------------------------


LONG_AGO, LATER = timedelta(days=-3), timedelta(hours=1)


def waiting(moment):
    """Five changes under three keys: two of them wait behind others."""
    make_levels(make_location(), 1)
    location = make_location()
    for _ in range(2):
        make_levels(location, 2)
    take_up_all(moment.now)
    return list(Change.objects.order_by("cursor"))


def standing(moment):
    rows = Announcement.objects.order_by("cursor")
    return {
        row.cursor: (row.due_at and row.due_at - moment.now, row.given_up_at, row.gives_up_at)
        for row in rows
    }


def test_resend_brings_forward_only_what_is_asked_for(moment):
    changes = waiting(moment)
    Announcement.objects.filter(due_at__isnull=False).update(due_at=moment.now + LATER)
    before = standing(moment)

    told = announcements.resend(changes[1:2], moment.now)

    assert told == changes[1:2]
    changed = {cursor for cursor, row in standing(moment).items() if before[cursor] != row}
    assert changed == {changes[1].cursor}
    assert standing(moment)[changes[1].cursor] == (timedelta(0), None, None)


def test_resend_of_what_waits_behind_another_changes_nothing(moment):
    changes = waiting(moment)
    before = standing(moment)
    behind = [each for each in changes if before[each.cursor][0] is None]
    assert len(behind) == 2

    assert announcements.resend(behind, moment.now) == []
    assert standing(moment) == before


def test_resend_of_what_was_given_up_gives_it_one_try_and_no_other(moment):
    changes = waiting(moment)
    Announcement.objects.all().update(due_at=None, given_up_at=moment.now + LONG_AGO)
    before = standing(moment)

    assert announcements.resend(changes[:1], moment.now) == changes[:1]

    after = standing(moment)
    assert after.pop(changes[0].cursor) == (timedelta(0), None, moment.now)
    del before[changes[0].cursor]
    assert after == before


def test_resend_of_what_was_told_makes_its_announcement_anew(moment):
    changes = waiting(moment)
    Announcement.objects.all().delete()

    assert announcements.resend(changes[:1], moment.now) == changes[:1]

    row = Announcement.objects.get()
    location_id = changes[0].location_id
    assert (row.change, row.cursor) == (changes[0], changes[0].cursor)
    assert (row.key, row.due_at) == (f"sku:{location_id}:SKU-0", moment.now)
    assert (row.gives_up_at, row.tries) == (moment.now, 0)


def test_resend_probes_only_a_receiver_that_is_spared(moment):
    changes = waiting(moment)
    announcements.resend(changes[:1], moment.now)
    assert the_receiver().probe_at is None

    Receiver.objects.update(opened_at=moment.now, failures=10, probe_at=moment.now + LATER)
    announcements.resend(changes[:1], moment.now)
    assert the_receiver().probe_at == moment.now


def test_receiver_that_moved_is_spared_no_more_and_what_waited_is_due(moment, settings):
    waiting(moment)
    Receiver.objects.update(opened_at=moment.now, failures=10, probe_at=moment.now + LATER)
    Announcement.objects.filter(due_at__isnull=False).update(due_at=moment.now + LATER)
    settings.BOOON_WEBHOOK_URL = "https://elsewhere.test/"

    announcements.ensure_receiver(moment.now)

    row = the_receiver()
    assert (row.opened_at, row.probe_at, row.failures) == (None, None, 0)
    due = {due for due, _, _ in standing(moment).values()}
    assert due == {timedelta(0), None}


@pytest.mark.parametrize(
    ("reply", "kept"),
    [
        (Reply(200, 12, ""), ("told", 200, 12, "", 1)),
        (Reply(500, 34, "It answered 500."), ("failed", 500, 34, "It answered 500.", 1)),
        (Reply(None, 56, "Nobody answers."), ("failed", None, 56, "Nobody answers.", 1)),
    ],
)
def test_each_try_is_kept_with_what_came_of_it(moment, reply, kept):
    [change, *_] = waiting(moment)
    row = Announcement.objects.get(cursor=change.cursor)

    announcements.record_tries([Try(row, moment.now + LONG_AGO, reply)], moment.now)

    attempt = Attempt.objects.get()
    assert (
        attempt.outcome,
        attempt.http_status,
        attempt.elapsed_ms,
        attempt.reason,
        attempt.number,
    ) == kept
    assert (attempt.change, attempt.at) == (change, moment.now + LONG_AGO)


def test_last_cursor_that_is_announced_is_told_only_where_there_is_a_receiver(moment, settings):
    assert announcements.taken_up() == 0
    waiting(moment)
    assert announcements.taken_up() == 5
    settings.BOOON_WEBHOOK_URL = ""
    assert announcements.taken_up() is None
