"""The AWB desk: what waits, AWBs typed, pasted or from a file, shown first and then given."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from booon_console.lib import clock
from integration.models import Event, Order, OrderFile, OrderReason, ShipmentDetails, SyncJob
from integration.orders import shipments
from sellers.models import StaffScope
from tests.factories import awb_conflict, make_location, make_order, make_seller, make_shipment
from tests.factories import pushed as at_easyecom
from tests.integration.admin.rows import make_superuser, make_viewer

pytestmark = pytest.mark.django_db
DESK = reverse("admin:integration_order_awbs")


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_superuser())
    return client


def waits(number: str, location=None, **fields) -> Order:
    order = at_easyecom(make_order(location, order_number=number, **fields))
    SyncJob.objects.filter(order=order).update(status="succeeded", due_at=None)
    return order


def paste(client: Client, lines: str, courier: str = "Delhivery"):
    """The page that says what each line would do."""
    return client.post(DESK, {"lines": lines, "courier": courier}, follow=True)


def results(answer) -> dict[str, str]:
    return {
        verdict.row.cells["order_number"]: verdict.result for verdict in answer.context["verdicts"]
    }


def said(answer) -> str:
    (verdict,) = answer.context["verdicts"]
    return verdict.said


def confirm(client: Client, answer):
    return client.post(answer.request["PATH_INFO"], follow=True)


def awbs() -> dict[str, str]:
    rows = ShipmentDetails.objects.select_related("order")
    return {row.order.order_number: f"{row.courier} {row.awb_number}" for row in rows}


def test_two_pasted_columns_are_shown_and_then_given(staff):
    orders = [waits("BN-1"), waits("BN-2")]

    shown = paste(staff, "Order\tAWB\nBN-1\t890 001\nBN-2\t890002\n")

    assert results(shown) == {"BN-1": "new", "BN-2": "new"}
    assert awbs() == {}
    given = confirm(staff, shown)
    assert awbs() == {"BN-1": "Delhivery 890001", "BN-2": "Delhivery 890002"}
    assert "This is what became of each row." in given.content.decode()
    assert results(given) == {"BN-1": "new", "BN-2": "new"}
    assert set(SyncJob.objects.values_list("status", flat=True)) == {"pending"}
    for order in orders:
        assert Event.objects.get(order=order, kind="shipment").actor == "asha"
    assert "2 new" in Event.objects.get(kind="import").sentence


def test_page_of_a_list_says_what_easyecom_took_and_renews_itself_until_then(staff):
    one, two, three = (waits(f"BN-{n}") for n in (1, 2, 3))
    lines = "\n".join(f"{order}\t77{order.pk:04d}" for order in (one, two, three))

    given = confirm(staff, paste(staff, lines))

    text = given.content.decode()
    assert "EasyEcom has taken 0 of 3</strong>; 3 go out in their turn: this page renews" in text
    assert 'hx-trigger="every 5s"' in text
    one.mark_blocked(OrderReason.QUOTA_SPENT)
    text = staff.get(given.request["PATH_INFO"]).content.decode()
    assert "EasyEcom has taken 0 of 3</strong>; 3 go out in their turn: this page renews" in text
    one.change(stage="carrier_assigned", blocked_reason="")
    two.mark_blocked(OrderReason.AWB_REJECTED, "AWB already used")
    three.change(stage="carrier_assigned")
    text = staff.get(given.request["PATH_INFO"]).content.decode()
    assert "EasyEcom has taken 2 of 3</strong>; 1 needs somebody" in text
    assert "AWB already used" in text
    assert "hx-trigger" not in text.split('id="content-main"')[1].split(">")[0]


def test_desk_says_of_how_many_it_shows_the_first(staff, monkeypatch):
    monkeypatch.setattr("integration.admin.awb_desk.MOST", 2)
    for n in range(3):
        waits(f"BN-{n}")

    assert "<strong>2 of 3</strong> orders" in staff.get(DESK).content.decode()


def test_five_columns_name_courier_label_and_invoice(staff):
    waits("BN-1")
    line = "BN-1\tBluedart\t7701\thttps://l.test/1.pdf\thttps://i.test/1.pdf"

    confirm(staff, paste(staff, line))

    row = ShipmentDetails.objects.get()
    assert (row.courier, row.awb_number) == ("Bluedart", "7701")
    assert (row.label_url, row.invoice_url) == ("https://l.test/1.pdf", "https://i.test/1.pdf")


def test_csv_file_is_read_by_its_heading(staff):
    waits("BN-1", make_location(seller=make_seller(code="acme")))
    text = "seller,order_number,awb_number,courier\nacme,BN-1,7701,DTDC\n"
    file = SimpleUploadedFile("awbs.csv", text.encode())

    confirm(staff, staff.post(DESK, {"file": file}, follow=True))

    assert awbs() == {"BN-1": "DTDC 7701"}


def test_grid_gives_the_rows_in_which_an_awb_was_typed(staff):
    first, second = waits("BN-1"), waits("BN-2")

    shown = staff.post(
        DESK,
        {
            "order_number": ["BN-1", "BN-2"],
            "seller": [first.seller.code, second.seller.code],
            "courier": ["", "DTDC"],
            "awb_number": ["7701", ""],
            "courier_for_all": "Ekart",
        },
        follow=True,
    )

    assert results(shown) == {"BN-1": "new"}
    confirm(staff, shown)
    assert awbs() == {"BN-1": "Ekart 7701"}


def test_desk_shows_what_waits_the_oldest_first(staff, settings):
    settings.AWB_LIMIT_HOURS = 2
    young, old = waits("BN-YOUNG"), waits("BN-OLD")
    Order.objects.filter(pk=old.pk).update(
        stage_since=clock.now() - timedelta(hours=3), pushed_at=clock.now() - timedelta(hours=3)
    )
    make_shipment(waits("BN-HAS"))
    make_order(order_number="BN-UNSENT")
    gone = waits("BN-GONE")
    gone.change(cancelled_at_easyecom=clock.now())

    answer = staff.get(DESK)

    assert [(order.pk, late) for order, late in answer.context["orders"]] == [
        (old.pk, True),
        (young.pk, False),
    ]


def test_desk_may_be_of_one_seller(staff):
    first, _ = waits("BN-1"), waits("BN-2")

    answer = staff.get(DESK, {"seller": first.seller.code})

    assert [order.pk for order, _ in answer.context["orders"]] == [first.pk]


def test_desk_takes_as_many_queries_for_many_orders_as_for_few(staff):
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            staff.get(DESK)
        return len(found)

    waits("BN-0")
    awb_conflict(waits("BN-C0"), "XB-0")
    queries()  # The session's first page writes it.
    few = queries()
    for number in range(1, 8):
        waits(f"BN-{number}")
        awb_conflict(waits(f"BN-C{number}"), f"XB-{number}")

    assert queries() == few <= 12


def test_conflicts_stand_side_by_side_with_their_ways_out(staff):
    order = awb_conflict(waits("BN-1"), "XB-55120")

    text = staff.get(DESK).content.decode()

    assert order.shipment.awb_number in text and "XB-55120" in text
    use = reverse("admin:integration_order_use_awb", args=[order.pk])
    staff.post(use, {"awb_number": "XB-55120"})
    assert f'action="{use}"' in text
    assert reverse("admin:integration_order_replace_awb", args=[order.pk]) in text
    assert awbs() == {"BN-1": "Xpress XB-55120"}


def test_row_over_another_awb_is_a_conflict_with_its_ways_out_and_writes_nothing(staff):
    there = waits("BN-1")
    make_shipment(there, awb_number="OLD-1", assigned_at=clock.now())
    there.change(stage="carrier_assigned")
    awb_conflict(waits("BN-2"), "XB-55120")

    shown = paste(staff, "BN-1\t7701\nBN-2\t7702")

    assert results(shown) == {"BN-1": "conflict", "BN-2": "conflict"}
    text = shown.content.decode()
    assert "OLD-1" in text and "Xpress, XB-55120" in text
    assert reverse("admin:integration_order_replace_awb", args=[there.pk]) in text
    assert "Give " not in text.split('class="buttons"')[1].split("</div>")[0]


def test_each_row_that_can_not_be_taken_says_why_and_the_others_are(staff):
    waits("BN-1")
    waits("BN-TWICE", make_location())
    waits("BN-TWICE", make_location())
    gone = waits("BN-GONE")
    gone.change(cancelled_at_easyecom=clock.now())
    lines = "BN-1\t7701\nBN-1\t7702\nBN-NONE\t7703\nBN-TWICE\t7704\nBN-GONE\t7705\nBN-NONE\t9.8E+11"

    shown = paste(staff, lines)

    by_awb = {each.row.cells["awb_number"]: each.said for each in shown.context["verdicts"]}
    assert by_awb == {
        "7701": "",
        "7702": "Another row gives this order too.",
        "7703": "No seller of yours has an order of this number.",
        "7704": "Several sellers have this number: name the seller in a column of that name.",
        "7705": "EasyEcom has the order, cancelled, so nothing more is sent about it. "
        "What is still to go out takes an order under another number.",
        "9.8E+11": "No seller of yours has an order of this number.",
    }
    confirm(staff, shown)
    assert awbs() == {"BN-1": "Delhivery 7701"}


def test_awb_that_another_order_or_row_has_names_it(staff):
    seller = make_seller()
    location = make_location(seller=seller)
    make_shipment(waits("BN-1", location), awb_number="7701", courier="Delhivery")
    waits("BN-2", location)
    waits("BN-3", location)
    waits("BN-4", location)

    shown = paste(staff, "BN-2\t7701\nBN-3\t7702\nBN-4\t77 02")

    by_order = {each.order.order_number: each.said for each in shown.context["verdicts"]}
    assert by_order["BN-2"].startswith("Order BN-1 that is not manifested yet has this courier")
    both = "Several rows give this AWB, to BN-3 and BN-4. It can be of one of them only: which?"
    assert by_order["BN-3"] == by_order["BN-4"] == both


def test_awb_of_two_rows_is_given_to_neither(staff):
    for number in ("BN-1", "BN-2", "BN-3"):
        waits(number)

    confirm(staff, paste(staff, "BN-1\t7701\nBN-2\t7701\nBN-3\t7703"))

    given = ShipmentDetails.objects.values_list("order__order_number", "awb_number")
    assert list(given) == [("BN-3", "7703")]


def doubts(shown) -> dict[str, str]:
    return {each.row.cell("order_number"): each.doubt for each in shown.context["verdicts"]}


def test_courier_that_was_never_used_is_asked_about(staff):
    make_shipment(waits("BN-1"), courier="Delhivery", awb_number="1")
    for number in ("BN-2", "BN-3", "BN-4"):
        waits(number)

    lines = "BN-2\tDehlivery\t7702\nBN-3\tFedEx\t7703\nBN-4\tDELHIVERY\t7704"
    shown = paste(staff, lines)

    assert doubts(shown) == {
        "BN-2": "Dehlivery was not used before. Did you mean Delhivery?",
        "BN-3": "FedEx was not used before.",
        "BN-4": "",
    }
    assert "look again" in shown.content.decode()


def test_first_courier_of_all_is_not_asked_about(staff):
    waits("BN-1")

    assert doubts(paste(staff, "BN-1\t7701")) == {"BN-1": ""}


def test_awb_that_another_order_had_is_taken_and_asked_about(staff):
    """Couriers use numbers again, and people paste yesterday's sheet."""
    ours, theirs = make_location(), make_location()
    manifested = {"stage": "manifested", "manifested_at": datetime(2026, 11, 26, 20, tzinfo=UTC)}
    for number, location, awb in (("BN-1", ours, "7701"), ("BN-2", theirs, "7702")):
        before = waits(number, location)
        make_shipment(before, courier="Delhivery", awb_number=awb, assigned_at=clock.now())
        before.change(**manifested)
    for number in ("BN-3", "BN-4", "BN-5"):
        waits(number, ours)

    shown = paste(staff, "BN-3\t77 01\nBN-4\t7702\nBN-5\tDelhivery Express\t7701")

    assert doubts(shown) == {
        "BN-3": "Order BN-1 had this AWB; it is manifested since 27 November 2026.",
        "BN-4": "Another order had this AWB; it is manifested since 27 November 2026.",
        "BN-5": "Delhivery Express was not used before. Did you mean Delhivery? "
        "Order BN-1 had this AWB with Delhivery; it is manifested since 27 November 2026.",
    }
    assert {each.result for each in shown.context["verdicts"]} == {"new"}


