"""Lists as files: what is filtered, by who has the right, written down, and no buyer in it."""

import csv
import io
from datetime import UTC, datetime

import openpyxl
import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booon_console.roles import AUDITOR, OPERATOR, VIEWER
from integration.admin import exports
from integration.models import Event, Order
from sellers.models import StaffScope
from tests.factories import make_location, make_order, make_seller, make_shipment
from tests.integration.admin.rows import fill, make_superuser, make_viewer

pytestmark = pytest.mark.django_db
ORDERS = reverse("admin:integration_order_changelist")
EXPORTED = [
    model._meta.model_name
    for model, owner in admin.site._registry.items()
    if isinstance(owner, exports.Exports)
]


@pytest.fixture
def staff(client):
    client.force_login(make_superuser())
    return client


def taken(client, url=ORDERS):
    """The rows of the file, its heads first."""
    answer = client.post(url, {exports.ASKED: "csv"})
    assert answer.status_code == 200 and answer["Content-Type"].startswith("text/csv")
    text = answer.getvalue().decode()
    assert text[0] == "\ufeff"
    return list(csv.reader(io.StringIO(text[1:])))


def test_file_has_the_lists_columns_and_the_times_themselves(staff):
    location = make_location(seller=make_seller(code="acme", name="Acme & Sons"))
    order = make_order(location, order_number="BN-1")
    make_shipment(order, awb_number="890012")

    heads, row = taken(staff)

    assert heads[:3] == ["Order number", "Seller", "Location"]
    cells = dict(zip(heads, row, strict=True))
    assert (cells["Order number"], cells["Seller"]) == ("BN-1", "Acme & Sons")
    assert cells["Location"] == location.location_key
    assert "890012" in cells["AWB"] and "<" not in "".join(row)
    assert cells["EasyEcom id"] == ""
    order.refresh_from_db()
    assert cells["Changed"].endswith("+05:30") and "T" in cells["Changed"]


def test_file_of_orders_has_what_a_months_end_adds_up(staff):
    manifested = datetime(2026, 11, 20, 13, 15, tzinfo=UTC)
    order = make_order(
        order_number="BN-1",
        payment_mode="cod",
        collectable_amount="300.50",
        shipping_charge="20.00",
        discount="10.50",
        ordered_at=datetime(2026, 11, 19, 4, 45, tzinfo=UTC),
        manifested_at=manifested,
        manifest_number="M-7",
    )
    order.lines.all().delete()
    for n, (price, quantity, off) in enumerate([("100.25", 2, "0.50"), ("99.00", 1, "0")]):
        order.lines.create(
            position=n,
            line_id=f"{n}",
            sku="A",
            name="A",
            quantity=quantity,
            unit_price=price,
            discount=off,
        )
    make_shipment(order, courier="DTDC")
    make_order(order_number="BN-2").lines.all().delete()

    heads, *rows = taken(staff)

    cells = {row[0]: dict(zip(heads, row, strict=True)) for row in rows}
    one = cells["BN-1"]
    assert (one["Amount"], one["Collectable amount"]) == ("308.50", "300.50")
    assert (one["Payment mode"], one["Courier"]) == ("Cash on delivery", "DTDC")
    assert one["Ordered"].startswith("2026-11-19T10:15:00")
    assert one["Manifested"].startswith("2026-11-20T18:45:00")
    assert one["Manifest number"] == "M-7" and one["Taken"]
    assert (cells["BN-2"]["Courier"], cells["BN-2"]["Manifested"]) == ("", "")


def test_file_has_easyecoms_words_of_a_refusal_whole(staff):
    words = "Pincode 500034 is not in zone W-7 of this plan, says the courier (ref 88213)"
    make_order(order_number="BN-1", blocked_reason="rejected", blocked_detail=words)
    make_order(order_number="BN-2", blocked_reason="held", blocked_detail="Fraud")
    make_order(order_number="BN-3")

    heads, *rows = taken(staff)

    reasons = {row[0]: row[heads.index("Reason")] for row in rows}
    assert reasons == {
        "BN-1": f"EasyEcom refused the order: {words}",
        "BN-2": "Held on purpose: it goes out once the hold is released",
        "BN-3": "",
    }


def test_what_is_filtered_and_searched_is_in_it_whole_and_that_is_written_down(staff):
    location = make_location(seller=make_seller(code="acme"))
    for n in range(60):
        make_order(location, order_number=f"BN-{n}")
    make_order(make_location(), order_number="BN-x")
    make_order(location, order_number="BN-w", stage="withdrawn")

    rows = taken(staff, f"{ORDERS}?seller=acme&stage=received&q=BN-&p=2")

    assert len(rows) == 1 + 60
    event = Event.objects.get(kind="export")
    assert event.actor == "asha"
    assert event.sentence == (
        "60 rows of orders taken away as CSV, filtered by seller acme, stage received, a search."
    )


def sheet_of(client, url=ORDERS):
    """The rows of the workbook, each cell with how it is kept."""
    answer = client.post(url, {exports.ASKED: "xlsx"})
    assert answer.status_code == 200 and answer["Content-Type"] == exports.WORKBOOK
    assert answer["Content-Disposition"].endswith('.xlsx"')
    book = openpyxl.load_workbook(io.BytesIO(answer.getvalue()))
    return [[(cell.value, cell.data_type) for cell in row] for row in book.active.iter_rows()]


