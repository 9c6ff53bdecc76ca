"""A location that the seller never meant: its key is mended, or it is taken away."""

from datetime import timedelta

import pytest
from django.utils import timezone

from booon_console.lib import clock
from integration.models import ApiCall, Delivery, Event, SyncJob
from sellers.models import CarrierRegistration, Location
from tests.factories import make_location, make_order, make_registration, make_seller, open_call
from tests.integration.onboarding.test_flow import LOCATIONS, LOG_IN, TOKEN
from tests.integration.seller_link.conftest import enter, make, post, text_of

pytestmark = pytest.mark.django_db
KEY = "udr11110000002"
AWAY = "There is no such location: take it away"


@pytest.fixture
def seller():
    return make_seller()


@pytest.fixture
def dead(seller):
    """One of which nothing ever came, as EasyEcom refused its log-in."""
    location = make_location(
        seller=seller, live=False, location_key=KEY, blocked_reason="credentials_refused"
    )
    make_registration(location)
    SyncJob.objects.want_location(location)
    return location


@pytest.fixture
def opened(seller):
    """A link of theirs, and a browser that is in."""
    link, secret = make(seller)
    return link, enter(link, secret)


def test_seller_takes_it_away_and_the_trail_says_who(opened, dead):
    link, browser = opened
    open_call(make_order())
    assert AWAY in text_of(browser, link)

    answer = post(browser, link, "remove", location=dead.pk)

    assert (answer.status_code, answer.url) == (302, f"{link.path}#progress")
    assert not Location.objects.filter(pk=dead.pk).exists()
    assert KEY not in text_of(browser, link)
    said = Event.objects.get(sentence__startswith=f"Removed the location {KEY}")
    assert said.actor == link.actor


@pytest.mark.parametrize("fact", ["token_issued_at", "located_at"])
def test_one_that_works_stays_and_is_not_offered(opened, dead, fact):
    link, browser = opened
    open_call(make_order())
    Location.objects.filter(pk=dead.pk).update(**{fact: timezone.now()})

    assert AWAY not in text_of(browser, link)
    answer = post(browser, link, "remove", location=dead.pk)

    assert "EasyEcom or Booon knows of it already" in answer.content.decode()
    assert Location.objects.filter(pk=dead.pk).exists()


@pytest.mark.parametrize("state", ["in_doubt", "registered", "sending"])
def test_one_whose_carrier_may_be_there_stays(opened, dead, state):
    link, browser = opened
    open_call(make_order())
    CarrierRegistration.objects.filter(location_key=KEY).update(
        state=state, doubt_since=timezone.now(), company_carrier_id="99"
    )

    assert post(browser, link, "remove", location=dead.pk).status_code == 422
    assert CarrierRegistration.objects.get(location_key=KEY).state == state
    assert Location.objects.filter(pk=dead.pk).exists()


def test_where_it_was_asked_about_last_another_location_is_asked_about_first(
    opened, seller, dead, easyecom
):
    link, browser = opened
    make_location(seller=seller, located_at=timezone.now())
    SyncJob.objects.want_location(dead)
    ApiCall.objects.filter(pk=open_call(make_order()).pk).update(location=dead)
    easyecom.post(LOG_IN, json=TOKEN)
    easyecom.get(LOCATIONS, json={"data": []})

    assert post(browser, link, "remove", location=dead.pk).status_code == 302

    assert not Location.objects.filter(pk=dead.pk).exists()
    link.refresh_from_db()
    assert link.tries == 1


def test_where_nothing_else_can_be_asked_it_stays_and_says_when(opened, dead):
    link, browser = opened
    ApiCall.objects.filter(pk=open_call(make_order()).pk).update(location=dead)

    answer = post(browser, link, "remove", location=dead.pk)

    assert answer.status_code == 422
    assert "Try again in a minute." in answer.content.decode()
    assert Location.objects.filter(pk=dead.pk).exists()
    assert not Delivery.objects.exists()


def test_key_stands_in_its_field_to_mend_a_letter_of_it(opened, dead):
    link, browser = opened

    assert f'name="at{dead.pk}-location_key" value="{KEY}"' in text_of(browser, link)


def test_key_that_may_be_a_token_does_not_stand_in_its_field(opened, dead):
    link, browser = opened
    token = "A" * 40
    Location.objects.filter(pk=dead.pk).update(location_key=token)

    field = text_of(browser, link).split(f'name="at{dead.pk}-location_key"')[1].split(">")[0]
    assert token not in field and "value=" not in field


@pytest.mark.parametrize(
    ("seconds", "sentence"),
    [
        (40, "EasyEcom is asked again in 40 seconds."),
        (119, "EasyEcom is asked again in 119 seconds."),
        (600, "EasyEcom is asked again in 10 minutes."),
        (-1, ""),
    ],
)
def test_it_is_said_when_easyecom_is_asked_again(opened, dead, monkeypatch, seconds, sentence):
    link, browser = opened
    now = timezone.now()
    monkeypatch.setattr(clock, "now", lambda: now)
    due = now + timedelta(seconds=seconds)
    SyncJob.objects.filter(location=dead, kind="location").update(due_at=due)

    text = text_of(browser, link)

    assert ("is asked again" in text) == bool(sentence)
    assert sentence in text