@pytest.mark.parametrize(
    "heading",
    ["Order Number,Courier,AWB", "ORDER-NO.;carrier;Tracking number", "order,courier name,awb no"],
)
def test_headings_are_read_as_people_write_them(staff, heading):
    waits("BN-1")
    rows = f"{heading.replace(';', ',')}\nBN-1,Delhivery,7701\n"
    upload = SimpleUploadedFile("awbs.csv", rows.encode(), "text/csv")

    shown = staff.post(DESK, {"file": upload, "courier": ""}, follow=True)

    assert [each.result for each in shown.context["verdicts"]] == ["new"]


@pytest.mark.parametrize(
    ("awb", "courier", "reason"),
    [
        ("9.87655E+11", "Delhivery", "AWB number: This looks like what Excel makes of a number"),
        ("7701", "", "Give the courier, in its column or for all rows."),
        ("7" * 101, "Delhivery", "AWB number: Ensure this value has at most 100 characters"),
    ],
)
def test_cell_that_is_wrong_is_named(staff, awb, courier, reason):
    waits("BN-1")

    assert said(paste(staff, f"BN-1\t{awb}", courier)).startswith(reason)


def test_courier_is_spelt_as_before(staff):
    make_shipment(waits("BN-0"), courier="Blue Dart")
    waits("BN-1")

    confirm(staff, paste(staff, "BN-1\t7701", "bluedart"))

    assert awbs()["BN-1"] == "Blue Dart 7701"
    assert '<option value="Blue Dart">' in staff.get(DESK).content.decode()


