"""Two at the same order, at the same time: Booon, EasyEcom's answers, its webhooks and a person."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.utils import timezone

from integration.easyecom import Call
from integration.models import (
    Doubt,
    Order,
    OrderReason,
    Rest,
    ShipmentDetails,
    SyncJob,
    record_event,
)
from integration.orders import (
    corrections,
    intake,
    manifests,
    push,
    refusals,
    resolution,
    rows,
    shipments,
)
from integration.orders.intake import Given
from integration.orders.resolution import Answer
from integration.webhooks import processing
from sellers.models import Location, Seller
from tests import races
from tests.factories import make_location, make_order, make_shipment, pushed
from tests.integration import turns
from tests.integration.deliveries import manifest_row, manifested
from tests.integration.orders.test_intake import accept, details, facts, line

pytestmark = races.marks


def begin_next_call(order):
    """As the engine does before it sends."""
    with transaction.atomic():
        job, now = SyncJob.objects.get(order=order), timezone.now()
        loaded = push.load(job)
        call = push.next_call(loaded, now)
        if isinstance(call, Call):
            push.begin(loaded, call, now)
            turns.prepare(job, loaded.location, call, now)
        return call


def get_pushed(order, invoice_id="91"):
    locked = Order.objects.select_for_update(no_key=True).get(pk=order.pk)
    rows.mark_pushed(locked, "81", invoice_id, timezone.now())


def moved(order):
    """Behind the others, by place and by time: whoever just reads on meets it last."""
    later = timezone.now() + timedelta(minutes=1)
    Order.objects.filter(pk=order.pk).update(updated_at=later, stage_since=later)


def test_order_that_is_withdrawn_while_its_push_begins_is_sent_and_not_withdrawn():
    order = make_order()

    call, refused = races.meet(lambda: begin_next_call(order), lambda: corrections.withdraw(order))

    order.refresh_from_db()
    assert isinstance(call, Call)
    assert isinstance(refused, refusals.AlreadySent)
    assert order.stage == "received"


def test_order_that_is_pushed_while_it_is_withdrawn_is_not_sent():
    order = make_order()

    withdrawn, rest = races.meet(
        lambda: corrections.withdraw(order), lambda: begin_next_call(order)
    )

    order.refresh_from_db()
    assert withdrawn is True
    assert isinstance(rest, Rest) and rest.status == SyncJob.Status.CANCELLED
    assert (order.stage, order.push_begun_at) == ("withdrawn", None)


def test_two_that_withdraw_at_once_withdraw_once():
    order = make_order()

    found = races.meet(lambda: corrections.withdraw(order), lambda: corrections.withdraw(order))

    assert found == (True, False)


def test_change_that_meets_the_first_push_is_refused():
    location = make_location()
    order = accept(location).order

    call, refused = races.meet(
        lambda: begin_next_call(order), lambda: accept(location, lines=[line(quantity=5)])
    )

    assert isinstance(refused, refusals.AlreadySent)
    assert call.body["items"][0]["Quantity"] == order.lines.get().quantity == 2


def test_push_that_meets_a_change_sends_what_was_answered_last():
    location = make_location()
    order = accept(location).order

    receipt, call = races.meet(
        lambda: accept(location, lines=[line(quantity=5)], discount=Decimal("9.00")),
        lambda: begin_next_call(order),
    )

    assert receipt.result == "changed"
    assert call.body["items"][0]["Quantity"] == order.lines.get().quantity == 5
    assert call.body["discount"] == 9.0


def test_details_that_meet_their_assignment_are_refused():
    order = pushed(make_order())
    make_shipment(order, awb_number="FIRST")

    call, refused = races.meet(
        lambda: begin_next_call(order),
        lambda: shipments.give_shipment(order, details(awb_number="SECOND")),
    )

    assert isinstance(refused, refusals.AwbOnItsWay)
    assert call.body["awbNum"] == ShipmentDetails.objects.get().awb_number == "FIRST"


def test_assignment_that_meets_other_details_sends_those():
    order = pushed(make_order())
    make_shipment(order, awb_number="FIRST")

    given, call = races.meet(
        lambda: shipments.give_shipment(order, details(awb_number="SECOND")),
        lambda: begin_next_call(order),
    )

    assert given is True
    assert call.body["awbNum"] == ShipmentDetails.objects.get().awb_number == "SECOND"


def test_manifest_that_meets_the_answer_to_a_push_never_overwrites_its_invoice():
    order = make_order()
    delivery = manifested(order.location, manifest_row(order, invoice_id=92, order_id=81))

    races.meet(lambda: get_pushed(order, "91"), processing.drain)

    order.refresh_from_db()
    delivery.refresh_from_db()
    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "91")
    assert (delivery.status, delivery.reason) == ("parked", "conflict")


def test_manifest_that_meets_a_withdrawal_is_parked():
    order = make_order()
    delivery = manifested(order.location, manifest_row(order))

    races.meet(lambda: corrections.withdraw(order), processing.drain)

    order.refresh_from_db()
    delivery.refresh_from_db()
    assert (order.stage, delivery.reason) == ("withdrawn", "withdrawn_order")


@pytest.mark.parametrize("chunk", [1, 500])
def test_manifests_lock_their_orders_by_their_ids(monkeypatch, chunk):
    monkeypatch.setattr(manifests, "LOOK_UP_CHUNK", chunk)
    location = make_location()
    first, *others = (pushed(make_order(location)) for _ in range(3))
    manifested(location, *(manifest_row(order) for order in reversed([first, *others])))
    moved(first)

    applied = races.locks_in_order(first, others, processing.drain)

    assert applied == 1
    assert set(Order.objects.values_list("stage", flat=True)) == {"manifested"}


def test_orders_that_are_given_again_are_locked_by_their_ids():
    location = make_location()
    numbers = ("BN-9", "BN-5", "BN-1")
    first, *others = (accept(location, number).order for number in numbers)
    moved(first)
    given = [Given(location.seller, number, facts(location)) for number in reversed(numbers)]

    taken = races.locks_in_order(first, others, lambda: intake.accept(given))

    assert [receipt.result for receipt in taken.outcomes] == ["same"] * 3


def test_new_orders_are_written_by_their_numbers_whatever_sequence_they_come_in():
    """So that two requests with the same new orders never wait for each other."""
    location = make_location()
    given = [Given(location.seller, f"BN-{n}", facts(location)) for n in (3, 2, 1)]
    beside = races.Beside(lambda: intake.accept(given))

    with transaction.atomic():
        accept(location, "BN-1")
        beside.begin()
        assert beside.until_it_waits()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '100ms'")
        accept(location, "BN-2")
        accept(location, "BN-3")
    beside.until_it_ends()

    assert [receipt.result for receipt in beside.found.outcomes] == ["same"] * 3


def test_outcomes_stand_in_the_sequence_that_was_given():
    location = make_location()
    given = [Given(location.seller, number, facts(location)) for number in ("BN-3", "BN-1", "BN-2")]
    accept(location, "BN-2")

    taken = intake.accept(given)

    assert [(each.order.order_number, each.result) for each in taken.outcomes] == [
        ("BN-3", "created"),
        ("BN-1", "created"),
        ("BN-2", "same"),
    ]


def test_persons_word_that_meets_evidence_changes_nothing():
    order = make_order(push_begun_at=timezone.now())
    order.mark_in_doubt(Doubt.UNKNOWN, timezone.now())
    order.mark_blocked(OrderReason.NOT_FOUND)

    _, refused = races.meet(
        lambda: get_pushed(order),
        lambda: resolution.resolve_order(order, Answer.NOT_THERE, actor="asha", reason="Looked."),
    )

    order.refresh_from_db()
    assert isinstance(refused, resolution.AlreadySettled)
    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "91")


def test_two_persons_at_once_are_one_word():
    order = make_order(push_begun_at=timezone.now())
    order.mark_in_doubt(Doubt.UNKNOWN, timezone.now())
    order.mark_blocked(OrderReason.NOT_FOUND)

    def say(word, **ids):
        return lambda: resolution.resolve_order(order, word, actor="asha", reason="Seen.", **ids)

    _, refused = races.meet(say(Answer.THERE, invoice_id="77"), say(Answer.WITHDRAW))

    order.refresh_from_db()
    assert isinstance(refused, resolution.AlreadySettled)
    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "77")


# Whoever has an order in hand ------------------------------------------------------------------


def load_it(order):
    push.load(SyncJob.objects.get(order=order))


def change_it(order):
    accept(order.location, order.order_number, payment_gateway="upi")


def withdraw_it(order):
    corrections.withdraw(order)


def give_it_details(order):
    shipments.give_shipment(order, details())


def resolve_it(order):
    order.mark_in_doubt(Doubt.UNKNOWN, timezone.now())
    order.mark_blocked(OrderReason.NOT_FOUND)
    resolution.resolve_order(order, Answer.NOT_THERE, actor="asha", reason="Looked.")


def manifest_it(order):
    list(manifests.locked([order.pk]))


@pytest.mark.parametrize(
    "has_in_hand",
    [load_it, change_it, withdraw_it, give_it_details, resolve_it, manifest_it],
)
def test_who_has_an_order_in_hand_keeps_nobody_waiting_beside_it(has_in_hand):
    """Rows that point to the order are written meanwhile, and its seller and location changed."""
    order = accept(make_location(), "BN-1").order

    def beside_it():
        record_event("noted", "Noted.", at=timezone.now(), order=order)
        with transaction.atomic():
            Seller.objects.filter(pk=order.seller_id).update(name="Another")
            Location.objects.filter(pk=order.location_id).update(city="Another")
        return "did not wait"

    beside = races.Beside(beside_it)
    with transaction.atomic():
        has_in_hand(order)
        beside.begin()
        has_waited = beside.until_it_waits()
    beside.until_it_ends()

    assert (has_waited, beside.found) == (False, "did not wait")
