"""Filters of several values, and sellers by their names."""

from html import unescape

import pytest
from django.urls import reverse
from django.utils import timezone

from integration.models import Event, Order, record_event
from sellers.models import StaffScope
from tests.factories import make_location, make_order, make_seller
from tests.integration.admin.rows import make_superuser, person

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
ORDERS = reverse("admin:integration_order_changelist")
REFUSALS = reverse("admin:integration_delivery_changelist")
EVENTS = reverse("admin:integration_event_changelist")


@pytest.fixture
def boss():
    return make_superuser()


@pytest.fixture
def staff(client, boss):
    client.force_login(boss)
    return client


@pytest.fixture
def orders():
    """One of each of three sellers, each at another stage."""
    names = {"acme": "Acme, Sons & Co", "bazaar": "Kaveri Kitchen", "cotton": "Kaveri Cotton"}
    for (code, name), stage in zip(
        names.items(), ("received", "withdrawn", "awaiting_carrier"), strict=True
    ):
        location = make_location(seller=make_seller(code=code, name=name))
        fields = {"easyecom_invoice_id": "1"} if stage == "awaiting_carrier" else {}
        make_order(location, order_number=code, stage=stage, **fields)


def listed(client, **filters):
    found = client.get(ORDERS, filters).context["cl"].result_list
    return sorted(order.order_number for order in found)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("acme", ["acme"]),
        ("acme, cotton", ["acme", "cotton"]),
        ("kaveri kitchen", ["bazaar"]),
        ("Acme, Sons & Co", ["acme"]),
        ("kaveri", ["bazaar", "cotton"]),
        ("Kaveri Kitchen,acme", ["acme", "bazaar"]),
        ("ka", []),
        ("nobody", []),
        (",", []),
        ("acme\x00", []),
        ("ACME", ["acme"]),
    ],
)
def test_sellers_are_found_by_code_and_name(staff, orders, typed, found):
    assert listed(staff, seller=typed) == found


def test_name_of_a_seller_out_of_scope_finds_nothing(staff, boss, orders):
    mine = Order.objects.get(order_number="bazaar").seller
    StaffScope.objects.create(user=boss).sellers.add(mine)

    assert listed(staff, seller="kaveri") == ["bazaar"]
    assert listed(staff, seller="acme") == []


def test_rows_of_a_location_are_found_by_their_sellers_too(staff, orders):
    answer = staff.get(REFUSALS, {"seller": "kaveri"})

    assert answer.status_code == 200
    assert answer.context["cl"].result_count == 0


def test_one_filter_takes_several_values_and_its_links_add_and_take_away(staff, orders):
    assert listed(staff, stage="received,withdrawn") == ["acme", "bazaar"]
    assert listed(staff, stage="received,nothing") == ["acme"]
    assert listed(staff, stage="nothing") == ["acme", "bazaar", "cotton"]

    page = unescape(staff.get(ORDERS, {"stage": "received"}).content.decode())

    assert 'aria-label="And Withdrawn"' in page
    assert "?stage=received%2Cwithdrawn" in page
    assert 'href="?" aria-label="Without Received"' in page


ACTORS = ("asha", "asha-two", "booon · platform", "booon · app", "console")


@pytest.fixture
def events():
    """One by each, under a sentence of their name."""
    Event.objects.all().delete()
    for actor in ACTORS:
        record_event("note", actor, at=timezone.now(), actor=actor)


def said_by(client, typed):
    found = client.get(EVENTS, {"who": typed}).context["cl"].result_list
    return [event.actor for event in found if event.kind == "note"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("asha", ["asha"]),
        ("asha-", ["asha-two"]),
        ("booon", ["booon · app", "booon · platform"]),
        ("booon · app", ["booon · app"]),
        ("nobody", []),
        ("con\x00", []),
        (" ", [*reversed(ACTORS)]),
    ],
)
def test_events_are_found_by_who_it_was(staff, events, typed, found):
    assert said_by(staff, typed) == found


def test_who_may_see_their_own_events_is_offered_nobody_elses_name(boss, events):
    page = person("vik").get(EVENTS).content.decode()

    names = page.split('id="who-suggestions"')[1].split("</datalist>")[0]
    assert "vik" in names and boss.username not in names
