"""Who came in, who did not, and what staff changed of staff; never what was typed."""

from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from integration.models import Event
from sellers import second_factor
from sellers.models import GivenPassword, StaffSession

pytestmark = pytest.mark.django_db

PASSWORD = "right-password-canary"


@pytest.fixture
def asha():
    return User.objects.create_superuser("asha", "asha@booon.test", PASSWORD)


def try_in(client, username="asha", password=PASSWORD):
    return client.post("/admin/login/?next=/admin/", {"username": username, "password": password})


def told():
    return list(Event.objects.order_by("pk").values_list("kind", "actor", "sentence"))


def test_log_in_and_out_are_events(client, asha):
    try_in(client)
    client.post("/admin/logout/")
    client.post("/admin/logout/")

    assert told() == [
        ("staff_log_in", "asha", "Logged in."),
        ("staff_log_out", "asha", "Logged out."),
    ]


def test_wrong_passwords_are_events_and_then_the_lock_is(client, asha):
    for n in range(8):
        try_in(client, password=f"typed-canary-{n}")

    failed = ("staff_failed", "console", "Log-in of asha failed.")
    locked = ("staff_locked", "console", "Log-in of asha locked: wrong passwords.")
    assert told() == [failed] * 4 + [locked]


@pytest.mark.parametrize("name", ["password-canary", "n" * 300, "\x00", ""])
def test_names_of_no_account_are_told_once_a_minute_and_not_repeated(name):
    for _ in range(4):
        assert try_in(Client(), name).status_code == 200

    assert told() == [("staff_failed", "console", "Log-in failed: no such account.")]


def test_second_step_and_wrong_codes_are_events(client, asha, settings):
    settings.STAFF_MFA = True
    try_in(client)
    user = User.objects.get()
    spare, *_ = second_factor.set_up(user, second_factor.new_key(), 0)
    for code in ("typed-canary", spare):
        client.post("/admin/second-step/", {"code": code})

    assert told()[1:] == [
        ("staff_failed", "console", "Second step of asha failed: wrong code."),
        ("second_step", "asha", "Second step passed."),
    ]


# On the command line -------------------------------------------------------------------------


def test_createsuperuser_is_an_event(monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    call_command(
        "createsuperuser",
        username="vik",
        email="v@booon.test",
        interactive=False,
        stdout=StringIO(),
    )

    assert told() == [("staff", "console", "Superuser vik made on the command line.")]
    assert not GivenPassword.objects.exists()


def test_changepassword_is_an_event_and_ends_sessions(client, asha, monkeypatch):
    client.force_login(asha)
    monkeypatch.setattr("getpass.getpass", lambda *_, **__: "another-password-canary")

    call_command("changepassword", "asha", stdout=StringIO())

    assert told() == [
        ("staff", "console", "Password of asha changed on the command line."),
        ("session_ended", "console", "Session of asha ended."),
    ]
    assert not StaffSession.objects.exists()
    assert GivenPassword.objects.get().user == asha
