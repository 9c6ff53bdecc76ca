"""Passkeys on the pages of the second step: who registers, uses and removes them; what is told."""

import re
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integration.models import Event
from sellers import second_factor
from sellers.models import Passkey, SecondFactor, StaffSession
from tests.authenticator import Device
from tests.booon_console.test_page_policy import ELSEWHERE, INLINE

pytestmark = pytest.mark.django_db

STEP = "/admin/second-step/"
RENEW, PAGE = f"{STEP}renew/", f"{STEP}passkeys/"
MAKE, USE = f"{PAGE}make/", f"{PAGE}use/"
SPARE = re.compile(r"<code>([A-H][A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</code>")
BUTTON = "Use a passkey</button>"


@pytest.fixture(autouse=True)
def wanted(settings):
    settings.STAFF_MFA = True


@pytest.fixture
def asha():
    return User.objects.create_superuser("asha", "asha@booon.test", "pw")


def browser(user):
    """Past the password, and no further."""
    half_way = Client(SERVER_NAME="localhost")
    half_way.force_login(user)
    return half_way


@pytest.fixture
def client(asha):
    return browser(asha)


def asked(client, where):
    answer = client.post(where)
    assert answer.status_code == 200
    return answer.json()["challenge"]


def register(client, device, name="Phone", page=PAGE):
    return client.post(page, {"name": name, "passkey": device.make(asked(client, MAKE))})


def log_in(client, device, page=f"{STEP}?next=/admin/sellers/seller/", **said):
    return client.post(page, {"passkey": device.use(asked(client, USE))} | said)


def set_up(client, device):
    return SPARE.findall(register(client, device).content.decode())


def allow(client, spare):
    """A moment in which passkeys may come and go."""
    assert client.post(RENEW, {"what": "passkeys", "code": spare}).url == PAGE


def told(kind="staff"):
    return list(Event.objects.filter(kind=kind).order_by("pk").values_list("actor", "sentence"))


def is_in(client):
    return client.get("/admin/").status_code == 200


# The first one --------------------------------------------------------------------------------


def test_first_passkey_is_a_second_factor_and_shows_spare_codes_once(client, asha):
    other = browser(asha)
    assert f'href="{PAGE}?next=%2Fadmin%2F"' in client.get(STEP).content.decode()

    spare = set_up(client, Device())

    assert len(set(spare)) == 8
    assert is_in(client) and not is_in(other)
    assert told() == [("asha", "Passkey “Phone” of asha added.")]
    assert told("session_ended") == [("asha", "Session of asha ended.")]
    text = client.get(STEP).content.decode()
    assert spare[0] not in text and "authenticator app" not in text and "Spare code" in text


def test_who_has_a_passkey_alone_is_asked_for_it(client, asha):
    set_up(client, Device())
    other = browser(asha)

    assert other.get("/admin/").url.startswith(STEP)
    assert BUTTON in other.get(STEP).content.decode()
    # Nobody registers a passkey, or an app, over it with the password alone.
    assert other.get(PAGE).status_code == other.post(MAKE).status_code == 404
    assert other.post(PAGE, {"name": "Mine", "passkey": "{}"}).status_code == 404
    assert other.get(f"{STEP}picture.svg").status_code == 404


def test_of_two_who_set_up_at_once_one_does(client, asha, monkeypatch):
    other, device = browser(asha), Device()
    answer = device.make(asked(other, MAKE))
    set_up(client, Device())
    # Looked at before the other one was there; who was out meanwhile logs in anew.
    other = browser(asha)
    monkeypatch.setattr(second_factor, "factor_of", lambda user: None)
    answer = device.make(asked(other, MAKE))

    assert other.post(PAGE, {"name": "Mine", "passkey": answer}).url == STEP
    assert Passkey.objects.get().name == "Phone"


# Logging in -----------------------------------------------------------------------------------


def test_passkey_opens_and_leads_on_to_where_one_wanted(client, asha):
    device = Device()
    set_up(client, device)
    other = browser(asha)

    answer = log_in(other, device)

    assert (answer.status_code, answer.url) == (302, "/admin/sellers/seller/")
    assert is_in(other)
    assert told("second_step")[-1] == ("asha", "Second step passed with the passkey “Phone”.")


def test_spare_code_opens_where_the_passkey_is_lost(client, asha):
    spare = set_up(client, Device())
    other = browser(asha)

    assert other.post(STEP, {"code": spare[0]}).status_code == 302
    assert is_in(other)


