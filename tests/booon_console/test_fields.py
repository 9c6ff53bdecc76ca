"""A secret is plain only where somebody asks for it, so rows need no key."""

import io
import json

import pytest
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.forms import model_to_dict

from booon_console.fields import Secret, Undecipherable, cipher, reveal
from sellers.models import Location, Seller
from tests.factories import make_location, make_seller

pytestmark = pytest.mark.django_db

CANARY = "password-canary-of-the-fields"


@pytest.fixture
def seller():
    return Seller.objects.get(pk=make_seller(api_password=CANARY).pk)


@pytest.fixture
def no_key(settings):
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]


def test_what_was_stored_is_revealed(seller):
    assert reveal(seller.api_password) == CANARY
    assert seller.x_api_key == ""


def test_it_shows_itself_in_nothing_that_is_written(seller):
    said = f"{seller.api_password} {seller.api_password!r} {[seller.api_password]} {vars(seller)}"

    assert CANARY not in said and seller.api_password.token not in said
    with pytest.raises(TypeError):
        json.dumps(seller.api_password)


def test_row_is_loaded_changed_and_saved_without_a_key(seller, no_key, settings):
    stored = Seller.objects.get(pk=seller.pk)
    stored.name = "Another name"
    stored.save()
    stored.refresh_from_db()
    Seller.objects.bulk_update([stored], ["api_password"])

    assert stored.name == "Another name"
    with pytest.raises(Undecipherable, match="No key in FIELD_KEYS opens the stored api password"):
        reveal(stored.api_password)
    settings.FIELD_KEYS.append("dGVzdHMtb25seS1maWVsZC1rZXktMzItYnl0ZXMtLS0=")
    assert reveal(Seller.objects.get(pk=seller.pk).api_password) == CANARY


def test_what_is_set_anew_is_under_the_first_key(seller, no_key):
    seller.api_password = "fresh"
    seller.save()

    assert reveal(seller.api_password) == "fresh"
    assert reveal(Seller.objects.get(pk=seller.pk).api_password) == "fresh"


def test_location_is_known_to_have_a_token_without_a_key(no_key):
    location = Location.objects.get(pk=make_location().pk)

    assert isinstance(location.token, Secret)
    assert location.has_good_token(location.live_at)


def test_no_dump_and_no_form_holds_a_secret(seller):
    dumped = io.StringIO()
    call_command("dumpdata", "sellers", stdout=dumped)

    assert CANARY not in dumped.getvalue()
    assert seller.api_password.token not in dumped.getvalue()
    assert CANARY not in str(model_to_dict(seller))


@pytest.mark.parametrize("keys", [("not a key",), ("",), ("é",)])
def test_what_is_no_key_is_told(keys):
    with pytest.raises(ImproperlyConfigured):
        cipher(keys)
