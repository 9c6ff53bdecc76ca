"""AWBs as couriers live them, at every entrance: by PUT, in bulk, on the page, at the AWB desk."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from integration.models import Order, ShipmentDetails, Stage, SyncJob
from sellers.models import Location
from tests.factories import make_location, make_order, make_seller, make_shipment, pushed
from tests.integration.admin.rows import make_superuser
from tests.integration.api.conftest import KEY, Api, make_key
from tests.integration.conftest import API, bodies, run
from tests.integration.entrances import (
    SHIPMENT_ENTRANCES,
    WITH_LINKS,
    Entrances,
    Ship,
    case,
    shipped_by_put,
    shipped_in_bulk,
)

pytestmark = pytest.mark.django_db

ASSIGN = f"{API}/Carrier/assignAWB"
TAKEN = {"code": 200, "message": "AWB assigned", "data": []}
LABEL = "https://labels.booon.test/8901.pdf"
INVOICE = "https://labels.booon.test/8901-invoice.pdf"
DAMAGED = "This looks like what Excel makes of a number"
WHY = "Delhivery missed the pickup."


@pytest.fixture
def location() -> Location:
    return make_location(seller=make_seller(code="acme"))


@pytest.fixture
def doors(location: Location) -> Entrances:
    make_key()
    staff = Client()
    staff.force_login(make_superuser())
    return Entrances(Api(headers={"Authorization": f"Bearer {KEY}"}), staff)


@pytest.fixture(params=SHIPMENT_ENTRANCES.values(), ids=SHIPMENT_ENTRANCES)
def ship(request: pytest.FixtureRequest) -> Ship:
    return request.param


@pytest.fixture(params=WITH_LINKS.values(), ids=WITH_LINKS)
def ship_with_links(request: pytest.FixtureRequest) -> Ship:
    return request.param


def waits(location: Location, number: str) -> Order:
    """EasyEcom has it, in Failed Orders."""
    order = pushed(make_order(location, order_number=number))
    SyncJob.objects.filter(order=order).update(status="succeeded", due_at=None)
    return order


def assigned(location: Location, number: str, courier: str, awb: str, **fields: Any) -> Order:
    """EasyEcom took its AWB."""
    order = waits(location, number)
    at = timezone.now()
    fields = {"assign_begun_at": at, "assigned_at": at} | fields
    make_shipment(order, courier=courier, awb_number=awb, **fields)
    order.change(stage=Stage.CARRIER_ASSIGNED)
    return order


def details(courier: str = "Delhivery", awb_number: str = "8901", **links: str) -> dict[str, str]:
    return {"courier": courier, "awb_number": awb_number} | links


def had(order: Order) -> tuple[str, str]:
    row = ShipmentDetails.objects.get(order=order)
    return row.courier, row.awb_number


def sent(easyecom: Any, order: Order) -> dict[str, Any]:
    """What EasyEcom gets of it now."""
    easyecom.upsert("POST", ASSIGN, json=TAKEN)
    run(SyncJob.objects.get(order=order))
    found: dict[str, Any] = bodies(easyecom, "assignAWB")[-1]
    return found


# The case of an AWB that is replaced -------------------------------------------------------------


def test_another_awb_over_the_one_that_easyecom_took_is_refused_with_the_way_to_it(
    doors, location, ship
):
    assert case("booon/15_awb_replaced.json")["steps"][2] == "PUT shipment Bluedart 7701"
    order = assigned(location, "BN-1", "Delhivery", "8901")

    said = ship(doors, order, details("Bluedart", "7701"))

    assert said == [
        "EasyEcom has AWB 8901 for this order. To have it replaced, name it, and say why."
    ]
    assert had(order) == ("Delhivery", "8901")


@pytest.mark.parametrize("by", [shipped_by_put, shipped_in_bulk], ids=["put", "bulk"])
def test_booon_has_it_replaced_by_naming_it(doors, location, easyecom, by):
    order = assigned(location, "BN-1", "Delhivery", "8901")

    assert by(doors, order, details("Bluedart", "7701", replaces="8901", reason=WHY)) == []

    call = sent(easyecom, order)
    assert (call["courier"], call["awbNum"]) == ("Bluedart", "7701")
    old = order.replaced_awbs.get()
    assert (old.awb_number, old.reason) == ("8901", WHY)


def test_desk_leads_to_the_page_that_has_it_replaced(doors, location, easyecom):
    order = assigned(location, "BN-1", "Delhivery", "8901")
    desk = reverse("admin:integration_order_awbs")
    replace = reverse("admin:integration_order_replace_awb", args=[order.pk])

    shown = doors.staff.post(desk, {"lines": "BN-1\tBluedart\t7701"}, follow=True)
    assert f'href="{replace}"' in shown.content.decode()
    named = {"replaces": "8901", "reason": WHY}
    assert doors.staff.post(replace, details("Bluedart", "7701") | named).status_code == 302

    assert sent(easyecom, order)["awbNum"] == "7701"


def test_label_that_comes_later_goes_out_with_the_awb_once_more(
    doors, location, easyecom, ship_with_links
):
    order = assigned(location, "BN-1", "Delhivery", "8901", invoice_url=INVOICE)

    assert ship_with_links(doors, order, details(label_url=LABEL)) == []

    row = ShipmentDetails.objects.get()
    assert (row.label_url, row.invoice_url) == (LABEL, INVOICE)
    assert sent(easyecom, order)["awbNum"] == "8901"
    assert not order.replaced_awbs.exists()


# The case of a number that is used again ---------------------------------------------------------


@pytest.mark.parametrize("over", [Stage.MANIFESTED, Stage.WITHDRAWN])
def test_number_of_an_order_that_is_over_is_free(doors, location, ship, over):
    assert case("booon/16_awb_recycled.json")["steps"][1] == "order B: DTDC 8901"
    old = waits(location, "BN-A") if over == Stage.MANIFESTED else make_order(location)
    make_shipment(old, courier="DTDC", awb_number="8901")
    old.change(stage=over, manifested_at=timezone.now() if over == Stage.MANIFESTED else None)
    order = waits(location, "BN-B")

    assert ship(doors, order, details("DTDC", "8901")) == []

    assert had(order) == had(old) == ("DTDC", "8901")


@pytest.mark.parametrize("written", ["8901", "89 01", "\u202a8901\u202c", "８９０１"])
def test_number_of_an_order_that_is_open_is_not(doors, location, ship, written):
    assigned(location, "BN-A", "DTDC", "8901")
    order = waits(location, "BN-B")

    [said] = ship(doors, order, details("dtdc ", written))

    assert said.startswith("Order BN-A that is not manifested yet has this courier's AWB number.")
    assert not ShipmentDetails.objects.filter(order=order).exists()


# What is cancelled over there --------------------------------------------------------------------


def test_no_awb_is_booked_for_what_easyecom_has_cancelled(doors, location, ship):
    order = waits(location, case("easyecom/06_look_up_all_cancelled.json")["about"])
    order.change(cancelled_at_easyecom=timezone.now())

    [said] = ship(doors, order, details())

    assert said.startswith("EasyEcom has the order, cancelled, so nothing more is sent about it.")
    assert not ShipmentDetails.objects.exists()


# What is typed and pasted ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "awb", ["9.87655E+11", "8901.0", "98,76,55,000", "#N/A", "\u20669.87655E+11", "=8901"]
)
def test_what_a_spreadsheet_made_of_a_number_is_refused_by_name(doors, location, ship, awb):
    order = waits(location, "BN-1")

    [said] = ship(doors, order, details(awb_number=awb))

    assert DAMAGED in said
    assert not ShipmentDetails.objects.exists()


def test_marks_that_nobody_sees_are_dropped(doors, location, easyecom, ship_with_links):
    order = waits(location, "BN-1")
    pasted = details("Delhivery\u00a0", "\u2068\u200b8901\u2069", label_url=f"{LABEL}\u200b")

    assert ship_with_links(doors, order, pasted) == []

    assert had(order) == ("Delhivery", "8901")
    assert ShipmentDetails.objects.get().label_url == LABEL
    assert sent(easyecom, order)["awbNum"] == "8901"


@pytest.mark.parametrize(
    ("courier", "awb"), [("delhivery", "ab 12"), ("DELHIVERY", "AB12"), ("Del hivery", "ａｂ12")]
)
def test_same_awb_in_other_letters_is_no_other_awb(doors, location, ship, courier, awb):
    order = assigned(location, "BN-1", "Delhivery", "AB12")

    assert ship(doors, order, details(courier, awb)) == []

    assert had(order) == ("Delhivery", "AB12")
    assert not order.replaced_awbs.exists()


@pytest.mark.parametrize("link", ["http://labels.booon.test/1.pdf", "https://u:p@labels.test/1"])
def test_link_that_is_none_is_refused(doors, location, ship_with_links, link):
    order = waits(location, "BN-1")

    assert ship_with_links(doors, order, details(label_url=link))
    assert not ShipmentDetails.objects.exists()


@pytest.mark.parametrize("by", [shipped_by_put, shipped_in_bulk], ids=["put", "bulk"])
def test_null_is_absent(doors, location, by):
    order = waits(location, "BN-1")
    absent = dict.fromkeys(("label_url", "invoice_url", "replaces", "reason"))

    assert by(doors, order, details() | absent) == []

    assert ShipmentDetails.objects.get().label_url == ""


@pytest.mark.parametrize("lines", ["BN-1\tDelhivery\t8901", "BN-1\tDelhivery\t8901\t\t"])
def test_columns_that_are_not_pasted_take_no_link_away(doors, location, lines):
    order = waits(location, "BN-1")
    make_shipment(order, courier="Delhivery", awb_number="8901", label_url=LABEL)
    desk = reverse("admin:integration_order_awbs")

    shown = doors.staff.post(desk, {"lines": lines}, follow=True)

    [verdict] = shown.context["verdicts"]
    assert verdict.result == "same"
    assert ShipmentDetails.objects.get().label_url == LABEL


@pytest.mark.parametrize("typed", ["bn-1", " BN-1 ", "\u200bBN-1", "ＢＮ-1", "BN\u20101"])
def test_desk_finds_the_order_however_its_number_is_typed(doors, location, typed):
    order = waits(location, "BN-1")
    desk = reverse("admin:integration_order_awbs")

    shown = doors.staff.post(desk, {"lines": f"{typed}\tDelhivery\t8901"}, follow=True)

    [verdict] = shown.context["verdicts"]
    assert (verdict.order, verdict.result) == (order, "new")


@pytest.mark.parametrize(
    "heading",
    ["Order ID\tAWB No.", "order\tawb", "Order Number\tCourier\tTracking Number", "Bestellung\tX"],
)
def test_heading_is_told_from_a_row_by_its_lack_of_digits(doors, location, heading):
    waits(location, "BN-1")
    cells = ["BN-1", *["Delhivery"] * (heading.count("\t") - 1), "8901"]
    given = {"lines": heading + "\n" + "\t".join(cells), "courier": "Delhivery"}

    shown = doors.staff.post(reverse("admin:integration_order_awbs"), given, follow=True)

    assert [each.result for each in shown.context["verdicts"]] == ["new"]
