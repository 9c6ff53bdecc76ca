"""A person's word about a carrier in doubt, and that it touches nothing else."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booon_console.lib import clock
from integration.models import Event, SyncJob
from integration.onboarding import carrier_resolution
from sellers.models import CarrierRegistration, Location
from tests import only_on
from tests.factories import make_location, make_registration

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
BEFORE = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def in_doubt(location):
    return make_registration(
        location, state="in_doubt", sent_at=BEFORE, doubt_since=BEFORE, doubt_cause="Timed out."
    )


def is_there(registration):
    carrier_resolution.carrier_is_there(
        registration, "4711", actor="meera", reason="Seen in Carrier Master."
    )


def is_not_there(registration):
    carrier_resolution.carrier_is_not_there(registration, actor="meera", reason="Not listed.")


@pytest.mark.parametrize(
    ("say", "stands", "said"),
    [
        (
            is_there,
            ("registered", "4711", BEFORE),
            "Said that the carrier of en1 is in EasyEcom, companyCarrierId 4711: "
            "Seen in Carrier Master.",
        ),
        (
            is_not_there,
            ("not_sent", "", None),
            "Said that the carrier of en1 is not in EasyEcom, to be sent once more: Not listed.",
        ),
    ],
)
def test_word_settles_the_one_carrier_that_it_is_about(say, stands, said):
    location = make_location(live=False, location_key="en1", blocked_reason="carrier_in_doubt")
    another = make_location(live=False, location_key="en2", blocked_reason="carrier_in_doubt")
    registration, other = in_doubt(location), in_doubt(another)
    before = CarrierRegistration.objects.filter(pk=other.pk).values().get()

    say(registration)

    registration.refresh_from_db()
    assert (
        registration.state,
        registration.company_carrier_id,
        registration.sent_at,
    ) == stands
    assert (registration.doubt_since, registration.doubt_cause) == (None, "")
    assert (registration.decided_by, registration.updated_at) == ("meera", NOW)
    event = Event.objects.get()
    assert (event.kind, event.sentence, event.at) == ("resolved", said, NOW)
    assert (event.actor, event.location) == ("meera", location)
    assert SyncJob.objects.get().location == location
    assert CarrierRegistration.objects.filter(pk=other.pk).values().get() == before
    reasons = dict(Location.objects.values_list("location_key", "blocked_reason"))
    assert reasons == {"en1": "onboarding", "en2": "carrier_in_doubt"}


@pytest.mark.parametrize("say", [is_there, is_not_there])
def test_carrier_whose_location_is_gone_is_settled_all_the_same(say):
    location = make_location(live=False, location_key="en1")
    registration = in_doubt(location)
    Location.objects.all().delete()
    make_location(live=False, location_key="en2")

    say(registration)

    registration.refresh_from_db()
    assert registration.decided_by == "meera"
    assert Event.objects.get().location is None
    assert not SyncJob.objects.exists()


@only_on.postgresql("row locks")
def test_location_is_locked_before_its_carrier():
    registration = in_doubt(make_location(live=False))

    with CaptureQueriesContext(connection) as queries:
        is_there(registration)

    read = next(each["sql"] for each in queries if each["sql"].startswith("SELECT"))
    assert 'FROM "sellers_location"' in read
    assert read.endswith("FOR NO KEY UPDATE")
