import re
from base64 import b32decode
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP

from booon_console.fields import reveal
from booon_console.lib.digests import digest_of
from integration.models import Event
from integration.sync import holds
from sellers import second_factor
from sellers.models import SecondFactor, StaffSession

pytestmark = pytest.mark.django_db

STEP = "/admin/second-step/"
RENEW, ANOTHER = f"{STEP}renew/", f"{STEP}another/"
KEY = re.compile(r"Key: <code>([A-Z2-7]{32})</code>")
SPARE = re.compile(r"<code>([A-H][A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})</code>")


@pytest.fixture(autouse=True)
def wanted(settings):
    settings.STAFF_MFA = True


@pytest.fixture
def asha():
    return User.objects.create_superuser("asha", "asha@booon.test", "pw")


@pytest.fixture
def client(asha):
    """Past the password, and no further."""
    half_way = Client()
    half_way.force_login(asha)
    return half_way


def shown_by(key, minutes=0):
    totp = TOTP(b32decode(key))
    totp.time = (timezone.now() + timedelta(minutes=minutes)).timestamp()
    return f"{totp.token():06}"


def code(asha, minutes=0):
    return shown_by(reveal(SecondFactor.objects.get(user=asha).key), minutes)


def offered(client, page=STEP):
    return KEY.search(client.get(page).content.decode())[1]


def give(client, code, onward="/admin/"):
    return client.post(f"{STEP}?next={onward}", {"code": code})


def set_up(client):
    page = give(client, shown_by(offered(client))).content.decode()
    return SPARE.findall(page)


def test_no_page_of_the_admin_opens_before_the_second_step(client):
    for url in (
        "/admin/",
        reverse("admin:integration_order_changelist"),
        "/admin/password_change/",
    ):
        answer = client.get(url)
        assert (answer.status_code, answer.url.split("?")[0]) == (302, STEP), url
    assert client.post(reverse("admin:integration_hold_changelist")).url.startswith(STEP)


def test_first_code_sets_it_up_and_shows_spare_codes_once(client, asha):
    key = offered(client)

    spare = set_up(client)

    assert len(set(spare)) == len(second_factor.SPARE_SLOTS)
    assert reveal(SecondFactor.objects.get().key) == key
    assert client.get("/admin/").status_code == 200
    assert Event.objects.get(kind="staff").sentence == "Second factor of asha set up."
    text = client.get(STEP).content.decode()
    assert key not in text and spare[0] not in text
    assert client.get(f"{STEP}picture.svg").status_code == 404


def test_each_session_is_offered_a_key_of_its_own_until_one_is_confirmed(client, asha):
    """Whoever chose the first password has seen another key."""
    before = Client()
    before.force_login(asha)
    seen = offered(before)

    assert offered(client) == offered(client) != seen
    assert not SecondFactor.objects.exists()
    set_up(client)

    assert offered_or_none(before) is None
    assert client.get("/admin/").status_code == 200
    assert reveal(SecondFactor.objects.get().key) != seen


def offered_or_none(client):
    return KEY.search(client.get(STEP, follow=True).content.decode())


def test_two_who_set_it_up_at_once_don_t_both(client, asha, monkeypatch):
    other = Client()
    other.force_login(asha)
    key = offered(other)
    # Looked at before the other one confirmed.
    monkeypatch.setattr(second_factor, "factor_of", lambda user: None)
    set_up(client)
    kept = reveal(SecondFactor.objects.get().key)
    with pytest.raises(second_factor.AlreadySet):
        second_factor.set_up(asha, key, 1)

    assert reveal(SecondFactor.objects.get().key) == kept


def test_offered_key_is_encrypted_in_the_session(client, asha):
    key = offered(client)

    assert key not in str(StaffSession.objects.get().get_decoded())


def test_picture_is_an_svg_of_our_own(client, asha):
    assert client.get(f"{STEP}picture.svg").status_code == 404
    key = offered(client)
    picture = client.get(f"{STEP}picture.svg")

    assert picture["Content-Type"] == "image/svg+xml"
    assert picture.content.startswith(b"<?xml") and b"<script" not in picture.content
    assert second_factor.address(asha, key).startswith(
        f"otpauth://totp/Booon%20console%3Aasha?secret={key}&"
    )


def test_next_log_in_asks_for_a_code_and_goes_on_to_where_one_wanted(client, asha):
    set_up(client)
    other = Client()
    other.force_login(asha)
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        answer = give(other, code(asha), "/admin/sellers/seller/")
        assert (answer.status_code, answer.url) == (302, "/admin/sellers/seller/")
        assert other.get("/admin/").status_code == 200


def test_onward_leads_nowhere_else(client, asha):
    set_up(client)
    other = Client()
    other.force_login(asha)
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        assert give(other, code(asha), "https://evil.test/").url == "/admin/"


def test_code_works_once(client, asha):
    used = shown_by(offered(client))
    give(client, used)
    other = Client()
    other.force_login(asha)

    assert "used before" in give(other, used).content.decode()
    assert other.get("/admin/").status_code == 302


def test_spare_code_works_once(client, asha):
    spare = set_up(client)[0]
    first, second = Client(), Client()
    for each in (first, second):
        each.force_login(asha)

    assert give(first, spare).status_code == 302
    assert give(second, spare).status_code == 200


@pytest.mark.parametrize("wrong", ["", "000000x", "٣٣٣٣٣٣", "1" * 41, "\x00", "12345"])
def test_what_is_no_code_is_refused(client, asha, wrong):
    client.get(STEP)

    assert give(client, wrong).status_code == 200
    assert not SecondFactor.objects.exists()


