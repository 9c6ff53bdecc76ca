import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.urls import reverse
from django.utils import timezone

from integration.models import Event
from sellers.models import SecondFactor
from sellers.staff_models import LogInTries

pytestmark = pytest.mark.django_db

LOG_IN = "/admin/login/?next=/admin/"
PASSWORD = "right-password-canary"


@pytest.fixture
def asha():
    return User.objects.create_superuser("asha", "asha@booon.test", PASSWORD)


def log_in(client, password, username="asha", **environ):
    return client.post(LOG_IN, {"username": username, "password": password}, **environ)


def guess(client, times, **who):
    return [log_in(client, f"guess-{n}", **who).status_code for n in range(times)]


def later(**parts):
    return time_machine.travel(timezone.now() + timedelta(**parts), tick=False)


@pytest.mark.parametrize("elsewhere", ["https://evil.test/", "//evil.test", "javascript:alert(1)"])
def test_log_in_with_an_address_elsewhere_leads_to_home(client, asha, elsewhere):
    given = {"username": "asha", "password": PASSWORD, "next": elsewhere}

    answer = client.post(f"/admin/login/?{urlencode({'next': elsewhere})}", given)

    assert (answer.status_code, answer.url) == (302, "/admin/")
    assert client.session["_auth_user_id"] == str(asha.pk)


def test_five_wrong_passwords_lock_the_user_name(client, asha):
    assert guess(client, 5) == [200, 200, 200, 200, 429]

    answer = log_in(client, PASSWORD, REMOTE_ADDR="203.0.113.9")
    assert answer.status_code == 429
    assert "Nobody can log in with it for 15 minutes" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_name_that_nobody_has_is_answered_alike(client, asha):
    guess(client, 5)
    guess(client, 5, username="nobody")

    ours, other = log_in(client, "x"), log_in(client, "x", username="nobody")
    assert (ours.status_code, ours.content) == (other.status_code, other.content)


def test_lock_ends_after_a_quarter_of_an_hour_whoever_goes_on_guessing(client, asha):
    guess(client, 5)
    with later(minutes=10):
        guess(client, 3)
    with later(minutes=16):
        assert log_in(client, PASSWORD).status_code == 302


def test_right_password_forgets_the_wrong_ones(client, asha):
    guess(client, 4)
    assert log_in(client, PASSWORD).status_code == 302
    client.logout()

    assert guess(client, 4) == [200] * 4


def let_try_again(client, *users):
    client.post(
        reverse("admin:auth_user_changelist"),
        {"action": "let_try_again", "_selected_action": [user.pk for user in users]},
    )


def test_admin_lets_somebody_try_again_and_that_is_an_event(client, asha):
    vik = User.objects.create_user("vik", password=PASSWORD, is_staff=True)
    SecondFactor.objects.create(user=vik, key="k", wrong=5, wrong_at=timezone.now())
    guess(client, 5, username="vik")
    client.force_login(asha)

    let_try_again(client, vik)

    assert not LogInTries.objects.exists()
    assert SecondFactor.objects.get().wrong == 0
    event = Event.objects.get(kind="staff")
    assert (event.sentence, event.actor) == ("Log-in of vik unlocked.", "asha")
    let_try_again(client, vik)
    assert Event.objects.filter(kind="staff").count() == 1


def test_superusers_lock_is_lifted_by_superusers_only(client, asha):
    guess(client, 5)
    vik = User.objects.create_user("vik", is_staff=True)
    vik.groups.add(Group.objects.get(name="Admin"))
    client.force_login(vik)

    let_try_again(client, asha)

    assert LogInTries.objects.get().wrong == 5
    assert not Event.objects.filter(kind="staff").exists()
    client.force_login(asha)
    let_try_again(client, asha)
    assert not LogInTries.objects.exists()


def test_lock_of_an_account_is_told_once_and_that_of_another_name_never(client, asha):
    for _ in range(2):
        guess(client, 7)
        guess(client, 7, username="password-canary")
        (event,) = Event.objects.filter(kind="staff_locked")
        assert event.sentence == "Log-in of asha locked: wrong passwords."
    with later(minutes=16):
        guess(client, 5)
        assert Event.objects.filter(kind="staff_locked").count() == 2


def test_failed_log_in_leaves_no_password_name_or_address_in_logs(client, asha, caplog, capfd):
    for n in range(6):
        log_in(client, f"password-canary-{n}", "typed-too-early-canary", REMOTE_ADDR="203.0.113.9")

    said = caplog.text + "".join(capfd.readouterr())
    assert "canary" not in said
    kept = json.dumps(list(LogInTries.objects.values()), default=str)
    assert "password-canary" not in kept
    assert "203.0.113.9" not in kept


def test_what_was_typed_as_a_user_name_is_not_kept(client):
    """People type passwords there."""
    guess(client, 2, username="typed-canary")

    [row] = LogInTries.objects.values()
    assert row["wrong"] == 2
    assert "canary" not in str(row)


def test_session_gets_a_new_key_at_log_in(client, asha):
    client.get(LOG_IN)
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    planted = session.session_key
    client.cookies["sessionid"] = planted

    log_in(client, PASSWORD)

    assert client.cookies["sessionid"].value != planted


def is_in(client, **headers):
    return client.get("/admin/", **headers).status_code == 200


def test_idle_session_ends_after_half_an_hour(client, asha):
    client.force_login(asha)
    assert is_in(client)
    with later(minutes=29):
        assert is_in(client)
    with later(minutes=58):
        assert is_in(client)
    with later(minutes=89):
        assert not is_in(client)


def test_page_that_refreshes_itself_keeps_no_session_alive(client, asha):
    client.force_login(asha)
    assert is_in(client)
    for minutes in (10, 20, 29):
        with later(minutes=minutes):
            assert is_in(client, headers={"HX-Request": "true"})
    with later(minutes=31):
        assert not is_in(client)


@pytest.mark.slow
def test_session_ends_after_half_a_day_however_busy(client, asha):
    client.force_login(asha)
    for minutes in range(0, 12 * 60, 25):
        with later(minutes=minutes):
            assert is_in(client)
    with later(hours=12, minutes=1):
        assert not is_in(client)
