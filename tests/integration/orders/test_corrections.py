"""A refused order is changed under its own number; what was said before is kept."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration.models import (
    Change,
    Event,
    Order,
    OrderLine,
    OrderReason,
    OrderRevision,
    ShipmentDetails,
    SyncJob,
    UnmappedSku,
)
from integration.orders import corrections, intake, refusals, resolution
from tests import factories, only_on
from tests.factories import ADDRESS, make_location, make_shipment, open_call, pushed, refuse
from tests.integration.orders.test_intake import accept, facts, in_threads, line, needs_postgresql

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

Status = SyncJob.Status
ORISSA = ADDRESS | {"state": "Orissa"}
ODISHA = ADDRESS | {"state": "Odisha"}


@pytest.fixture
def location():
    return make_location()


def refused(location, **fields):
    return refuse(accept(location, shipping_address=ORISSA, **fields).order)


def mend(order, seen=None, reason="Odisha is its name now.", **fields):
    location = order.location
    return corrections.mend(
        order,
        location,
        facts(location, **{"shipping_address": ORISSA} | fields),
        seen=order.revision if seen is None else seen,
        actor="meera",
        reason=reason,
    )


def test_a_refused_order_is_changed_and_sent_again_under_its_number(location):
    order = refused(location, lines=[line(sku="KURTA")])
    order.change(refused_lines=[{"line_id": "", "sku": "KURTA", "message": "No tax"}])

    receipt = accept(location, shipping_address=ODISHA)

    assert receipt.result == "changed"
    order.refresh_from_db()
    assert (order.revision, order.shipping_address["state"]) == (2, "Odisha")
    assert (order.blocked_reason, order.refused_lines, order.push_begun_at) == ("", [], None)
    job = SyncJob.objects.get()
    assert (job.status, job.due_at is not None) == (Status.PENDING, True)


def test_what_it_said_before_and_after_is_kept_with_who_and_when(location):
    order = refused(location)
    begun = order.push_begun_at

    accept(location, shipping_address=ODISHA, lines=[line(unit_price=Decimal("124.00"))])

    old, new = OrderRevision.objects.order_by("number")
    assert (old.number, old.actor, old.push_begun_at) == (1, "booon", begun)
    assert old.at == order.created_at
    assert old.body["shipping_address"]["state"] == "Orissa"
    assert old.body["ordered_at"] == "2026-11-23T04:45:00+00:00"
    assert old.body["lines"] == [
        {
            "line_id": "BN-1-1",
            "sku": "KURTA-RED-M",
            "name": "Kurta",
            "quantity": 2,
            "unit_price": "123.00",
            "discount": "0.00",
        }
    ]
    assert (new.number, new.actor, new.correlation_id) == (2, "booon", "c-1")
    assert new.body["shipping_address"]["state"] == "Odisha"
    assert new.push_begun_at is None


def test_the_timeline_says_what_changed_and_nothing_of_the_buyer(location):
    refused(location)

    accept(location, shipping_address=ODISHA, lines=[line(unit_price=Decimal("124.00"))])

    event = Event.objects.get(kind="changed")
    assert event.sentence == (
        "Changed, to be sent again: revision 2. shipping address: state; "
        "line BN-1-1: unit price 123.00 → 124.00"
    )


def test_the_same_correction_twice_is_one(location):
    refused(location)
    accept(location, shipping_address=ODISHA)

    assert accept(location, shipping_address=ODISHA).result == "same"
    assert Order.objects.get().revision == 2
    assert OrderRevision.objects.count() == 2


def test_the_refused_body_once_more_changes_nothing_and_sends_nothing(location):
    order = refused(location)

    assert accept(location, shipping_address=ORISSA).result == "same"

    order.refresh_from_db()
    assert order.blocked_reason == OrderReason.REJECTED
    assert SyncJob.objects.get().status == Status.FAILED


def test_an_unsent_order_that_is_changed_is_a_revision_too(location):
    accept(location)

    accept(location, shipping_address=ODISHA)

    old, new = OrderRevision.objects.order_by("number")
    assert (old.push_begun_at, new.number) == (None, 2)
    assert Event.objects.get(kind="changed").sentence == (
        "Changed before it was sent: revision 2. shipping address: state"
    )


def test_an_order_of_which_nothing_was_sent_after_all_can_be_changed(location):
    """EasyEcom was not reached: the push was begun, and not one byte left."""
    order = accept(location).order
    order.change(push_begun_at=timezone.now())
    order.mark_blocked(OrderReason.UNREACHABLE)

    assert accept(location, shipping_address=ODISHA).result == "changed"


@pytest.mark.parametrize("reason", [OrderReason.NOT_FOUND, OrderReason.NUMBER_TAKEN])
def test_an_order_that_waits_for_a_persons_word_says_so(location, reason):
    order = accept(location).order
    order.mark_in_doubt("unknown", timezone.now())
    order.mark_blocked(reason)

    with pytest.raises(refusals.InDoubt) as refusal:
        accept(location, shipping_address=ODISHA)

    assert refusal.value.sentence == (
        "EasyEcom may have the order, so it can't be changed or withdrawn until that is clear. "
        "Booon's staff have to say what EasyEcom has."
    )


def test_an_order_in_doubt_says_that_the_console_looks(location):
    order = accept(location).order
    order.mark_in_doubt("rejected", timezone.now())

    with pytest.raises(refusals.InDoubt) as refusal:
        corrections.withdraw(order)

    assert refusal.value.sentence.endswith("The console looks by itself: try again later.")


def test_an_order_at_easyecom_says_so(location):
    pushed(accept(location).order)

    with pytest.raises(refusals.AlreadySent) as refusal:
        accept(location, shipping_address=ODISHA)

    assert refusal.value.sentence == (
        "The order is at EasyEcom, so it can't be changed or withdrawn any more."
    )


def test_an_order_on_its_way_says_so_to_both(location):
    order = accept(location).order
    open_call(order)

    for door in (
        lambda: accept(location, shipping_address=ODISHA),
        lambda: corrections.withdraw(order),
    ):
        with pytest.raises(refusals.OnItsWay) as refusal:
            door()
        assert refusal.value.sentence == (
            "The order is just on its way to EasyEcom, so it can't be changed or withdrawn now. "
            "Try again in a minute."
        )


def test_a_call_that_was_closed_is_no_call_on_its_way(location):
    order = refused(location)
    open_call(order, is_open=False)

    assert accept(location, shipping_address=ODISHA).result == "changed"


def test_a_refused_order_is_withdrawn(location):
    order = refused(location)

    assert corrections.withdraw(order) is True

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == ("withdrawn", "")
    assert SyncJob.objects.get().status == Status.CANCELLED


def test_a_withdrawn_number_is_given_again_as_a_new_order(location):
    order = refused(location)
    make_shipment(order)
    corrections.withdraw(order)

    receipt = accept(location, shipping_address=ODISHA)

    assert receipt.result == "created"
    order.refresh_from_db()
    assert (order.stage, order.revision, order.push_begun_at) == ("received", 2, None)
    assert not ShipmentDetails.objects.exists()
    job = SyncJob.objects.get()
    assert (job.status, job.due_at is not None) == (Status.PENDING, True)
    assert Change.objects.latest("pk").data == {
        "order_number": "BN-1",
        "stage": "received",
        "previous": "withdrawn",
    }
    assert Event.objects.latest("pk").sentence == (
        "Given again under its number: revision 2. shipping address: state"
    )


def test_a_withdrawn_number_is_given_again_with_the_very_same_body(location):
    corrections.withdraw(accept(location).order)

    assert accept(location).result == "created"
    assert Order.objects.get().stage == "received"


def test_a_job_at_work_on_a_withdrawn_order_goes_on_with_it_once_it_is_given_again(location):
    order = accept(location).order
    SyncJob.objects.update(
        status=Status.RUNNING, lease_token=uuid4(), lease_until=timezone.now(), served=1
    )
    corrections.withdraw(order)

    accept(location)

    job = SyncJob.objects.get()
    assert (job.status, job.wanted, job.served) == (Status.RUNNING, 2, 1)


@pytest.mark.parametrize("reason", [OrderReason.CONFLICT, OrderReason.NUMBER_TAKEN])
def test_a_number_under_which_easyecom_has_another_order_is_not_given_again(location, reason):
    order = accept(location).order
    order.mark_in_doubt("exists", timezone.now())
    order.mark_blocked(reason)
    resolution.resolve_order(
        order, resolution.Answer.WITHDRAW, actor="meera", reason="It is another's."
    )

    with pytest.raises(refusals.NumberSpent):
        accept(location, shipping_address=ODISHA)


def test_a_number_that_a_person_did_not_find_is_given_again(location):
    order = accept(location).order
    order.mark_in_doubt("unknown", timezone.now())
    order.mark_blocked(OrderReason.NOT_FOUND)
    resolution.resolve_order(
        order, resolution.Answer.WITHDRAW, actor="meera", reason="In neither list."
    )

    assert accept(location).result == "created"


def test_staff_mend_what_was_refused_and_it_is_kept_who_and_why(location):
    order = refused(location)

    assert mend(order, shipping_address=ODISHA) is True

    order.refresh_from_db()
    assert (order.revision, order.shipping_address["state"]) == (2, "Odisha")
    revision = OrderRevision.objects.get(number=2)
    assert (revision.actor, revision.reason) == ("meera", "Odisha is its name now.")
    event = Event.objects.get(kind="changed")
    assert (event.actor, event.sentence) == (
        "meera",
        "Changed, to be sent again: revision 2. shipping address: state. Odisha is its name now",
    )
    assert SyncJob.objects.get().status == Status.PENDING


def test_booons_own_body_once_more_does_not_undo_what_staff_mended(location):
    order = refused(location)
    mend(order, shipping_address=ODISHA)

    assert accept(location, shipping_address=ORISSA).result == "same"

    order.refresh_from_db()
    assert (order.revision, order.shipping_address["state"]) == (2, "Odisha")


def test_booons_own_body_is_the_same_after_staff_mended_twice_and_it_was_sent(location):
    order = refused(location)
    mend(order, shipping_address=ODISHA)
    order.refresh_from_db()
    mend(order, shipping_address=ODISHA | {"city": "Puri"})
    order.refresh_from_db()
    pushed(order)

    assert accept(location, shipping_address=ORISSA).result == "same"
    assert accept(location, shipping_address=ODISHA | {"city": "Puri"}).result == "same"
    with pytest.raises(refusals.AlreadySent):
        accept(location, shipping_address=ODISHA | {"city": "Cuttack"})


def test_what_booon_changes_after_staff_mended_holds(location):
    order = refused(location)
    mend(order, shipping_address=ODISHA)

    accept(location, shipping_address=ODISHA | {"city": "Puri"})

    order.refresh_from_db()
    assert (order.revision, order.given_fingerprint) == (3, "")


def test_staff_who_saw_an_older_revision_change_nothing(location):
    order = refused(location)
    accept(location, shipping_address=ODISHA)

    with pytest.raises(refusals.Overtaken):
        mend(order, seen=1, shipping_address=ADDRESS)

    assert Order.objects.get().shipping_address["state"] == "Odisha"


def test_mending_nothing_changes_nothing(location):
    order = refused(location)

    assert mend(order) is False
    assert not OrderRevision.objects.exists()


def test_staff_mend_neither_what_is_on_its_way_nor_what_is_withdrawn(location):
    order = refused(location)
    call = open_call(order)
    with pytest.raises(refusals.OnItsWay):
        mend(order, shipping_address=ODISHA)

    call.delete()
    corrections.withdraw(order)
    with pytest.raises(refusals.Withdrawn):
        mend(order, shipping_address=ODISHA)


def test_only_what_was_refused_is_staffs_to_mend(location):
    order = accept(location).order
    assert not corrections.may_mend(order)
    assert corrections.may_mend(refuse(order))
    pushed(order)
    assert not corrections.may_mend(order)


def test_a_location_that_a_job_is_busy_at_stays(location):
    other = make_location(seller=location.seller)
    refused(location)
    SyncJob.objects.update(
        status=Status.RUNNING, lease_token=uuid4(), lease_until=timezone.now(), due_at=None
    )

    with pytest.raises(refusals.BeingPrepared):
        accept(other)

    assert Order.objects.get().revision == 1


def test_a_preview_says_the_same_and_writes_nothing(location):
    refused(location)
    given = [
        intake.Given(location.seller, "BN-1", facts(location, shipping_address=ODISHA)),
        intake.Given(location.seller, "BN-1", facts(location, shipping_address=ORISSA)),
    ]

    assert intake.preview(given) == ["changed", "same"]
    assert Order.objects.get().revision == 1


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_corrections_at_once_are_two_revisions_in_turn():
    location = make_location()
    refused(location)

    receipts = in_threads(
        lambda: accept(location, shipping_address=ODISHA),
        lambda: accept(location, shipping_address=ODISHA | {"city": "Puri"}),
    )

    assert [receipt.result for receipt in receipts] == ["changed", "changed"]
    rows = list(OrderRevision.objects.order_by("number"))
    assert [row.number for row in rows] == [1, 2, 3]
    order = Order.objects.get()
    assert (order.revision, rows[2].body["shipping_address"]["city"]) == (
        3,
        order.shipping_address["city"],
    )


@needs_postgresql
@pytest.mark.django_db(transaction=True)
def test_booon_and_staff_at_once_lose_nothing_unseen():
    location = make_location()
    order = refused(location)

    receipt, mended = in_threads(
        lambda: accept(location, shipping_address=ODISHA | {"city": "Puri"}),
        lambda: mend(order, shipping_address=ODISHA),
    )

    assert receipt.result == "changed"
    order.refresh_from_db()
    assert order.shipping_address["city"] == "Puri"
    if mended is True:
        assert order.revision == 3
    else:
        assert isinstance(mended, refusals.Overtaken)


def test_facts_from_the_rows_are_the_facts_that_were_given(location):
    moment = datetime(2026, 11, 25, 12, 30, 0, 120000, tzinfo=UTC)
    given = facts(
        location,
        expected_delivery_at=moment,
        billing_address=ODISHA,
        package=None,
        lines=[line(), line(line_id="BN-1-2", sku="SAREE", discount=Decimal("1.50"))],
    )
    order = factories.accept(location.seller, "BN-1", given).order

    refuse(order)
    accept(location)

    assert OrderRevision.objects.get(number=1).body == {
        "location_key": location.location_key,
        "ordered_at": "2026-11-23T04:45:00+00:00",
        "expected_delivery_at": "2026-11-25T12:30:00.120000+00:00",
        "payment_mode": "cod",
        "collectable_amount": "266.00",
        "payment_gateway": "",
        "payment_transaction_id": "",
        "shipping_charge": "20.00",
        "discount": "0.00",
        "shipping_address": ADDRESS,
        "billing_address": ODISHA,
        "buyer_gstin": "",
        "package": None,
        "lines": [
            {
                "line_id": "BN-1-1",
                "sku": "KURTA-RED-M",
                "name": "Kurta",
                "quantity": 2,
                "unit_price": "123.00",
                "discount": "0.00",
            },
            {
                "line_id": "BN-1-2",
                "sku": "SAREE",
                "name": "Kurta",
                "quantity": 2,
                "unit_price": "123.00",
                "discount": "1.50",
            },
        ],
    }


# Another order -----------------------------------------------------------------------------------


def rows_of(order):
    """All that is kept of an order."""
    return [
        list(model.objects.filter(**{key: order.pk}).order_by("pk").values())
        for model, key in (
            (Order, "pk"),
            (OrderLine, "order"),
            (SyncJob, "order"),
            (ShipmentDetails, "order"),
            (OrderRevision, "order"),
            (Event, "order"),
            (Change, "order"),
        )
    ]


def withdrawn(location, number):
    """With details, a job that was cancelled and an error of before."""
    order = refuse(accept(location, number).order)
    make_shipment(order)
    corrections.withdraw(order)
    SyncJob.objects.filter(order=order).update(setbacks=2)
    return order


@pytest.mark.parametrize(
    "act",
    [
        lambda order: accept(order.location, shipping_address=ODISHA),
        lambda order: accept(make_location(seller=order.seller)),
        corrections.withdraw,
        lambda order: mend(order, shipping_address=ODISHA),
    ],
    ids=["change", "move", "withdraw", "mend"],
)
def test_nothing_of_another_order_is_touched(location, act):
    order = refused(location)
    other = refuse(accept(location, "BN-2").order)
    make_shipment(other)
    before = rows_of(other)

    act(order)

    assert rows_of(other) == before


def test_nothing_of_another_withdrawn_order_is_touched_by_one_that_is_given_again(location):
    order, other = withdrawn(location, "BN-1"), withdrawn(location, "BN-2")
    before = rows_of(other)

    accept(location)

    assert rows_of(other) == before
    job = SyncJob.objects.get(order=order)
    assert (job.status, job.setbacks) == (Status.PENDING, 0)


def test_call_of_another_order_is_none_of_this_one(location):
    order = refused(location)
    open_call(accept(location, "BN-2").order)

    assert corrections.withdraw(order) is True


def test_open_look_up_is_no_create_order_on_its_way(location):
    order = refused(location)
    open_call(order, kind="find_order")

    assert corrections.withdraw(order) is True


def test_withdrawn_orders_job_says_nothing_of_the_error_before(location):
    order = refused(location)
    SyncJob.objects.update(error_code="rejected", error_message="Tax Rate Not Set")
    order.change(blocked_detail="Tax Rate Not Set")

    corrections.withdraw(order, actor="meera", correlation_id="c-9")

    job = SyncJob.objects.get()
    assert (job.error_code, job.error_message, job.due_at) == ("", "", None)
    assert job.correlation_id == "c-9"
    order.refresh_from_db()
    assert (order.blocked_detail, order.is_number_spent) == ("", False)
    assert Event.objects.latest("pk").actor == "meera"


def test_change_is_told_of_the_job_and_the_request_that_made_it(location):
    refused(location)

    accept(location, shipping_address=ODISHA)

    event = Event.objects.get(kind="changed")
    assert (event.job, event.correlation_id, event.actor) == (SyncJob.objects.get(), "c-1", "booon")
    assert SyncJob.objects.get().correlation_id == "c-1"


def test_sku_that_staff_mended_to_one_without_a_product_is_told(location):
    order = refused(location)

    mend(order, lines=[line(sku="KURTA-BLUE")])

    assert UnmappedSku.objects.get(sku="KURTA-BLUE").order == order


@only_on.postgresql("row locks")
@pytest.mark.parametrize(
    "act", [corrections.withdraw, lambda order: mend(order, shipping_address=ODISHA)]
)
def test_order_is_locked_before_its_row_is_judged(location, act):
    order = refused(location)

    with CaptureQueriesContext(connection) as queries:
        act(order)

    read = [each["sql"] for each in queries if 'FROM "integration_order" ' in each["sql"]]
    assert "FOR NO KEY UPDATE" in read[0]


def test_form_is_there_only_while_an_order_is_changeable_and_not_withdrawn(location):
    order = refused(location)
    assert corrections.is_changeable(order) is True

    other = accept(location, "BN-2").order
    corrections.withdraw(other)
    other.refresh_from_db()
    assert corrections.is_changeable(other) is False
    assert corrections.is_changeable(pushed(order)) is False
