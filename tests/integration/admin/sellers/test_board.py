"""The sellers' board: what each figure counts, against what, in which turn, and who sees it."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import openpyxl
import pytest
import time_machine
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booon_console.roles import AUDITOR, VIEWER
from integration.admin import exports, periods
from integration.admin.sellers.board import span_of
from integration.models import Delivery, Event, MissedDelivery, Order, Quota
from integration.monitoring import seller_board
from sellers.models import StaffScope
from tests.factories import make_location, make_order, make_seller, make_shipment
from tests.integration.admin.rows import make_superuser

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
BOARD = reverse("admin:sellers_seller_board")
# 14:30 in India, a Thursday.
NOW = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


@pytest.fixture(autouse=True)
def at_now(monkeypatch):
    monkeypatch.setattr("booon_console.lib.clock.now", lambda: NOW)
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def staff():
    client = Client()
    client.force_login(make_superuser())
    return client


def given(location, at, to_awb=None, to_manifest=None, **fields):
    """An order that EasyEcom took at once, and what became of it so many minutes later."""
    order = make_order(location, **fields)
    moved = at if to_awb is None else at + to_awb * MINUTE
    Order.objects.filter(pk=order.pk).update(
        created_at=at,
        pushed_at=at,
        manifested_at=None if to_manifest is None else moved + to_manifest * MINUTE,
    )
    if to_awb is not None:
        make_shipment(order, assigned_at=moved)
    return order


def rows_of(client, query=""):
    """The rows as the page has them, by the sellers' codes in their turn."""
    answer = client.get(f"{BOARD}{query}")
    assert answer.status_code == 200
    return {shown.row.seller.code: shown.row for shown in answer.context["rows"]}


def test_times_are_the_middle_and_nine_of_ten_of_the_period_and_of_the_one_before(staff):
    location = make_location(seller=make_seller(code="acme"))
    for minutes in range(1, 11):
        given(location, NOW - DAY, to_awb=minutes, to_manifest=100 * minutes)
    given(location, NOW - DAY)
    given(location, NOW - 8 * DAY, to_awb=30)
    given(location, NOW - 15 * DAY, to_awb=999)

    now, before = rows_of(staff, "?when=week")["acme"].speed

    assert (now.orders, now.awb.count, now.manifest.count) == (11, 10, 10)
    assert (now.awb.median, now.awb.p90) == (5 * MINUTE, 9 * MINUTE)
    assert (now.manifest.median, now.manifest.p90) == (500 * MINUTE, 900 * MINUTE)
    assert (before.orders, before.awb.median, before.manifest.median) == (1, 30 * MINUTE, None)


def test_awb_before_easyecoms_clock_took_no_time(staff):
    given(make_location(seller=make_seller(code="acme")), NOW - DAY, to_awb=-5)

    assert rows_of(staff)["acme"].speed[0].awb.median == timedelta(0)


def test_stuck_orders_have_their_worth_and_the_link_lists_the_same(staff):
    location = make_location(seller=make_seller(code="acme"))
    since = NOW - 3 * DAY
    for reason in ("rejected", "awb_late"):
        order = make_order(location)
        Order.objects.filter(pk=order.pk).update(blocked_reason=reason, blocked_since=since)
    for reason, at in (("unreachable", since), ("cancelled_at_easyecom", since - DAY), ("", None)):
        order = make_order(location)
        Order.objects.filter(pk=order.pk).update(blocked_reason=reason, blocked_since=at)

    answer = staff.get(BOARD)
    (shown,) = answer.context["rows"]

    assert (shown.row.stuck.count, shown.row.stuck.since) == (2, since)
    assert shown.row.stuck.worth == Decimal(2 * (2 * 123 + 20))
    assert "₹ 532" in answer.content.decode()
    assert staff.get(shown.stuck_url).context["cl"].result_count == 2


