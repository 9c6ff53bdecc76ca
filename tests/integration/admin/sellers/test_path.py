"""The guided path: what is proven, what a person says, what is still to be seen."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booon_console.lib import clock
from integration.models import Declaration, Delivery, Event, SelfTest, WebhookEndpoint
from integration.monitoring.front_page.attention import needs
from integration.onboarding import checklist
from integration.onboarding.progress import paths_of
from sellers.models import Location
from tests.factories import make_endpoint, make_location, make_registration, make_seller
from tests.integration.admin.rows import make_superuser, make_viewer
from tests.integration.conftest import run
from tests.integration.onboarding.test_flow import answer_all, enrol, job_of

pytestmark = pytest.mark.django_db

What = Declaration.What


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


def page_of(client: Client, location: Location, name: str = "path") -> str:
    answer = client.get(reverse(f"admin:sellers_seller_{name}", args=[location.seller_id]))
    assert answer.status_code == 200
    return answer.content.decode()


def declare(client: Client, location: Location, what: str, said: str = "yes") -> None:
    url = reverse("admin:sellers_location_declare", args=[location.pk])
    assert client.post(url, {"what": what, "said": said}).status_code == 302


def path(location: Location):
    (found,) = paths_of(Location.objects.filter(pk=location.pk))
    return found


def hear(location: Location, topic: str) -> None:
    Delivery.objects.create(
        endpoint=location.endpoints.get(topic=topic),
        location=location,
        topic=topic,
        received_at=timezone.now(),
    )


def test_proof_is_easyecoms_answer_with_its_time_and_latency(easyecom, staff):
    answer_all(easyecom)
    location = enrol()
    run(job_of(location))

    found = path(location)

    steps = {step.label: step for step in found.steps}
    assert [step.is_done for step in found.steps] == [True] * 6
    assert steps["Carrier registered"].note == "companyCarrierId 77"
    assert steps["Get Location asked"].note == "Main, Pune · company id 5001"
    assert steps["Log-in"].until == Location.objects.get().token_good_until
    assert {step.call.kind for step in found.steps if step.call} == {
        *("log_in", "get_locations", "add_carrier", "get_products")
    }
    assert "answered in" in page_of(staff, location)


def test_location_is_live_by_proof_alone_and_its_path_stays_open(staff):
    location = make_location()

    text = page_of(staff, location)

    assert path(location).left == 5
    assert "live</span>" in text
    assert "5 still open" in text
    assert "still to be seen" in text


def test_tick_is_a_named_persons_word_and_an_event(staff):
    location = make_location()

    declare(staff, location, What.API_MODE)

    row = Declaration.objects.get()
    assert (row.location, row.what, row.by) == (location, "api_mode", "asha")
    event = Event.objects.get(kind="declared")
    assert (event.sentence, event.actor) == ("Says: API Mode is on.", "asha")
    assert "asha," in page_of(staff, location)


def test_second_tick_keeps_the_first_name(staff):
    location = make_location()
    checklist.declare(location, What.CHANNEL, actor="meera")

    declare(staff, location, What.CHANNEL)

    assert Declaration.objects.get().by == "meera"
    assert Event.objects.filter(kind="declared").count() == 1


def test_tick_is_taken_back_and_that_is_an_event_too(staff):
    location = make_location()
    declare(staff, location, What.PRODUCTS_OFF)

    declare(staff, location, What.PRODUCTS_OFF, said="no")
    declare(staff, location, What.PRODUCTS_OFF, said="no")

    assert not Declaration.objects.exists()
    assert list(Event.objects.filter(kind="declared").values_list("sentence", flat=True)) == [
        "Says: Create Products Automatically is off.",
        "Took back: Create Products Automatically is off.",
    ]


@pytest.mark.parametrize("what", ["", "everything", "\x00"])
def test_unknown_tick_says_nothing(staff, what):
    location = make_location()

    declare(staff, location, what)

    assert not Declaration.objects.exists()


def test_path_closes_when_all_is_said_and_both_webhooks_were_heard(staff):
    location = make_location()
    for what in What:
        checklist.declare(location, what, actor="asha")
    hear(location, "inventory")
    before = path(location).left
    hear(location, "manifested")

    assert (before, path(location).left) == (1, 0)
    assert "All done." in page_of(staff, location)


def test_home_counts_a_location_until_its_path_is_closed(staff):
    user = make_viewer()
    location = make_location()
    for what in What:
        checklist.declare(location, what, actor="asha")
    hear(location, "inventory")
    (open_,) = [need for need in needs(user) if need.what == "Onboarding"]
    listed = staff.get(open_.url).context["cl"].result_count
    hear(location, "manifested")

    assert (open_.count, listed) == (1, 1)
    assert not [need for need in needs(user) if need.what == "Onboarding"]


def test_declared_is_asked_of_each_location_by_itself():
    first, second = make_location(), make_location()
    for what in What:
        checklist.declare(first, what, actor="asha")
    for topic in ("inventory", "manifested"):
        hear(first, topic)
        hear(second, topic)

    assert list(checklist.with_open_steps(Location.objects.all())) == [second]


def test_reading_paths_costs_the_same_for_many_locations(django_assert_num_queries):
    seller = make_seller()
    for _ in range(5):
        make_location(seller=seller)

    with django_assert_num_queries(5):
        paths_of(Location.objects.filter(seller=seller))


def test_location_in_doubt_leads_to_the_page_that_settles_it(staff):
    location = make_location(live=False, blocked_reason="carrier_in_doubt")
    registration = make_registration(location, state="in_doubt", doubt_since=clock.now())

    text = page_of(staff, location)

    assert reverse("admin:sellers_carrierregistration_change", args=[registration.pk]) in text
    assert "In doubt" in text


def test_page_has_what_is_pasted_and_no_secret(staff):
    location = make_location()
    endpoint = location.endpoints.get(topic="manifested")

    text = page_of(staff, location)

    assert f"https://console.booon.test{endpoint.path}" in text
    assert "the marketplace (Booon), Action V2" in text
    assert 'class="copy"' in text
    assert "canary" not in text and endpoint.token_digest not in text


def test_result_of_a_self_test_is_shown(staff):
    location = make_location()
    now = timezone.now()
    SelfTest.objects.create(
        endpoint=location.endpoints.get(topic="inventory"),
        open_until=now,
        begun_at=now,
        arrived_at=now,
        elapsed_ms=42,
    )
    SelfTest.objects.create(
        endpoint=location.endpoints.get(topic="manifested"),
        open_until=now,
        begun_at=now,
        trouble="404: nothing is at this address.",
    )

    text = page_of(staff, location)

    assert "self-test in 42 ms" in text
    assert "404: nothing is at this address." in text


def test_self_test_by_button_is_an_event_and_tells_its_end(staff, monkeypatch):
    location = make_location()
    endpoint = location.endpoints.get(topic="inventory")
    test = SelfTest(endpoint=endpoint, trouble="No TLS connection.")
    monkeypatch.setattr("integration.onboarding.webhook_test.run", lambda _: test)
    url = reverse("admin:sellers_location_selftest", args=[location.pk])

    answer = staff.post(url, {"topic": "inventory"}, follow=True)

    sentence = "Self-test of the inventory webhook: No TLS connection."
    assert sentence in answer.content.decode()
    assert Event.objects.get(kind="self_test").sentence == sentence
    for topic in ("elsewhere", "\x00", ""):
        assert staff.post(url, {"topic": topic}).status_code == 404


def send_all(staff, seller, monkeypatch, troubles):
    """All self-tests of a seller, of which each ends so: the page, and how many were sent."""
    left = list(troubles)

    def end(endpoint):
        return SelfTest(endpoint=endpoint, trouble=left.pop(0), elapsed_ms=4)

    monkeypatch.setattr("integration.onboarding.webhook_test.run", end)
    url = reverse("admin:sellers_seller_selftests", args=[seller.pk])
    answer = staff.post(url, follow=True)
    return answer.content.decode(), len(troubles) - len(left)


def test_all_self_tests_of_a_seller_are_sent_by_one_button(staff, monkeypatch):
    seller = make_location().seller
    make_location(seller=seller)
    make_location()
    assert (
        "Send all self-tests"
        in staff.get(reverse("admin:sellers_seller_path", args=[seller.pk])).content.decode()
    )

    text, sent = send_all(staff, seller, monkeypatch, [""] * 9)

    assert "4 self-tests came in through PUBLIC_URL." in text
    assert sent == Event.objects.filter(kind="self_test", seller=seller).count() == 4


def test_no_more_are_sent_after_one_that_fails(staff, monkeypatch):
    """All of them take the same way."""
    seller = make_location().seller
    make_location(seller=seller)

    text, sent = send_all(staff, seller, monkeypatch, ["", "No TLS connection.", "", ""])

    assert sent == 2
    assert "1 self-test came in" in text and "No TLS connection." in text


def test_all_of_a_location_is_said_by_one_button(staff):
    location, other = make_location(), make_location()
    checklist.declare(location, What.CHANNEL, actor="meera")
    assert "All of it is so" in page_of(staff, location)

    declare(staff, location, "all")

    said = dict(location.declarations.values_list("what", "by"))
    assert set(said) == set(What)
    assert said.pop(What.CHANNEL) == "meera" and set(said.values()) == {"asha"}
    assert not other.declarations.exists()
    assert "All of it is so" not in page_of(staff, location)


def test_page_renews_itself_while_onboarding_goes_on_and_no_longer(staff):
    location = make_location(live=False, blocked_reason="onboarding")
    assert 'hx-trigger="every 3s"' in page_of(staff, location)

    Location.objects.update(blocked_reason="credentials_refused")

    assert "hx-trigger" not in page_of(staff, location).split('id="content-main"')[1].split(">")[0]
    text = page_of(staff, location, "onboarded")
    assert "Correct the log-in" in text
    assert reverse("admin:sellers_seller_onboard", args=[location.seller_id]) in text


def test_hand_out_has_the_sellers_steps_and_addresses_and_no_token(staff):
    location = make_location()

    text = page_of(staff, location, "handout")

    assert "switch API Mode on" in text
    assert location.endpoints.get(topic="inventory").path in text
    assert text.count("given to you separately") == 2
    assert "canary" not in text


def test_missing_tokens_are_issued_with_the_hand_out_once(staff):
    location = make_location(live=False)
    endpoint = make_endpoint(location, "inventory")
    WebhookEndpoint.objects.update(token_digest="", token_issued_at=None)
    url = reverse("admin:sellers_seller_tokens", args=[location.seller_id])

    first, second = (staff.post(url, follow=True) for _ in range(2))

    endpoint.refresh_from_db()
    (paste,) = first.context["paths"][0].pastes
    assert first.content.decode().count(paste.token) == 2
    assert "no-store" in first["Cache-Control"]
    assert endpoint.token_digest
    # Sent twice it shows the very same.
    assert second.context["paths"][0].pastes[0].token == paste.token
    assert Event.objects.get(kind="token").actor == "asha"


def test_viewer_reads_the_path_and_is_offered_nothing(client):
    location = make_location()
    client.force_login(make_viewer())

    text = page_of(client, location)

    assert location.location_key in text
    assert 'method="post"' not in text.split('id="content-main"')[1]


def test_seller_without_locations_is_told_what_to_do(staff):
    seller = make_seller()

    answer = staff.get(reverse("admin:sellers_seller_path", args=[seller.pk]))

    assert "This seller has no location yet." in answer.content.decode()


def test_sellers_page_leads_to_the_path_first(staff):
    location = make_location()

    answer = staff.get(reverse("admin:sellers_seller_change", args=[location.seller_id]))

    text = answer.content.decode()
    assert text.index("Onboarding, step by step") < text.index("Onboard again")
    assert "5 open" in text
