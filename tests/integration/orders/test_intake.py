import threading
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.utils import timezone as django_timezone

from integration.easyecom import Call
from integration.models import (
    Change,
    Delivery,
    Event,
    Order,
    OrderLine,
    ParkedLine,
    ShipmentDetails,
    SyncJob,
    Topic,
)
from integration.orders import corrections, intake, refusals, shipments
from integration.orders import push as orders_push
from tests import factories, only_on
from tests.factories import (
    ADDRESS,
    make_location,
    make_order,
    make_seller,
    make_shipment,
    open_call,
    pushed,
)

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

IST = timezone(timedelta(hours=5, minutes=30))
Status = SyncJob.Status


def line(**fields):
    return {
        "line_id": "BN-1-1",
        "sku": "KURTA-RED-M",
        "name": "Kurta",
        "quantity": 2,
        "unit_price": Decimal("123.00"),
        "discount": Decimal("0.00"),
    } | fields


def facts(location, **fields):
    return {
        "location_key": location.location_key,
        "ordered_at": datetime(2026, 11, 23, 4, 45, tzinfo=UTC),
        "expected_delivery_at": None,
        "payment_mode": "cod",
        "collectable_amount": Decimal("266.00"),
        "payment_gateway": "",
        "payment_transaction_id": "",
        "shipping_charge": Decimal("20.00"),
        "discount": Decimal("0.00"),
        "lines": [line()],
        "shipping_address": ADDRESS,
        "billing_address": None,
        "package": {"weight_g": 100, "length_cm": 10, "width_cm": 10, "height_cm": 10},
    } | fields


def details(**fields):
    return {
        "courier": "Delhivery",
        "awb_number": "890012345",
        "label_url": "https://labels.booon.test/1.pdf",
        "invoice_url": "",
    } | fields


def accept(location, number="BN-1", **fields):
    given = facts(location, **fields)
    return factories.accept(location.seller, number, given, correlation_id="c-1")


def changes():
    return [(change.type, change.data) for change in Change.objects.order_by("pk")]


@pytest.fixture
def location():
    return make_location()


def test_a_new_order_gets_its_lines_a_due_job_a_change_and_an_event(location):
    receipt = accept(location, lines=[line(), line(line_id="BN-1-2", quantity=1)])

    assert receipt.result == "created"
    order = Order.objects.get()
    assert (order.seller, order.location, order.stage) == (location.seller, location, "received")
    assert (order.payment_mode, order.collectable_amount) == ("cod", Decimal("266.00"))
    assert order.blocked_reason == ""
    lines = OrderLine.objects.values_list("position", "line_id", "quantity")
    assert list(lines) == [(0, "BN-1-1", 2), (1, "BN-1-2", 1)]
    job = SyncJob.objects.get(order=order)
    assert (job.kind, job.seller, job.location) == ("order", location.seller, location)
    assert (job.status, job.correlation_id) == (Status.PENDING, "c-1")
    assert job.due_at <= django_timezone.now()
    assert changes() == [
        (
            "order.stage_changed",
            {"order_number": "BN-1", "stage": "received", "previous": None},
        )
    ]
    event = Event.objects.get()
    assert (event.kind, event.actor, event.order, event.job) == ("received", "booon", order, job)


def test_an_order_for_a_location_that_is_not_live_is_kept_and_says_so():
    accept(make_location(live=False))

    order = Order.objects.get()
    assert order.blocked_reason == "location_not_live"
    assert SyncJob.objects.get(order=order).status == Status.PENDING


def test_a_location_of_another_seller_is_unknown(location):
    with pytest.raises(refusals.UnknownLocation):
        factories.accept(make_seller(), "BN-1", facts(location))

    assert not Order.objects.exists()


def test_two_sellers_may_use_the_same_number(location):
    accept(location)
    assert accept(make_location()).result == "created"

    assert Order.objects.filter(order_number="BN-1").count() == 2


def test_the_same_again_writes_nothing(location):
    order = accept(location).order
    order.refresh_from_db()

    receipt = accept(location, ordered_at=datetime(2026, 11, 23, 10, 15, tzinfo=IST))

    assert receipt.result == "same"
    assert receipt.order.updated_at == order.updated_at
    assert SyncJob.objects.get().wanted == 1
    assert (Change.objects.count(), Event.objects.count()) == (1, 1)


def test_the_same_again_is_the_same_after_it_was_sent_too(location):
    pushed(accept(location).order)

    assert accept(location).result == "same"


def test_an_unsent_order_can_be_changed_and_its_job_is_wanted_again(location):
    order = accept(location).order
    SyncJob.objects.update(status=Status.SUCCEEDED, due_at=None)

    receipt = accept(location, lines=[line(quantity=3)], shipping_charge=Decimal("0.00"))

    assert receipt.result == "changed"
    order.refresh_from_db()
    assert order.shipping_charge == 0
    assert order.lines.get().quantity == 3
    job = SyncJob.objects.get()
    assert (job.status, job.wanted) == (Status.PENDING, 2)
    assert list(Event.objects.order_by("pk").values_list("kind", flat=True)) == [
        "received",
        "changed",
    ]
    assert Change.objects.count() == 1


