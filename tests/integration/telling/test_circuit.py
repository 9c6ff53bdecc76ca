"""Sparing a receiver that fails at everything, and going on when it is back."""

import pytest

from booon_console import clock
from integration.models import Announcement, Event
from integration.models import Receiver as ReceiverRow
from integration.telling import announcements, announcer, circuit
from tests.factories import make_location
from tests.integration.telling.test_announcements import make_levels, the_receiver
from tests.moment import Moment

pytestmark = pytest.mark.django_db


@pytest.fixture
def moment(monkeypatch, receiver):
    return Moment(monkeypatch, receiver)


@pytest.fixture
def broken(moment, receiver, settings):
    """A receiver that refused ten announcements in a row; five more wait."""
    settings.BOOON_WEBHOOK_IN_FLIGHT = 1
    make_levels(make_location(), circuit.FAILURES + 5)
    receiver.answer = lambda message: 500
    announcer.drain()
    return receiver


def test_after_ten_failures_in_a_row_nothing_more_is_sent(broken, moment):
    row = the_receiver()
    assert len(broken.came) == circuit.FAILURES
    assert (row.failures, row.opened_at) == (circuit.FAILURES, moment.now)
    assert not announcements.has_work()


def test_one_success_begins_the_count_anew(moment, receiver, settings):
    settings.BOOON_WEBHOOK_IN_FLIGHT = 1
    make_levels(make_location(), 20)
    receiver.answer = lambda message: 200 if len(receiver.came) % 10 == 9 else 500

    announcer.drain()

    assert len(receiver.came) == 20
    assert the_receiver().opened_at is None


def test_while_it_is_spared_one_probe_at_a_time_asks_another_each_time(broken, moment, settings):
    asked = len(broken.came)
    for _ in range(3):
        moment.pass_by(seconds=settings.BOOON_WEBHOOK_PROBE)
        assert announcements.has_work()
        announcer.drain()

    probes = broken.ids()[asked:]
    assert len(set(probes)) == len(probes) == 3


def test_the_first_that_is_taken_lets_all_others_go_at_once(broken, moment, settings):
    moment.pass_by(seconds=settings.BOOON_WEBHOOK_PROBE)
    broken.answer = lambda message: 200

    announcer.drain()

    assert not Announcement.objects.exists()
    told = [each.message.id for each in broken.came if each.status == 200]
    assert sorted(told, key=lambda id: int(id[7:])) == [f"change_{n}" for n in range(1, 16)]
    row = the_receiver()
    assert (row.failures, row.opened_at, row.probe_at) == (0, None, None)


def test_what_was_given_up_while_it_was_spared_is_told_in_its_old_place(moment, receiver, settings):
    settings.BOOON_WEBHOOK_TRIES_FOR = 3600
    location = make_location()
    make_levels(location, circuit.FAILURES)
    receiver.answer = lambda message: 500
    announcer.drain()
    make_levels(location, 1, sku="SKU-0", quantity=77)
    for _ in range(200):
        moment.pass_by(minutes=2)
        announcer.drain()
    assert not Announcement.objects.filter(given_up_at=None).exists()
    receiver.answer = lambda message: 200
    make_levels(make_location(), 1)

    announcer.drain()

    assert not Announcement.objects.exists()
    told = [each.message for each in receiver.came if each.status == 200]
    levels = [
        each.data["data"]["quantity"]
        for each in told
        if each.data["location_key"] == location.location_key
        and each.data["data"]["sku"] == "SKU-0"
    ]
    assert levels == [0, 77]
    assert len({each.id for each in told}) == len(told) == circuit.FAILURES + 2


def test_another_address_is_given_the_benefit_of_the_doubt(broken, settings, moment):
    broken.answer = lambda message: 200
    settings.BOOON_WEBHOOK_URL = broken.url + "/new"

    assert announcements.has_work()
    announcer.drain()

    assert not Announcement.objects.exists()
    assert the_receiver().opened_at is None


def test_it_is_written_down_when_it_is_spared_and_when_it_is_back(broken, moment, settings):
    moment.pass_by(seconds=settings.BOOON_WEBHOOK_PROBE)
    announcer.drain()
    moment.pass_by(seconds=settings.BOOON_WEBHOOK_PROBE)
    broken.answer = lambda message: 200
    announcer.drain()

    assert list(Event.objects.filter(kind="receiver").values_list("sentence", flat=True)) == [
        "Booon's receiver failed 10 times in a row: it is only probed until it takes one.",
        "Booon's receiver takes webhooks again: all that waited is told.",
    ]


def test_the_database_holds_no_circuit_half_open():
    row = ReceiverRow(name="booon", opened_at=clock.now())

    with pytest.raises(Exception, match="open_circuit_has_probe"):
        row.save()
