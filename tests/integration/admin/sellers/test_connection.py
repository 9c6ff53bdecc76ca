"""Test connection: a log-in and a look, told in a sentence. It never registers anything."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booon_console.fields import reveal
from integration.admin.sellers import connection
from integration.models import ApiCall, Event, Quota, SyncJob
from integration.sync import engine, holds
from sellers.models import CarrierRegistration, Location
from tests.factories import make_location, make_seller
from tests.integration.admin.rows import make_superuser, make_viewer
from tests.integration.conftest import bodies
from tests.integration.onboarding.test_flow import LOCATIONS, LOG_IN, TOKEN, answer_all

pytestmark = pytest.mark.django_db

REFUSED = {"code": 400, "message": "Invalid user credentials provided", "data": []}


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(connection, "SECONDS", 1)


@pytest.fixture
def location() -> Location:
    return make_location(live=False, token="", location_key="en100")


def test_connection_is_tested_by_a_log_in_and_a_look(easyecom, location):
    answer_all(easyecom)

    verdict = connection.test(location, actor="asha")

    paths = [call.request.path_url for call in easyecom.calls]
    assert verdict.is_well
    assert "took the log-in" in verdict.sentence
    assert paths == ["/access/token", "/getAllLocation"]
    assert reveal(Location.objects.get().token) == "jwt-canary"
    event = Event.objects.get(kind="probe")
    assert (event.actor, event.location) == ("asha", location)


def test_nothing_is_registered_and_nothing_goes_live(easyecom, location):
    answer_all(easyecom)

    connection.test(location, actor="asha")

    location.refresh_from_db()
    assert bodies(easyecom, "addCarrierCredentials") == []
    assert not CarrierRegistration.objects.exists()
    assert not location.is_live


def test_password_is_tested_even_where_the_token_is_good(easyecom):
    answer_all(easyecom)
    location = make_location(location_key="en100")

    assert connection.test(location, actor="asha").is_well
    assert len(bodies(easyecom, "access/token")) == 1


def test_log_in_of_a_moment_ago_is_a_cool_down_with_its_seconds(easyecom, location):
    Location.objects.update(next_login_at=timezone.now() + timedelta(seconds=40))

    verdict = connection.test(location, actor="asha")

    assert not verdict.is_well
    assert verdict.sentence.startswith("Cool-down: EasyEcom gives a location one log-in a minute.")
    assert verdict.sentence.endswith(("Try again in 40 s.", "Try again in 39 s."))
    assert len(easyecom.calls) == 0


def test_easyecoms_own_403_is_a_cool_down_and_no_wrong_password(easyecom, location):
    easyecom.post(LOG_IN, status=403, body="Forbidden")

    verdict = connection.test(location, actor="asha")

    assert "Cool-down" in verdict.sentence
    assert verdict.sentence.endswith(("Try again in 65 s.", "Try again in 64 s."))


def test_wrong_password_is_said_in_easyecoms_words(easyecom, location):
    easyecom.post(LOG_IN, json=REFUSED)

    verdict = connection.test(location, actor="asha")

    assert "Invalid user credentials provided" in verdict.sentence
    assert "The next log-in may be tried at" in verdict.sentence
    assert "canary" not in verdict.sentence


def test_key_that_easyecom_does_not_list_is_named(easyecom, location):
    easyecom.post(LOG_IN, json=TOKEN)
    easyecom.get(LOCATIONS, json={"code": 200, "data": [{"company_id": 1, "location_key": "en9"}]})

    verdict = connection.test(location, actor="asha")

    assert verdict.sentence == (
        "EasyEcom took the log-in with this location key, which proves it. Get Location does not "
        "list the location, as for a secondary warehouse: what it is called is learnt later."
    )


def test_spent_quota_is_said_and_nothing_is_sent(easyecom):
    now = timezone.now()
    seller = make_seller(daily_quota=5)
    location = make_location(live=False, token="", seller=seller)
    Quota.objects.create(
        seller=seller,
        full_at=now,
        day=timezone.localdate(),
        used_today=5,
        paused_until=now + timedelta(minutes=10),
        spent_until=now + timedelta(minutes=10),
    )

    verdict = connection.test(location, actor="asha")

    assert verdict.sentence.startswith("The day's 5 calls are used.")
    assert len(easyecom.calls) == 0


def test_held_seller_is_not_asked_and_the_release_does_not_ask_either(easyecom, location):
    row = holds.hold(location.seller, "EasyEcom asked us to wait", actor="asha")

    verdict = connection.test(location, actor="asha")
    holds.release(row, "They are ready", actor="asha")
    engine.drain(10)

    assert "EasyEcom asked us to wait" in verdict.sentence
    assert len(easyecom.calls) == 0


def test_test_that_waited_goes_out_no_more(easyecom, location):
    Location.objects.update(next_login_at=timezone.now() + timedelta(seconds=40))

    connection.test(location, actor="asha")

    job = SyncJob.objects.get(kind=SyncJob.Kind.PROBE)
    assert (job.status, job.due_at) == ("succeeded", None)


def test_unreachable_easyecom_ends_the_test_without_a_retry(easyecom, location):
    verdict = connection.test(location, actor="asha")

    assert not verdict.is_well
    assert ApiCall.objects.count() == 1
    assert SyncJob.objects.get(kind=SyncJob.Kind.PROBE).due_at is None


def test_button_tests_and_leads_back_to_the_path(client, easyecom, location):
    answer_all(easyecom)
    client.force_login(make_superuser())

    answer = client.post(reverse("admin:sellers_location_probe", args=[location.pk]), follow=True)

    assert answer.redirect_chain[0][0].endswith(f"/path/#location-{location.pk}")
    assert "EasyEcom took the log-in and lists the location" in answer.content.decode()


def test_viewer_tests_nothing(client: Client, easyecom, location):
    client.force_login(make_viewer())

    answer = client.post(reverse("admin:sellers_location_probe", args=[location.pk]))

    assert answer.status_code == 403
    assert len(easyecom.calls) == 0