def test_an_unsent_order_can_be_moved_to_another_location_with_its_job(location):
    waiting = make_location(live=False, seller=location.seller)
    accept(waiting)

    accept(location)

    order = Order.objects.get()
    assert (order.location, order.blocked_reason) == (location, "")
    assert SyncJob.objects.get().location == location


def test_an_order_is_not_moved_while_its_job_is_at_work_for_the_old_location(location):
    accept(location)
    SyncJob.objects.update(
        status=Status.RUNNING, lease_token=uuid4(), lease_until=django_timezone.now()
    )
    other = make_location(seller=location.seller)

    with pytest.raises(refusals.BeingPrepared):
        accept(other)

    assert Order.objects.get().location == location
    assert accept(location, discount=Decimal("1.00")).result == "changed"
    job = SyncJob.objects.get()
    assert (job.status, job.wanted) == (Status.RUNNING, 2)


def test_a_changed_order_is_refused_while_its_push_is_on_its_way(location):
    order = accept(location).order
    open_call(order)

    with pytest.raises(refusals.OnItsWay):
        accept(location, discount=Decimal("1.00"))

    order.refresh_from_db()
    assert order.discount == 0
    assert SyncJob.objects.get().wanted == 1


def test_a_withdrawn_order_whose_number_is_spent_is_not_taken_in_again(location):
    order = accept(location).order
    corrections.withdraw(order)
    Order.objects.update(is_number_spent=True)

    with pytest.raises(refusals.NumberSpent):
        accept(location)

    assert Order.objects.get().stage == "withdrawn"


def test_a_shipment_that_was_manifested_too_early_is_tried_again(location):
    delivery = Delivery.objects.create(
        location=location,
        topic=Topic.MANIFESTED,
        status=Delivery.Status.PARKED,
        received_at=django_timezone.now(),
    )
    ParkedLine.objects.create(
        delivery=delivery, line=0, reason="unknown_order", order_number="BN-1"
    )

    given = intake.Given(location.seller, "BN-1", facts(location))
    assert intake.accept([given]).awaited == 1

    delivery.refresh_from_db()
    assert delivery.status == Delivery.Status.STORED


def test_withdrawing_an_unsent_order_cancels_its_job(location):
    order = accept(location).order

    assert corrections.withdraw(order, actor="meera") is True

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == ("withdrawn", "")
    job = SyncJob.objects.get()
    assert (job.status, job.due_at) == (Status.CANCELLED, None)
    assert changes()[-1] == (
        "order.stage_changed",
        {"order_number": "BN-1", "stage": "withdrawn", "previous": "received"},
    )
    assert Event.objects.last().actor == "meera"


def test_withdrawing_twice_is_withdrawing_once(location):
    order = accept(location).order
    corrections.withdraw(order)

    assert corrections.withdraw(order) is False

    assert Change.objects.count() == 2


def test_withdrawing_leaves_a_running_job_to_cancel_itself(location):
    order = accept(location).order
    SyncJob.objects.update(
        status=Status.RUNNING, lease_token=uuid4(), lease_until=django_timezone.now()
    )

    corrections.withdraw(order)

    job = SyncJob.objects.get()
    assert job.status == Status.RUNNING
    assert (
        orders_push.next_call(orders_push.load(job), django_timezone.now()).status
        == Status.CANCELLED
    )


@pytest.mark.parametrize("begun", [True, False])
def test_a_sent_order_is_not_withdrawn(location, begun):
    order = accept(location).order
    if begun:
        open_call(order)
    else:
        pushed(order)
    stage = order.stage

    with pytest.raises(refusals.AlreadySent):
        corrections.withdraw(order)

    order.refresh_from_db()
    assert order.stage == stage
    assert SyncJob.objects.get().status == Status.PENDING


def test_shipment_details_are_kept_and_the_job_is_wanted(location):
    order = pushed(accept(location).order)
    SyncJob.objects.update(status=Status.SUCCEEDED, due_at=None)

    assert shipments.give_shipment(order, details(), correlation_id="c-2") is True

    shipment = ShipmentDetails.objects.get(order=order)
    assert (shipment.courier, shipment.awb_number) == ("Delhivery", "890012345")
    assert shipment.label_url == "https://labels.booon.test/1.pdf"
    job = SyncJob.objects.get()
    assert (job.status, job.wanted, job.correlation_id) == (Status.PENDING, 2, "c-2")
    event = Event.objects.last()
    assert (event.kind, event.sentence) == ("shipment", "Given: Delhivery, AWB 890012345.")


def test_shipment_details_may_come_before_the_order_is_sent(location):
    order = accept(location).order

    shipments.give_shipment(order, details())

    assert ShipmentDetails.objects.get().order == order


def test_the_same_shipment_details_again_do_nothing(location):
    order = accept(location).order
    shipments.give_shipment(order, details())
    ShipmentDetails.objects.update(assign_begun_at=django_timezone.now())
    order.refresh_from_db()

    assert shipments.give_shipment(order, details()) is False

    assert SyncJob.objects.get().wanted == 2
    assert Event.objects.filter(kind="shipment").count() == 1
    assert Order.objects.get().updated_at == order.updated_at