def test_session_has_another_key_once_it_is_in(client, asha):
    device = Device()
    set_up(client, device)
    other = browser(asha)
    before = other.session.session_key

    log_in(other, device)

    assert other.session.session_key != before
    assert not StaffSession.objects.filter(session_key=before).exists()


def refused(client, answer):
    text = client.post(STEP, {"passkey": answer}).content.decode()
    assert client.get("/admin/").url.startswith(STEP)
    return text


def test_answer_opens_once(client, asha):
    device = Device()
    set_up(client, device)
    other, again = browser(asha), browser(asha)
    answer = device.use(asked(other, USE))
    assert other.post(STEP, {"passkey": answer}).status_code == 302

    assert "waits five minutes" in refused(again, answer)
    asked(again, USE)
    assert "no passkey of yours" in refused(again, answer)


def test_answer_after_five_minutes_opens_nothing_and_is_no_guess(client, asha):
    device = Device()
    set_up(client, device)
    other = browser(asha)
    answer = device.use(asked(other, USE))
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        text = refused(other, answer)

    assert "waits five minutes" in text
    assert (SecondFactor.objects.get().wrong, told("staff_failed")) == (0, [])


def test_wrong_answers_are_told_and_lock(client, asha):
    set_up(client, Device())
    other, stranger = browser(asha), Device()
    for _ in range(5):
        text = refused(other, stranger.use(asked(other, USE)))

    failed = ("console", "Second step of asha failed: wrong passkey.")
    assert told("staff_failed") == [failed] * 4
    assert [actor for actor, _ in told("staff_locked")] == ["console"]
    assert "Too many wrong codes" in text


def test_somebody_elses_passkey_opens_nothing(client, asha):
    vik = User.objects.create_superuser("vik", "vik@booon.test", "pw")
    his = Device()
    set_up(browser(vik), his)
    set_up(client, Device())
    other = browser(asha)

    assert "no passkey of yours" in refused(other, his.use(asked(other, USE)))


def test_answer_made_for_another_address_opens_nothing(client, asha):
    device = Device()
    set_up(client, device)
    other = browser(asha)
    device.origin = "https://localhost.evil.test"

    assert "no passkey of yours" in refused(other, device.use(asked(other, USE)))


def test_count_that_went_back_is_refused_and_written_down(client, asha):
    device = Device(count=9)
    set_up(client, device)
    other = browser(asha)
    device.count = 3

    assert "the count went back" in refused(other, device.use(asked(other, USE)))
    said = "Passkey “Phone” of asha refused: its count went back. A copy of it?"
    assert told("staff_failed") == [("console", said)]


def test_what_was_sent_is_not_on_the_page_again(client, asha):
    """A code that is given next goes without it."""
    set_up(client, Device())
    other = browser(asha)
    asked(other, USE)

    assert "canary" not in refused(other, "an-answer-canary")


# More, fewer, another -------------------------------------------------------------------------


def test_another_passkey_needs_a_proof_and_ends_other_sessions(client, asha):
    first, second = Device(), Device()
    set_up(client, first)
    other = browser(asha)
    log_in(other, first)
    assert client.get(PAGE).url == RENEW
    assert client.post(MAKE).status_code == 404

    assert log_in(client, first, RENEW, what="passkeys").url == PAGE
    assert register(client, second, "Key").url == PAGE

    text = client.get(PAGE).content.decode()
    assert is_in(client) and not is_in(other)
    assert "“Key” is added" in text and "<b>Phone</b>" in text and "not used yet" in text
    assert told()[-1] == ("asha", "Passkey “Key” of asha added.")
    assert log_in(browser(asha), second).status_code == 302


def test_leave_ends_after_ten_minutes_and_is_no_other_sessions(client, asha):
    device = Device()
    spare = set_up(client, device)
    allow(client, spare[0])
    other = browser(asha)
    log_in(other, device)
    gone = f"{PAGE}{Passkey.objects.get().pk}/remove/"

    assert other.get(PAGE).url == other.post(gone).url == RENEW
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        assert client.get(PAGE).url == client.post(gone).url == RENEW
    assert Passkey.objects.count() == 1


def test_passkey_is_removed_and_ends_other_sessions(client, asha):
    first, second = Device(), Device()
    spare = set_up(client, first)
    allow(client, spare[0])
    register(client, second, "Key")
    other = browser(asha)
    log_in(other, first)
    phone = Passkey.objects.get(name="Phone")
    remove = f"{PAGE}{phone.pk}/remove/"
    assert client.get(remove).status_code == 405

    client.post(remove)

    assert Passkey.objects.get().name == "Key"
    assert is_in(client) and not is_in(other)
    assert told()[-1] == ("asha", "Passkey “Phone” of asha removed.")
    assert client.post(remove).status_code == 404
    late = browser(asha)
    assert "no passkey of yours" in refused(late, first.use(asked(late, USE)))


