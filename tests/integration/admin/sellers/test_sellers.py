"""Sellers, locations and registrations in the admin: secrets go in and never come out."""

import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booon_console.fields import reveal
from integration.models import Event, SyncJob, WebhookEndpoint
from integration.onboarding.sellers import SellerIn
from sellers.models import CarrierRegistration, Location, Seller
from tests.factories import make_location, make_registration, make_seller
from tests.integration.admin.rows import make_superuser, make_viewer

pytestmark = pytest.mark.django_db

State = CarrierRegistration.State


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


def url_of(row: object, page: str = "change") -> str:
    meta = row._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_{page}", args=[row.pk])


def form_of(seller: Seller, **fields: object) -> dict[str, object]:
    return {
        "name": seller.name,
        "api_username": seller.api_username,
        "new_password": "",
        "new_x_api_key": "",
        "rate_per_second": 5,
        "burst": 10,
        "daily_quota": "",
    } | fields


def test_seller_page_says_that_secrets_are_set_and_shows_none(staff):
    seller = make_seller(x_api_key="key-canary")

    page = staff.get(url_of(seller)).content.decode()

    assert "Password: set. x-api-key: set." in page
    assert "canary" not in page
    assert not re.search(r'type="password"[^>]*value=', page)


def test_empty_secrets_stay_as_they_are(staff):
    seller = make_seller(x_api_key="key-canary")
    password = seller.api_password

    staff.post(url_of(seller), form_of(seller, name="Renamed"))

    seller = Seller.objects.get(pk=seller.pk)
    assert (seller.name, reveal(seller.api_password), reveal(seller.x_api_key)) == (
        "Renamed",
        password,
        "key-canary",
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"api_username": "en29488101841"}, "api_username"),
        ({"new_password": "api@acme.test"}, "new_password"),
        ({"new_x_api_key": "api@acme.test"}, "new_x_api_key"),
    ],
)
def test_new_log_in_that_looks_like_something_else_is_asked_about_first(staff, fields, field):
    seller = make_seller()
    stored = Seller.objects.values().get()

    answer = staff.post(url_of(seller), form_of(seller, **fields))
    after = Seller.objects.values().get()
    sure = staff.post(url_of(seller), form_of(seller, is_sure="on", **fields))

    assert list(answer.context["adminform"].form.errors) == [field]
    assert after == stored
    assert sure.status_code == 302


def test_new_password_is_stored_tried_and_nowhere_written_down(staff):
    location = make_location(live=False, token="token-canary", login_trouble="refused")
    location.next_login_at = timezone.now() + timedelta(minutes=14)
    location.save()
    seller = location.seller

    staff.post(url_of(seller), form_of(seller, new_password="fresh-canary"))

    seller.refresh_from_db()
    location.refresh_from_db()
    assert reveal(seller.api_password) == "fresh-canary"
    assert (location.token, location.login_trouble, location.next_login_at) == ("", "", None)
    assert SyncJob.objects.filter(location=location, status="pending").exists()
    event = Event.objects.get(kind="seller")
    assert event.sentence == ("Changed calls a second 1000 → 5; burst 1000 → 10; API password.")
    assert (event.actor, event.seller) == ("asha", seller)
    assert "canary" not in str(list(LogEntry.objects.values()) + list(Event.objects.values()))


def test_unchanged_login_is_not_tried_anew(staff):
    location = make_location()

    staff.post(url_of(location.seller), form_of(location.seller, burst=20))

    location.refresh_from_db()
    assert reveal(location.token) == "token-canary"


def test_x_api_key_is_removed_by_saying_so(staff):
    seller = make_seller(x_api_key="key-canary")

    staff.post(url_of(seller), form_of(seller, drop_x_api_key="on"))

    assert Seller.objects.get(pk=seller.pk).x_api_key == ""


def test_rejected_form_does_not_give_the_password_back(staff):
    seller = make_seller()

    page = staff.post(url_of(seller), form_of(seller, name="", new_password="fresh-canary"))

    assert page.status_code == 200
    assert b"canary" not in page.content


def test_location_page_shows_reason_steps_and_urls_without_any_token(staff):
    location = make_location(blocked_reason="credentials_refused")
    endpoint = location.endpoints.get(topic="inventory")

    page = staff.get(url_of(location)).content.decode()

    assert "EasyEcom refuses this seller&#x27;s log-in." in page
    assert f"https://console.booon.test{endpoint.path}" in page
    assert "Marketplace NA, Action V1" in page
    assert "canary" not in page
    assert endpoint.token_digest not in page


def test_continue_onboarding_asks_for_the_next_step(staff):
    location = make_location(live=False)

    staff.post(url_of(location, "proceed"))

    assert SyncJob.objects.get(location=location).status == "pending"
    assert Event.objects.get(location=location).actor == "asha"


