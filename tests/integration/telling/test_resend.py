"""Telling Booon's receiver again, and what retention may take away from it."""

from datetime import timedelta

import pytest

from integration import retention
from integration.models import Announcement, Change
from integration.telling import announcements, announcer, feed
from tests.factories import make_location
from tests.integration.telling.test_announcements import due, make_levels, told
from tests.moment import Moment

pytestmark = pytest.mark.django_db


@pytest.fixture
def moment(monkeypatch, receiver):
    return Moment(monkeypatch, receiver)


# Resend -----------------------------------------------------------------------------------------


def test_what_was_told_is_told_again_on_demand_under_its_own_id(moment, receiver):
    make_levels(make_location(), 2)
    announcer.drain()

    again = announcements.resend(Change.objects.filter(cursor=1), moment.now)
    announcer.drain()

    assert [change.cursor for change in again] == [1]
    assert sorted(told(receiver)) == ["change_1", "change_1", "change_2"]
    assert not Announcement.objects.exists()


def test_what_was_given_up_gets_one_try(moment, receiver, settings):
    settings.BOOON_WEBHOOK_TRIES_FOR = 0
    make_levels(make_location(), 1)
    receiver.answer = lambda message: 500
    announcer.drain()
    assert Announcement.objects.get().given_up_at == moment.now

    moment.pass_by(hours=1)
    announcements.resend(Change.objects.all(), moment.now)
    announcer.drain()
    still = Announcement.objects.get().given_up_at
    receiver.answer = lambda message: 200
    announcements.resend(Change.objects.all(), moment.now)
    announcer.drain()

    assert still == moment.now
    assert not Announcement.objects.exists()
    assert told(receiver) == ["change_1"]


def test_what_waits_behind_another_keeps_its_turn(moment, receiver):
    make_levels(make_location(), 3, sku="KURTA")
    receiver.answer = lambda message: 500
    announcer.drain()

    assert announcements.resend(Change.objects.filter(cursor__gt=1), moment.now) == []
    assert due(moment.now) == []
    (again,) = announcements.resend(Change.objects.all(), moment.now)
    assert again.cursor == 1
    assert due(moment.now) == [1]


def test_resend_of_what_is_not_taken_up_yet_does_nothing(moment):
    make_levels(make_location(), 1)
    announcements.meet(moment.now)

    assert announcements.resend(Change.objects.all(), moment.now) == []
    assert not Announcement.objects.exists()


def test_resend_probes_a_receiver_that_is_spared(moment, receiver, settings):
    make_levels(make_location(), 12)
    receiver.answer = lambda message: 500
    announcer.drain()
    assert not announcements.has_work()
    receiver.answer = lambda message: 200

    announcements.resend(Change.objects.filter(cursor=12), moment.now)

    assert announcements.has_work()
    announcer.drain()
    assert not Announcement.objects.exists()


# Retention --------------------------------------------------------------------------------------


def test_a_change_is_not_forgotten_before_it_is_told_or_given_up(moment, receiver, settings):
    settings.CHANGES_KEPT_DAYS = 1
    make_levels(make_location(), 3)
    receiver.answer = lambda message: 500 if message.id == "change_2" else 200
    announcer.drain()
    moment.pass_by(days=2)

    assert retention.delete_old(moment.now)["changes"] == 1
    assert [change.cursor for change in feed.read(1, 10)] == [2, 3]

    Announcement.objects.update(gives_up_at=moment.now, due_at=moment.now)
    announcer.drain()
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
    announcer.drain()

    assert retention.delete_old(moment.now + timedelta(days=29))["attempts"] == 0
    assert retention.delete_old(moment.now + timedelta(days=31))["attempts"] == 1
