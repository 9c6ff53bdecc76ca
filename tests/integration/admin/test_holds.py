"""Holds in the admin: form, banner, page of the seller and of the order, Home."""

import pytest
from django.test import Client
from django.urls import reverse

from booon_console import roles
from integration.models import Event, Hold
from integration.sync import holds
from tests.factories import make_order, make_seller
from tests.integration.admin.rows import make_superuser, person

pytestmark = pytest.mark.django_db

LIST = reverse("admin:integration_hold_changelist")
SET = reverse("admin:integration_hold_set")
WHY = "EasyEcom asked us to wait"


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


def text(client: Client, url: str) -> str:
    return " ".join(client.get(url).content.decode().split())


def release_url(row: Hold) -> str:
    return reverse("admin:integration_hold_release", args=[row.pk])


def test_admin_holds_everything_with_a_reason():
    client = person("admin", roles.ADMIN)

    answer = client.post(SET, {"seller": "", "reason": WHY})

    row = Hold.objects.get()
    assert answer.url == reverse("admin:integration_hold_change", args=[row.pk])
    assert (row.seller, row.reason, row.set_by) == (None, WHY, "admin")
    assert Event.objects.get(kind="hold").sentence == f"Held everything: {WHY}"


def test_admin_holds_a_seller_from_its_page(staff):
    seller = make_seller(code="acme")
    page = text(staff, reverse("admin:sellers_seller_change", args=[seller.pk]))
    assert f'href="{SET}?seller=acme"' in page
    assert '<option value="acme" selected>' in text(staff, f"{SET}?seller=acme")

    staff.post(SET, {"seller": "acme", "reason": WHY})

    assert Hold.objects.get().seller == seller
    page = text(staff, reverse("admin:sellers_seller_change", args=[seller.pk]))
    assert f"acme is held by asha: {WHY}" in page
    assert f'href="{SET}' not in page


@pytest.mark.parametrize("reason", ["", "too short", " " * 20])
def test_hold_wants_a_reason(staff, reason):
    assert staff.post(SET, {"seller": "", "reason": reason}).status_code == 200
    assert not Hold.objects.exists()


def test_second_hold_is_told_and_changes_nothing(staff):
    holds.hold(None, "The first reason", actor="ravi")

    answer = staff.post(SET, {"seller": "", "reason": WHY}, follow=True)

    assert "It is held already" in answer.content.decode()
    assert Hold.objects.get().reason == "The first reason"


def test_release_wants_a_reason_and_is_written_down(staff):
    row = holds.hold(None, WHY, actor="ravi")
    assert "Release…" in text(staff, reverse("admin:integration_hold_change", args=[row.pk]))

    staff.post(release_url(row), {"reason": "no"})
    assert Hold.objects.open().exists()
    staff.post(release_url(row), {"reason": "They are back again"})

    row.refresh_from_db()
    assert (row.is_open, row.released_by) == (False, "asha")
    event = Event.objects.get(kind="release")
    assert (event.actor, event.sentence) == ("asha", "Released everything: They are back again")


def test_release_of_a_doubted_database_says_what_may_be_sent_again(staff):
    row = holds.hold(None, "Older than it was", actor="console", doubts_database=True)

    page = text(staff, release_url(row))

    assert "What stands here as unsent may have been sent since it was saved" in page


@pytest.mark.parametrize("role", [roles.VIEWER, roles.OPERATOR, roles.AUDITOR])
def test_others_neither_hold_nor_release(role):
    row = holds.hold(None, WHY, actor="ravi")
    client = person("someone", role)

    assert client.post(SET, {"seller": "", "reason": WHY}).status_code == 403
    assert client.post(release_url(row), {"reason": WHY}).status_code == 403
    assert "Release…" not in text(client, reverse("admin:integration_hold_change", args=[row.pk]))
    assert Hold.objects.get().is_open


def test_admin_of_some_sellers_holds_only_those():
    mine, other = make_seller(code="mine"), make_seller(code="other")
    client = person("admin", roles.ADMIN, [mine])

    for code in ("", other.code):
        assert client.post(SET, {"seller": code, "reason": WHY}).status_code == 200
    assert not Hold.objects.exists()
    client.post(SET, {"seller": "mine", "reason": WHY})
    everything = holds.hold(None, WHY, actor="ravi")
    client.post(release_url(everything), {"reason": WHY})

    assert [row.seller for row in Hold.objects.open().order_by("pk")] == [mine, None]


def test_banner_stands_on_every_page_while_everything_is_held(staff):
    seller = make_seller()
    pages = [reverse("admin:index"), LIST, reverse("admin:sellers_seller_changelist"), SET]
    row = holds.hold(None, WHY, actor="ravi")
    banner = (
        f"Everything is held by ravi: {WHY}</strong> Nothing goes out until an Admin releases it"
    )
    assert all(banner in text(staff, url) for url in pages)

    holds.release(row, "They are back again", actor="ravi")
    holds.hold(seller, WHY, actor="ravi")

    assert not any("Everything is held" in text(staff, url) for url in pages)


def test_home_counts_holds_and_held_orders(staff):
    make_order(blocked_reason="held")
    row = holds.hold(make_seller(), WHY, actor="ravi")

    page = text(staff, reverse("admin:index"))

    its_page = reverse("admin:integration_hold_change", args=[row.pk])
    assert f'href="{its_page}"><b class="count">1</b>' in page and WHY in page
    holds.hold(make_seller(), WHY, actor="ravi")
    page = text(staff, reverse("admin:index"))
    assert f'href="{LIST}?open=yes"><b class="count">2</b>' in page
    assert "Held on purpose: it goes out once the hold is released." in page


def test_held_order_says_first_that_it_is_held(staff):
    order = make_order()
    row = holds.hold(order.seller, WHY, actor="ravi")

    page = text(staff, reverse("admin:integration_order_change", args=[order.pk]))

    assert f"{order.seller.code} is held by ravi: {WHY}" in page
    assert reverse("admin:integration_hold_change", args=[row.pk]) in page


def test_list_leads_to_the_release_of_what_is_still_held():
    still, over = (
        holds.hold(make_seller(), WHY, actor="a"),
        holds.hold(make_seller(), WHY, actor="a"),
    )
    holds.release(over, WHY, actor="a")

    shown = text(person("admin", roles.ADMIN), LIST)
    to_a_viewer = text(person("viewer", roles.VIEWER), LIST)

    assert release_url(still) in shown
    assert release_url(over) not in shown
    assert "Release…" not in to_a_viewer