def test_awb_that_somebody_gave_between_showing_and_giving_is_not_overwritten(staff):
    order = waits("BN-1")
    shown = paste(staff, "BN-1\t7701")
    facts = {"courier": "DTDC", "awb_number": "D-1", "label_url": "", "invoice_url": ""}
    shipments.give_shipment(order, facts, actor="bela")

    given = confirm(staff, shown)

    assert awbs() == {"BN-1": "DTDC D-1"}
    assert said(given) == "Other details were given meanwhile."


def test_same_list_confirmed_twice_is_given_once(staff):
    waits("BN-1")
    shown = paste(staff, "BN-1\t7701")

    confirm(staff, shown)
    confirm(staff, shown)

    assert Event.objects.filter(kind="shipment").count() == 1
    assert results(paste(staff, "BN-1\t7701")) == {"BN-1": "same"}


def test_refused_rows_come_back_as_a_file_that_can_be_given_again(staff):
    waits("BN-1")
    shown = paste(staff, "BN-1\t7701\nBN-X\t=7702")
    url = reverse("admin:integration_order_awbs_refused", args=[OrderFile.objects.get().pk])

    content = staff.get(url).content

    assert b'"BN-X","Delhivery","\'=7702"' in content and b"BN-1" not in content
    waits("BN-X")
    again = staff.post(DESK, {"file": SimpleUploadedFile("r.csv", content)}, follow=True)
    assert results(again) == {"BN-X": "refused"}
    assert len(shown.context["verdicts"]) == 2