def test_lost_webhooks_are_told_in_per_cent_of_what_was_manifested(staff):
    location = make_location(seller=make_seller(code="acme"))
    delivery = Delivery.objects.create(location=location, topic="manifested", received_at=NOW)
    orders = [given(location, NOW - DAY, to_awb=1, to_manifest=1) for _ in range(8)]
    for order, came in zip(orders, (None, NOW), strict=False):
        MissedDelivery.objects.create(
            location=location,
            order=order,
            due_at=NOW - DAY,
            found_at=NOW,
            found_by=delivery,
            arrived_at=came,
        )

    answer = staff.get(f"{BOARD}?when=week")
    (shown,) = answer.context["rows"]

    assert (shown.row.lost[0].count, shown.row.lost[0].manifested) == (1, 8)
    assert "12.5 %" in answer.content.decode()
    assert staff.get(shown.lost_url).context["cl"].result_count == 1
    assert staff.get(shown.orders_url).context["cl"].result_count == 8


def test_lost_webhook_where_nothing_was_manifested_is_counted_and_no_share(staff):
    location = make_location(seller=make_seller(code="acme"))
    order = given(location, NOW - DAY)
    delivery = Delivery.objects.create(location=location, topic="manifested", received_at=NOW)
    MissedDelivery.objects.create(
        location=location, order=order, due_at=NOW - DAY, found_at=NOW, found_by=delivery
    )

    page = " ".join(staff.get(BOARD).content.decode().split())

    assert '<span class="badge bad">1</span>' in page
    assert '<span class="badge bad"> %</span>' not in page


def test_last_webhook_of_each_kind_is_the_latest_of_any_location(staff):
    seller = make_seller(code="acme")
    for ago in (2, 1):
        location = make_location(seller=seller)
        endpoint = location.endpoints.get(topic="inventory")
        Delivery.objects.create(
            location=location, endpoint=endpoint, topic="inventory", received_at=NOW - ago * DAY
        )

    assert rows_of(staff)["acme"].heard == {"inventory": NOW - DAY}


def test_rows_are_sorted_by_any_figure_and_those_without_it_come_last(staff):
    for code, orders, quota in (("a", 1, 500), ("b", 3, None), ("c", 2, 100), ("d", 0, None)):
        seller = make_seller(code=code, name=code.upper(), daily_quota=quota)
        location = make_location(seller=seller)
        for minutes in range(orders):
            given(location, NOW - DAY, to_awb=minutes + 1)
    used = make_seller(code="e", name="E", daily_quota=1000)
    Quota.objects.create(seller=used, full_at=NOW, day=NOW.date(), used_today=990)

    assert list(rows_of(staff, "?o=orders")) == ["b", "c", "a", "d", "e"]
    assert list(rows_of(staff, "?o=-orders")) == ["a", "c", "b", "d", "e"]
    assert list(rows_of(staff, "?o=awb90"))[:3] == ["b", "c", "a"]
    assert list(rows_of(staff, "?o=left"))[:3] == ["e", "c", "a"]
    assert list(rows_of(staff, "?o=name"))[0] == "a"
    assert list(rows_of(staff, "?o=password"))[0] == "a"


@pytest.mark.parametrize("sort", ["stuck", "worth", "oldest", "manifest", "inventory", "lost"])
def test_each_heading_sorts_and_says_so(staff, sort):
    make_location()

    page = staff.get(f"{BOARD}?o={sort}").content.decode()

    assert page.count("aria-sort=") == 1


def test_queries_do_not_grow_with_sellers_and_pages_hold_fifty(staff):
    make_location()
    with CaptureQueriesContext(connection) as few:
        rows_of(staff, "?o=name")
    for n in range(60):
        make_seller(name=f"Z {n:02d}")
    with CaptureQueriesContext(connection) as many:
        first = rows_of(staff, "?o=name")

    assert len(many) == len(few)
    assert len(first) == 50
    assert len(rows_of(staff, "?o=name&p=2")) == 11
    assert len(rows_of(staff, "?q=z 0")) == 10


