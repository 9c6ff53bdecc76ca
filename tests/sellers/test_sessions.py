"""A session is a row: where it goes the session ends, and nothing writes it again."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import UpdateError
from django.contrib.sessions.exceptions import SessionInterrupted

from sellers import sessions
from sellers.models import StaffSession

pytestmark = pytest.mark.django_db

PAGE = "/admin/jsi18n/"
PASSWORD = "right-password-canary"


@pytest.fixture
def asha():
    return User.objects.create_superuser("asha", "asha@booon.test", PASSWORD)


def log_in(client, **environ):
    given = {"username": "asha", "password": PASSWORD}
    assert client.post("/admin/login/?next=/admin/", given, **environ).status_code == 302


def is_in(client):
    return client.get(PAGE).status_code == 200


def test_row_says_whose_it_is_since_when_and_from_where(client, asha):
    log_in(client, REMOTE_ADDR="203.0.113.9", HTTP_USER_AGENT="Firefox\x00" + "x" * 400)

    row = StaffSession.objects.get()
    assert (row.user, row.address) == (asha, "203.0.113.9")
    assert row.agent == ("Firefox" + "x" * 400)[:300]
    assert row.made_at == row.seen_at
    assert abs((datetime.now(UTC) - row.made_at).total_seconds()) < 60


def test_session_of_nobody_has_a_row_of_nobody(client):
    session = client.session
    session["asked"] = 1
    session.save()

    row = StaffSession.objects.get()
    assert (row.user, row.made_at, row.address) == (None, None, "")


def test_session_keeps_its_row_under_another_key(client, asha):
    client.force_login(asha)
    session, before = client.session, StaffSession.objects.get()

    session.cycle_key()
    session.save()

    after = StaffSession.objects.get()
    assert (after.pk, after.user) == (before.pk, asha)
    assert after.session_key != before.session_key


def test_ended_session_is_out_and_never_written_again(client, asha):
    client.force_login(asha)
    under_way, another = client.session, client.session
    assert is_in(client) and len(under_way.keys()) == len(another.keys())

    assert sessions.end_all(asha) == 1

    under_way["seen_at"] = 1
    with pytest.raises(UpdateError):
        under_way.save()
    with pytest.raises(SessionInterrupted, match="^The session was ended meanwhile.$"):
        another.cycle_key()
    assert not is_in(client)
    assert not StaffSession.objects.filter(user=asha).exists()


def test_cookie_of_a_session_that_is_gone_begins_another_one(client):
    session = sessions.SessionStore("k" * 32)

    session.cycle_key()

    assert session.session_key not in (None, "k" * 32)
    assert StaffSession.objects.get().session_key == session.session_key


def test_all_of_one_person_end_and_nobody_elses(client, asha):
    vik = User.objects.create_superuser("vik")
    mine, others = type(client)(), type(client)()
    for browser, user in ((client, asha), (mine, asha), (others, vik)):
        browser.force_login(user)

    assert sessions.end_all(asha, but=mine.session.session_key) == 1

    assert [is_in(each) for each in (client, mine, others)] == [False, True, True]


@pytest.mark.parametrize("is_seen", [True, False])
def test_session_of_a_deactivated_account_never_lives_again(client, asha, is_seen):
    client.force_login(asha)
    if is_seen:
        # Past the row's own signal, as a script may do it; the next request ends the session.
        User.objects.update(is_active=False)
        assert not is_in(client)
    else:
        asha.is_active = False
        asha.save()
    User.objects.update(is_active=True)

    assert not is_in(client)
    assert not StaffSession.objects.filter(user=asha).exists()
