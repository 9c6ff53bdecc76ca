"""What taking an order in writes, and what moves it on."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from booon_console.lib import clock
from integration.models import Change, Event, Order, OrderLine, ShipmentDetails, SyncJob
from integration.orders import rows
from tests.factories import ADDRESS, make_location, make_order, make_shipment, pushed

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
BEFORE = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
ORDERED = datetime(2026, 11, 23, 4, 45, tzinfo=UTC)
PROMISED = datetime(2026, 11, 28, 4, 45, tzinfo=UTC)
LINE = {
    "line_id": "BN-1-1",
    "sku": "LAMP",
    "name": " Oil\u200b lamp ",
    "quantity": 2,
    "unit_price": Decimal("123.00"),
    "discount": Decimal("1.50"),
}
FACTS = {
    "location_key": "en1",
    "ordered_at": ORDERED,
    "expected_delivery_at": PROMISED,
    "payment_mode": "cod",
    "collectable_amount": Decimal("266.00"),
    "payment_gateway": " Razor\u200bpay ",
    "payment_transaction_id": " pay-\u200b1 ",
    "shipping_charge": Decimal("20.00"),
    "discount": Decimal("3.00"),
    "lines": [LINE, LINE | {"line_id": "BN-1-2", "sku": "WICK", "name": "Wick"}],
    "shipping_address": ADDRESS | {"city": " Pune"},
    "billing_address": ADDRESS | {"name": " Ravi"},
    "buyer_gstin": "27AAPFU0939F1ZV",
    "package": {"weight_g": 100},
}


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def saved(location, facts=FACTS, number="BN-1", **source):
    order = rows.order_of(location, number, facts)
    rows.save([(order, facts)], **{"actor": "booon", "correlation_id": "c-1"} | source)
    return Order.objects.get(pk=order.pk)


def test_order_keeps_every_fact_as_it_was_given_and_texts_plain():
    location = make_location(location_key="en1")

    order = saved(location)

    assert (order.seller, order.location) == (location.seller, location)
    assert (order.order_number, order.stage, order.revision) == ("BN-1", "received", 1)
    assert (order.ordered_at, order.expected_delivery_at) == (ORDERED, PROMISED)
    assert (order.payment_mode, order.collectable_amount) == ("cod", Decimal("266.00"))
    assert (order.payment_gateway, order.payment_transaction_id) == ("Razorpay", "pay-1")
    assert (order.shipping_charge, order.discount) == (Decimal("20.00"), Decimal("3.00"))
    assert order.shipping_address == ADDRESS | {"city": " Pune"}
    assert order.billing_address == ADDRESS | {"name": " Ravi"}
    assert (order.buyer_gstin, order.package) == ("27AAPFU0939F1ZV", {"weight_g": 100})
    assert order.sent_as == {"shipping": {"city": "Pune"}, "billing": {"name": "Ravi"}}
    assert (order.buyer_erased_at, len(order.fingerprint), len(order.phone_digest)) == (
        None,
        64,
        64,
    )
    assert (order.blocked_reason, order.blocked_detail, order.blocked_since) == ("", "", None)


def test_columns_put_everything_back_that_was_said_of_an_earlier_body():
    """An order that is changed gets them too, and its buyer may have been erased meanwhile."""
    location = make_location(location_key="en1")
    order = make_order(
        location,
        buyer_erased_at=BEFORE,
        buyer_gstin="27AAPFU0939F1ZV",
        blocked_reason="rejected",
        blocked_detail="Tax Rate Not Set",
        blocked_since=BEFORE,
    )
    facts = {name: value for name, value in FACTS.items() if name != "buyer_gstin"}

    order.change(**rows.columns(location, facts))

    order.refresh_from_db()
    assert (order.buyer_erased_at, order.buyer_gstin) == (None, "")
    assert (order.blocked_reason, order.blocked_detail, order.blocked_since) == ("", "", None)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "location_not_live"),
        ({"blocked_reason": "carrier_in_doubt"}, "carrier_not_registered"),
    ],
)
def test_order_of_a_location_that_is_not_live_waits_since_now(fields, reason):
    order = saved(make_location(live=False, location_key="en1", **fields))
    assert (order.blocked_reason, order.blocked_detail, order.blocked_since) == (reason, "", NOW)


def test_lines_job_change_and_event_stand_beside_each_order():
    location = make_location(location_key="en1")

    order = saved(location, actor="meera", correlation_id="c-7")

    columns = ("position", "line_id", "sku", "name", "quantity", "unit_price", "discount")
    assert list(OrderLine.objects.filter(order=order).values_list(*columns)) == [
        (0, "BN-1-1", "LAMP", "Oil lamp", 2, Decimal("123.00"), Decimal("1.50")),
        (1, "BN-1-2", "WICK", "Wick", 2, Decimal("123.00"), Decimal("1.50")),
    ]
    job = SyncJob.objects.get()
    assert (job.kind, job.seller, job.location) == ("order", location.seller, location)
    assert (job.order, job.status, job.due_at, job.correlation_id) == (order, "pending", NOW, "c-7")
    change = Change.objects.get()
    assert (change.type, change.at, change.order) == ("order.stage_changed", NOW, order)
    assert (change.seller, change.location) == (location.seller, location)
    assert change.data == {"order_number": "BN-1", "stage": "received", "previous": None}
    event = Event.objects.get()
    assert (event.kind, event.sentence, event.at) == ("received", "Received.", NOW)
    assert (event.seller, event.location, event.order) == (location.seller, location, order)
    assert (event.actor, event.job, event.correlation_id) == ("meera", job, "c-7")


def test_next_revision_is_nowhere_yet():
    order = Order(
        revision=2,
        push_begun_at=BEFORE,
        easyecom_order_id="81",
        may_have_awb=True,
        queue_id="5",
        refused_lines=[{"sku": "LAMP"}],
        refusal_file="https://files.test/1.csv",
    )
    assert rows.fresh(order) == {
        "revision": 3,
        "push_begun_at": None,
        "easyecom_order_id": "",
        "may_have_awb": False,
        "queue_id": "",
        "refused_lines": [],
        "refusal_file": "",
    }


@pytest.mark.parametrize(("told", "kept"), [("82", "82"), ("", "81")])
def test_pushed_order_awaits_its_carrier_and_all_doubt_is_over(told, kept):
    order = make_order(
        easyecom_order_id="81",
        push_begun_at=BEFORE,
        doubt="unknown",
        doubt_since=BEFORE,
        doubt_message="Timed out.",
        look_ups=2,
        blocked_reason="in_doubt",
        blocked_detail="Timed out.",
    )
    other = make_order(doubt="unknown", doubt_since=BEFORE)

    rows.mark_pushed(order, told, "91", NOW)

    order.refresh_from_db()
    assert (order.stage, order.stage_since, order.pushed_at) == ("awaiting_carrier", NOW, NOW)
    assert (order.easyecom_order_id, order.easyecom_invoice_id) == (kept, "91")
    assert (order.doubt, order.doubt_since, order.look_ups) == ("", None, 0)
    assert (order.blocked_reason, order.blocked_detail) == ("", "")
    other.refresh_from_db()
    assert (other.stage, other.doubt) == ("received", "unknown")


def with_shipment(stage, awb_number="8901", **fields):
    order = pushed(make_order())
    shipment = make_shipment(
        order,
        courier="Delhivery",
        awb_number=awb_number,
        at_easyecom=[{"courier": "Xpress", "awb_number": "1"}],
        has_new_links=True,
        **fields,
    )
    order.change(
        stage=stage,
        doubt="awb_unknown",
        doubt_since=BEFORE,
        blocked_reason="awb_rejected",
        blocked_detail="No.",
        check_due_at=BEFORE,
    )
    order.shipment = shipment
    return order


def test_first_awb_that_easyecom_takes_raises_the_order_and_its_manifest_is_due(settings):
    settings.MANIFEST_LIMIT_HOURS = 48
    order, other = with_shipment("awaiting_carrier"), with_shipment("awaiting_carrier", "8902")

    rows.mark_assigned(order, NOW)

    order = Order.objects.get(pk=order.pk)
    assert (order.stage, order.doubt, order.doubt_since) == ("carrier_assigned", "", None)
    assert (order.blocked_reason, order.blocked_detail) == ("", "")
    assert order.check_due_at == NOW + timedelta(hours=48)
    shipment = ShipmentDetails.objects.get(order=order)
    assert (shipment.assigned_at, shipment.at_easyecom, shipment.has_new_links) == (
        NOW,
        None,
        False,
    )
    assert not Event.objects.filter(kind="assigned").exists()
    other = Order.objects.get(pk=other.pk)
    assert (other.stage, other.doubt) == ("awaiting_carrier", "awb_unknown")
    assert ShipmentDetails.objects.get(order=other).assigned_at is None


def test_other_awb_that_easyecom_takes_is_told_and_its_manifest_is_due_anew(settings):
    settings.MANIFEST_LIMIT_HOURS = 48
    order = with_shipment("carrier_assigned")

    rows.mark_assigned(order, NOW)

    order = Order.objects.get(pk=order.pk)
    assert (order.stage, order.check_due_at) == ("carrier_assigned", NOW + timedelta(hours=48))
    assert (order.blocked_reason, order.blocked_detail) == ("", "")
    event = Event.objects.get()
    assert (event.kind, event.order, event.at) == ("assigned", order, NOW)
    assert event.sentence == "EasyEcom took Delhivery 8901, in the place of the AWB of before."


def test_links_that_easyecom_takes_leave_the_time_of_the_awb_and_of_its_manifest():
    order = with_shipment("carrier_assigned", assigned_at=BEFORE)

    rows.mark_assigned(order, NOW)

    order = Order.objects.get(pk=order.pk)
    assert (order.doubt, order.check_due_at) == ("", BEFORE)
    shipment = ShipmentDetails.objects.get(order=order)
    assert (shipment.assigned_at, shipment.has_new_links) == (BEFORE, False)
    assert Event.objects.get().sentence == "EasyEcom took the links."
