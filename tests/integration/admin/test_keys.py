"""An API key made in the admin: what it opens, who sees it, and for how long."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integration.models import ApiKey, Event, HeldToken
from sellers.models import StaffScope
from tests.factories import make_seller
from tests.integration.admin.rows import make_superuser, make_viewer

pytestmark = pytest.mark.django_db

MAKE = reverse("admin:integration_apikey_make")


@pytest.fixture
def staff(client):
    client.force_login(make_superuser())
    return client


def make(client, **typed):
    """The page that making a key leads to."""
    answer = client.post(MAKE, {"name": "Booon platform", "days": "0"} | typed)
    assert answer.status_code == 302, answer.context["form"].errors
    return answer["Location"]


def shown(page):
    """The key on a page, if there is one."""
    text = page.content.decode()
    return text.partition('<code class="once">')[2].partition("</code>")[0]


def status(url, key):
    return Client().get(url, headers={"Authorization": f"Bearer {key}"}).status_code


def test_key_is_shown_on_its_page_and_opens_what_was_asked(staff):
    acme, other = make_seller(code="acme"), make_seller(code="other")

    url = make(
        staff,
        sellers=["acme"],
        areas=["stock", "orders"],
        is_read_only="on",
        days="30",
        calls_per_minute="600",
    )

    key = shown(staff.get(url))
    assert status("/api/v1/orders/", key) == status("/api/v1/stock/", key) == 200
    assert status("/api/v1/changes/", key) == 403
    row = ApiKey.objects.get()
    assert (list(row.sellers.all()), row.is_limited) == ([acme], True)
    assert (row.areas, row.is_read_only, row.calls_per_minute) == ("orders stock", True, 600)
    assert timedelta(days=29, hours=23) < row.expires_at - timezone.now() <= timedelta(days=30)
    event = Event.objects.get()
    assert event.actor == "asha"
    assert event.sentence.startswith("API key Booon platform made, for acme, until ")
    assert event.sentence.endswith("; it reads orders, stock.")
    assert other not in row.sellers.all() and key not in event.sentence


def test_nothing_chosen_is_everything_and_by_the_settings(staff, settings):
    settings.API_KEY_DAYS = 90

    assert 'name="days" value="90"' in staff.get(MAKE).content.decode()
    make(staff)

    row = ApiKey.objects.get()
    assert (row.is_limited, row.areas, row.is_read_only) == (False, "", False)
    assert (row.calls_per_minute, row.expires_at) == (None, None)


def test_key_is_shown_again_for_a_quarter_of_an_hour_to_whoever_made_it_alone(staff, client):
    url = make(staff)
    key = shown(staff.get(url))
    somebody = Client()
    somebody.force_login(make_viewer("change_apikey"))

    assert key.startswith("booon_") and shown(staff.get(url)) == key
    assert somebody.get(url).status_code == 200 and shown(somebody.get(url)) == ""
    assert HeldToken.objects.filter(token=key).count() == 0
    until = HeldToken.objects.get().until - timezone.now()
    assert timedelta(minutes=14) < until <= timedelta(minutes=15, seconds=5)
    HeldToken.objects.update(until=timezone.now() - timedelta(seconds=5))
    assert shown(staff.get(url)) == ""


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "taken"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\u202eb"}, "name"),
        ({"days": "-1"}, "days"),
        ({"days": "3651"}, "days"),
        ({"areas": ["returns"]}, "areas"),
        ({"sellers": ["nobody"]}, "sellers"),
        ({"calls_per_minute": "-1"}, "calls_per_minute"),
        ({"calls_per_minute": "1000001"}, "calls_per_minute"),
    ],
)
def test_what_is_not_right_is_named_and_no_key_is_made(staff, typed, field):
    ApiKey.objects.create(name="taken", digest="d")

    answer = staff.post(MAKE, {"name": "Booon", "days": "0"} | typed)

    assert list(answer.context["form"].errors) == [field]
    assert ApiKey.objects.count() == 1 and not HeldToken.objects.exists()


def test_form_sent_twice_makes_one_key_and_loses_none(staff):
    url = make(staff)
    again = staff.post(MAKE, {"name": "Booon platform", "days": "0"})

    assert again.status_code == 200
    assert "There is a key of this name already." in again.content.decode()
    assert ApiKey.objects.count() == 1
    assert shown(staff.get(url))


def test_staff_of_some_sellers_make_keys_for_theirs_alone(client):
    ours, theirs = make_seller(code="ours"), make_seller(code="theirs")
    user = make_viewer("add_apikey")
    StaffScope.objects.create(user=user).sellers.set([ours])
    client.force_login(user)

    for chosen in ([], ["theirs"], ["ours", "theirs"]):
        answer = client.post(MAKE, {"name": "Booon", "days": "0", "sellers": chosen})
        assert list(answer.context["form"].errors) == ["sellers"], chosen
    assert not ApiKey.objects.exists()
    assert theirs.code not in client.get(MAKE).content.decode()

    make(client, sellers=["ours"])
    assert list(ApiKey.objects.get().sellers.all()) == [ours]


def test_whoever_may_make_none_neither_sees_the_form_nor_posts_it(client):
    client.force_login(make_viewer("change_apikey"))

    assert client.get(MAKE).status_code == 403
    assert client.post(MAKE, {"name": "Booon", "days": "0"}).status_code == 403
    assert MAKE not in client.get(reverse("admin:integration_apikey_changelist")).content.decode()
    assert not ApiKey.objects.exists()
