"""Pages of long lists: counted to a cap, and the last of them leads to what is beyond."""

import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booon_console.lib import search
from integration.admin import base, long_lists
from integration.models import BulkItem, BulkRun, Event, Order, StockLevel, SyncJob
from tests.factories import make_location, make_order, make_seller, pushed
from tests.integration.admin.rows import fill, person

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
ORDERS = reverse("admin:integration_order_changelist")
FURTHER = re.compile(r'<a class="button" href="([^"]+)">Go on behind these')


@pytest.fixture
def staff():
    client = Client()
    client.force_login(User.objects.create_superuser("asha"))
    return client


@pytest.fixture(autouse=True)
def short_pages(monkeypatch):
    """Two pages of two rows, where there are twenty of fifty."""
    monkeypatch.setattr(search, "CAP", 4)
    monkeypatch.setattr(long_lists, "CAP", 4)
    monkeypatch.setattr(base.ConsoleAdmin, "list_per_page", 2)


def address(page):
    found = FURTHER.search(page.content.decode())
    return found[1].replace("&amp;", "&") if found else ""


def walked(client, url, query="?"):
    """The keys of all rows that are shown, from page to page and behind them."""
    keys = []
    while True:
        first = client.get(url + query)
        changes = first.context["cl"]
        for number in range(1, changes.paginator.num_pages + 1):
            page = client.get(f"{url}{query}&p={number}")
            keys += [row.pk for row in page.context["cl"].result_list]
        query = address(page)
        if not query:
            return keys


@pytest.mark.parametrize("model", [Order, SyncJob, Event, StockLevel])
def test_every_row_is_shown_once_and_in_its_order(staff, model):
    fill(11)
    listed = admin.site._registry[model]
    url = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")

    keys = walked(staff, url)

    expected = model._default_manager.order_by(*listed.ordering).values_list("pk", flat=True)
    assert keys == list(expected)
    assert len(keys) >= 11


@pytest.mark.parametrize("model", [Order, SyncJob, Event, StockLevel])
def test_list_is_read_from_its_other_end_too(staff, model):
    fill(11)
    url = reverse(f"admin:{model._meta.label_lower.replace('.', '_')}_changelist")
    newest_first = walked(staff, url)

    assert walked(staff, url, "?oldest=1") == newest_first[::-1]


def test_end_that_was_chosen_stays_with_filters_and_begins_with_its_first_page(staff):
    location = make_location()
    orders = [make_order(location) for _ in range(7)]

    page = staff.get(f"{ORDERS}?stage=received&oldest=1&p=2").content.decode()
    behind = staff.get(ORDERS + address(staff.get(f"{ORDERS}?oldest=1&p=2")))

    assert '<a class="end" href="?stage=received">Newest first</a>' in page
    assert 'href="?oldest=1&amp;stage=manifested"' in page
    assert behind.context["cl"].result_list[0].pk == orders[4].pk
    assert '<a class="end" href="?oldest=1">Oldest first</a>' in staff.get(ORDERS).content.decode()


def test_what_is_taken_away_stands_as_the_list_does(staff):
    location = make_location()
    orders = [make_order(location) for _ in range(3)]

    taken = staff.post(f"{ORDERS}?oldest=1", {"_export": "csv"})

    rows = b"".join(taken.streaming_content).decode().splitlines()[1:]
    numbers = [row.split(",")[0].strip('"') for row in rows]
    assert numbers == [order.order_number for order in orders]


def test_bulk_run_of_a_list_is_of_its_rows_whichever_end_comes_first(staff):
    location = make_location()
    orders = [make_order(location) for _ in range(6)]

    staff.post(f"{reverse('admin:integration_order_bulk')}?oldest=1&stage=received")

    assert BulkItem.objects.filter(run=BulkRun.objects.get()).count() == len(orders)


def test_list_that_stands_by_name_has_no_other_end(staff):
    fill(3)

    page = staff.get(reverse("admin:integration_receiver_changelist")).content.decode()

    assert "Oldest first" not in page


def test_rows_of_one_moment_are_told_apart_by_their_keys(staff):
    location = make_location()
    orders = [make_order(location) for _ in range(9)]
    Order.objects.update(updated_at=orders[0].updated_at)

    assert walked(staff, ORDERS) == [order.pk for order in reversed(orders)]


def test_filters_hold_behind_the_first_pages_and_another_one_begins_anew(staff):
    location = make_location()
    new = [make_order(location) for _ in range(7)]
    for _ in range(3):
        pushed(make_order(location))

    assert walked(staff, ORDERS, "?stage=received") == [order.pk for order in reversed(new)]
    behind = staff.get(ORDERS + address(staff.get(f"{ORDERS}?stage=received&p=2")))
    content = behind.content.decode()
    assert "From the beginning" in content
    assert not re.search(r'href="\?[^"]*beyond=[^"]*stage=(?!received)', content)


def test_what_is_done_with_all_that_match_is_done_with_those_before_too(staff):
    location = make_location()
    orders = [make_order(location) for _ in range(9)]
    behind = address(staff.get(f"{ORDERS}?p=2"))

    staff.post(f"{reverse('admin:integration_order_bulk')}{behind}")

    assert BulkItem.objects.filter(run=BulkRun.objects.get()).count() == len(orders)


@pytest.mark.parametrize("key", ["0", "x", "%00", "9" * 40, "_", "-1", ""])
def test_address_behind_no_row_is_the_lists_beginning(staff, key):
    newest = [make_order() for _ in range(3)][-1]

    page = staff.get(f"{ORDERS}?beyond={key}")

    assert page.status_code == 200
    assert page.context["cl"].result_list[0].pk == newest.pk


def test_rows_behind_cost_one_question_more_than_the_first_ones(staff):
    location = make_location()
    for _ in range(12):
        make_order(location)
    staff.get(ORDERS)
    counts = []
    for query in ("?p=1", address(staff.get(f"{ORDERS}?p=2"))):
        with CaptureQueriesContext(connection) as asked:
            staff.get(ORDERS + query)
        counts.append(len(asked))

    assert counts[1] == counts[0] + 1


def test_list_that_may_be_sorted_by_its_columns_has_no_rows_behind(staff):
    fill(9)
    sellers = reverse("admin:sellers_seller_changelist")

    page = staff.get(f"{sellers}?p=2")

    assert address(page) == ""
    assert "These pages end at 4: filter or search for the rest." in page.content.decode()


def test_list_in_which_nothing_fits_leads_to_the_search_of_everything(staff):
    orders = reverse("admin:integration_order_changelist")

    text = staff.get(orders, {"q": "bn 2009"}).content.decode()

    assert f'{reverse("find")}?q=bn%202009">Look for “bn 2009” everywhere</a>' in text


@pytest.mark.parametrize("name", ["errormessage", "worker", "hold", "alert"])
def test_whoever_sees_some_sellers_is_not_told_that_there_is_nothing_at_all(name):
    """What is of others, or of all sellers, may well be there."""
    client = person("some", sellers=[make_seller()])

    text = client.get(reverse(f"admin:integration_{name}_changelist")).content.decode()

    assert "None at the sellers that you see." in text
    assert "ever run" not in text and "Nobody had to" not in text