@pytest.mark.parametrize(
    "lines",
    ["", "BN-1", "a\tb\tc\td\te\tf", '"BN-1\t7701', "\n".join(["BN-1\t7701"] * 1001)],
)
def test_lines_that_are_no_rows_are_told_on_their_field(staff, lines):
    answer = staff.post(DESK, {"lines": lines, "courier": "DTDC"})

    assert answer.status_code == 200
    assert answer.context["form"].errors["lines"]
    assert not OrderFile.objects.exists()


def test_list_of_awbs_is_no_file_of_orders_and_the_other_way_round(staff):
    waits("BN-1")
    paste(staff, "BN-1\t7701")
    file = OrderFile.objects.get()

    as_orders = staff.get(reverse("admin:integration_order_imported", args=[file.pk]))
    refused = staff.get(reverse("admin:integration_order_import_refused", args=[file.pk]))
    OrderFile.objects.update(body=b"seller,order_number\n")
    as_awbs = staff.get(reverse("admin:integration_order_awbs_file", args=[file.pk]))

    assert [as_orders.status_code, refused.status_code, as_awbs.status_code] == [302, 302, 302]


def test_staff_of_some_sellers_give_to_theirs_alone(client):
    user = User.objects.create_user("bela", is_staff=True, is_superuser=True)
    mine, others = waits("BN-1"), waits("BN-2")
    awb_conflict(waits("BN-3"), "XB-1")
    StaffScope.objects.create(user=user).sellers.add(mine.seller)
    client.force_login(user)

    desk = client.get(DESK).content.decode()
    shown = paste(client, "BN-1\t7701\nBN-2\t7702")

    assert "BN-1" in desk and others.order_number not in desk and "XB-1" not in desk
    assert results(shown) == {"BN-1": "new", "BN-2": "refused"}


