"""Which sellers a member of staff sees, for each kind of holder."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import AnonymousUser, User
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from integration.admin.base import SellerFilter
from integration.models import KnownError, Order, Worker
from sellers import scope
from sellers.models import Seller, StaffScope
from tests.factories import make_location, make_order, make_seller
from tests.integration.admin.rows import fill

pytestmark = pytest.mark.django_db

# Somebody's scope: none was given, none is left in it, one seller, two.
SCOPES = {
    "no scope": (None, ["a", "b", "c"]),
    "an empty scope": ([], []),
    "a scope of one": (["b"], ["b"]),
    "a scope of two": (["a", "c"], ["a", "c"]),
}


def staff(sees, **fields):
    user = User.objects.create_user("asha", is_staff=True, **fields)
    if sees is not None:
        kept = StaffScope.objects.create(user=user)
        kept.sellers.set(Seller.objects.filter(code__in=sees))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def sellers():
    return {code: make_seller(code=code) for code in "abc"}


@pytest.mark.parametrize("kind", SCOPES)
@pytest.mark.parametrize("is_superuser", [True, False])
def test_rows_are_those_of_the_sellers_in_scope(sellers, kind, is_superuser):
    for seller in sellers.values():
        make_order(make_location(seller=seller))
    sees, shown = SCOPES[kind]
    user = staff(sees, is_superuser=is_superuser)

    own = scope.within(Seller.objects.all(), user, "pk")
    orders = scope.within(Order.objects.all(), user, "seller")
    far = scope.within(Order.objects.all(), user, "location__seller")

    assert list(own.values_list("code", flat=True)) == shown
    for rows in (orders, far):
        assert sorted(order.seller.code for order in rows) == shown
    assert scope.is_limited(user) == (kind != "no scope")
    ids = [sellers[code].pk for code in shown]
    assert scope.seller_ids(user) == (None if kind == "no scope" else ids)


@pytest.mark.parametrize("kind", SCOPES)
def test_rows_of_no_seller_are_for_whoever_sees_all(sellers, kind):
    Worker.objects.create(pk=1, started_at=timezone.now(), pulsed_at=timezone.now())
    user = staff(SCOPES[kind][0])

    shown = scope.within(Worker.objects.all(), user, None).count()

    assert shown == (1 if kind == "no scope" else 0)


def test_scope_is_each_ones_own(sellers):
    staff(["b"])
    other = User.objects.create_user("vik", is_staff=True)
    StaffScope.objects.create(user=other).sellers.set([sellers["c"]])

    assert scope.seller_ids(User.objects.get(username="vik")) == [sellers["c"].pk]


def test_seller_that_goes_leaves_a_scope_that_sees_nothing(sellers):
    user = staff(["b"])
    sellers["b"].delete()

    assert scope.seller_ids(User.objects.get(pk=user.pk)) == []


def test_scope_is_asked_of_the_database_once_for_each_request(sellers, django_assert_num_queries):
    for user, queries in ((staff([]), 2), (AnonymousUser(), 0)):
        with django_assert_num_queries(queries):
            scope.seller_ids(user)
            scope.seller_ids(user)


def test_empty_scope_opens_no_list_of_the_admin():
    fill(1)
    user = staff([], is_superuser=True)
    request = RequestFactory().get("/admin/")
    request.user = user

    shown = {
        model
        for model, model_admin in admin.site._registry.items()
        if model_admin.get_queryset(request).exists()
    }

    # What EasyEcom's refusals mean is nothing of any seller.
    assert shown == {KnownError}


def test_empty_scope_opens_no_page_of_a_row(client):
    order = make_order()
    client.force_login(staff([], is_superuser=True))

    url = reverse("admin:integration_order_change", args=[order.pk])

    assert client.get(url).status_code == 302


def test_filter_names_only_sellers_in_scope(sellers):
    request = RequestFactory().get("/admin/")
    request.user = staff(["b"])
    model_admin = admin.site._registry[Order]

    offered = SellerFilter(request, {}, Order, model_admin).lookups(request, model_admin)

    assert [code for code, _ in offered] == ["b"]
