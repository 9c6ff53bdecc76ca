"""An order's way: pushed, looked up when in doubt, given its AWB."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import requests
from django.utils import timezone

from integration.bulk.retry import retry
from integration.easyecom import (
    AuthRefused,
    Call,
    Kind,
    LineProblem,
    NotSent,
    OutcomeUnknown,
    Rejected,
)
from integration.models import (
    ApiCall,
    Change,
    Event,
    Order,
    OrderReason,
    Rest,
    ShipmentDetails,
    Stage,
    SyncJob,
)
from integration.orders import push, shipments
from sellers.models import CarrierRegistration, LoginTrouble
from tests.factories import ADDRESS, awb_conflict, make_location, make_order, make_shipment, pushed
from tests.integration.conftest import API, NOT_FOUND, REFUSED, bodies, run

CREATE = f"{API}/webhook/v2/createOrder"
FIND = f"{API}/orders/V2/getOrderDetails"
ASSIGN = f"{API}/Carrier/assignAWB"
QUEUE = f"{API}/getQueueStatus"

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


def created(order: Order, **data: Any) -> dict[str, Any]:
    ids = {"Status": 200, "SuborderID": "71", "OrderID": "81", "InvoiceID": "91"} | data
    return {"code": 200, "message": f"{order.order_number} created successfully", "data": ids}


def found(order: Order, **fields: Any) -> dict[str, Any]:
    row = {
        "invoice_id": 91,
        "order_id": 81,
        "reference_code": order.order_number,
        "location_key": order.location.location_key,
        "total_amount": "266.00",
        "order_items": [{"sku": "KURTA-RED-M", "item_quantity": 2}],
        "awb_number": "",
    }
    return {"code": 200, "message": "ok", "data": [row | fields]}


def make_due(order: Order) -> None:
    SyncJob.objects.filter(order=order).update(due_at=timezone.now() - timedelta(seconds=1))


def test_push_leaves_the_order_in_failed_orders_with_its_ids(easyecom):
    order = make_order()
    easyecom.post(CREATE, json=created(order))

    job = run(order.sync_job)

    order.refresh_from_db()
    assert order.stage == Stage.AWAITING_CARRIER
    assert (order.easyecom_order_id, order.easyecom_invoice_id) == ("81", "91")
    assert (job.status, job.due_at, job.lease_token) == (SyncJob.Status.SUCCEEDED, None, None)
    change = Change.objects.get(order=order)
    assert change.data == {
        "order_number": order.order_number,
        "stage": "awaiting_carrier",
        "previous": "received",
    }


def test_push_sends_each_address_in_its_own_place(easyecom):
    """The parcel goes to one person, and another one pays: every value of theirs differs."""
    billing = {
        "name": "Bina Shah",
        "line1": "7 Ring Road",
        "line2": "Flat 2",
        "city": "Surat",
        "state": "Gujarat",
        "pincode": "395003",
        "country": "India",
        "phone": "9822200000",
        "email": "bina@buyer.test",
    }
    order = make_order(billing_address=billing)
    easyecom.post(CREATE, json=created(order))

    run(order.sync_job)

    [sent] = bodies(easyecom, "createOrder")
    [customer] = sent["customer"]
    assert customer["shipping"] == on_the_wire(ADDRESS)
    assert customer["billing"] == on_the_wire(billing)


def on_the_wire(address: dict[str, str]) -> dict[str, str]:
    return {
        "name": address["name"],
        "addressLine1": address["line1"],
        "addressLine2": address["line2"],
        "postalCode": address["pincode"],
        "city": address["city"],
        "state": address["state"],
        "country": address["country"],
        "contact": address["phone"],
        "email": address["email"],
    }


def test_push_sends_our_number_ist_time_and_prices_with_tax(easyecom):
    order = make_order()
    easyecom.post(CREATE, json=created(order))

    run(order.sync_job)

    (body,) = bodies(easyecom, "createOrder")
    assert body["orderNumber"] == order.order_number
    assert body["orderDate"] == "2026-11-23 10:15:00+05:30"
    assert body["marketplaceId"] == 61
    assert body["items"][0]["Price"] == 123.0
    assert body["items"][0]["Quantity"] == 2
    assert body["collectableAmount"] == 266.0


def test_push_sends_every_fact_in_its_own_field(easyecom):
    """Every value differs from every other, and from what goes out where none was given."""
    order = make_order(
        order_number="BN-7",
        expected_delivery_at=datetime(2026, 11, 28, 4, 30, tzinfo=UTC),
        payment_gateway="Razorpay",
        payment_transaction_id="pay-1",
        discount=Decimal("7.00"),
        collectable_amount=Decimal("251.00"),
        buyer_gstin="27AAPFU0939F1ZV",
        package={"weight_g": 450, "length_cm": 31, "width_cm": 22, "height_cm": 13},
    )
    order.lines.update(line_id="BN-7-1", discount=Decimal("8.00"))
    CarrierRegistration.objects.update(company_carrier_id="4711")
    easyecom.post(CREATE, json=created(order))

    run(order.sync_job)

    [sent] = bodies(easyecom, "createOrder")
    [line], [customer] = sent.pop("items"), sent.pop("customer")
    assert customer["gst_number"] == "27AAPFU0939F1ZV"
    assert sent == {
        "orderType": "retailorder",
        "marketplaceId": 61,
        "orderNumber": "BN-7",
        "orderDate": "2026-11-23 10:15:00+05:30",
        "is_market_shipped": 1,
        "shippingCost": 20.0,
        "discount": 7.0,
        "promoCodeDiscount": 0,
        "prepaidDiscount": 0,
        "walletDiscount": 0,
        "paymentMode": 2,
        "shippingMethod": 1,
        "collectableAmount": 251.0,
        "paymentGateway": "Razorpay",
        "paymentTransactionNumber": "pay-1",
        "company_carrier_id": 4711,
        "expDeliveryDate": "2026-11-28 10:00:00",
        "packageWeight": 450,
        "packageLength": 31,
        "packageWidth": 22,
        "packageHeight": 13,
    }
    assert line == {
        "OrderItemId": "BN-7-1",
        "Sku": "KURTA-RED-M",
        "productName": "Kurta",
        "Quantity": 2,
        "Price": 123.0,
        "itemDiscount": 8.0,
    }


def test_push_without_a_package_sends_no_measures(easyecom):
    order = make_order(package=None)
    easyecom.post(CREATE, json=created(order))

    run(order.sync_job)

    [sent] = bodies(easyecom, "createOrder")
    assert {name for name in sent if name.startswith("package")} == set()


def test_prepaid_order_is_sent_as_such_with_nothing_to_collect(easyecom):
    order = make_order(payment_mode="prepaid")
    easyecom.post(CREATE, json=created(order))

    run(order.sync_job)

    [sent] = bodies(easyecom, "createOrder")
    assert (sent["paymentMode"], sent["shippingMethod"]) == (5, 3)
    assert sent["collectableAmount"] == 0.0


def test_awb_goes_out_with_its_links_and_our_carrier(easyecom):
    order = pushed(make_order())
    order.change(easyecom_invoice_id="9107")
    CarrierRegistration.objects.update(company_carrier_id="4711")
    links = {"label_url": "https://l.test/1.pdf", "invoice_url": "https://l.test/2.pdf"}
    make_shipment(order, courier="Xpressbees", awb_number="AWB-7", **links)
    easyecom.post(ASSIGN, json={"code": 200, "message": "ok"})

    run(order.sync_job)

    [sent] = bodies(easyecom, "assignAWB")
    assert sent == {
        "invoiceId": "9107",
        "courier": "Xpressbees",
        "awbNum": "AWB-7",
        "companyCarrierId": 4711,
        "shippingLabelUrl": "https://l.test/1.pdf",
        "invoiceUrl": "https://l.test/2.pdf",
    }


def test_order_whose_buyer_was_erased_is_not_sent():
    order = make_order(buyer_erased_at=NOW)

    assert push.next_call(order, NOW) == Rest(
        SyncJob.Status.FAILED,
        None,
        "buyer_erased",
        "The buyer's data was erased, so the order has no address to be sent to.",
    )


def test_awb_of_an_order_whose_buyer_was_erased_is_sent_all_the_same():
    order = pushed(make_order(buyer_erased_at=NOW))
    make_shipment(order)

    assert next_kind(order) is Kind.ASSIGN_AWB


def test_order_that_may_have_an_awb_is_looked_for_before_ours_is_given():
    order = pushed(make_order(may_have_awb=True))
    make_shipment(order)

    assert next_kind(order) is Kind.FIND_ORDER
    order.refresh_from_db()
    assert (order.doubt, order.doubt_since) == ("awb_unknown", NOW)


def test_order_without_a_registered_carrier_waits_and_says_so():
    order = make_order()
    CarrierRegistration.objects.update(state="pending")

    assert push.next_call(order, NOW) == Rest(SyncJob.Status.SUCCEEDED)
    order.refresh_from_db()
    assert order.blocked_reason == "carrier_not_registered"


def next_kind(order: Order) -> Kind:
    call = push.next_call(order, NOW)
    assert isinstance(call, Call)
    return call.kind


def test_refused_lines_are_kept_in_the_place_of_those_of_before():
    order = make_order(
        refused_lines=[{"line_id": "old", "sku": "", "message": ""}],
        refusal_file="https://files.test/1.csv",
    )
    lines = (LineProblem("BN-1-1", "KURTA-RED-M", "Tax Rate Not Set"),)

    assert push.settle(order, Kind.CREATE_ORDER, Rejected("No.", lines), NOW) is None

    order.refresh_from_db()
    assert order.refused_lines == [
        {"line_id": "BN-1-1", "sku": "KURTA-RED-M", "message": "Tax Rate Not Set"}
    ]
    assert (order.refusal_file, order.doubt, order.doubt_message) == ("", "rejected", "No.")


NOTHING_SENT = (
    (NotSent("No route."), "unreachable", "No route."),
    (AuthRefused(403, "Not yours."), "access_forbidden", "Not yours."),
)


@pytest.mark.parametrize("kind", [Kind.CREATE_ORDER, Kind.FIND_ORDER])
@pytest.mark.parametrize(("outcome", "reason", "detail"), NOTHING_SENT)
def test_order_that_was_not_sent_says_why_in_easyecoms_words(kind, outcome, reason, detail):
    order = make_order()

    assert push.settle(order, kind, outcome, NOW) is None

    order.refresh_from_db()
    assert (order.blocked_reason, order.blocked_detail) == (reason, detail)


@pytest.mark.parametrize(("outcome", "reason", "detail"), NOTHING_SENT)
def test_awb_that_was_not_given_says_why_and_may_be_changed(outcome, reason, detail):
    order = pushed(make_order())
    shipment = make_shipment(order, assign_begun_at=NOW)

    assert push.settle(order, Kind.ASSIGN_AWB, outcome, NOW) is None

    order.refresh_from_db()
    shipment.refresh_from_db()
    assert (order.blocked_reason, order.blocked_detail) == (reason, detail)
    assert shipment.assign_begun_at is None


@pytest.mark.parametrize(
    ("fields", "outcome", "reason"),
    [
        ({"doubt": "unknown", "doubt_since": NOW}, NotSent("No route."), ""),
        ({"doubt": "unknown", "doubt_since": NOW}, AuthRefused(403, ""), "access_forbidden"),
        ({"cancelled_at_easyecom": NOW}, NotSent("No route."), ""),
        ({"cancelled_at_easyecom": NOW}, AuthRefused(403, ""), "access_forbidden"),
    ],
)
def test_order_that_is_only_looked_up_tells_of_refused_access_alone(fields, outcome, reason):
    order = make_order(**fields)

    push.settle(order, Kind.FIND_ORDER, outcome, NOW)

    order.refresh_from_db()
    assert order.blocked_reason == reason


@pytest.mark.parametrize("outcome", [NotSent("No route."), AuthRefused(403, "")])
def test_order_that_was_manifested_meanwhile_is_not_blocked(outcome):
    order = pushed(make_order())
    order.change(stage="manifested", manifested_at=NOW)

    push.settle(order, Kind.FIND_ORDER, outcome, NOW)

    order.refresh_from_db()
    assert order.blocked_reason == ""


def test_reason_is_that_of_the_orders_own_location():
    order = make_order(make_location(login_trouble=LoginTrouble.REFUSED))

    push.settle(order, Kind.CREATE_ORDER, NotSent("No route."), NOW)

    order.refresh_from_db()
    assert order.blocked_reason == "credentials_refused"


def test_unclear_answer_is_told_with_its_words():
    order = make_order()

    push.settle(order, Kind.CREATE_ORDER, OutcomeUnknown("Timed out."), NOW)

    order.refresh_from_db()
    assert (order.doubt, order.doubt_since, order.doubt_message) == ("unknown", NOW, "Timed out.")
    assert (order.blocked_reason, order.blocked_detail) == ("in_doubt", "Timed out.")
    event = Event.objects.get(order=order)
    assert (event.kind, event.at) == ("in_doubt", NOW)
    assert event.sentence == "Create Order had no clear answer. Timed out."


def test_api_call_is_kept_without_the_buyer(easyecom):
    order = make_order()
    easyecom.post(CREATE, json=created(order))

    run(order.sync_job)

    call = ApiCall.objects.get(order=order)
    assert (call.is_open, call.http_status, call.outcome) == (False, 200, "done")
    assert order.order_number in call.request
    assert "Asha" not in call.request + call.reply


def test_shipment_details_are_assigned_after_the_push_in_one_go(easyecom):
    order = make_order()
    make_shipment(order, awb_number="AWB-1")
    easyecom.post(CREATE, json=created(order))
    easyecom.post(ASSIGN, json={"code": 200, "message": "Successful"})

    run(order.sync_job)

    order.refresh_from_db()
    assert order.stage == Stage.CARRIER_ASSIGNED
    assert order.shipment.assigned_at is not None
    (body,) = bodies(easyecom, "assignAWB")
    assert (body["invoiceId"], body["awbNum"]) == ("91", "AWB-1")


def test_timeout_leaves_the_order_in_doubt_with_a_look_up_due(easyecom, settings):
    settings.IN_DOUBT_DELAYS = [60, 300, 900]
    order = make_order()
    easyecom.post(CREATE, body=requests.ReadTimeout())

    job = run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.doubt) == (Stage.RECEIVED, "unknown")
    assert order.blocked_reason == OrderReason.IN_DOUBT
    assert job.status == SyncJob.Status.IN_DOUBT
    assert timedelta(seconds=55) < job.due_at - timezone.now() < timedelta(seconds=61)


def test_look_up_that_finds_the_order_adopts_it(easyecom):
    order = make_order()
    order.mark_in_doubt("unknown", timezone.now())
    easyecom.get(FIND, json=found(order))

    job = run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.doubt, order.easyecom_invoice_id) == ("awaiting_carrier", "", "91")
    assert job.status == SyncJob.Status.SUCCEEDED


@pytest.mark.parametrize(
    "difference",
    [
        {"location_key": "someone-elses"},
        {"order_items": [{"sku": "OTHER", "item_quantity": 2}]},
        {"total_amount": "9999.00"},
    ],
)
def test_look_up_that_finds_a_different_order_is_left_to_a_person(easyecom, difference):
    order = make_order()
    order.mark_in_doubt("unknown", timezone.now())
    easyecom.get(FIND, json=found(order, **difference))

    job = run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == (Stage.RECEIVED, OrderReason.CONFLICT)
    assert order.is_in_doubt
    assert (job.status, job.due_at) == (SyncJob.Status.FAILED, None)


@pytest.mark.parametrize(
    "missing", [{"total_amount": None}, {"order_items": []}, {"location_key": ""}]
)
def test_what_a_look_up_does_not_say_is_no_mismatch(easyecom, missing):
    order = make_order()
    order.mark_in_doubt("unknown", timezone.now())
    easyecom.get(FIND, json=found(order, **missing))

    run(order.sync_job)

    order.refresh_from_db()
    assert order.stage == Stage.AWAITING_CARRIER


def test_refusal_is_followed_by_one_look_up_and_then_fails_with_easyecoms_words(easyecom):
    order = make_order()
    easyecom.post(CREATE, json=REFUSED)
    easyecom.get(FIND, json=NOT_FOUND)

    job = run(order.sync_job)

    order.refresh_from_db()
    assert len(easyecom.calls) == 2
    assert (order.blocked_reason, order.doubt) == (OrderReason.REJECTED, "")
    assert "product/sku does not exist" in order.blocked_message
    assert job.status == SyncJob.Status.FAILED


def test_refusal_that_created_the_order_all_the_same_is_adopted(easyecom):
    order = make_order()
    easyecom.post(CREATE, json=REFUSED)
    easyecom.get(FIND, json=found(order))

    run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == (Stage.AWAITING_CARRIER, "")


def test_retry_of_a_refused_order_sends_the_same_number_again(easyecom):
    order = make_order()
    easyecom.post(CREATE, json=REFUSED)
    easyecom.get(FIND, json=NOT_FOUND)
    run(order.sync_job)
    easyecom.post(CREATE, json=created(order))

    SyncJob.objects.filter(order=order).want()
    run(order.sync_job)

    order.refresh_from_db()
    first, second = bodies(easyecom, "createOrder")
    assert first == second
    assert (order.stage, order.blocked_reason) == (Stage.AWAITING_CARRIER, "")


def test_existing_number_that_no_look_up_shows_is_looked_up_and_never_sent_again(easyecom):
    order = make_order()
    taken = {"code": 400, "message": "Order Number X already exists within the Company."}
    easyecom.post(CREATE, json=taken)
    easyecom.get(FIND, json=NOT_FOUND)
    run(order.sync_job)

    SyncJob.objects.filter(order=order).want()
    job = run(order.sync_job)

    order.refresh_from_db()
    assert len(bodies(easyecom, "createOrder")) == 1
    assert order.blocked_reason == OrderReason.NUMBER_TAKEN
    assert job.status == SyncJob.Status.FAILED


@pytest.mark.parametrize("policy", ["hold", "resend"])
def test_order_that_no_look_up_finds_follows_the_policy(easyecom, settings, policy):
    settings.UNKNOWN_ORDER_POLICY = policy
    settings.IN_DOUBT_DELAYS = [0, 0, 0]
    order = make_order()
    order.mark_in_doubt("unknown", timezone.now())
    easyecom.get(FIND, json=NOT_FOUND)
    if policy == "resend":
        easyecom.post(CREATE, json=created(order))

    for _ in range(3):
        make_due(order)
        run(order.sync_job)

    order.refresh_from_db()
    order.sync_job.refresh_from_db()
    if policy == "resend":
        assert order.stage == Stage.AWAITING_CARRIER
    else:
        assert (order.stage, order.blocked_reason) == (Stage.RECEIVED, OrderReason.NOT_FOUND)
        assert order.sync_job.status == SyncJob.Status.IN_DOUBT
        assert order.sync_job.due_at is None


def test_success_without_invoice_id_fetches_it_by_the_look_up(easyecom, settings):
    settings.IN_DOUBT_DELAYS = [0]
    order = make_order()
    easyecom.post(CREATE, json=created(order, InvoiceID=""))
    easyecom.get(FIND, json=found(order))

    run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.easyecom_invoice_id) == (Stage.AWAITING_CARRIER, "91")


def test_queued_order_is_followed_to_its_invoice(easyecom, settings):
    settings.IN_DOUBT_DELAYS = [0]
    order = make_order()
    queued = {"code": 200, "message": "Successfully Queued", "data": {"queueId": 5}}
    easyecom.post(CREATE, json=queued)
    easyecom.get(QUEUE, json={"code": 200, "data": {"status_id": 2, "notes": ""}})
    easyecom.get(QUEUE, json={"code": 200, "data": {"status_id": 3, "notes": "{}"}})
    easyecom.get(FIND, json=found(order))

    run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.queue_id, order.doubt) == (Stage.AWAITING_CARRIER, "", "")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ({"body": requests.ConnectionError()}, OrderReason.IN_DOUBT),
        ({"status": 429}, OrderReason.RATE_LIMITED),
        ({"status": 502, "body": "<html>"}, OrderReason.IN_DOUBT),
        ({"status": 403, "json": {"message": "no"}}, OrderReason.ACCESS_FORBIDDEN),
    ],
)
def test_order_says_why_it_waits(easyecom, answer, reason):
    order = make_order()
    easyecom.post(CREATE, **answer)

    job = run(order.sync_job)

    order.refresh_from_db()
    assert order.blocked_reason == reason
    assert job.status in (SyncJob.Status.PENDING, SyncJob.Status.IN_DOUBT)
    assert job.due_at is not None


def test_refused_awb_fails_and_lets_booon_give_another(easyecom):
    order = pushed(make_order())
    make_shipment(order)
    easyecom.post(ASSIGN, json={"code": 400, "message": "Invalid courier", "data": []})
    easyecom.get(FIND, json=found(order))

    job = run(order.sync_job)

    order.refresh_from_db()
    assert order.blocked_reason == OrderReason.AWB_REJECTED
    assert order.shipment.assign_begun_at is None
    assert job.status == SyncJob.Status.FAILED


def test_unclear_awb_answer_is_compared_and_closed_when_easyecom_has_ours(easyecom, settings):
    settings.IN_DOUBT_DELAYS = [0]
    order = pushed(make_order())
    shipment = make_shipment(order)
    easyecom.post(ASSIGN, body=requests.ReadTimeout())
    easyecom.get(FIND, json=found(order, awb_number=shipment.awb_number))

    run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.doubt) == (Stage.CARRIER_ASSIGNED, "")


def test_another_awb_at_easyecom_is_left_to_a_person(easyecom, settings):
    settings.IN_DOUBT_DELAYS = [0]
    order = pushed(make_order())
    make_shipment(order)
    easyecom.post(ASSIGN, body=requests.ReadTimeout())
    easyecom.get(FIND, json=found(order, awb_number="SOMEBODY-ELSES", courier="Xpress"))

    run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == ("awaiting_carrier", OrderReason.AWB_CONFLICT)
    assert order.shipment.at_easyecom == [{"courier": "Xpress", "awb_number": "SOMEBODY-ELSES"}]


@pytest.mark.parametrize("answer", [{"body": requests.ReadTimeout()}, {"json": REFUSED}])
def test_retry_of_an_awb_conflict_looks_again_and_sends_nothing(easyecom, settings, answer):
    settings.IN_DOUBT_DELAYS = [0]
    order = pushed(make_order())
    make_shipment(order)
    easyecom.post(ASSIGN, **answer)
    easyecom.get(FIND, json=found(order, awb_number="SOMEBODY-ELSES"))
    run(order.sync_job)

    for _ in range(3):
        retry([order.sync_job.pk], actor="asha", now=timezone.now())
        run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == ("awaiting_carrier", OrderReason.AWB_CONFLICT)
    assert len(bodies(easyecom, "assignAWB")) == 1
    assert ApiCall.objects.filter(order=order, kind="find_order").count() == 4


@pytest.mark.parametrize("shown", [" awb-1 ", "AWB-1", "AWB 1"])
def test_awb_conflict_ends_by_itself_when_easyecom_shows_ours(easyecom, shown):
    order = awb_conflict(pushed(make_order()), "SOMEBODY-ELSES")
    ShipmentDetails.objects.update(awb_number="AWB1" if shown == "AWB 1" else "AWB-1")
    easyecom.get(FIND, json=found(order, awb_number=shown))
    SyncJob.objects.filter(order=order).want()

    run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.doubt, order.blocked_reason) == (Stage.CARRIER_ASSIGNED, "", "")
    assert order.shipment.at_easyecom is None


def replace(order, theirs="SOMEBODY-ELSES"):
    facts = {"courier": "Delhivery", "awb_number": "OURS", "label_url": "", "invoice_url": ""}
    said = shipments.Replacement(theirs, "The label on the parcel is ours.")
    return shipments.give_shipment(order, facts, replacement=said)


def test_awb_that_is_to_give_way_is_replaced_though_the_answer_is_lost(easyecom, settings):
    settings.IN_DOUBT_DELAYS = [0]
    order = awb_conflict(pushed(make_order()), "SOMEBODY-ELSES")
    easyecom.post(ASSIGN, body=requests.ReadTimeout())
    easyecom.post(ASSIGN, json={"code": 200, "message": "Successful"})
    easyecom.get(FIND, json=found(order, awb_number="SOMEBODY-ELSES"))

    assert replace(order)
    run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.doubt) == (Stage.CARRIER_ASSIGNED, "")
    assert [body["awbNum"] for body in bodies(easyecom, "assignAWB")] == ["OURS", "OURS"]


def test_a_third_awb_is_not_what_was_said_to_give_way(easyecom, settings):
    settings.IN_DOUBT_DELAYS = [0]
    order = awb_conflict(pushed(make_order()), "SOMEBODY-ELSES")
    easyecom.post(ASSIGN, body=requests.ReadTimeout())
    easyecom.get(FIND, json=found(order, awb_number="A-THIRD"))

    replace(order)
    run(order.sync_job)

    order.refresh_from_db()
    assert order.blocked_reason == OrderReason.AWB_CONFLICT
    assert order.shipment.awbs_at_easyecom == ["A-THIRD"]
    assert len(bodies(easyecom, "assignAWB")) == 1


def test_replacement_that_easyecom_refuses_is_told(easyecom):
    order = awb_conflict(pushed(make_order()), "SOMEBODY-ELSES")
    easyecom.post(ASSIGN, json={"code": 400, "message": "AWB can not be changed", "data": []})
    easyecom.get(FIND, json=found(order, awb_number="SOMEBODY-ELSES"))

    replace(order)
    run(order.sync_job)

    order.refresh_from_db()
    assert order.blocked_reason == OrderReason.AWB_REJECTED
    assert "AWB can not be changed" in order.blocked_message


def test_order_of_a_location_that_is_not_live_waits_without_a_call(easyecom):
    order = make_order(make_location(live=False))

    job = run(order.sync_job)

    order.refresh_from_db()
    assert order.blocked_reason == OrderReason.LOCATION_NOT_LIVE
    assert (job.status, len(easyecom.calls)) == (SyncJob.Status.SUCCEEDED, 0)


def test_manifest_that_overtook_the_push_is_not_undone_by_its_answer():
    order = pushed(make_order())
    order.change(stage="manifested", manifested_at=timezone.now())

    lost = OutcomeUnknown("HTTP 502")
    rest = push.settle(order, Kind.CREATE_ORDER, lost, timezone.now())

    order.refresh_from_db()
    assert rest is None
    assert (order.stage, order.doubt, order.blocked_reason) == (Stage.MANIFESTED, "", "")


def test_line_discount_goes_out_for_the_whole_line(easyecom):
    order = make_order()
    order.lines.update(discount=Decimal("7.50"))
    easyecom.post(CREATE, json=created(order))

    run(order.sync_job)

    (body,) = bodies(easyecom, "createOrder")
    assert body["items"][0]["itemDiscount"] == 7.5