def test_shipment_details_can_be_changed_until_they_are_on_their_way(location):
    order = accept(location).order
    shipments.give_shipment(order, details())

    shipments.give_shipment(order, details(awb_number="890054321"))

    assert ShipmentDetails.objects.get().awb_number == "890054321"
    assert SyncJob.objects.get().wanted == 3


def test_new_details_settle_what_easyecom_said_of_the_old_ones(location):
    order = pushed(accept(location).order)
    make_shipment(order)
    order.mark_blocked("awb_rejected", "Invalid AWB")
    SyncJob.objects.update(status=Status.FAILED, due_at=None)

    shipments.give_shipment(order, details())

    order.refresh_from_db()
    assert (order.blocked_reason, order.blocked_detail) == ("", "")
    assert SyncJob.objects.get().status == Status.PENDING


@pytest.mark.parametrize(
    ("column", "refusal"),
    [
        ("assign_begun_at", refusals.AwbOnItsWay),
        ("assigned_at", refusals.AlreadyAssigned),
    ],
)
def test_other_shipment_details_are_refused_once_they_are_on_their_way(location, column, refusal):
    order = pushed(accept(location).order)
    make_shipment(order, awb_number="890012345", **{column: django_timezone.now()})

    with pytest.raises(refusal):
        shipments.give_shipment(order, details(awb_number="890054321"))

    assert ShipmentDetails.objects.get().awb_number == "890012345"
    assert SyncJob.objects.get().wanted == 1


def test_a_manifested_order_takes_no_first_details(location):
    order = pushed(accept(location).order)
    order.change(stage="manifested", manifested_at=django_timezone.now())

    with pytest.raises(refusals.AlreadyManifested):
        shipments.give_shipment(order, details())

    assert not ShipmentDetails.objects.exists()


def test_a_withdrawn_order_takes_no_shipment_details(location):
    order = accept(location).order
    corrections.withdraw(order)

    with pytest.raises(refusals.Withdrawn):
        shipments.give_shipment(order, details())

    assert not ShipmentDetails.objects.exists()


@pytest.mark.parametrize("courier", ["Delhivery", "DELHIVERY"])
def test_an_awb_of_another_order_is_refused(location, courier):
    make_shipment(make_order(location), courier="Delhivery", awb_number="890012345")
    order = accept(location).order

    with pytest.raises(refusals.AwbTaken):
        shipments.give_shipment(order, details(courier=courier))

    assert not ShipmentDetails.objects.filter(order=order).exists()


def test_another_courier_may_have_the_same_awb(location):
    make_shipment(make_order(location), courier="Bluedart", awb_number="890012345")
    order = accept(location).order

    assert shipments.give_shipment(order, details()) is True


def in_threads(*tasks):
    """What each returned or raised, having started together."""
    barrier = threading.Barrier(len(tasks))
    found = [None] * len(tasks)

    def run(place, task):
        barrier.wait()
        try:
            found[place] = task()
        except Exception as problem:
            found[place] = problem
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return found


needs_postgresql = only_on.postgresql("row locks")


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_identical_orders_at_once_make_one():
    location = make_location()
    for number in ("BN-1", "BN-2", "BN-3"):
        receipts = in_threads(*[lambda n=number: accept(location, n)] * 4)
        assert sorted(receipt.result for receipt in receipts) == ["created"] + ["same"] * 3

    assert (Order.objects.count(), SyncJob.objects.count()) == (3, 3)
    assert (OrderLine.objects.count(), Change.objects.count()) == (3, 3)


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_a_change_that_races_with_the_first_push_is_sent_or_refused():
    location = make_location()

    def push(job):
        with transaction.atomic():
            order = orders_push.load(job)
            call = orders_push.next_call(order, django_timezone.now())
            open_call(order)
            orders_push.begin(order, call, django_timezone.now())
            return call

    for number in ("BN-1", "BN-2", "BN-3", "BN-4"):
        order = accept(location, number).order
        job = SyncJob.objects.get(order=order)
        receipt, call = in_threads(
            lambda n=number: accept(location, n, lines=[line(quantity=5)]),
            lambda j=job: push(j),
        )
        assert isinstance(call, Call)
        sent = call.body["items"][0]["Quantity"]
        answered_200 = not isinstance(receipt, refusals.AlreadySent)
        assert (sent, answered_200) in [(5, True), (2, False)]
        assert order.lines.get().quantity == sent


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_one_awb_given_to_two_orders_at_once_goes_to_one():
    location = make_location()
    first, second = accept(location, "BN-1").order, accept(location, "BN-2").order

    found = in_threads(
        lambda: shipments.give_shipment(first, details()),
        lambda: shipments.give_shipment(second, details()),
    )

    assert sum(answer is True for answer in found) == 1
    assert sum(isinstance(answer, refusals.AwbTaken) for answer in found) == 1
    assert ShipmentDetails.objects.count() == 1
