"""The engine or a webhook at an order that Booon or a person is just changing."""

from datetime import UTC, datetime

import pytest
from django.db import transaction
from django.utils import timezone

from integration.easyecom import Call, Kind, Manifest, OutcomeUnknown
from integration.models import Rest, SyncJob
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
from integration.orders.resolution import AlreadySettled, Answer
from integration.sync import leases
from tests import races
from tests.factories import make_location, make_order, make_shipment, pushed
from tests.integration import deliveries
from tests.integration.orders.test_intake import accept, details, facts, line

pytestmark = races.marks


def begin(order):
    """The engine opens the order's next call."""
    with transaction.atomic():
        target = push.load(order.sync_job)
        call = push.next_call(target, timezone.now())
        if isinstance(call, Call):
            push.begin(target, call, timezone.now())
        return call


def manifest_of(order):
    return Manifest(
        line=1,
        order_number=order.order_number,
        order_id="81",
        invoice_id=order.easyecom_invoice_id,
        location_key=order.location.location_key,
        company_id="",
        status="Shipped",
        manifest_number="MAN-7",
        invoice_number="",
        manifested_at=datetime(2026, 11, 23, 8, 30, tzinfo=UTC),
        courier="Delhivery",
        awb_number="8900000001",
        label_url="",
        invoice_url="",
    )


def apply_manifests(*orders):
    """In one transaction, as the inbox does."""
    delivery = deliveries.manifested(orders[0].location)
    with transaction.atomic():
        told = [(delivery, manifest_of(order)) for order in orders]
        return manifests.apply(told, timezone.now())


def test_order_is_not_moved_under_a_worker_that_has_just_claimed_it():
    location = make_location()
    other = make_location(seller=location.seller)
    order = accept(location, "BN-1").order

    (job,), refused = races.meet(
        lambda: leases.claim([order.sync_job.pk], timezone.now()), lambda: accept(other, "BN-1")
    )

    order.refresh_from_db()
    job.refresh_from_db()
    assert isinstance(refused, refusals.BeingPrepared)
    assert (order.location_id, job.location_id) == (location.pk, location.pk)


def given(location, number, quantity=2):
    changed = facts(location, lines=[line(quantity=quantity)])
    return intake.Given(location.seller, number, changed)


def test_orders_are_changed_in_the_sequence_in_which_they_are_locked():
    """Their jobs are locked one by one, in that sequence too."""
    location = make_location()
    first, second = (accept(location, number).order for number in ("BN-2", "BN-1"))
    both = [given(location, "BN-1", 5), given(location, "BN-2", 5)]

    taken = races.locks_in_order(first.sync_job, [second.sync_job], lambda: intake.accept(both))

    assert [receipt.result for receipt in taken.outcomes] == ["changed", "changed"]


def test_order_that_has_just_been_manifested_takes_no_details():
    order = pushed(make_order())

    parked, refused = races.meet(
        lambda: apply_manifests(order), lambda: shipments.give_shipment(order, details())
    )

    assert parked == []
    assert isinstance(refused, refusals.AlreadyManifested)


def test_order_that_has_just_been_withdrawn_takes_no_details():
    order = make_order()

    _, refused = races.meet(
        lambda: corrections.withdraw(order), lambda: shipments.give_shipment(order, details())
    )

    assert isinstance(refused, refusals.Withdrawn)


def test_manifest_that_comes_while_the_push_is_answered_keeps_what_the_answer_brought():
    order = make_order()
    begin(order)
    order.refresh_from_db()

    def answered():
        with transaction.atomic():
            rows.mark_pushed(push.load(order.sync_job), "81", "91", timezone.now())

    order.easyecom_invoice_id = "91"
    _, parked = races.meet(answered, lambda: apply_manifests(order))

    order.refresh_from_db()
    assert parked == []
    assert (order.stage, order.easyecom_order_id) == ("manifested", "81")
    stages = order.changes.filter(type="order.stage_changed").order_by("pk")
    assert [change.data["stage"] for change in stages] == ["awaiting_carrier", "manifested"]


def test_answer_that_comes_while_a_manifest_is_applied_takes_no_stage_back():
    order = make_order()
    begin(order)
    order.refresh_from_db()
    order.easyecom_invoice_id = "91"

    def answered():
        with transaction.atomic():
            target = push.load(order.sync_job)
            return push.settle(
                target, Kind.CREATE_ORDER, OutcomeUnknown("time-out"), timezone.now()
            )

    races.meet(lambda: apply_manifests(order), answered)

    order.refresh_from_db()
    assert (order.stage, order.doubt, order.blocked_reason) == ("manifested", "", "")


def test_manifest_that_two_deliveries_tell_at_once_is_one_fact():
    order = pushed(make_order())

    found = races.meet(lambda: apply_manifests(order), lambda: apply_manifests(order))

    assert found == ([], [])
    assert order.changes.filter(type="order.manifested").count() == 1
    assert order.events.filter(kind="repeated").count() == 1


def in_doubt():
    order = make_order()
    begin(order)
    order.refresh_from_db()
    order.mark_in_doubt("unknown", timezone.now())
    order.mark_blocked("not_found")
    return order


def say(order, word, **ids):
    return resolution.resolve_order(order, word, actor="asha", reason="Looked there.", **ids)


def test_word_about_an_order_that_a_webhook_has_just_shown_settles_nothing():
    order = in_doubt()
    order.easyecom_invoice_id = "91"

    _, second = races.meet(lambda: apply_manifests(order), lambda: say(order, Answer.WITHDRAW))

    order.refresh_from_db()
    assert isinstance(second, AlreadySettled)
    assert order.stage == "manifested"


def test_order_that_a_person_has_just_withdrawn_is_not_looked_up_into_being():
    order = in_doubt()

    _, rest = races.meet(lambda: say(order, Answer.WITHDRAW), lambda: begin(order))

    assert rest == Rest(SyncJob.Status.CANCELLED)


@pytest.mark.parametrize("answer", [Answer.AWB_THERE, Answer.AWB_NOT_THERE])
def test_word_about_an_awb_that_has_just_been_found_settles_nothing(answer):
    order = pushed(make_order())
    make_shipment(order, assign_begun_at=timezone.now())
    order.mark_in_doubt("awb_unknown", timezone.now())
    order.mark_blocked("not_found")

    def found():
        with transaction.atomic():
            rows.mark_assigned(push.load(order.sync_job), timezone.now())

    _, second = races.meet(found, lambda: say(order, answer))

    order.refresh_from_db()
    assert isinstance(second, AlreadySettled)
    assert order.stage == "carrier_assigned"
