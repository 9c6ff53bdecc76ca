"""Saved views: a list's address under a name, one's own or shared, and nothing else."""

from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse

from booon_console.roles import ADMIN
from integration.models import Event, SavedView
from integration.monitoring import saved_views
from tests.factories import make_location, make_order, make_seller
from tests.integration.admin.rows import person

pytestmark = pytest.mark.django_db
ORDERS = reverse("admin:integration_order_changelist")
SAVE = reverse("admin:save_view")


def save(client, query="stage=received&seller=acme", name="Acme's new ones", **given):
    return client.post(
        SAVE, {"page": "integration.order", "query": query, "name": name, **given}, follow=True
    )


def chips(client, url=ORDERS):
    return [chip.view.name for chip in client.get(url).context["views"].chips]


def test_view_leads_back_to_what_was_filtered_and_sorted_and_searched():
    client = person("asha")
    make_order(make_location(seller=make_seller(code="acme")), order_number="BN-1")
    make_order(order_number="BN-2")

    answer = save(client, "q=BN&seller=acme&p=3&stage=received")

    assert "Saved as “Acme&#x27;s new ones”." in answer.content.decode()
    (chip,) = client.get(ORDERS).context["views"].chips
    assert parse_qs(urlsplit(chip.url).query) == {
        "q": ["BN"],
        "seller": ["acme"],
        "stage": ["received"],
    }
    shown = client.get(chip.url)
    assert [order.order_number for order in shown.context["cl"].result_list] == ["BN-1"]
    assert shown.context["views"].here.is_own


def test_own_view_is_nobody_elses_and_a_shared_one_everybodys():
    boss, other = person("asha", ADMIN), person("ravi")
    save(boss, name="Mine")
    save(boss, name="Ours", shared="yes")

    assert chips(boss) == ["Mine", "Ours"]
    assert chips(other) == ["Ours"]
    assert chips(other, reverse("admin:integration_delivery_changelist")) == []
    event = Event.objects.get(kind="view")
    assert (event.actor, event.sentence) == (
        "asha",
        "The view “Ours” of integration.order is shared.",
    )


def test_without_the_right_nothing_is_shared():
    client = person("ravi")

    assert save(client, shared="yes").status_code == 403
    assert not SavedView.objects.exists()
    assert "Colleagues see it" not in client.get(f"{ORDERS}?stage=received").content.decode()


def test_staff_of_some_sellers_see_no_colleagues_view_that_names_one():
    mine = make_seller(code="mine")
    boss, limited = person("asha", ADMIN), person("ravi", sellers=[mine])
    make_order(make_location(seller=make_seller(code="acme")))
    save(boss, name="Acme", shared="yes")
    save(boss, "stage=received", name="New", shared="yes")
    save(limited, "seller=mine", name="My own")

    assert chips(limited) == ["My own", "New"]
    (new,) = (each for each in limited.get(ORDERS).context["views"].chips if not each.is_own)
    assert limited.get(new.url).context["cl"].result_count == 0


@pytest.mark.parametrize(
    "query",
    [
        "seller__api_password__startswith=a",
        "order_number=BN-1",
        "nothing=1",
        "stage=received&next=https://elsewhere.example/",
        "q=%00",
        "stage=" + "x" * 2000,
    ],
)
def test_what_the_list_would_not_take_is_not_saved(query):
    answer = save(person("asha"), query)

    assert answer.status_code == 400
    assert answer.content.decode() == saved_views.NOT_A_VIEW
    assert not SavedView.objects.exists()


@pytest.mark.parametrize(
    ("page", "status"),
    [("auth.user", 403), ("integration.nothing", 404), ("https://elsewhere.example", 404)],
)
def test_list_has_to_be_one_that_the_person_sees(page, status):
    assert save(person("ravi"), page=page).status_code == status
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "\x00"])
def test_view_needs_a_name(name):
    assert saved_views.NO_NAME in save(person("asha"), name=name).content.decode()
    assert not SavedView.objects.exists()


def test_nothing_filtered_is_no_view_and_a_name_serves_once():
    client = person("asha")

    assert "nothing to save yet" in save(client, "p=2").content.decode()
    save(client)
    assert "Give another name" in save(client, "stage=received").content.decode()
    assert SavedView.objects.count() == 1


def test_number_of_views_has_an_end(monkeypatch):
    monkeypatch.setattr(saved_views, "MOST", 1)
    client = person("asha")
    save(client)

    assert "Delete one first" in save(client, name="Another").content.decode()
    assert SavedView.objects.count() == 1


def test_own_views_are_renamed_and_deleted_and_nobody_elses():
    client, other = person("asha"), person("ravi")
    save(client, name="One")
    save(client, "stage=received", name="Two")
    one = SavedView.objects.get(name="One")
    rename = reverse("admin:rename_view", args=[one.pk])
    delete = reverse("admin:delete_view", args=[one.pk])

    assert other.post(rename, {"name": "Theirs"}).status_code == 404
    assert other.post(delete).status_code == 404
    assert client.get(delete).status_code == 302
    assert SavedView.objects.filter(pk=one.pk).exists()
    assert "Give another name" in client.post(rename, {"name": "Two"}, follow=True).content.decode()
    client.post(rename, {"name": "Three"})
    assert sorted(chips(client)) == ["Three", "Two"]
    client.post(delete)
    assert chips(client) == ["Two"]
    assert not Event.objects.filter(kind="view").exists()


def test_shared_view_is_taken_away_by_whoever_may_share_and_that_is_told():
    boss, second, operator = person("asha", ADMIN), person("meera", ADMIN), person("ravi")
    save(boss, name="Ours", shared="yes")
    row = SavedView.objects.get()
    rename = reverse("admin:rename_view", args=[row.pk])
    delete = reverse("admin:delete_view", args=[row.pk])

    assert operator.post(delete).status_code == 404
    assert second.post(rename, {"name": "Theirs"}).status_code == 404
    boss.post(rename, {"name": "All of ours"})
    second.post(delete)

    assert not SavedView.objects.exists()
    told = list(Event.objects.filter(kind="view").order_by("pk").values_list("actor", "sentence"))
    of = "of integration.order is"
    assert told[1:] == [
        ("asha", f"The view “All of ours” {of} renamed, “Ours” before."),
        ("meera", f"The view “All of ours” {of} taken away."),
    ]
