"""The onboarding form: checked like the command's file, carried out, its tokens shown once."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from integration.models import Event, WebhookEndpoint
from sellers.models import CarrierRegistration, Location, Seller
from tests.factories import make_location, make_seller
from tests.integration.admin.rows import make_superuser, make_viewer
from tests.integration.conftest import bodies
from tests.integration.test_onboarding import answer_all

pytestmark = pytest.mark.django_db

ADD = reverse("admin:sellers_seller_add")


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr("sellers.admin.sellers.FOREGROUND_SECONDS", 1)


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

    answer = staff.post(ADD, given())

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


def test_tokens_are_kept_nowhere(staff, easyecom):
    answer_all(easyecom)

    tokens = tokens_in(staff.post(ADD, given()))

    kept = [
        *Event.objects.values(),
        *LogEntry.objects.values(),
        *WebhookEndpoint.objects.values(),
        *[session.get_decoded() for session in Session.objects.all()],
    ]
    pages = [staff.get(reverse("admin:sellers_seller_changelist")).content.decode()]
    pages += [
        staff.get(reverse("admin:sellers_location_change", args=[each.pk])).content.decode()
        for each in Location.objects.all()
    ]
    assert len(tokens) == 2
    assert not [token for token in tokens if token in str(kept) + str(pages)]


def test_wrong_password_is_said_in_a_sentence(staff, easyecom):
    wrong = {"code": 400, "message": "Invalid user credentials provided", "data": []}
    easyecom.post("https://api.easyecom.test/access/token", json=wrong)

    text = staff.post(ADD, given()).content.decode()

    assert "EasyEcom refuses this seller&#x27;s log-in." in text
    assert "not live yet" in text
    assert "canary" not in text


def test_carrier_credentials_go_to_the_locations_named(staff, easyecom):
    answer_all(easyecom)

    carrier = {"carrier_username": "own", "carrier_password": "own-canary"}
    answer = staff.post(ADD, given(**carrier))

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
    answer = staff.post(url, given(code="other", api_password="", x_api_key="", name="Acme"))

    seller = Seller.objects.get()
    assert "api@acme.test" in page and "en100" in page and "canary" not in page
    assert (seller.code, seller.name) == ("acme", "Acme")
    assert (seller.api_password, seller.x_api_key) == ("password-canary", "key-canary")
    assert tokens_in(answer) == []
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

    answer = client.post(ADD, given())

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
    assert "form" not in answer.context