def test_wrong_codes_lock_for_a_quarter_of_an_hour_from_wherever_they_come(client, asha):
    set_up(client)
    for _ in range(5):
        other = Client()
        other.force_login(asha)
        give(other, "abcdef")

    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        assert "Too many wrong codes" in give(other, code(asha)).content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert give(other, code(asha)).status_code == 302


def test_lock_of_the_second_step_is_told_once(client, asha):
    set_up(client)
    for _ in range(7):
        other = Client()
        other.force_login(asha)
        give(other, "abcdef")

    event = Event.objects.get(kind="staff_locked")
    assert event.sentence == ("Second step of asha locked: wrong codes after the right password.")


def test_step_counts_for_the_one_who_took_it_only(client, asha):
    set_up(client)
    client.force_login(User.objects.create_superuser("vik", "vik@booon.test", "pw"))

    assert client.get("/admin/").status_code == 302


def test_key_is_encrypted_and_spare_codes_are_hashed_as_passwords_are(client, asha):
    spare = set_up(client)
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, spare_hashes FROM sellers_secondfactor")
        kept = str(cursor.fetchall())

    assert reveal(SecondFactor.objects.get().key) not in kept
    for code in spare:
        assert code not in kept and code.replace("-", "") not in kept
        assert digest_of(code.replace("-", "")) not in kept
    for hashed in SecondFactor.objects.get().spare_hashes.values():
        assert identify_hasher(hashed).algorithm == get_hasher().algorithm


# Renewing -------------------------------------------------------------------------------------


def ask(client, what, code):
    return client.post(RENEW, {"what": what, "code": code})


def test_spare_codes_are_renewed_with_a_code_and_the_factor_stays(client, asha):
    old = set_up(client)
    assert "Second step</a>" in client.get("/admin/").content.decode()
    key = SecondFactor.objects.get().key

    new = SPARE.findall(ask(client, "spare", old[0]).content.decode())

    assert len(set(new) - set(old)) == len(old)
    factor = SecondFactor.objects.get()
    assert factor.key == key
    assert not second_factor.accepts(factor, old[1])
    assert second_factor.accepts(factor, new[1])
    assert Event.objects.filter(sentence="Spare codes of asha renewed.", actor="asha").exists()


def test_nothing_is_renewed_with_a_wrong_code_or_by_who_has_not_passed(client, asha):
    set_up(client)
    kept = SecondFactor.objects.values().get()

    assert "not right" in ask(client, "spare", "abcdef").content.decode()
    assert client.get(ANOTHER).url == RENEW
    assert client.post(ANOTHER, {"code": "123456"}).url == RENEW
    other = Client()
    other.force_login(asha)
    for page in (RENEW, ANOTHER):
        assert other.get(page).status_code == 404
        assert Client().get(page).url.startswith("/admin/login/")

    assert SecondFactor.objects.values().get()["spare_hashes"] == kept["spare_hashes"]


def test_another_app_takes_the_place_of_the_one_of_before(client, asha):
    spare = set_up(client)
    other = Client()
    other.force_login(asha)
    assert give(other, spare[0]).status_code == 302

    assert ask(client, "app", spare[1]).url == ANOTHER
    key = offered(client, ANOTHER)
    assert client.get(f"{STEP}picture.svg").status_code == 200
    text = client.post(ANOTHER, {"code": shown_by(key)}).content.decode()

    factor = SecondFactor.objects.get()
    assert reveal(factor.key) == key
    assert len(SPARE.findall(text)) == len(spare)
    assert not second_factor.accepts(factor, spare[2])
    assert client.get("/admin/").status_code == 200
    assert other.get("/admin/").url.startswith("/admin/login/")
    assert Event.objects.filter(sentence="Second factor of asha replaced.").exists()
    # The leave is used up.
    assert client.get(ANOTHER).url == RENEW


def test_leave_to_set_up_another_app_ends_after_ten_minutes(client, asha):
    spare = set_up(client)
    ask(client, "app", spare[0])
    with time_machine.travel(timezone.now() + timedelta(minutes=11), tick=False):
        assert client.get(ANOTHER).url == RENEW


def test_admin_has_a_lost_one_forgotten_and_that_is_an_event(client, asha):
    vik = User.objects.create_superuser("vik", "vik@booon.test", "pw")
    browser = Client()
    browser.force_login(vik)
    set_up(browser)
    set_up(client)
    browser.post(
        reverse("admin:auth_user_changelist"),
        {"action": "forget_second_factor", "_selected_action": [asha.pk]},
    )

    assert SecondFactor.objects.get().user == vik
    assert client.get("/admin/").url.startswith("/admin/login/")
    assert Event.objects.filter(sentence="Second factor of asha forgotten.").exists()


def test_reason_of_a_hold_is_not_shown_before_it(client):
    holds.hold(None, "Ravi's laptop was stolen", actor="ravi")

    before = client.get(STEP).content.decode()
    set_up(client)

    assert "laptop" not in before
    assert "laptop" in client.get("/admin/").content.decode()


def test_stranger_is_sent_to_log_in():
    for url in (STEP, f"{STEP}picture.svg"):
        assert Client().get(url).url.startswith("/admin/login/")


def test_it_is_not_asked_for_where_it_is_off(client, settings):
    settings.STAFF_MFA = False

    assert client.get("/admin/").status_code == 200
