"""Sparing a receiver that fails at everything, and going on when it is back."""

import threading
from datetime import timedelta
from time import monotonic

import pytest

from booon_console.lib import clock
from integration.feed import announcements, circuit_breaker, sender
from integration.models import Announcement, Event
from integration.models import Receiver as ReceiverRow
from tests.factories import make_location
from tests.integration.feed.test_announcements import make_levels, the_receiver
from tests.moment import Moment, take_up_all

pytestmark = pytest.mark.django_db

MOMENT = timedelta(microseconds=1)


@pytest.fixture
def moment(monkeypatch, receiver):
    return Moment(monkeypatch, receiver)


@pytest.fixture
def broken(moment, receiver, settings):
    """A receiver that refused ten announcements in a row; five more wait."""
    settings.BOOON_WEBHOOK_IN_FLIGHT = 1
    make_levels(make_location(), circuit_breaker.FAILURES + 5)
    receiver.answer = lambda message: 500
    sender.drain()
    return receiver


def test_after_ten_failures_in_a_row_nothing_more_is_sent(broken, moment):
    row = the_receiver()
    assert len(broken.came) == circuit_breaker.FAILURES
    assert (row.failures, row.opened_at) == (circuit_breaker.FAILURES, moment.now)
    assert not announcements.has_work()


def test_one_success_begins_the_count_anew(moment, receiver, settings):
    settings.BOOON_WEBHOOK_IN_FLIGHT = 1
    make_levels(make_location(), 20)
    receiver.answer = lambda message: 200 if len(receiver.came) % 10 == 9 else 500

    sender.drain()

    assert len(receiver.came) == 20
    assert the_receiver().opened_at is None


def test_while_it_is_spared_one_probe_at_a_time_asks_another_each_time(broken, moment, settings):
    asked = len(broken.came)
    for _ in range(3):
        moment.pass_by(seconds=settings.BOOON_WEBHOOK_PROBE)
        assert announcements.has_work()
        sender.drain()

    probes = broken.ids()[asked:]
    assert len(set(probes)) == len(probes) == 3


@pytest.mark.parametrize("is_spared", [True, False], ids=["a probe", "as many as may be"])
def test_no_more_are_sent_while_those_under_way_take_all_room(
    moment, receiver, settings, is_spared
):
    settings.BOOON_WEBHOOK_IN_FLIGHT = 8 if is_spared else 1
    make_levels(make_location(), 3)
    take_up_all(moment.now)
    if is_spared:
        ReceiverRow.objects.update(failures=10, opened_at=moment.now, probe_at=moment.now)
    may_answer = threading.Event()
    receiver.answer = lambda message: may_answer.wait(10) and 500
    round_ = sender.Round(monotonic() + 60)

    try:
        assert round_.start_some() == 1
        assert (round_.start_some(), len(round_.flying)) == (0, 1)
    finally:
        may_answer.set()
        round_.end()


def test_the_first_that_is_taken_lets_all_others_go_at_once(broken, moment, settings):
    moment.pass_by(seconds=settings.BOOON_WEBHOOK_PROBE)
    broken.answer = lambda message: 200

    sender.drain()

    assert not Announcement.objects.exists()
    told = [int(each.message.data["cursor"]) for each in broken.came if each.status == 200]
    assert sorted(told) == list(range(1, 16))
    row = the_receiver()
    assert (row.failures, row.opened_at, row.probe_at) == (0, None, None)


@pytest.mark.parametrize(
    ("failed_before", "is_spared"),
    [(circuit_breaker.FAILURES - 2, False), (circuit_breaker.FAILURES - 1, True)],
)
def test_the_tenth_failure_in_a_row_opens_it_and_the_ninth_does_not(
    moment, failed_before, is_spared, settings
):
    receiver = ReceiverRow.objects.create(name="booon", failures=failed_before)

    circuit_breaker.record_result(receiver, False, moment.now)

    probe_at = moment.now + timedelta(seconds=settings.BOOON_WEBHOOK_PROBE)
    assert receiver.opened_at == (moment.now if is_spared else None)
    assert receiver.probe_at == (probe_at if is_spared else None)
    assert circuit_breaker.allows(receiver, moment.now) == (not is_spared)
    assert circuit_breaker.allows(receiver, probe_at)
    assert circuit_breaker.allows(receiver, probe_at - MOMENT) == (not is_spared)


def test_each_failed_probe_puts_the_next_one_off_as_long_again(moment, settings):
    settings.BOOON_WEBHOOK_PROBE = 60
    opened = moment.now
    receiver = ReceiverRow.objects.create(name="booon", failures=9)
    probes = []

    for _ in range(3):
        circuit_breaker.record_result(receiver, False, moment.now)
        probes.append(receiver.probe_at - opened)
        moment.set(receiver.probe_at)

    assert receiver.opened_at == opened
    assert probes == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=3)]


