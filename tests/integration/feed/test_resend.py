"""Telling Booon's receiver again, and what retention may take away from it."""

from datetime import timedelta

import pytest

from integration.feed import announcements, feed, sender
from integration.models import Announcement, Change
from integration.worker import retention
from tests.factories import make_location
from tests.integration.feed.test_announcements import due, make_levels, told
from tests.moment import Moment

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
