"""A location that was mistyped and never worked is removed, and counts nowhere any more."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integration.models import ApiCall, Delivery, Event, StockLevel, SyncJob
from integration.monitoring.front_page import attention
from integration.onboarding import seller_links
from integration.sync import database_guard
from sellers.models import CarrierRegistration, Location
from tests.factories import make_location, make_order, make_registration, make_seller, open_call
from tests.integration.admin.rows import make_superuser, make_viewer
from tests.integration.seller_link.conftest import enter, text_of

pytestmark = pytest.mark.django_db
KEY = "UDR11110000002"
REASON = "The seller typed capital letters."


@pytest.fixture
def user():
    return make_superuser()


@pytest.fixture
def staff(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def dead():
    """One of which nothing ever came, as EasyEcom refused its log-in."""
    location = make_location(
        live=False, location_key=KEY, blocked_reason="credentials_refused", login_trouble="refused"
    )
    make_registration(location, username="typed-canary")
    SyncJob.objects.want_location(location)
    Event.objects.create(
        at=timezone.now(),
        kind="onboarding",
        actor="seller · link 1a2b3c",
        sentence="Onboarding begun.",
        seller=location.seller,
        location=location,
    )
    # As everywhere but on the first day: something newer was asked of EasyEcom.
    open_call(make_order())
    return location


def page_of(location, page="remove"):
    return reverse(f"admin:sellers_location_{page}", args=[location.pk])


def remove(client, location, reason=REASON):
    return client.post(page_of(location), {"reason": reason}, follow=True)


def counted(user):
    return {need.key: need.count for need in attention.needs(user)}


def test_removed_location_is_gone_from_front_page_link_and_reminder(staff, user, dead):
    link, secret = seller_links.make(
        code=dead.seller.code, name="Acme", seller=dead.seller, actor="asha"
    )
    browser = enter(link, secret)
    board = reverse("admin:integration_sellerlink_change", args=[link.pk])
    before = counted(user)
    assert before["locations:credentials_refused"] == 1
    assert "steps are left" in text_of(browser, link)
    assert "steps are still open." in staff.get(board).content.decode()

    answer = remove(staff, dead)

    assert answer.redirect_chain[-1][0] == reverse(
        "admin:sellers_seller_path", args=[dead.seller_id]
    )
    assert not Location.objects.filter(pk=dead.pk).exists()
    assert not SyncJob.objects.filter(kind="location").exists()
    assert "locations:credentials_refused" not in counted(user)
    assert counted(user)["open_steps"] == before["open_steps"] - 1
    assert KEY not in text_of(browser, link) and "are left" not in text_of(browser, link)
    assert "steps are still open." not in staff.get(board).content.decode()


def test_who_removed_it_and_what_was_done_to_it_stays_in_the_sellers_events(staff, dead):
    remove(staff, dead)

    found = Event.objects.filter(seller=dead.seller).order_by("pk")
    assert [(event.actor, event.sentence) for event in found] == [
        ("seller · link 1a2b3c", f"{KEY}: Onboarding begun."),
        ("asha", f"Removed the location {KEY}, which was mistyped: {REASON}"),
    ]


def test_carriers_log_in_of_a_mistyped_key_is_nobody_elses(staff, dead):
    remove(staff, dead)

    kept = CarrierRegistration.objects.get(location_key=KEY)
    assert (kept.username, kept.password, kept.token) == ("", "", "")


def test_it_is_asked_about_first_and_wants_a_reason(staff, dead):
    asked = staff.get(page_of(dead)).content.decode()
    refused = remove(staff, dead, reason="typo")

    assert f"Is {KEY} no Location Key of {dead.seller.name}?" in asked
    assert "Say a little more" in refused.content.decode()
    assert Location.objects.filter(pk=dead.pk).exists()


def test_button_stands_on_the_locations_page_and_on_the_path(staff, dead):
    path = reverse("admin:sellers_seller_path", args=[dead.seller_id])

    for page in (page_of(dead, "change"), path):
        assert f'href="{page_of(dead)}"' in staff.get(page).content.decode()


def logged_in(location):
    Location.objects.filter(pk=location.pk).update(token_issued_at=timezone.now())


def registered(state):
    return lambda location: CarrierRegistration.objects.filter(
        location_key=location.location_key
    ).update(state=state, doubt_since=timezone.now(), company_carrier_id="7")


def received(location):
    Delivery.objects.create(location=location, topic="inventory", received_at=timezone.now())


def stocked(location):
    StockLevel.objects.create(
        location=location,
        seller=location.seller,
        sku="KURTA",
        quantity=1,
        arrival=1,
        line=0,
        updated_at=timezone.now(),
    )


def under_way(location):
    SyncJob.objects.filter(location=location).update(
        status="running",
        lease_token="00000000-0000-0000-0000-000000000001",
        lease_until=timezone.now(),
    )


@pytest.mark.parametrize(
    ("come", "said"),
    [
        (logged_in, "EasyEcom took its log-in"),
        (registered("registered"), "carrier was sent to EasyEcom"),
        (registered("sending"), "carrier was sent to EasyEcom"),
        (registered("in_doubt"), "carrier was sent to EasyEcom"),
        (make_order, "Booon gave orders for it."),
        (received, "Something was received for it."),
        (stocked, "Something was received for it."),
        (under_way, "A call for it is under way."),
    ],
)
def test_location_of_which_something_came_stays_with_all_that_it_has(staff, dead, come, said):
    come(dead)

    answer = remove(staff, dead)

    assert "It was not removed." in answer.content.decode() and said in answer.content.decode()
    assert Location.objects.filter(pk=dead.pk).exists()
    assert Event.objects.filter(location=dead, sentence="Onboarding begun.").exists()
    assert not Event.objects.filter(sentence__startswith="Removed").exists()
    assert CarrierRegistration.objects.get(location_key=KEY).username == "typed-canary"


def test_button_is_not_there_where_something_came_of_it_nor_for_who_may_not(staff, dead):
    viewer = Client()
    viewer.force_login(make_viewer())
    page = page_of(dead, "change")

    assert page_of(dead) not in viewer.get(page).content.decode()
    assert viewer.post(page_of(dead), {"reason": REASON}).status_code == 403
    logged_in(dead)
    assert page_of(dead) not in staff.get(page).content.decode()
    assert Location.objects.filter(pk=dead.pk).exists()


def highest():
    return [database_guard.highest(model) for model in (SyncJob, ApiCall)]


@pytest.mark.parametrize("what", ["job", "call"])
def test_newest_job_and_call_stay_as_the_console_knows_its_database_by_them(staff, dead, what):
    job = SyncJob.objects.get(location=dead)
    if what == "job":
        job = SyncJob.objects.of_location(dead, SyncJob.Kind.PROBE)
    else:
        ask(job)
    before = highest()

    answer = remove(staff, dead)

    assert "It was the last that EasyEcom was asked about" in answer.content.decode()
    assert Location.objects.filter(pk=dead.pk).exists()
    assert highest() == before


def test_removal_is_no_sign_of_a_restored_database(staff, dead):
    ask(SyncJob.objects.get(location=dead))
    ask(SyncJob.objects.want_location(make_location()))
    before = highest()

    remove(staff, dead)

    assert not Location.objects.filter(pk=dead.pk).exists()
    assert highest() == before


def ask(job):
    ApiCall.objects.create(
        job=job,
        seller=job.seller,
        location=job.location,
        kind="log_in",
        is_write=False,
        is_open=False,
        method="POST",
        path="/access/token",
        started_at=timezone.now(),
    )


def test_its_key_may_be_given_again(staff, dead):
    remove(staff, dead)

    assert make_location(seller=make_seller(), live=False, location_key=KEY).pk != dead.pk