def test_viewer_gives_none(client):
    client.force_login(make_viewer())

    assert [client.get(DESK).status_code, client.post(DESK).status_code] == [403, 403]
    assert DESK not in client.get(reverse("admin:integration_order_changelist")).content.decode()


HERE = f'<a href="{DESK}" aria-current="page">AWB desk</a>'


def test_desk_is_in_the_side_menu_and_is_the_only_page_that_one_is_on(staff):
    pages = (reverse("admin:integration_order_changelist"), DESK)
    # Before the bar that phones have.
    elsewhere, there = (staff.get(page).content.decode().split('id="bar"')[0] for page in pages)

    assert f'<a href="{DESK}">AWB desk</a>' in elsewhere
    assert HERE in there
    assert there.count('aria-current="page"') == elsewhere.count('aria-current="page"') == 1


def test_home_leads_from_late_orders_and_conflicts_to_the_desk(staff):
    pushed_at = clock.now() - timedelta(days=3)
    late = waits("BN-1")
    late.change(blocked_reason="awb_late", pushed_at=pushed_at)
    link = f'<a href="{DESK}">Open the AWB desk</a>'

    with_late = staff.get(reverse("admin:index")).content.decode()
    awb_conflict(waits("BN-2"), "XB-1")
    with_both = staff.get(reverse("admin:index")).content.decode()

    assert with_late.count(link) == 1
    assert with_both.count(link) == 2


def test_viewer_is_led_to_no_desk(client):
    client.force_login(make_viewer())
    waits("BN-1").change(blocked_reason="awb_late")

    home = client.get(reverse("admin:index")).content.decode()

    assert "without carrier" in home or "awb_late" in home
    assert DESK not in home


def test_what_is_odd_is_said_on_the_orders_page_too_once_it_was_given(staff):
    make_shipment(waits("BN-1"), courier="Delhivery", awb_number="1")
    order = waits("BN-2")
    url = reverse("admin:integration_order_shipment", args=[order.pk])

    page = staff.post(url, {"courier": "Dehlivery", "awb_number": "7701"}, follow=True)

    asked = "Look again: Dehlivery was not used before. Did you mean Delhivery?"
    assert asked in [str(each) for each in page.context["messages"]]
    assert awbs()["BN-2"] == "Dehlivery 7701"