def token_form(endpoint: WebhookEndpoint) -> dict[str, str]:
    issued = endpoint.token_issued_at
    return {"topic": endpoint.topic, "seen": issued.isoformat() if issued else ""}


def token_in(answer) -> str:
    return re.search(r'class="once">([^<]+)<', answer.content.decode()).group(1)


def test_new_token_is_shown_and_kept_by_nobody_in_plain(staff):
    location = make_location()
    endpoint = location.endpoints.get(topic="inventory")
    before = endpoint.token_digest

    answer = staff.post(url_of(location, "token"), token_form(endpoint), follow=True)

    token = token_in(answer)
    endpoint.refresh_from_db()
    assert endpoint.token_digest not in ("", before)
    assert "no-store" in answer["Cache-Control"]
    assert Event.objects.get(kind="token").actor == "asha"
    assert token not in staff.get(url_of(location)).content.decode()
    assert token not in str(dict(staff.session)) + str(list(Event.objects.values()))


def test_sending_the_token_form_again_issues_nothing_and_shows_the_same(staff):
    location = make_location()
    endpoint = location.endpoints.get(topic="inventory")
    form = token_form(endpoint)
    first = staff.post(url_of(location, "token"), form, follow=True)
    endpoint.refresh_from_db()

    second = staff.post(url_of(location, "token"), form, follow=True)

    issued = endpoint.token_digest
    endpoint.refresh_from_db()
    assert endpoint.token_digest == issued
    assert token_in(second) == token_in(first)


@pytest.mark.parametrize("topic", ["", "x", "\x00"])
def test_token_for_no_topic_of_ours_is_not_found(staff, topic):
    assert staff.post(url_of(make_location(), "token"), {"topic": topic}).status_code == 404


@pytest.mark.parametrize("page", ["token", "proceed"])
def test_viewer_is_refused_and_get_leads_to_the_location(client, page):
    location = make_location()
    client.force_login(make_viewer())
    assert client.post(url_of(location, page), {"topic": "inventory"}).status_code == 403
    client.force_login(make_superuser())
    assert client.get(url_of(location, page)).url == url_of(location, "change")


def test_viewer_of_a_seller_is_shown_no_form(client):
    seller = make_seller()
    client.force_login(make_viewer())

    page = client.get(url_of(seller)).content.decode()

    assert 'type="password"' not in page
    assert client.post(url_of(seller), form_of(seller, name="X")).status_code == 403


# Registrations in doubt ---------------------------------------------------------------------


def in_doubt() -> tuple[Location, CarrierRegistration]:
    location = make_location(live=False, blocked_reason="carrier_in_doubt")
    registration = make_registration(
        location, state=State.IN_DOUBT, doubt_since=timezone.now(), doubt_cause="HTTP 502."
    )
    return location, registration


def said(registration: CarrierRegistration, **fields: str) -> dict[str, str]:
    return {
        "answer": "there",
        "company_carrier_id": "4711",
        "location_key": registration.location_key,
        "reason": "Seen in Carrier Master today.",
    } | fields


def test_permitted_person_says_that_the_carrier_is_there(client):
    location, registration = in_doubt()
    client.force_login(make_viewer("resolve_carrier_doubt"))

    client.post(url_of(registration, "resolve"), said(registration))

    registration.refresh_from_db()
    location.refresh_from_db()
    assert (registration.state, registration.company_carrier_id) == (State.REGISTERED, "4711")
    assert (registration.decided_by, registration.doubt_since) == ("vik", None)
    assert location.blocked_reason == "onboarding"
    assert SyncJob.objects.get(location=location).status == "pending"
    event = Event.objects.get(kind="resolved")
    assert event.actor == "vik"
    assert "Seen in Carrier Master today." in event.sentence


def test_page_says_what_to_look_for_and_where(staff):
    location, registration = in_doubt()
    Location.objects.filter(pk=location.pk).update(name="Main", city="Pune", company_id="5001")

    text = staff.get(url_of(registration, "resolve")).content.decode()

    assert f"<strong>{location.location_key}</strong> (Main, Pune, company id 5001)" in text
    assert "Masters → Carrier Master" in text
    assert "HTTP 502." in text
    assert f"{reverse('admin:integration_apicall_changelist')}?q={location.location_key}" in text


