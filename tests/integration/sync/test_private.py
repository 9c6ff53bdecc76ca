"""What an answer must not repeat, as it is gathered when a call is made."""

import pytest
from cryptography.fernet import Fernet

from integration import easyecom
from integration.sync import private
from sellers.models import CarrierRegistration, Location
from tests.factories import make_location, make_order

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    monkeypatch.setattr(private, "_carriers", {})


@pytest.fixture
def location() -> Location:
    location = make_location()
    registrations = CarrierRegistration.objects.filter(location_key=location.location_key)
    registrations.update(password="carrier-canary-1", token="carrier-canary-2")
    return Location.objects.select_related("seller").get(pk=location.pk)


def masked(words: str, location: Location, call: easyecom.Call) -> str:
    known = private.of_call(
        None, call, ["token-canary-3", "key-canary-4", *private.stored_of(location)]
    )
    return easyecom.by_value(words, known)


def test_stored_secrets_are_known_to_each_call(location):
    call = easyecom.find_order("BN-1")

    said = masked("carrier-canary-1 carrier-canary-2 token-canary-3 key-canary-4", location, call)

    assert said == "●●● ●●● ●●● ●●●"


def test_carrier_is_read_once_a_minute(location, django_assert_num_queries, monkeypatch):
    call = easyecom.get_locations()
    with django_assert_num_queries(1):
        masked("", location, call)
        masked("", location, call)

    monkeypatch.setattr(private, "REMEMBERED", 0)
    with django_assert_num_queries(1):
        masked("", location, call)


def test_password_typed_in_just_now_is_known_to_the_call_that_carries_it(location):
    masked("", location, easyecom.get_locations())
    add = easyecom.add_carrier(7, "booon", "carrier-canary-new", "carrier-token-new")
    log_in = easyecom.log_in("api@seller.test", "password-canary-new", "en1")

    assert masked("carrier-canary-new carrier-token-new", location, add) == "●●● ●●●"
    assert masked("password-canary-new", location, log_in) == "●●●"


def test_secret_that_no_key_opens_stops_no_call(location, settings):
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]

    assert masked("words", location, easyecom.get_locations()) == "words"


def test_buyer_is_known_as_given_and_as_sent():
    order = make_order(
        shipping_address={"name": "Asha\u200b Raoname", "phone": "९८७६५०१२१०"},
        sent_as={"shipping": {"name": "Asha Raoname", "phone": "9876501210"}, "billing": {}},
    )
    known = private.of_call(order, easyecom.find_order("BN-1"), [])

    said = easyecom.by_value("Asha\u200b Raoname, Asha Raoname, 98765-01210", known)

    assert said == "●●●, ●●●, ●●●210"
