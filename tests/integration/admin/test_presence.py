"""Who has a page open is told to whoever else has it, and to nobody who may not see the page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booon_console.roles import VIEWER
from integration.models import OpenPage
from integration.worker import retention
from tests.factories import make_location, make_order, make_seller
from tests.integration.admin.rows import person

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def others(row, kind="integration_order"):
    return reverse(f"admin:{kind}_others", args=[row.pk])


def told(client, url):
    answer = client.post(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def ago(**length):
    OpenPage.objects.update(seen_at=timezone.now() - timedelta(**length))


def test_two_at_one_order_are_told_of_each_other_and_of_nobody_at_another():
    location = make_location()
    order, other = make_order(location), make_order(location)
    asha, ravi = person("asha", first_name="Asha", last_name="Rao"), person("ravi", VIEWER)

    assert told(asha, others(order)) == ""
    assert "<strong>Asha Rao</strong> (opened" in told(ravi, others(order))
    assert "<strong>ravi</strong> (opened" in told(asha, others(order))
    assert told(ravi, others(other)) == ""


@pytest.mark.parametrize(("seconds", "is_there"), [(58, True), (61, False)])
def test_page_of_which_nothing_is_heard_for_a_minute_is_closed(seconds, is_there):
    order, asha, ravi = make_order(), person("asha"), person("ravi")
    told(asha, others(order))
    ago(seconds=seconds)

    assert ("asha" in told(ravi, others(order))) == is_there


def test_page_says_since_when_it_is_open_and_anew_after_it_was_closed():
    order, asha = make_order(), person("asha")
    told(asha, others(order))
    begun = timezone.now() - timedelta(minutes=5)
    OpenPage.objects.update(opened_at=begun)

    told(asha, others(order))
    assert OpenPage.objects.get().opened_at == begun
    ago(seconds=61)
    told(asha, others(order))
    assert OpenPage.objects.get().opened_at > begun


@pytest.mark.parametrize(
    ("kind", "of"),
    [
        ("integration_order", lambda order: order),
        ("sellers_location", lambda order: order.location),
        ("sellers_seller", lambda order: order.seller),
    ],
)
def test_each_page_that_tells_asks_at_its_own_door(kind, of):
    row, asha = of(make_order()), person("asha")

    page = asha.get(reverse(f"admin:{kind}_change", args=[row.pk])).content.decode()

    assert f'hx-post="{others(row, kind)}"' in page
    assert told(asha, others(row, kind)) == ""


def test_nobody_is_told_of_a_page_that_is_not_theirs_to_see():
    mine, theirs = make_seller(code="acme"), make_seller(code="other")
    order = make_order(make_location(seller=theirs))
    told(person("asha"), others(order))
    limited = person("ravi", sellers=[mine])

    assert limited.post(others(order)).status_code == 404
    assert Client().post(others(order)).status_code == 302
    assert not OpenPage.objects.exclude(user__username="asha").exists()


def test_looking_alone_writes_nothing_and_what_is_closed_is_forgotten():
    order, asha = make_order(), person("asha")

    assert asha.get(others(order)).status_code == 302
    asha.get(reverse("admin:integration_order_change", args=[order.pk]))
    assert not OpenPage.objects.exists()

    told(asha, others(order))
    assert retention.delete_old(timezone.now())["open_pages"] == 0
    ago(seconds=61)
    assert retention.delete_old(timezone.now())["open_pages"] == 1