def test_workbook_has_the_same_rows_and_is_written_down(staff):
    location = make_location(seller=make_seller(code="acme"))
    make_shipment(make_order(location, order_number="BN-1"), awb_number="0089001234567890123")
    make_order(make_location(), order_number="BN-2")
    url = f"{ORDERS}?seller=acme"

    assert [[value or "" for value, _ in row] for row in sheet_of(staff, url)] == taken(staff, url)
    first = Event.objects.filter(kind="export").order_by("pk").first()
    assert first.sentence == "1 rows of orders taken away as XLSX, filtered by seller acme."


@pytest.mark.parametrize("name", ["=1+1", "+91 98", "-1", "@x", "0012", "12345678901234567890"])
def test_cell_of_a_workbook_stays_the_text_that_it_is(staff, name):
    make_order(make_location(seller=make_seller(name=name)))

    heads, row = sheet_of(staff)

    assert row[[head for head, _ in heads].index("Seller")] == (name, "s")


def test_workbook_of_too_many_rows_is_refused_with_a_way_out(staff, monkeypatch):
    monkeypatch.setattr(exports, "MOST_IN_WORKBOOK", 1)
    make_order()
    make_order()

    answer = staff.post(ORDERS, {exports.ASKED: "xlsx"}, follow=True)

    assert "More than 1 rows: take them as CSV" in answer.content.decode()
    assert len(taken(staff)) == 3


def test_letters_that_no_workbook_holds_are_left_out(staff):
    make_order(make_location(seller=make_seller(name="A\x0bB")))

    assert ("AB", "s") in sheet_of(staff)[1]


def test_cell_that_looks_like_a_formula_is_none(staff):
    make_order(make_location(seller=make_seller(name="=1+1")), order_number="BN-1")

    _, row = taken(staff)

    assert row[:2] == ["BN-1", "'=1+1"]


@pytest.mark.parametrize(("role", "status"), [(VIEWER, 403), (OPERATOR, 200), (AUDITOR, 200)])
def test_whoever_has_the_right_takes_it_and_sees_the_button(client, role, status):
    person = make_viewer()
    person.groups.add(Group.objects.get(name=role))
    client.force_login(person)

    assert client.post(ORDERS, {exports.ASKED: "csv"}).status_code == status
    assert (exports.ASKED in client.get(ORDERS).content.decode()) is (status == 200)
    assert Event.objects.filter(kind="export").exists() is (status == 200)


def test_list_that_one_may_not_see_is_not_taken(client):
    person = make_viewer("export_list")
    person.user_permissions.remove(*person.user_permissions.filter(codename="view_order"))
    client.force_login(person)

    assert client.post(ORDERS, {exports.ASKED: "csv"}).status_code == 403


def test_staff_of_some_sellers_take_their_rows(client):
    ours, theirs = make_location(), make_location()
    make_order(ours, order_number="BN-ours")
    make_order(theirs, order_number="BN-theirs")
    person = make_viewer("export_list")
    StaffScope.objects.create(user=person).sellers.add(ours.seller)
    client.force_login(person)

    _, *rows = taken(client)

    assert [row[0] for row in rows] == ["BN-ours"]


def test_too_many_rows_are_asked_to_be_filtered(staff, monkeypatch):
    monkeypatch.setattr(exports, "MOST_ROWS", 2)
    location = make_location()
    for n in range(2):
        make_order(location, order_number=f"BN-{n}")
    assert len(taken(staff)) == 3
    make_order(location, order_number="BN-2")

    answer = staff.post(f"{ORDERS}?stage=received", {exports.ASKED: "csv"}, follow=True)

    assert answer.redirect_chain == [(f"{ORDERS}?stage=received", 302)]
    assert "More than 2 rows: filter them" in answer.content.decode()


@pytest.mark.postgres
@pytest.mark.parametrize("query", ["p=99999", "p=x", "o=1.2", "when=%00", "q=%00", "from=soon"])
def test_address_that_makes_no_sense_is_no_fault_of_ours(staff, query):
    # More than a page, so that there are pages that are not there.
    fill(51)

    answer = staff.post(f"{ORDERS}?{query}", {exports.ASKED: "csv"})

    assert answer.status_code in (200, 302)


def test_ten_lists_are_taken_away():
    assert sorted(EXPORTED) == [
        "apicall",
        "change",
        "delivery",
        "event",
        "listing",
        "order",
        "product",
        "stocklevel",
        "syncjob",
        "unmappedsku",
    ]


@pytest.mark.parametrize("model", EXPORTED)
def test_no_row_of_a_file_costs_a_query_and_none_names_a_buyer(staff, model):
    url = reverse(f"admin:integration_{model}_changelist")

    def queries():
        with CaptureQueriesContext(connection) as seen:
            rows = taken(staff, url)
        return len(seen), rows

    fill(3)
    few, rows = queries()
    assert len(rows) > 1
    fill(20, start=3)
    many, rows = queries()

    assert many == few
    name = Order.objects.first().shipping_address["name"]
    assert name not in "\n".join(cell for row in rows for cell in row)
