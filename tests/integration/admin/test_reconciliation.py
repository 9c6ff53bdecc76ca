"""Missed deliveries by week and as a file, and the buttons that have things compared."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integration.models import (
    Delivery,
    Drift,
    Event,
    MissedDelivery,
    Order,
    ReadBack,
    SyncJob,
    Topic,
)
from integration.reconciliation import report
from integration.reconciliation.report import Week
from sellers.models import Location
from tests.factories import make_location, make_order, pushed
from tests.integration.admin.rows import make_superuser, make_viewer

LIST = "admin:integration_misseddelivery_changelist"
WEEKS = "admin:integration_misseddelivery_weeks"
CSV = "admin:integration_misseddelivery_csv"
# Sunday evening in India, and the Monday that follows; in UTC both are Sunday.
SUNDAY = datetime(2026, 11, 22, 18, 29, tzinfo=UTC)
MONDAY = datetime(2026, 11, 22, 18, 30, tzinfo=UTC)
LAST_WEEK, THIS_WEEK = "2026-W47", "2026-W48"

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


def manifested(location: Location, at: datetime, **fields: Any) -> Order:
    order = pushed(make_order(location, **fields))
    order.change(stage="manifested", manifested_at=at, manifest_number="MAN-1")
    return order


def missed(location: Location, at: datetime, **fields: Any) -> MissedDelivery:
    order = manifested(location, at, **fields)
    delivery = Delivery.objects.create(
        location=location, topic="manifested", source="reconciled", received_at=at
    )
    return MissedDelivery.objects.create(
        endpoint=location.endpoints.get(topic=Topic.MANIFESTED),
        location=location,
        order=order,
        due_at=at,
        found_at=at + timedelta(hours=26, minutes=5),
        found_by=delivery,
    )


def cells(answer: Any) -> list[list[str]]:
    content = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(content)))


def test_file_is_quoted_so_that_no_cell_begins_another(staff):
    order = missed(make_location(), MONDAY).order
    order.change(manifest_number="x;=cmd|calc")

    content = b"".join(staff.get(reverse(CSV)).streaming_content).decode()

    assert content.startswith('\ufeff"location_key","endpoint"')
    assert '"x;=cmd|calc"' in content


def test_week_goes_from_monday_to_sunday_in_india():
    assert (Week.of(SUNDAY).name, Week.of(MONDAY).name) == (LAST_WEEK, THIS_WEEK)
    assert Week.of(MONDAY).begins_at == MONDAY == Week.of(SUNDAY).ends_at
    assert Week.parse("2026-W53") == Week(date(2026, 12, 28))
    assert [Week.parse(name) for name in ("", "2026-W99", "x", "0001-W01", "2025-W53")] == [
        None
    ] * 5


def test_figure_of_a_location_is_what_was_lost_of_what_was_manifested_that_week():
    here, there = make_location(), make_location()
    for _ in range(3):
        manifested(here, MONDAY)
    missed(here, MONDAY)
    late = missed(here, MONDAY)
    MissedDelivery.objects.filter(pk=late.pk).update(arrived_at=MONDAY, arrived_by=late.found_by)
    missed(here, SUNDAY)
    manifested(there, MONDAY)
    read_at = MONDAY + timedelta(days=1)
    ReadBack.objects.create(
        location=there, cause="rotation", asked_at=read_at, ended_at=read_at, levels=500
    )
    Drift.objects.create(
        location=there, sku="A", theirs=1, at=read_at, delivery=late.found_by, is_mended=True
    )

    figures = {each.location: each for each in report.figures(Week.of(MONDAY))}

    assert {location: str(each) for location, each in figures.items()} == {
        here: "lost 1 of 5",
        there: "lost 0 of 1",
    }
    assert (figures[here].late, figures[there].drifted, figures[there].levels) == (1, 1, 500)
    assert str(report.figures(Week.of(SUNDAY))[0]) == "lost 1 of 1"


def test_page_of_a_week_shows_each_location_and_leads_to_its_list(staff):
    location = make_location()
    missed(location, MONDAY)
    missed(location, SUNDAY)

    page = staff.get(reverse(WEEKS), {"week": THIS_WEEK}).content.decode()

    assert "lost 1 of 1" in page
    link = f"{reverse(LIST)}?week={THIS_WEEK}&amp;location={location.location_key}"
    assert link in page
    assert "result_list" in staff.get(link.replace("&amp;", "&")).content.decode()
    assert staff.get(reverse(WEEKS), {"week": "%00"}).status_code == 200


def test_list_is_filtered_by_location_and_week_and_so_is_the_file(staff):
    here, there = make_location(), make_location()
    wanted = missed(here, MONDAY)
    missed(here, SUNDAY)
    missed(there, MONDAY)
    query = {"week": THIS_WEEK, "location": here.location_key}

    page = staff.get(reverse(LIST), query).content.decode()
    heading, *rows = cells(staff.get(reverse(CSV), query))

    assert page.count('class="action-checkbox"') == 0
    assert page.count("26 h 5 min") == 1
    assert tuple(heading) == report.COLUMNS
    assert rows == [
        [
            here.location_key,
            wanted.endpoint_id,
            wanted.order.order_number,
            wanted.order.easyecom_invoice_id,
            "MAN-1",
            "2026-11-23 00:00:00",
            "2026-11-24 02:05:00",
            "",
            "1565",
        ]
    ]


@pytest.mark.parametrize("number", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_no_cell_of_the_file_is_a_formula(staff, number):
    each = missed(make_location(), MONDAY)
    Order.objects.filter(pk=each.order_id).update(manifest_number=number)

    _, row = cells(staff.get(reverse(CSV)))

    assert row[4] == f"'{number}"


@pytest.mark.parametrize(
    "query",
    [{"week": "%00"}, {"week": "\x00"}, {"location": "\x00"}, {"x": "1"}, {"late": "maybe"}],
)
def test_hostile_filters_of_the_file_are_never_a_500(staff, query):
    missed(make_location(), MONDAY)

    assert staff.get(reverse(CSV), query).status_code in (200, 302, 400)


def test_figures_and_file_are_for_those_who_may_see_them(client):
    viewer = make_viewer()
    client.force_login(viewer)
    assert {client.get(reverse(name)).status_code for name in (WEEKS, CSV)} == {200}

    viewer.user_permissions.clear()

    assert {client.get(reverse(name)).status_code for name in (WEEKS, CSV)} == {403}
    client.logout()
    assert {client.get(reverse(name)).status_code for name in (WEEKS, CSV)} == {302}


def open_order() -> Order:
    order = pushed(make_order())
    SyncJob.objects.filter(order=order).update(status="succeeded", due_at=None)
    return order


def test_button_has_an_order_compared(staff):
    order = open_order()
    url = reverse("admin:integration_order_reconcile", args=[order.pk])
    assert (
        url
        in staff.get(reverse("admin:integration_order_change", args=[order.pk])).content.decode()
    )

    assert staff.post(url).status_code == 302

    order.refresh_from_db()
    assert order.check_asked_at is not None
    assert SyncJob.objects.get(kind="checks").status == SyncJob.Status.PENDING
    assert Event.objects.get(kind="reconcile").actor == "asha"


def test_button_has_all_of_a_seller_compared(staff):
    order = open_order()
    url = reverse("admin:sellers_seller_reconcile", args=[order.seller_id])
    page = staff.get(reverse("admin:sellers_seller_change", args=[order.seller_id]))
    assert url in page.content.decode()

    assert staff.post(url).status_code == 302

    assert set(SyncJob.objects.filter(order=None).values_list("kind", "status")) == {
        ("checks", "pending"),
        ("stock", "pending"),
    }
    assert ReadBack.objects.get().location == order.location


@pytest.mark.parametrize("name", ["integration_order", "sellers_seller"])
def test_comparing_needs_a_post_and_the_permission(client, name):
    order = open_order()
    row = order if name == "integration_order" else order.seller
    url = reverse(f"admin:{name}_reconcile", args=[row.pk])
    viewer = make_viewer()
    client.force_login(viewer)
    assert client.post(url).status_code == 403
    viewer.user_permissions.add(Permission.objects.get(codename="reconcile"))

    assert client.get(url).url == reverse(f"admin:{name}_change", args=[row.pk])
    assert not Event.objects.filter(kind="reconcile").exists()
    assert client.post(url).status_code == 302


def test_order_in_doubt_is_left_alone(staff):
    order = open_order()
    order.change(doubt="awb_unknown", doubt_since=timezone.now())

    staff.post(reverse("admin:integration_order_reconcile", args=[order.pk]))

    assert not SyncJob.objects.filter(kind="checks").exists()
