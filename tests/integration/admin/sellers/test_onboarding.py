"""The onboarding form: checked like the command's file, carried out, its tokens shown once."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import User
from django.db import IntegrityError, connection
from django.test import Client
from django.urls import reverse

from booon_console.fields import reveal
from booon_console.lib import clock
from integration.models import Event, HeldToken, WebhookEndpoint
from integration.onboarding import sellers
from sellers.models import CarrierRegistration, Location, Seller, StaffSession
from tests.factories import make_location, make_seller
from tests.integration.admin.rows import make_superuser, make_viewer
from tests.integration.conftest import bodies
from tests.integration.onboarding.test_flow import answer_all

pytestmark = pytest.mark.django_db

ADD = reverse("admin:sellers_seller_add")


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr("integration.admin.sellers.sellers.FOREGROUND_SECONDS", 1)


def given(**fields: object) -> dict[str, object]:
    return {
        "code": "acme",
        "name": "Acme Traders",
        "api_username": "api@acme.test",
        "api_password": "password-canary",
        "x_api_key": "key-canary",
        "location_keys": "en100\r\n",
        "rate_per_second": 5,
        "burst": 10,
    } | fields


def tokens_in(answer) -> list[str]:
    return re.findall(r'class="once">([^<]+)<', answer.content.decode())


def test_seller_is_onboarded_and_the_tokens_are_shown_once(staff, easyecom):
    answer_all(easyecom)

    answer = staff.post(ADD, given(), follow=True)

    text = answer.content.decode()
    location = Location.objects.get(location_key="en100")
    assert answer.status_code == 200
    assert location.is_live
    assert len(tokens_in(answer)) == 2
    assert "no-store" in answer["Cache-Control"]
    assert WebhookEndpoint.objects.get(location=location, topic="inventory").path in text
    assert "Marketplace NA, Action V1" in text
    assert "the marketplace (Booon), Action V2" in text
    assert "canary" not in text
    assert Event.objects.filter(actor="asha", kind="onboarding").exists()


def test_tokens_are_kept_nowhere_in_plain(staff, easyecom):
    answer_all(easyecom)

    tokens = tokens_in(staff.post(ADD, given(), follow=True))

    kept = [
        *Event.objects.values(),
        *LogEntry.objects.values(),
        *WebhookEndpoint.objects.values(),
        *raw_rows("integration_heldtoken"),
        *[session.get_decoded() for session in StaffSession.objects.all()],
    ]
    pages = [staff.get(reverse("admin:sellers_seller_changelist")).content.decode()]
    pages += [
        staff.get(reverse("admin:sellers_location_change", args=[each.pk])).content.decode()
        for each in Location.objects.all()
    ]
    assert len(tokens) == 2
    assert not [token for token in tokens if token in str(kept) + str(pages)]


def raw_rows(table: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table}")
        return cursor.fetchall()


def shown(client, seller) -> list[str]:
    return tokens_in(client.get(reverse("admin:sellers_seller_onboarded", args=[seller.pk])))


def test_tokens_are_shown_again_for_a_quarter_of_an_hour_to_whoever_had_them_made(
    staff, easyecom, monkeypatch
):
    answer_all(easyecom)
    first = tokens_in(staff.post(ADD, given(), follow=True))
    seller = Seller.objects.get()
    colleague = Client()
    colleague.force_login(User.objects.create_superuser("bela", "bela@booon.test", "pw"))

    assert shown(staff, seller) == first
    assert shown(colleague, seller) == []
    HeldToken.objects.update(until=clock.now() - timedelta(seconds=1))
    assert shown(staff, seller) == []


def test_tokens_that_are_pasted_are_shown_no_more(staff, easyecom):
    answer_all(easyecom)
    staff.post(ADD, given())
    seller = Seller.objects.get()

    staff.post(reverse("admin:sellers_seller_pasted", args=[seller.pk]))

    assert (shown(staff, seller), HeldToken.objects.count()) == ([], 0)


def test_form_sent_twice_is_one_seller_and_loses_no_token(staff, easyecom):
    answer_all(easyecom)

    first, second = (staff.post(ADD, given()) for _ in range(2))

    assert (first.status_code, first.url) == (302, second.url)
    assert Seller.objects.count() == Location.objects.count() == 1
    assert len(tokens_in(staff.get(second.url))) == 2


def test_form_that_was_overtaken_by_its_own_first_click_ends_where_that_one_does(
    staff, easyecom, monkeypatch
):
    answer_all(easyecom)
    take_in = sellers.take_in

    def overtaken(checked, *, actor):
        monkeypatch.setattr(sellers, "take_in", take_in)
        staff_of_first_click = Client()
        staff_of_first_click.force_login(User.objects.get(username="asha"))
        staff_of_first_click.post(ADD, given())
        raise IntegrityError

    monkeypatch.setattr(sellers, "take_in", overtaken)

    answer = staff.post(ADD, given(), follow=True)

    assert Seller.objects.count() == 1
    assert len(tokens_in(answer)) == 2


def test_code_that_another_log_in_has_is_no_repetition(staff, easyecom):
    answer_all(easyecom)
    staff.post(ADD, given())

    answer = staff.post(ADD, given(api_username="another@acme.test"))

    assert "There is a seller with this code" in answer.content.decode()


def test_page_renews_itself_while_it_goes_on_and_not_when_a_person_is_needed(staff):
    location = make_location(live=False, blocked_reason="onboarding")
    url = reverse("admin:sellers_seller_onboarded", args=[location.seller_id])
    moving = staff.get(url).content.decode()
    part = staff.get(url, headers={"HX-Request": "true"}).content.decode()
    Location.objects.update(blocked_reason="credentials_refused")

    still = staff.get(url).content.decode()

    assert 'hx-trigger="every 2s"' in moving and "this page renews itself" in moving
    assert part.startswith('<div id="onboarded" hx-get') and "<html" not in part
    assert "every 2s" not in still and "It does not go on by itself" in still


def test_wrong_password_is_said_in_a_sentence(staff, easyecom):
    wrong = {"code": 400, "message": "Invalid user credentials provided", "data": []}
    easyecom.post("https://api.easyecom.test/access/token", json=wrong)

    text = staff.post(ADD, given(), follow=True).content.decode()

    assert "EasyEcom refuses this seller&#x27;s log-in." in text
    assert "not live yet" in text
    assert "canary" not in text


def test_carrier_credentials_go_to_the_locations_named(staff, easyecom):
    answer_all(easyecom)

    carrier = {"carrier_username": "own", "carrier_password": "own-canary"}
    answer = staff.post(ADD, given(**carrier), follow=True)

    (body,) = bodies(easyecom, "addCarrierCredentials")
    assert (body["username"], body["password"]) == ("own", "own-canary")
    assert b"canary" not in answer.content


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"code": "a b"}, "code"),
        ({"code": ""}, "code"),
        ({"name": "x\x00y"}, "name"),
        ({"api_password": ""}, "api_password"),
        ({"location_keys": " \r\n"}, "location_keys"),
        ({"location_keys": "en100\r\nen100"}, "location_keys"),
        ({"location_keys": "en 100"}, "location_keys"),
        ({"rate_per_second": 0}, "rate_per_second"),
        ({"burst": 0}, "burst"),
        ({"daily_quota": -1}, "daily_quota"),
        ({"carrier_username": "own"}, "carrier_password"),
        ({"carrier_token": "t-canary"}, "carrier_username"),
    ],
)
def test_bad_input_is_marked_on_its_field_and_saves_nothing(staff, fields, field):
    answer = staff.post(ADD, given(**fields))

    assert field in answer.context["form"].errors
    assert not Seller.objects.exists()
    assert b"canary" not in answer.content


@pytest.mark.parametrize("keys", ["en100,en200", "en100, en200,", "en100; en200", "en100 en200"])
def test_keys_stand_below_each_other_or_have_commas_between_them(staff, easyecom, keys):
    answer_all(easyecom)

    staff.post(ADD, given(location_keys=keys))

    assert set(Location.objects.values_list("location_key", flat=True)) == {"en100", "en200"}


def test_key_of_another_seller_is_named(staff):
    make_location(location_key="en100")

    answer = staff.post(ADD, given(location_keys="en99\nen100"))

    assert answer.context["form"].errors["location_keys"] == ["en100: Another seller has this key."]


def test_known_code_is_onboarded_from_its_own_page(staff):
    make_seller(code="acme", name="Old")

    answer = staff.post(ADD, given())

    assert "code" in answer.context["form"].errors
    assert Seller.objects.get().name == "Old"


def test_onboarding_again_is_prefilled_without_secrets_and_keeps_them(staff, easyecom):
    answer_all(easyecom)
    staff.post(ADD, given())
    seller = Seller.objects.get()
    url = reverse("admin:sellers_seller_onboard", args=[seller.pk])

    page = staff.get(url).content.decode()
    made = len(easyecom.calls)
    answer = staff.post(
        url, given(code="other", api_password="", x_api_key="", name="Acme"), follow=True
    )

    seller = Seller.objects.get()
    assert "api@acme.test" in page and "en100" in page and "canary" not in page
    assert (seller.code, seller.name) == ("acme", "Acme")
    assert (reveal(seller.api_password), reveal(seller.x_api_key)) == (
        "password-canary",
        "key-canary",
    )
    # They are still the same person's to paste.
    assert len(tokens_in(answer)) == 2
    assert len(easyecom.calls) == made
    assert CarrierRegistration.objects.count() == 1


def test_viewer_onboards_nobody(client):
    seller = make_seller()
    client.force_login(make_viewer())

    statuses = [
        client.post(ADD, given()).status_code,
        client.post(reverse("admin:sellers_seller_onboard", args=[seller.pk])).status_code,
        client.get(ADD).status_code,
    ]

    assert statuses == [403, 403, 403]


def test_who_may_not_issue_tokens_is_shown_none(client, easyecom):
    answer_all(easyecom)
    client.force_login(make_viewer("add_seller"))

    answer = client.post(ADD, given(), follow=True)

    assert tokens_in(answer) == []
    assert set(WebhookEndpoint.objects.values_list("token_digest", flat=True)) == {""}
    assert Location.objects.get().blocked_reason == "tokens_not_issued"


TOKEN_PASTED = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822c"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlLWNhbmFyeQ"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"location_keys": TOKEN_PASTED}, "location_keys"),
        ({"api_username": "en29488101841"}, "api_username"),
        ({"api_password": "api@acme.test"}, "api_password"),
        ({"x_api_key": JWT}, "x_api_key"),
    ],
)
def test_what_looks_like_something_else_is_asked_about_before_anything_is_sent(
    staff, easyecom, fields, field
):
    answer = staff.post(ADD, given(**fields))

    assert list(answer.context["form"].errors) == [field]
    assert "Nothing was sent yet." in answer.content.decode()
    assert not Seller.objects.exists()
    assert len(easyecom.calls) == 0


@pytest.mark.parametrize("pasted", [TOKEN_PASTED, JWT])
def test_token_that_was_pasted_as_a_key_is_named_and_not_shown_back(staff, pasted):
    answer = staff.post(ADD, given(location_keys=f"en100\r\n{pasted}"))

    text = answer.content.decode()
    assert "en100" in text and pasted not in text
    assert any("token" in each for each in answer.context["form"].errors["location_keys"])


def test_somebody_who_is_sure_sends_it_all_the_same(staff, easyecom):
    answer_all(easyecom)

    staff.post(ADD, given(api_username="acme-api", is_sure="on"))

    assert Location.objects.get().is_live


def test_what_is_stored_is_not_suspected_again(staff, easyecom):
    answer_all(easyecom)
    staff.post(ADD, given(api_password="spaced ", is_sure="on"))
    url = reverse("admin:sellers_seller_onboard", args=[Seller.objects.get().pk])

    answer = staff.post(url, given(api_password="", x_api_key="", name="Renamed"))

    assert Seller.objects.get().name == "Renamed"
    assert answer.status_code == 302
