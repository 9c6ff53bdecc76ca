"""Labels, invoices and error files: opened with the right to see buyers, and written down."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from integration import easyecom
from integration.models import ApiCall, Event, Order, OrderReason, ShipmentDetails
from tests.factories import make_order, make_shipment, open_call, pushed, refuse
from tests.integration.admin.rows import make_viewer

pytestmark = pytest.mark.django_db

ADDRESSES = {
    "label": "https://labels.example/label-canary.pdf?sig=1",
    "invoice": "https://labels.example/invoice-canary.pdf?sig=2",
    "manifest_label": "https://files.example/manifest-label-canary.pdf",
    "manifest_invoice": "https://files.example/manifest-invoice-canary.pdf",
    "refusal_file": "https://files.example/error-canary.csv?sig=3",
}


@pytest.fixture
def order() -> Order:
    order = make_order()
    links = {"label_url": ADDRESSES["label"], "invoice_url": ADDRESSES["invoice"]}
    make_shipment(order, awb_number="AWB-1", **links)
    order.change(
        manifest_label_url=ADDRESSES["manifest_label"],
        manifest_invoice_url=ADDRESSES["manifest_invoice"],
        refusal_file=ADDRESSES["refusal_file"],
    )
    return refuse(order)


def page(order: Order, door: str = "change") -> str:
    return reverse(f"admin:integration_order_{door}", args=[order.pk])


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_viewer_sees_that_there_are_documents_and_no_address(order):
    viewer = client_of(make_viewer())

    shown = viewer.get(page(order)).content.decode()

    assert "canary" not in shown
    assert shown.count(">given<") == 4
    assert "EasyEcom gave a file that says why." in shown
    assert page(order, "document") not in shown


@pytest.mark.parametrize("name", ADDRESSES)
def test_viewer_opens_none(order, name):
    answer = client_of(make_viewer()).post(page(order, "document"), {"document": name})

    assert answer.status_code == 403
    assert not Event.objects.filter(kind="document").exists()


@pytest.mark.parametrize("name", ADDRESSES)
def test_who_may_read_buyers_opens_it_and_that_is_written_down(order, name):
    client = client_of(make_viewer("read_buyer"))

    shown = client.get(page(order)).content.decode()
    answer = client.post(page(order, "document"), {"document": name})

    assert "canary" not in shown
    assert f'value="{name}"' in shown
    assert f'href="{ADDRESSES[name]}"' in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    event = Event.objects.get(kind="document")
    assert (event.actor, event.order) == ("vik", order)
    assert event.sentence.startswith("Opened: ")
    assert "canary" not in event.sentence


def test_document_is_no_get(order):
    client = client_of(make_viewer("read_buyer"))

    answer = client.get(page(order, "document"), {"document": "label"})

    assert (answer.status_code, answer.url) == (302, page(order, "change"))
    assert not Event.objects.filter(kind="document").exists()


@pytest.mark.parametrize("name", ["", "other", "label\x00"])
def test_document_that_is_not_there_is_none(order, name):
    client = client_of(make_viewer("read_buyer"))

    answer = client.post(page(order, "document"), {"document": name})

    assert answer.status_code == 302
    assert not Event.objects.filter(kind="document").exists()


def test_file_of_a_refusal_that_has_passed_is_none(order):
    order.mark_blocked(OrderReason.UNREACHABLE)
    client = client_of(make_viewer("read_buyer"))

    assert client.post(page(order, "document"), {"document": "refusal_file"}).status_code == 302


@pytest.mark.parametrize("rights", [[], ["read_buyer"]])
def test_links_stand_in_no_form_and_stay_when_the_details_are_changed(order, rights):
    """To be seen they are opened, which is written down. A label is its AWB's, and goes with it."""
    client = client_of(make_viewer("change_shipmentdetails", *rights))
    given = {"courier": "Delhivery", "awb_number": "AWB-1"}

    shown = client.get(page(order)).content.decode()
    client.post(page(order, "shipment"), given)
    kept = ShipmentDetails.objects.get()
    refused = client.post(page(order, "shipment"), given | {"courier": ""}).content.decode()
    client.post(page(order, "shipment"), given | {"awb_number": "AWB-2"})

    assert "canary" not in shown + refused
    assert (kept.label_url, kept.invoice_url) == (ADDRESSES["label"], ADDRESSES["invoice"])
    shipment = ShipmentDetails.objects.get()
    assert (shipment.awb_number, shipment.label_url) == ("AWB-2", "")
    assert shipment.invoice_url == ADDRESSES["invoice"]


def test_call_that_sent_them_shows_no_address():
    call = easyecom.assign_awb("1", "D", "2", "3", ADDRESSES["label"], ADDRESSES["invoice"])
    row = open_call(pushed(make_order()), request=easyecom.redacted(call.body))

    shown = client_of(make_viewer()).get(reverse("admin:integration_apicall_change", args=[row.pk]))

    assert "canary" not in shown.content.decode()
    assert "canary" not in ApiCall.objects.get(pk=row.pk).request
