"""A release of a restored database: what it holds as unsent is looked up first."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.models import ApiCall, Event, Order, ShipmentDetails
from integration.sync import engine, holds, recovery
from sellers.models import CarrierRegistration
from tests.factories import make_location, make_order, make_registration, make_shipment, pushed
from tests.integration.conftest import API, NOT_FOUND, bodies

pytestmark = pytest.mark.django_db

FIND = f"{API}/orders/V2/getOrderDetails"


def restore() -> None:
    """Held because it is older than it was, and released by somebody."""
    row = holds.hold(None, "Older", actor="console", doubts_database=True)
    holds.release(row, "It is the backup of today", actor="asha")


def test_unsent_order_is_looked_up_and_adopted_without_being_sent(easyecom):
    order = make_order()
    row = {"invoice_id": 91, "order_id": 81, "reference_code": order.order_number}
    easyecom.get(FIND, json={"code": 200, "data": [row]})

    restore()
    engine.drain(10)

    order.refresh_from_db()
    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "91")
    assert bodies(easyecom, "createOrder") == []


def test_unsent_order_that_is_not_there_is_not_sent_either_while_a_person_decides(
    easyecom, settings
):
    settings.IN_DOUBT_DELAYS = [0]
    order = make_order()
    easyecom.get(FIND, json=NOT_FOUND)

    restore()
    engine.drain(10)

    order.refresh_from_db()
    assert (order.blocked_reason, order.doubt) == ("not_found", "unknown")
    assert bodies(easyecom, "createOrder") == []


def test_doubt_is_on_the_order_with_its_facts_fixed_and_its_event():
    order = make_order(blocked_reason="held", blocked_detail="Older")

    restore()

    order.refresh_from_db()
    assert (order.doubt, order.blocked_reason, order.blocked_detail) == ("unknown", "in_doubt", "")
    assert order.doubt_message == recovery.CAUSE
    assert order.push_begun_at is not None
    assert Event.objects.get(order=order).sentence == recovery.CAUSE


def test_awb_that_was_not_assigned_is_looked_up_first(easyecom):
    order = pushed(make_order())
    shipment = make_shipment(order)
    row = {
        "invoice_id": order.easyecom_invoice_id,
        "reference_code": order.order_number,
        "awb_number": shipment.awb_number,
    }
    easyecom.get(FIND, json={"code": 200, "data": [row]})

    restore()
    engine.drain(10)

    order.refresh_from_db()
    assert order.stage == "carrier_assigned"
    assert [call.kind for call in ApiCall.objects.all()] == ["find_order"]


def test_registration_that_was_not_sent_waits_for_a_person():
    location = make_location(live=False)
    make_registration(location)
    done = make_location()

    restore()

    states = dict(CarrierRegistration.objects.values_list("location_key", "state"))
    assert states == {location.location_key: "in_doubt", done.location_key: "registered"}
    assert Event.objects.get(location=location).sentence == recovery.CAUSE


def test_what_was_settled_or_came_later_is_in_no_doubt():
    sent, refused = pushed(make_order()), make_order(blocked_reason="rejected")
    row = holds.hold(None, "Older", actor="console", doubts_database=True)
    later = make_order()
    Order.objects.filter(pk=later.pk).update(created_at=timezone.now() + timedelta(seconds=1))

    holds.release(row, "It is the backup of today", actor="asha")

    doubts = dict(Order.objects.values_list("pk", "doubt"))
    assert doubts == {sent.pk: "", refused.pk: "unknown", later.pk: ""}
    refused.refresh_from_db()
    assert refused.blocked_reason == "rejected"
    assert not ShipmentDetails.objects.exists()


def test_release_of_a_persons_hold_casts_no_doubt():
    order = make_order()

    holds.release(holds.hold(None, "A drill", actor="asha"), "It is over now", actor="asha")

    order.refresh_from_db()
    assert order.doubt == ""
