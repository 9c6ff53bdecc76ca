"""The quota in the open: each account's page, the seller's, and Home."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integration.models import CallCount, Quota
from tests.factories import make_seller
from tests.integration.admin.rows import make_superuser, make_viewer

pytestmark = pytest.mark.django_db

LIST = reverse("admin:integration_quota_changelist")


@pytest.fixture
def staff():
    client = Client()
    client.force_login(make_superuser())
    return client


def make_account(used, limit=500, polled=0, **fields):
    now = timezone.now()
    seller = make_seller(daily_quota=limit)
    Quota.objects.create(
        seller=seller,
        full_at=now,
        day=timezone.localdate(now),
        used_today=used,
        polled_today=polled,
        **fields,
    )
    return seller


def count(seller, kind, calls, days_ago=0, is_polling=False):
    day = timezone.localdate() - timedelta(days=days_ago)
    CallCount.objects.create(seller=seller, day=day, kind=kind, is_polling=is_polling, count=calls)


def page_of(client, seller):
    url = reverse("admin:integration_quota_change", args=[seller.pk])
    return " ".join(client.get(url).content.decode().split())


def test_account_shows_used_left_and_by_what(staff):
    seller = make_account(1475, limit=5000, polled=75)
    count(seller, "create_order", 200)
    count(seller, "find_order", 40, is_polling=True)
    count(seller, "create_order", 123, days_ago=3)
    count(seller, "create_order", 999, days_ago=15)
    count(make_account(1), "log_in", 77)

    page = page_of(staff, seller)

    assert 'max="5000" value="1475"' in page
    assert "1,475 of 5,000" in page and "3,525" in page and "75 of 750" in page
    assert '<td>Create order</td><td>orders</td><td class="number">200</td>' in page
    assert '<td>Find order</td><td>polling</td><td class="number">40</td>' in page
    cells = "".join(f'<td class="number">{n}</td>' for n in (200, 40, 240))
    assert cells in page
    assert '<td class="number">123</td>' in page
    assert ">999<" not in page and "Log in" not in page


def test_account_out_of_calls_says_until_when_everywhere(staff):
    until = timezone.now() + timedelta(minutes=9)
    seller = make_account(500, spent_until=until)
    make_account(500, spent_until=until - timedelta(hours=1))
    make_account(400, spent_until=until)

    own = staff.get(reverse("admin:sellers_seller_change", args=[seller.pk])).content.decode()
    home = staff.get(reverse("admin:index")).content.decode()
    listed = staff.get(f"{LIST}?out=yes").content.decode()

    for page in (page_of(staff, seller), own, listed):
        assert "The day&#x27;s 500 calls are used." in page
        assert "stopped" in page
    assert "Out of calls: EasyEcom" in home and f"{LIST}?out=yes" in home
    assert listed.count('class="field-today"') == 1


def test_slowed_polling_says_so_and_orders_go_on(staff):
    seller = make_account(410, polls_at=timezone.now() + timedelta(minutes=40))

    page = page_of(staff, seller)

    assert '<span class="badge good">normal</span>' in page
    assert '<span class="badge wait">slowed</span> until' in page
    assert "The next polling call goes out at" in page


def test_account_without_a_limit_or_any_call(staff):
    seller = make_seller()

    page = staff.get(reverse("admin:sellers_seller_change", args=[seller.pk])).content.decode()

    assert "no daily quota is set" in page and "None yet today." in page
    assert not Quota.objects.exists()


def test_home_is_quiet_where_nobody_is_out_of_calls(staff):
    make_account(499)

    assert "Out of calls: EasyEcom" not in staff.get(reverse("admin:index")).content.decode()


def test_seller_page_shows_calls_to_whom_quotas_are_shown(client):
    seller = make_account(5)
    user = make_viewer()
    user.user_permissions.set(user.user_permissions.exclude(codename="view_quota"))
    client.force_login(user)

    page = client.get(reverse("admin:sellers_seller_change", args=[seller.pk]))

    assert page.status_code == 200
    assert "Calls today" not in page.content.decode()
