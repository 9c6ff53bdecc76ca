import re
from base64 import b32decode
from datetime import timedelta

import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_otp.oath import TOTP

from integration.models import Event
from sellers import second_factor
from sellers.models import SecondFactor

pytestmark = pytest.mark.django_db

STEP = "/admin/second-step/"


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


def code(asha, minutes=0):
    totp = TOTP(b32decode(SecondFactor.objects.get(user=asha).key))
    totp.time = (timezone.now() + timedelta(minutes=minutes)).timestamp()
    return f"{totp.token():06}"


def give(client, code, onward="/admin/"):
    return client.post(f"{STEP}?next={onward}", {"code": code})


def set_up(client, asha):
    client.get(STEP)
    page = give(client, code(asha)).content.decode()
    return re.findall(r"<code>([0-9a-f]{10})</code>", page)


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
    page = client.get(STEP).content.decode()
    assert SecondFactor.objects.get().key in page

    spare = set_up(client, asha)

    assert len(set(spare)) == second_factor.SPARE_CODES
    assert client.get("/admin/").status_code == 200
    assert Event.objects.get(kind="staff").sentence == "Second factor of asha set up."
    assert SecondFactor.objects.get().key not in client.get(STEP).content.decode()
    assert client.get(f"{STEP}picture.svg").status_code == 404


def test_picture_is_an_svg_of_our_own(client, asha):
    client.get(STEP)
    picture = client.get(f"{STEP}picture.svg")

    assert picture["Content-Type"] == "image/svg+xml"
    assert picture.content.startswith(b"<?xml") and b"<script" not in picture.content
    assert "otpauth://totp/Booon%20console%3Aasha?secret=" in second_factor.address(
        SecondFactor.objects.get()
    )


def test_next_log_in_asks_for_a_code_and_goes_on_to_where_one_wanted(client, asha):
    set_up(client, asha)
    other = Client()
    other.force_login(asha)
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        answer = give(other, code(asha), "/admin/sellers/seller/")
        assert (answer.status_code, answer.url) == (302, "/admin/sellers/seller/")
        assert other.get("/admin/").status_code == 200


def test_onward_leads_nowhere_else(client, asha):
    set_up(client, asha)
    other = Client()
    other.force_login(asha)
    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        assert give(other, code(asha), "https://evil.test/").url == "/admin/"


def test_code_works_once(client, asha):
    client.get(STEP)
    used = code(asha)
    give(client, used)
    other = Client()
    other.force_login(asha)

    assert "used before" in give(other, used).content.decode()
    assert other.get("/admin/").status_code == 302


def test_spare_code_works_once(client, asha):
    spare = set_up(client, asha)[0]
    first, second = Client(), Client()
    for each in (first, second):
        each.force_login(asha)

    assert give(first, spare).status_code == 302
    assert give(second, spare).status_code == 200


@pytest.mark.parametrize("wrong", ["", "000000x", "٣٣٣٣٣٣", "1" * 17, "\x00", "12345"])
def test_what_is_no_code_is_refused(client, asha, wrong):
    client.get(STEP)

    assert give(client, wrong).status_code == 200
    assert SecondFactor.objects.get().confirmed_at is None


def test_wrong_codes_lock_for_a_quarter_of_an_hour_from_wherever_they_come(client, asha):
    set_up(client, asha)
    for _ in range(5):
        other = Client()
        other.force_login(asha)
        give(other, "abcdef")

    with time_machine.travel(timezone.now() + timedelta(minutes=5), tick=False):
        assert "Too many wrong codes" in give(other, code(asha)).content.decode()
    with time_machine.travel(timezone.now() + timedelta(minutes=16), tick=False):
        assert give(other, code(asha)).status_code == 302


def test_step_counts_for_the_one_who_took_it_only(client, asha):
    set_up(client, asha)
    client.force_login(User.objects.create_superuser("vik", "vik@booon.test", "pw"))

    assert client.get("/admin/").status_code == 302


def test_key_is_encrypted_and_spare_codes_are_digests(client, asha):
    spare = set_up(client, asha)
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, spare_digests FROM sellers_secondfactor")
        kept = str(cursor.fetchall())

    assert SecondFactor.objects.get().key not in kept
    assert not [code for code in spare if code in kept]


def test_admin_has_a_lost_one_forgotten_and_that_is_an_event(client, asha):
    set_up(client, asha)
    client.post(
        reverse("admin:auth_user_changelist"),
        {"action": "forget_second_factor", "_selected_action": [asha.pk]},
    )

    assert not SecondFactor.objects.filter(confirmed_at__isnull=False).exists()
    assert Event.objects.filter(sentence="Second factor of asha forgotten.").exists()


def test_stranger_is_sent_to_log_in():
    for url in (STEP, f"{STEP}picture.svg"):
        assert Client().get(url).url.startswith("/admin/login/")


def test_it_is_not_asked_for_where_it_is_off(client, settings):
    settings.STAFF_MFA = False

    assert client.get("/admin/").status_code == 200
