"""FIELD_KEYS are changed for new ones while the console runs, to the end."""

import pytest
from cryptography.fernet import Fernet
from django.apps import apps
from django.core.management import CommandError, call_command

from booon_console import field_keys
from booon_console.fields import EncryptedTextField, Undecipherable, reveal
from sellers.models import CarrierRegistration, Location, Seller
from tests.factories import make_location

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

OLD, NEW = (Fernet.generate_key().decode() for _ in range(2))


@pytest.fixture
def under_old(settings):
    """A seller, a location and its carrier, with four secrets under the old key."""
    settings.FIELD_KEYS = [OLD]
    location = make_location(token="token-1")
    Seller.objects.update(api_password="password-1", x_api_key="")
    CarrierRegistration.objects.update(password="password-2", token="token-2")
    settings.FIELD_KEYS = [NEW, OLD]
    return location


def secrets():
    seller, location = Seller.objects.get(), Location.objects.get()
    carrier = CarrierRegistration.objects.get()
    stored = [seller.api_password, location.token, carrier.password, carrier.token]
    return [reveal(each) for each in stored]


def test_after_the_rotation_the_old_key_may_go(under_old, settings, capsys):
    call_command("rotate_field_keys")
    settings.FIELD_KEYS = [NEW]

    assert secrets() == ["password-1", "token-1", "password-2", "token-2"]
    assert Seller.objects.get().x_api_key == ""
    call_command("rotate_field_keys", "--check")
    said = capsys.readouterr().out
    assert "seller api password: 1 under the first key, 0 under another, 0 under none" in said
    assert said.splitlines()[-1] == "The first key opens every secret."
    assert "password-1" not in said


def test_check_counts_and_changes_nothing(under_old, settings):
    with pytest.raises(CommandError, match="4 secrets are not under the first key"):
        call_command("rotate_field_keys", "--check")

    settings.FIELD_KEYS = [NEW]
    with pytest.raises(Undecipherable):
        secrets()


def test_one_that_no_key_opens_is_named_and_stops_no_other(under_old, settings, capsys):
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    Location.objects.update(token="lost")
    settings.FIELD_KEYS = [NEW, OLD]

    with pytest.raises(CommandError, match="1 secrets are not under the first key"):
        call_command("rotate_field_keys")

    assert f"location token of {under_old} ({under_old.pk})" in capsys.readouterr().err
    settings.FIELD_KEYS = [NEW]
    assert reveal(Seller.objects.get().api_password) == "password-1"


def test_what_is_changed_meanwhile_is_not_overwritten(under_old, monkeypatch):
    rotate = field_keys.Column.replace

    def change_first(column, pk, old, token):
        if column.model is Seller:
            Seller.objects.update(api_password="password-new")
        return rotate(column, pk, old, token)

    monkeypatch.setattr(field_keys.Column, "replace", change_first)
    call_command("rotate_field_keys")

    assert reveal(Seller.objects.get().api_password) == "password-new"


def test_rows_beyond_one_chunk_are_rotated_too(under_old, monkeypatch, settings):
    monkeypatch.setattr(field_keys, "CHUNK", 2)
    settings.FIELD_KEYS = [OLD]
    for n in range(5):
        make_location(seller=Seller.objects.get(), token=f"token-of-{n}")

    settings.FIELD_KEYS = [NEW, OLD]
    call_command("rotate_field_keys")

    settings.FIELD_KEYS = [NEW]
    tokens = sorted(reveal(each.token) for each in Location.objects.all())
    assert tokens == ["token-1", *(f"token-of-{n}" for n in range(5))]


def test_each_encrypted_column_is_rotated():
    encrypted = {
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, EncryptedTextField)
    }

    assert {(each.model, each.field) for each in field_keys.columns()} == encrypted
    assert len(encrypted) == 10


def test_probe_looks_at_the_newest_secret_of_each_column(under_old, settings):
    assert field_keys.unreadable_columns() == []

    settings.FIELD_KEYS = [NEW]

    assert [str(each) for each in field_keys.unreadable_columns()] == [
        "seller api password",
        "location token",
        "carrier registration password",
        "carrier registration token",
    ]
