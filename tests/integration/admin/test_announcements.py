"""What staff see of the webhooks to Booon, and telling Booon again."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from integration.feed import sender
from integration.models import Announcement, Attempt, Change, Event, Receiver
from integration.sync import wakeup
from tests.factories import make_location
from tests.integration.admin.rows import make_superuser, make_viewer
from tests.integration.feed.test_announcements import make_levels, told

pytestmark = pytest.mark.django_db

ATTEMPTS = reverse("admin:integration_attempt_changelist")
ANNOUNCEMENTS = reverse("admin:integration_announcement_changelist")
CHANGES = reverse("admin:integration_change_changelist")


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    kinds = []
    monkeypatch.setattr(wakeup, "wake", kinds.append)
    return kinds


@pytest.fixture
def staff():
    client = Client()
    client.force_login(make_superuser())
    return client


@pytest.fixture
def failing(receiver, settings):
    """Of KURTA nobody could be told, three times; of SAREE Booon was told."""
    settings.BOOON_WEBHOOK_TRIES_FOR = 3600
    location = make_location()
    make_levels(location, 2, sku="KURTA")
    make_levels(location, 1, sku="SAREE")
    receiver.answer = lambda message: 503 if message.data["data"]["sku"] == "KURTA" else 200
    sender.drain()
    return receiver


def page_of(change, page="change"):
    return reverse(f"admin:integration_change_{page}", args=[change.pk])


def rows(staff, url, **query):
    """Each by its first words; a webhook id without the time at its end."""
    found = staff.get(url, query).context["cl"].result_list
    return [re.sub(r"_\d{10,},", ",", str(row)) for row in found]


def test_attempts_are_listed_and_filtered_by_what_came_of_them(staff, failing):
    page = staff.get(ATTEMPTS).content.decode()

    assert "HTTP 503 Service Unavailable." in page
    assert "KURTA" in page and "SAREE" in page
    assert rows(staff, ATTEMPTS, outcome="told") == ["change_3, try 1"]
    assert rows(staff, ATTEMPTS, outcome="failed") == ["change_1, try 1"]
    assert rows(staff, ATTEMPTS, answer="5xx") == ["change_1, try 1"]
    assert rows(staff, ATTEMPTS, answer="none") == []
    assert rows(staff, ATTEMPTS, q="change_3") == ["change_3, try 1"]
    assert rows(staff, ATTEMPTS, seller=Change.objects.first().seller.code) != []
    assert rows(staff, ATTEMPTS, seller="nobody") == []


def test_what_waits_is_listed_by_its_state(staff, failing):
    assert rows(staff, ANNOUNCEMENTS) == ["Change 1", "Change 2"]
    assert rows(staff, ANNOUNCEMENTS, state="next") == ["Change 1"]
    assert rows(staff, ANNOUNCEMENTS, state="behind") == ["Change 2"]
    assert rows(staff, ANNOUNCEMENTS, state="given_up") == []
    page = staff.get(ANNOUNCEMENTS).content.decode()
    assert ">put off<" in page and ">behind another<" in page


def test_the_receivers_page_says_how_it_does_and_what_comes_next(staff, failing, settings):
    settings.BOOON_WEBHOOK_URL += "/hooks/path-canary?key=receiver-canary"
    page = staff.get(reverse("admin:integration_receiver_change", args=["booon"]))

    assert [(row.cursor, row.behind, thing) for row, thing, _ in page.context["keys"]] == [
        (1, 1, "KURTA")
    ]
    assert (page.context["waiting"], page.context["given_up"]) == ("2", "0")
    assert "canary" not in page.content.decode()


def test_a_failing_receiver_is_seen_on_its_page_and_on_home(staff, receiver):
    make_levels(make_location(), 12)
    receiver.answer = lambda message: 500
    sender.drain()

    page = staff.get(reverse("admin:integration_receiver_changelist")).content.decode()
    home = staff.get(reverse("admin:index")).content.decode()

    assert ">failing<" in page
    assert "Booon&#x27;s receiver" in home and "fails" in home


def test_what_was_given_up_is_seen_on_home(staff, failing, settings):
    Announcement.objects.filter(cursor=1).update(due_at=None, given_up_at="2026-11-25T10:00Z")

    home = staff.get(reverse("admin:index")).content.decode()

    assert f"{ANNOUNCEMENTS}?state=given_up" in home


def test_one_change_is_told_again_from_its_page(
    staff, failing, woken, django_capture_on_commit_callbacks
):
    change = Change.objects.get(cursor=3)
    assert "Resend to Booon" in staff.get(page_of(change)).content.decode()

    with django_capture_on_commit_callbacks(execute=True):
        answer = staff.post(page_of(change, "resend"), follow=True)
    sender.drain()

    assert "Sent to Booon again: 1." in answer.content.decode()
    assert woken == ["announcements"]
    assert told(failing) == ["change_3", "change_3"]
    event = Event.objects.get(kind="resent")
    assert (event.actor, event.seller_id, event.location_id) == (
        "asha",
        change.seller_id,
        change.location_id,
    )
    assert event.sentence == "Sending change 3 (stock.updated) to Booon again."
    tried = staff.get(page_of(change)).context["attempts"]
    assert [row.number for row, _ in tried] == [1, 1]


def test_many_are_told_again_from_each_of_the_lists(staff, failing):
    failing.answer = lambda message: 200
    chosen = {
        ATTEMPTS: [Attempt.objects.get(outcome="told").pk],
        CHANGES: [Change.objects.get(cursor=3).pk],
        ANNOUNCEMENTS: [1, 2],
    }
    for url, keys in chosen.items():
        staff.post(url, {"action": "resend", "_selected_action": keys})
        sender.drain()

    assert told(failing) == ["change_3"] * 3 + ["change_1", "change_2"]
    assert not Announcement.objects.exists()
    # What waits behind another is told in its turn; nobody asked twice for it.
    assert Event.objects.filter(kind="resent").count() == 3


def test_whoever_may_not_is_shown_no_button_and_refused(client, failing):
    client.force_login(make_viewer())
    change = Change.objects.get(cursor=3)

    assert "Resend to Booon" not in client.get(page_of(change)).content.decode()
    assert client.post(page_of(change, "resend")).status_code == 403
    client.post(ATTEMPTS, {"action": "resend", "_selected_action": [Attempt.objects.first().pk]})
    assert not Event.objects.filter(kind="resent").exists()
    assert Announcement.objects.count() == 2


def test_without_a_receiver_nothing_is_asked_for(staff, settings):
    settings.BOOON_WEBHOOK_URL = ""
    make_levels(make_location(), 1)
    change = Change.objects.get()

    answer = staff.post(page_of(change, "resend"), follow=True)

    assert "Booon has no receiver" in answer.content.decode()
    assert "Resend to Booon" not in staff.get(page_of(change)).content.decode()
    assert not Receiver.objects.exists()
    assert not Event.objects.exists()