@pytest.mark.parametrize(
    ("preset", "since", "until", "before_since", "before_until"),
    [
        ("today", (26, 11), None, (25, 11), NOW - DAY),
        ("month", (1, 11), None, (1, 10), datetime(2026, 10, 26, 9, 0, tzinfo=UTC)),
        ("last-month", (1, 10), (1, 11), (1, 9), (1, 10)),
    ],
)
def test_periods_are_of_india_and_compared_with_as_much_before(
    preset, since, until, before_since, before_until
):
    def midnight(day):
        if not isinstance(day, tuple):
            return day
        return datetime(2026, day[1], day[0], tzinfo=UTC) - timedelta(hours=5, minutes=30)

    span = span_of(preset, NOW)

    assert span.since == midnight(since)
    assert span.until == (midnight(until) or NOW)
    assert span.before_since == midnight(before_since)
    assert span.before_until == midnight(before_until)


def test_long_month_is_compared_with_all_of_a_short_one():
    span = span_of(periods.MONTH, datetime(2026, 3, 31, 12, 0, tzinfo=UTC))

    assert span.before_until == span.since


def test_typed_period_is_compared_with_as_much_before_and_its_figures_lead_to_the_same(staff):
    location = make_location(seller=make_seller(code="acme"))
    # In India: the 9th, the 10th, the end of the 12th, and the 13th.
    for day, hour in ((9, 12), (10, 0), (12, 18), (12, 19)):
        given(location, datetime(2026, 11, day, hour, tzinfo=UTC), to_awb=1)

    answer = staff.get(f"{BOARD}?from=2026-11-10&to=2026-11-12")
    (shown,) = answer.context["rows"]
    now, before = shown.row.speed

    assert (now.orders, before.orders) == (2, 1)
    assert staff.get(shown.orders_url).context["cl"].result_count == 2
    assert "<b>2026-11-10 – 2026-11-12</b>" in answer.content.decode()
    sorted_by = answer.context["heads"]["orders"]["url"]
    assert "from=2026-11-10" in sorted_by and "when=" not in sorted_by
    assert all("from=" not in url for _, url, _ in answer.context["presets"])
    staff.post(f"{BOARD}?from=2026-11-10", {exports.ASKED: "csv"})
    assert Event.objects.get(kind="export").sentence.endswith("as CSV: 2026-11-10 – ….")


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("from=yesterday", periods.UNREADABLE),
        ("from=%00", periods.UNREADABLE),
        ("from=9999-12-31&to=9999-12-31", periods.UNREADABLE),
        ("from=0001-01-01&to=0001-01-02", periods.UNREADABLE),
        ("to=2026-11-12", "Say from when on."),
        ("from=2026-11-12&to=2026-11-10", periods.ENDS_FIRST),
        ("from=2026-11-27", periods.ENDS_FIRST),
        ("from=2025-11-25T00:00", "At most 366 days at once."),
    ],
)
def test_period_that_makes_no_sense_is_told_and_the_usual_one_shown(staff, typed, problem):
    answer = staff.get(f"{BOARD}?{typed}")

    assert answer.status_code == 200
    assert problem in answer.content.decode()
    assert answer.context["period"].span.since == NOW - 7 * DAY


def test_staff_of_some_sellers_see_theirs(staff):
    mine, other = make_seller(code="mine"), make_seller(code="other")
    given(make_location(seller=other), NOW - DAY)
    user = User.objects.create_user("ravi", is_staff=True)
    user.groups.add(Group.objects.get(name=AUDITOR))
    StaffScope.objects.create(user=user).sellers.add(mine)
    client = Client()
    client.force_login(user)

    assert list(rows_of(client, "?o=orders")) == ["mine"]
    assert "other" not in client.post(BOARD, {exports.ASKED: "csv"}).getvalue().decode()