def test_permitted_person_rearms_the_registration_for_one_call(client):
    _, registration = in_doubt()
    client.force_login(make_viewer("resolve_carrier_doubt"))

    word = said(registration, answer="not_there", company_carrier_id="")
    client.post(url_of(registration, "resolve"), word)

    registration.refresh_from_db()
    assert (registration.state, registration.sent_at) == (State.NOT_SENT, None)
    assert registration.decided_by == "vik"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"location_key": "other"}, "location_key"),
        ({"reason": "too short"}, "reason"),
        ({"answer": "maybe"}, "answer"),
        ({"company_carrier_id": ""}, "company_carrier_id"),
        ({"company_carrier_id": "4x"}, "company_carrier_id"),
        ({"company_carrier_id": "7042"}, "company_carrier_id"),
        ({"answer": "not_there"}, "answer"),
    ],
)
def test_word_about_a_carrier_needs_every_part(staff, fields, field):
    _, registration = in_doubt()

    answer = staff.post(url_of(registration, "resolve"), said(registration, **fields))

    registration.refresh_from_db()
    assert field in answer.context["form"].errors
    assert registration.state == State.IN_DOUBT


@pytest.mark.parametrize("state", [State.NOT_SENT, State.SENDING, State.REGISTERED])
def test_word_about_a_carrier_that_is_not_in_doubt_changes_nothing(staff, state):
    _, registration = in_doubt()
    CarrierRegistration.objects.update(state=state, company_carrier_id="9")

    staff.post(url_of(registration, "resolve"), said(registration))

    registration.refresh_from_db()
    assert (registration.state, registration.company_carrier_id) == (state, "9")
    assert not Event.objects.exists()


def test_registration_without_a_location_of_ours_is_settled_too(staff):
    location, registration = in_doubt()
    location.delete()

    staff.post(url_of(registration, "resolve"), said(registration))

    registration.refresh_from_db()
    assert registration.state == State.REGISTERED
    assert registration.location_key in Event.objects.get().sentence


def test_viewer_may_not_say_anything_about_a_carrier(client):
    _, registration = in_doubt()
    client.force_login(make_viewer())

    assert client.post(url_of(registration, "resolve"), said(registration)).status_code == 403
    assert client.get(url_of(registration, "resolve")).status_code == 403


# Limits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rate_per_second", "0"),
        ("rate_per_second", "1000.5"),
        ("rate_per_second", "nan"),
        ("rate_per_second", "inf"),
        ("burst", "0"),
        ("burst", "10001"),
        ("burst", "2147483647"),
        ("burst", "99999999999999999999"),
        ("daily_quota", "0"),
        ("daily_quota", "10000001"),
        ("daily_quota", "99999999999999999999"),
    ],
)
def test_limits_that_nobody_can_reckon_with_are_refused_by_field(staff, field, value):
    seller = make_seller()

    answer = staff.post(url_of(seller), form_of(seller, **{field: value}))

    assert list(answer.context["adminform"].form.errors) == [field]
    given = {"code": "new", "name": "New", "api_username": "a", "api_password": "b"}
    seller_in = SellerIn(data=given | {"locations": [{"location_key": "en1"}], field: value})
    assert not seller_in.is_valid() and list(seller_in.errors) == [field]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("rate_per_second", 0.001),
        ("rate_per_second", 1001),
        ("rate_per_second", float("inf")),
        ("burst", 0),
        ("burst", 10_001),
        ("daily_quota", 0),
        ("daily_quota", 10_000_001),
    ],
)
def test_no_row_holds_such_limits(field, value):
    with pytest.raises(IntegrityError):
        make_seller(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [("rate_per_second", 0.01), ("rate_per_second", 1000), ("burst", 1), ("burst", 10_000)],
)
def test_limits_at_the_number_itself_are_taken(staff, field, value):
    seller = make_seller()

    staff.post(url_of(seller), form_of(seller, **{field: value}))

    assert getattr(Seller.objects.get(pk=seller.pk), field) == value


def make_waiting_job(seller: Seller, code: str = "quota_spent") -> SyncJob:
    location = make_location(seller=seller)
    midnight = timezone.now() + timedelta(hours=9)
    return SyncJob.objects.create(
        kind="stock", seller=seller, location=location, due_at=midnight, error_code=code
    )


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("field", "value"), [("daily_quota", 5000), ("rate_per_second", 8), ("burst", 20)]
)
def test_new_limits_free_what_waited_for_the_old_ones(staff, field, value):
    seller = make_seller(daily_quota=1000, rate_per_second=5, burst=10)
    job = make_waiting_job(seller)
    elsewhere = make_waiting_job(make_seller())

    sent = form_of(seller, **{"daily_quota": 1000, field: value})
    assert staff.post(url_of(seller), sent).status_code == 302

    job.refresh_from_db()
    assert (job.status, job.wanted) == ("pending", 2)
    assert job.due_at <= timezone.now()
    elsewhere.refresh_from_db()
    assert elsewhere.wanted == 1


def test_limits_left_as_they_are_free_nothing(staff):
    seller = make_seller(daily_quota=1000, rate_per_second=5, burst=10)
    job = make_waiting_job(seller)

    staff.post(url_of(seller), form_of(seller, name="Acme & Sons", daily_quota=1000))

    job.refresh_from_db()
    assert job.wanted == 1
