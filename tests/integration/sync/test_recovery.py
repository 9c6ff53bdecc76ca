"""A release of a restored database: what it holds as unsent is looked up first."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integration.models import ApiCall, Event, Order, ShipmentDetails, Stage, raise_stage
from integration.orders import shipments
from integration.orders.refusals import AlreadyManifested
from integration.orders.shipments import Replacement
from integration.reconciliation import schedule
from integration.sync import engine, holds, recovery
from integration.webhooks import processing
from sellers.models import CarrierRegistration
from tests.factories import make_location, make_order, make_registration, make_shipment, pushed
from tests.integration.conftest import API, NOT_FOUND, bodies

pytestmark = pytest.mark.django_db

FIND = f"{API}/orders/V2/getOrderDetails"
ASSIGN = f"{API}/Carrier/assignAWB"
CREATE = f"{API}/webhook/v2/createOrder"


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


# What came after the dump and is lost with it. docs/operations.md, "Backup and restore", says it.
OURS, OTHERS = "890077001", "890077002"


def give(order: Order, **options: Any) -> None:
    """As Booon's platform gives shipment details, again or for the first time."""
    facts = {"courier": "Delhivery", "awb_number": OURS, "label_url": "", "invoice_url": ""}
    shipments.give_shipment(order, facts, **options)


def shown(easyecom, order: Order, awb_number: str, invoice: str = "91") -> None:
    """EasyEcom has the order with this AWB: it was assigned between the dump and the restore."""
    row = {
        "invoice_id": order.easyecom_invoice_id or invoice,
        "order_id": 81,
        "reference_code": order.order_number,
        "awb_number": awb_number,
        "courier": "Delhivery",
    }
    easyecom.get(FIND, json={"code": 200, "data": [row]})


def kinds() -> list[str]:
    return list(ApiCall.objects.order_by("pk").values_list("kind", flat=True))


SAME = (OURS, ("carrier_assigned", ""))
ANOTHER = (OTHERS, ("awaiting_carrier", "awb_conflict"))


@pytest.mark.parametrize(("awb_number", "outcome"), [SAME, ANOTHER])
def test_awb_of_an_order_that_had_none_in_the_dump_is_looked_up_first(
    easyecom, awb_number, outcome
):
    order = pushed(make_order())
    shown(easyecom, order, awb_number)

    restore()
    give(order)
    engine.drain(10)

    order.refresh_from_db()
    assert kinds() == ["find_order"]
    assert (order.stage, order.blocked_reason) == outcome


@pytest.mark.parametrize(("awb_number", "outcome"), [SAME, ANOTHER])
def test_awb_of_an_order_that_is_adopted_is_compared_with_what_the_look_showed(
    easyecom, awb_number, outcome
):
    """The dump had order and details, and nothing of it was sent."""
    order = make_order()
    give(order)
    shown(easyecom, order, awb_number)

    restore()
    engine.drain(10)

    order.refresh_from_db()
    assert kinds() == ["find_order"]
    assert (order.stage, order.blocked_reason) == outcome


@pytest.mark.parametrize(("awb_number", "outcome"), [SAME, ANOTHER])
def test_awb_that_comes_after_its_order_was_adopted_is_looked_up_first(
    easyecom, awb_number, outcome
):
    """The dump had lost the order: it is given again, and EasyEcom says that it exists."""
    order = make_order()
    easyecom.post(CREATE, json={"code": 400, "message": "Order Number already exists"})
    shown(easyecom, order, awb_number)
    engine.drain(10)
    order.refresh_from_db()
    assert order.may_have_awb

    give(order)
    engine.drain(10)

    order.refresh_from_db()
    assert kinds() == ["create_order", "find_order", "find_order"]
    assert (order.stage, order.blocked_reason, order.may_have_awb) == (*outcome, False)


def test_awb_goes_out_once_the_look_shows_none(easyecom):
    order = pushed(make_order())
    shown(easyecom, order, "")
    easyecom.post(ASSIGN, json={"code": 200, "message": "Successful"})

    restore()
    give(order)
    engine.drain(10)

    order.refresh_from_db()
    assert kinds() == ["find_order", "assign_awb"]
    assert [body["awbNum"] for body in bodies(easyecom, "assignAWB")] == [OURS]
    assert order.stage == "carrier_assigned"


def test_replacement_of_an_awb_that_the_dump_had_is_looked_up_first(easyecom):
    """The dump had the AWB before it: EasyEcom may have the replacement already, or another."""
    order = pushed(make_order())
    make_shipment(order, awb_number="890077000", assigned_at=timezone.now())
    raise_stage(order, Stage.CARRIER_ASSIGNED, at=timezone.now())
    shown(easyecom, order, OTHERS)

    restore()
    give(order, replacement=Replacement("890077000", "The label was damaged."))
    engine.drain(10)

    order.refresh_from_db()
    assert kinds() == ["find_order"]
    assert order.blocked_reason == "awb_conflict"


def test_order_that_is_compared_first_and_was_manifested_takes_no_second_awb(easyecom):
    order = pushed(make_order())
    row = {
        "invoice_id": order.easyecom_invoice_id,
        "reference_code": order.order_number,
        "order_status": "Shipped",
        "order_status_id": 3,
        "awb_number": OTHERS,
        "courier": "Delhivery",
        "manifest_date": "2026-01-05 10:00:00",
    }
    easyecom.get(FIND, json={"code": 200, "data": [row]})

    restore()
    schedule.request_order(order, actor="reconcile")
    engine.drain(10)
    processing.drain(10)

    order.refresh_from_db()
    assert order.stage == "manifested"
    with pytest.raises(AlreadyManifested):
        give(order)