def test_file_holds_all_sellers_and_is_written_down(staff):
    seller = make_seller(code="acme", name="=Acme", contact_name="Ravi", contact_phone="+91 98")
    given(make_location(seller=seller), NOW - DAY, to_awb=90)
    for _ in range(55):
        make_seller()

    answer = staff.post(f"{BOARD}?when=week", {exports.ASKED: "csv"})
    heads, *rows = csv.reader(io.StringIO(answer.getvalue().decode()[1:]))

    assert len(rows) == 56
    row = dict(zip(heads, next(row for row in rows if row[1] == "acme"), strict=True))
    assert (row["Seller"], row["Contact"], row["Phone"]) == ("'=Acme", "Ravi", "'+91 98")
    assert (row["Orders"], row["With AWB"], row["To AWB, median (min)"]) == ("1", "1", "90.0")
    assert "sellers-board-2026-11-19-to-2026-11-26.csv" in answer["Content-Disposition"]
    event = Event.objects.get(kind="export")
    assert event.sentence == ("56 rows of the sellers' board taken away as CSV: the last 7 days.")


@pytest.mark.parametrize("most", [2, 3])
def test_orders_of_the_period_have_their_rupees_and_a_file_has_them_however_many(
    staff, monkeypatch, most
):
    monkeypatch.setattr(seller_board, "MOST_SUMMED", most)
    location = make_location(seller=make_seller(code="acme"))
    for at, charge in ((NOW - DAY, "20.00"), (NOW - 2 * DAY, "0.50"), (NOW - 8 * DAY, "7.00")):
        order = given(location, at, shipping_charge=charge, discount="0")
        order.lines.all().delete()
        order.lines.create(
            position=0, line_id="1", sku="A", name="A", quantity=2, unit_price="50", discount="1"
        )

    row = rows_of(staff, "?when=week")["acme"]
    answer = staff.post(f"{BOARD}?when=week", {exports.ASKED: "csv"})
    heads, line = csv.reader(io.StringIO(answer.getvalue().decode()[1:]))

    assert row.given == ((Decimal("218.50"), Decimal("106.00")) if most == 3 else (None, None))
    cells = dict(zip(heads, line, strict=True))
    assert (cells["Orders (₹)"], cells["Orders before (₹)"]) == ("218.50", "106.00")


def test_file_of_a_month_is_named_by_its_days_and_comes_as_a_workbook_too(staff):
    make_seller(code="acme")

    answer = staff.post(f"{BOARD}?when=last-month", {exports.ASKED: "xlsx"})
    rows = list(openpyxl.load_workbook(io.BytesIO(answer.getvalue())).active.values)

    name = "sellers-board-2026-10-01-to-2026-10-31.xlsx"
    assert f'filename="{name}"' in answer["Content-Disposition"]
    assert [row[1] for row in rows] == ["Code", "acme"]
    assert "as XLSX: last month" in Event.objects.get(kind="export").sentence


def test_without_the_right_there_is_no_file():
    user = User.objects.create_user("vina", is_staff=True)
    user.groups.add(Group.objects.get(name=VIEWER))
    client = Client()
    client.force_login(user)

    assert "As CSV" not in client.get(BOARD).content.decode()
    assert client.post(BOARD, {exports.ASKED: "csv"}).status_code == 403
    assert not Event.objects.filter(kind="export").exists()


def test_contact_is_kept_with_the_seller_and_its_change_told(staff):
    seller = make_seller(code="acme")
    page = reverse("admin:sellers_seller_change", args=[seller.pk])
    form = {
        "name": seller.name,
        "api_username": seller.api_username,
        "rate_per_second": 5,
        "burst": 10,
        "contact_name": "Ravi Kumar",
    }

    refused = staff.post(page, form | {"contact_phone": "call him"})
    staff.post(page, form | {"contact_phone": "+91 98111 00000"})

    assert "A phone number has digits" in refused.content.decode()
    seller.refresh_from_db()
    assert (seller.contact_name, seller.contact_phone) == ("Ravi Kumar", "+91 98111 00000")
    told = Event.objects.get(kind="seller").sentence
    assert "contact none → Ravi Kumar" in told
    assert "Ravi Kumar" in staff.get(BOARD).content.decode()
