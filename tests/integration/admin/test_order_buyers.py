"""The page for a buyer who asks: found, exported and erased by whoever may."""

import json

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booon_console.lib import clock
from integration.models import Event, Order, OrderFile, Stage
from sellers.models import StaffScope
from tests.factories import ADDRESS, make_order
from tests.integration.admin.rows import make_superuser, make_viewer

pytestmark = pytest.mark.django_db

URL = reverse("admin:integration_order_buyers")
BUYER = ADDRESS | {"name": "Canary Rao", "phone": "98765 01210", "line1": "14 Canary Street"}
PHONE = {"phone": "+91-9876501210", "email": "", "order_number": ""}


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def staff() -> Client:
    return client_of(make_superuser())


def over(**fields: object) -> Order:
    order = make_order(shipping_address=BUYER, **fields)
    Order.objects.filter(pk=order.pk).update(stage=Stage.WITHDRAWN)
    return order


def test_buyer_is_found_with_what_would_be_erased_and_nothing_is_written(staff):
    order = over()

    answer = staff.post(URL, PHONE)

    page = answer.content.decode()
    assert f">{order}</a>" in page
    assert dict(answer.context["erased"])["orders"] == "1"
    assert "no-store" in answer["Cache-Control"]
    assert Order.objects.get().shipping_address == BUYER
    assert not Event.objects.filter(kind="erased").exists()


def test_erasing_takes_another_click_and_is_written_down(staff):
    order = over()

    answer = staff.post(URL, PHONE | {"step": "erase"}, follow=True)

    assert "Erased: 1 orders" in answer.content.decode()
    assert "anary" not in json.dumps(Order.objects.get().shipping_address)
    by_order, whole = Event.objects.filter(kind="erased").order_by("pk")
    assert (by_order.actor, by_order.order, whole.order) == ("asha", order, None)
    page = staff.get(reverse("admin:integration_order_change", args=[order.pk])).content.decode()
    assert "Erased <time" in page


def test_nobody_found_is_nothing_to_export_or_erase(staff):
    answer = staff.post(URL, PHONE)

    assert answer.context["buttons"] == []
    assert "No order names this buyer." in answer.content.decode()


def test_order_under_way_is_named_and_stays(staff):
    order = make_order(shipping_address=BUYER)

    found = staff.post(URL, PHONE).content.decode()
    erased = staff.post(URL, PHONE | {"step": "erase"}, follow=True).content.decode()

    assert f"Order {order} is still under way" in found
    assert f"Order {order} is still under way" in erased
    assert Order.objects.get().shipping_address == BUYER


def test_export_is_a_file_of_json_and_written_down(staff):
    order = over()

    answer = staff.post(URL, PHONE | {"step": "export"})

    assert answer["Content-Disposition"] == 'attachment; filename="buyer.json"'
    assert "no-store" in answer["Cache-Control"]
    [shown] = answer.json()["orders"]
    assert shown["shipping_address"] == BUYER
    event = Event.objects.get(kind="exported")
    assert (event.actor, event.order) == ("asha", order)


@pytest.mark.parametrize(
    "given", [{}, {"phone": "12"}, {"email": "nobody"}, {"phone": "9876501210", "email": "a@b.c"}]
)
def test_what_means_nobody_is_said_and_finds_nothing(staff, given):
    over()

    answer = staff.post(URL, given | {"step": "erase"})

    assert answer.status_code == 200
    assert "is_found" not in answer.context or not answer.context["is_found"]
    assert Order.objects.get().shipping_address == BUYER


def test_too_many_are_left_to_the_command(staff, monkeypatch):
    monkeypatch.setattr("integration.admin.order_buyers.MOST_ORDERS", 1)
    over(), over()

    page = staff.post(URL, PHONE | {"step": "erase"}).content.decode()

    assert "is it one person" in page
    assert not Event.objects.filter(kind="erased").exists()


@pytest.mark.parametrize("role", ["Viewer", "Operator", "Auditor"])
def test_others_than_admins_neither_find_nor_erase(role):
    order = over()
    user = User.objects.create_user("someone", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = client_of(user)

    assert client.get(URL).status_code == 403
    for step in ("", "export", "erase"):
        assert client.post(URL, PHONE | {"step": step}).status_code == 403
    assert URL not in client.get(reverse("admin:integration_order_changelist")).content.decode()
    assert Order.objects.get() == order


def test_staff_of_one_seller_find_theirs_and_their_own_files():
    own, foreign = over(), over()
    user = make_viewer("erase_buyer")
    StaffScope.objects.create(user=user).sellers.add(own.seller)
    other = User.objects.create_user("other")
    for owner in (user, other):
        OrderFile.objects.create(
            user=owner, name="f.csv", body=b"9876501210", uploaded_at=clock.now()
        )

    client_of(user).post(URL, PHONE | {"step": "erase"})

    assert list(Order.objects.filter(buyer_erased_at=None)) == [foreign]
    assert [file.user for file in OrderFile.objects.all()] == [other]


def test_number_of_queries_does_not_grow_with_orders(staff):
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            staff.post(URL, PHONE)
        return len(seen)

    over()
    queries()
    with_one = queries()
    over(), over(), over()

    assert queries() == with_one
