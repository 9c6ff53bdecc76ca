"""The catalog's lists: what matches nothing, and a whole catalog asked for."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integration.catalog import listings
from integration.models import Event, Product, ProductPull, SyncJob, UnmappedSku
from integration.sync import wakeup
from tests.factories import make_location, make_order
from tests.integration.admin.rows import make_superuser, make_viewer
from tests.integration.catalog.test_sku_mapping import LISTED

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    kinds = []
    monkeypatch.setattr(wakeup, "wake", kinds.append)
    return kinds


def list_of(model: str) -> str:
    return reverse(f"admin:integration_{model}_changelist")


def test_unmatched_listings_are_a_list_of_their_own(staff):
    location = make_location()
    Product.objects.create(
        seller=location.seller, location=location, sku="THERE", seen_at=timezone.now()
    )
    listings.put(location.seller, "THERE", LISTED, actor="booon")
    listings.put(location.seller, "NOWHERE", LISTED, actor="booon")

    page = staff.get(list_of("listing"), {"unmatched": "yes"}).content.decode()

    assert "NOWHERE" in page and "THERE" not in page.replace("NOWHERE", "")


def test_front_page_counts_what_matches_nothing(staff):
    location = make_location()
    listings.put(location.seller, "NOWHERE", LISTED, actor="booon")
    UnmappedSku.objects.create(
        seller=location.seller,
        location=location,
        sku="LOST",
        source="order",
        order=make_order(location),
        named_at=timezone.now(),
    )

    page = staff.get(reverse("admin:index")).content.decode()

    assert f"{list_of('listing')}?unmatched=yes" in page
    assert list_of("unmappedsku") in page


def test_unmapped_sku_leads_to_the_order_that_named_it(staff):
    order = make_order()
    row = UnmappedSku.objects.create(
        seller=order.seller,
        location=order.location,
        sku="LOST",
        source="order",
        order=order,
        named_at=timezone.now(),
    )

    page = staff.get(reverse("admin:integration_unmappedsku_change", args=[row.pk]))

    assert reverse("admin:integration_order_change", args=[order.pk]) in page.content.decode()


def ask_for_whole(client: Client, pull: ProductPull):
    chosen = {"action": "read_whole", "_selected_action": [pull.pk]}
    return client.post(list_of("productpull"), chosen)


def test_whole_catalog_is_asked_for_and_written_down(
    staff, woken, django_capture_on_commit_callbacks
):
    location = make_location()
    pull = ProductPull.objects.create(location=location)
    job = SyncJob.objects.create(
        kind="products", seller=location.seller, location=location, status="succeeded"
    )

    with django_capture_on_commit_callbacks(execute=True):
        ask_for_whole(staff, pull)

    pull.refresh_from_db()
    job.refresh_from_db()
    assert pull.full_wanted and job.status == "pending"
    assert woken == ["outbox"]
    event = Event.objects.get()
    assert (event.actor, event.location) == ("asha", location)


def test_viewer_may_not_ask_for_it(client):
    pull = ProductPull.objects.create(location=make_location())
    client.force_login(make_viewer())

    ask_for_whole(client, pull)

    pull.refresh_from_db()
    assert not pull.full_wanted