def test_last_one_is_not_removed(client, asha):
    allow(client, set_up(client, Device())[0])

    text = client.post(f"{PAGE}{Passkey.objects.get().pk}/remove/", follow=True).content.decode()

    assert "It is the last one" in text
    assert Passkey.objects.exists()


def test_nobody_removes_somebody_elses(client, asha):
    set_up(browser(User.objects.create_superuser("vik", "vik@booon.test", "pw")), Device())
    allow(client, set_up(client, Device())[0])
    his = Passkey.objects.get(factor__user__username="vik")

    assert client.post(f"{PAGE}{his.pk}/remove/").status_code == 404
    assert Passkey.objects.count() == 2


def test_passkey_renews_spare_codes_and_allows_an_app(client, asha):
    device = Device()
    old = set_up(client, device)

    new = SPARE.findall(log_in(client, device, RENEW, what="spare").content.decode())

    assert len(set(new) - set(old)) == 8
    assert log_in(client, device, RENEW, what="app").url == f"{STEP}another/"


def test_admin_has_them_forgotten_with_the_rest(client, asha):
    set_up(client, Device())
    admin = browser(User.objects.create_superuser("vik", "vik@booon.test", "pw"))
    set_up(admin, Device())

    admin.post(
        reverse("admin:auth_user_changelist"),
        {"action": "forget_second_factor", "_selected_action": [asha.pk]},
    )

    assert not Passkey.objects.filter(factor__user=asha).exists()
    assert Passkey.objects.count() == 1
    assert not is_in(client)


def test_same_passkey_again_is_told_so(client, asha):
    device = Device()
    allow(client, set_up(client, device)[0])

    assert "registered already" in register(client, device).content.decode()
    assert Passkey.objects.count() == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\x00b"])
def test_passkey_without_a_name_is_none(client, asha, name):
    assert register(client, Device(), name).status_code == 200
    assert not SecondFactor.objects.exists()


def test_name_is_shown_escaped(client, asha):
    device = Device()
    register(client, device, "<b>Phone</b>")

    assert "&lt;b&gt;Phone" in client.get(RENEW).content.decode()


def test_what_was_made_for_another_challenge_is_not_kept(client, asha):
    answer = Device().make(asked(client, MAKE))
    asked(client, MAKE)

    assert (
        "could not make sure"
        in client.post(PAGE, {"name": "Phone", "passkey": answer}).content.decode()
    )
    assert not SecondFactor.objects.exists()


# Where there are none -------------------------------------------------------------------------


def test_address_that_can_have_none_says_so_and_why(asha):
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(asha)
    for page in (STEP, PAGE):
        text = client.get(page).content.decode()
        assert "No passkey can be registered at this address: a passkey needs" in text
        assert 'data-passkey="' not in text
    for page in (MAKE, USE):
        assert client.post(page).status_code == 404
    text = client.post(PAGE, {"name": "Phone", "passkey": "{}"}).content.decode()
    assert not SecondFactor.objects.exists()


def test_passkey_of_another_address_is_named_and_a_code_opens(client, asha):
    spare = set_up(client, Device())
    Passkey.objects.update(rp_id="console.test")
    other = browser(asha)
    text = other.get(STEP).content.decode()

    assert "does not answer at this address: it is of console.test" in text
    assert BUTTON not in text
    assert other.post(USE).status_code == 404
    assert other.post(STEP, {"code": spare[0]}).status_code == 302


def test_stranger_is_sent_to_log_in():
    for page in (PAGE, MAKE, USE, f"{PAGE}1/remove/"):
        assert Client().post(page).url.startswith("/admin/login/")


def test_challenge_needs_the_csrf_token(asha):
    client = Client(enforce_csrf_checks=True, SERVER_NAME="localhost")
    client.force_login(asha)

    assert client.post(MAKE).status_code == 403


def test_every_page_keeps_to_the_policy_and_is_kept_by_nobody(client, asha):
    pages = [client.get(STEP), client.get(PAGE)]
    spare = set_up(client, Device())
    pages += [client.get(STEP), client.get(RENEW)]
    allow(client, spare[0])
    pages.append(client.get(PAGE))

    for answer in pages:
        text = answer.content.decode()
        assert INLINE.findall(text) == ELSEWHERE.findall(text) == []
        assert "default-src 'self'" in answer["Content-Security-Policy"]
        assert "no-store" in answer["Cache-Control"]
        assert "passkeys." in text