def test_only_what_was_given_up_since_it_was_spared_comes_back(moment):
    """The one whose last failure opened it too."""
    make_levels(make_location(), 4)
    take_up_all(moment.now)
    given_up = {1: timedelta(days=-5), 2: -MOMENT, 3: timedelta(0), 4: timedelta(hours=1)}
    for cursor, after in given_up.items():
        given = {"given_up_at": moment.now + after, "gives_up_at": moment.now + after}
        Announcement.objects.filter(cursor=cursor).update(due_at=None, tries=9, **given)
    receiver = ReceiverRow.objects.get()
    receiver.failures, receiver.opened_at = 12, moment.now
    later = moment.now + timedelta(hours=2)

    circuit_breaker.record_result(receiver, True, later)

    rows = Announcement.objects.order_by("cursor")
    assert [row.given_up_at is None for row in rows] == [False, False, True, True]
    assert [row.due_at for row in rows] == [None, None, later, later]
    assert [(row.tries, row.gives_up_at) for row in rows[2:]] == [(0, None), (0, None)]
    assert (receiver.opened_at, receiver.failures) == (None, 0)


@pytest.mark.slow
def test_what_was_given_up_while_it_was_spared_is_told_in_its_old_place(moment, receiver, settings):
    settings.BOOON_WEBHOOK_TRIES_FOR = 3600
    location = make_location()
    make_levels(location, circuit_breaker.FAILURES)
    receiver.answer = lambda message: 500
    sender.drain()
    make_levels(location, 1, sku="SKU-0", quantity=77)
    for _ in range(200):
        moment.pass_by(minutes=2)
        sender.drain()
    assert not Announcement.objects.filter(given_up_at=None).exists()
    receiver.answer = lambda message: 200
    make_levels(make_location(), 1)

    sender.drain()

    assert not Announcement.objects.exists()
    told = [each.message for each in receiver.came if each.status == 200]
    levels = [
        each.data["data"]["quantity"]
        for each in told
        if each.data["location_key"] == location.location_key
        and each.data["data"]["sku"] == "SKU-0"
    ]
    assert levels == [0, 77]
    assert len({each.id for each in told}) == len(told) == circuit_breaker.FAILURES + 2


def test_another_address_is_given_the_benefit_of_the_doubt(broken, settings, moment):
    broken.answer = lambda message: 200
    settings.BOOON_WEBHOOK_URL = broken.url + "/new"

    assert announcements.has_work()
    sender.drain()

    assert not Announcement.objects.exists()
    assert the_receiver().opened_at is None


def test_it_is_written_down_when_it_is_spared_and_when_it_is_back(broken, moment, settings):
    moment.pass_by(seconds=settings.BOOON_WEBHOOK_PROBE)
    sender.drain()
    moment.pass_by(seconds=settings.BOOON_WEBHOOK_PROBE)
    broken.answer = lambda message: 200
    sender.drain()

    assert list(Event.objects.filter(kind="receiver").values_list("sentence", flat=True)) == [
        "Booon's receiver failed 10 times in a row: it is only probed until it takes one.",
        "Booon's receiver takes webhooks again: all that waited is told.",
    ]


def test_the_database_holds_no_circuit_half_open():
    row = ReceiverRow(name="booon", opened_at=clock.now())

    with pytest.raises(Exception, match="open_circuit_has_probe"):
        row.save()


def test_closing_brings_forward_what_is_put_off_and_leaves_what_is_due_and_what_waits(moment):
    make_levels(make_location(), 3)
    make_levels(make_location(), 1)
    make_levels(make_location(), 2, sku="KURTA")
    take_up_all(moment.now)
    hour = timedelta(hours=1)
    Announcement.objects.filter(cursor=1).update(due_at=moment.now - hour)
    Announcement.objects.filter(cursor=2).update(due_at=moment.now + hour)

    circuit_breaker.close(the_receiver(), moment.now)

    due = dict(Announcement.objects.values_list("cursor", "due_at"))
    assert due == {
        1: moment.now - hour,
        **dict.fromkeys((2, 3, 4, 5), moment.now),
        6: None,
    }


def test_what_came_after_a_change_that_was_given_up_waits_behind_it_again(moment):
    make_levels(make_location(), 2, sku="KURTA")
    make_levels(make_location(), 1)
    take_up_all(moment.now)
    Announcement.objects.filter(cursor=1).update(
        due_at=None, given_up_at=moment.now, gives_up_at=moment.now, tries=9
    )
    Announcement.objects.filter(cursor=2).update(due_at=moment.now)

    circuit_breaker.revive(moment.now, moment.now)

    columns = ("cursor", "due_at", "given_up_at", "gives_up_at", "tries")
    assert list(Announcement.objects.order_by("cursor").values_list(*columns)) == [
        (1, moment.now, None, None, 0),
        (2, None, None, None, 0),
        (3, moment.now, None, None, 0),
    ]
