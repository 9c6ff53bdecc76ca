"""What a permitted person's word changes, for every answer that there is."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from booon_console.lib import clock
from integration.models import Change, Doubt, Event, Order, OrderReason, ShipmentDetails, SyncJob
from integration.orders import resolution
from integration.orders.resolution import Answer
from tests import only_on
from tests.factories import make_order, make_shipment, pushed

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=3)
REASON = "Looked in Failed Orders."


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def waiting(is_about_awb, is_cancelled=False):
    """An order that waits for a person's word: about itself, its AWB, or its end over there."""
    order = make_order()
    if is_about_awb:
        pushed(order)
        make_shipment(order, assign_begun_at=LONG_AGO)
    order.change(push_begun_at=LONG_AGO, easyecom_order_id="80")
    order.mark_in_doubt(Doubt.AWB_UNKNOWN if is_about_awb else Doubt.UNKNOWN, LONG_AGO, "No answer")
    order.mark_blocked(OrderReason.NOT_FOUND, "No answer")
    if is_cancelled:
        order.mark_blocked(OrderReason.CANCELLED_AT_EASYECOM, "No answer")
    order.change(look_ups=3)
    SyncJob.objects.filter(order=order).update(status="in_doubt", due_at=None, error_code="x")
    return order


# What stands then: the stage, EasyEcom's ids, and the job, which is due and says what it finds.
AFTER = {
    Answer.THERE: ("awaiting_carrier", "81", "91", "in_doubt"),
    Answer.NOT_THERE: ("received", "80", "", "in_doubt"),
    Answer.WITHDRAW: ("withdrawn", "80", "", "cancelled"),
    Answer.WITHDRAW_CANCELLED: ("withdrawn", "80", "", "cancelled"),
    Answer.AWB_THERE: ("carrier_assigned", "80", "own", "in_doubt"),
    Answer.AWB_NOT_THERE: ("awaiting_carrier", "80", "own", "in_doubt"),
}


def test_every_answer_has_its_effect():
    assert set(AFTER) == set(Answer)


@pytest.mark.parametrize("word", Answer)
def test_word_settles_the_doubt_and_is_written_down(word):
    is_about_awb = word in (Answer.AWB_THERE, Answer.AWB_NOT_THERE)
    is_cancelled = word is Answer.WITHDRAW_CANCELLED
    order, other = (waiting(is_about_awb, is_cancelled) for _ in range(2))
    own = order.easyecom_invoice_id
    untouched = Order.objects.filter(pk=other.pk).values().get()
    ids = {"order_id": "81", "invoice_id": "91"} if word is Answer.THERE else {}

    resolution.resolve_order(order, word, actor="asha", reason=REASON, **ids)

    order = Order.objects.get(pk=order.pk)
    stage, order_id, invoice_id, status = AFTER[word]
    assert order.stage == stage
    assert order.easyecom_order_id == order_id
    assert order.easyecom_invoice_id == (own if invoice_id == "own" else invoice_id)
    assert (order.doubt, order.doubt_since, order.doubt_message) == ("", None, "")
    assert (order.look_ups, order.blocked_reason, order.blocked_detail) == (0, "", "")
    job = order.sync_job
    assert job.status == status
    assert job.due_at == (None if status == "cancelled" else NOW)
    event = Event.objects.get(order=order, kind="resolved")
    assert (event.actor, event.at) == ("asha", NOW)
    said = " (InvoiceID 91)" if word is Answer.THERE else ""
    assert event.sentence == f"Said: {word.label}{said}. {REASON}"
    stages = [change.data["stage"] for change in Change.objects.filter(order=order)]
    assert stages == ([] if stage in ("received",) or word is Answer.AWB_NOT_THERE else [stage])
    assert Order.objects.filter(pk=other.pk).values().get() == untouched


def test_awb_that_is_there_is_assigned_from_then_on_and_one_that_is_not_goes_out_again():
    there, not_there = waiting(is_about_awb=True), waiting(is_about_awb=True)

    resolution.resolve_order(there, Answer.AWB_THERE, actor="asha", reason=REASON)
    resolution.resolve_order(not_there, Answer.AWB_NOT_THERE, actor="asha", reason=REASON)

    assert ShipmentDetails.objects.get(order=there).assigned_at == NOW
    assert ShipmentDetails.objects.get(order=not_there).assigned_at is None


def test_withdrawal_is_by_the_person_who_said_so():
    order = waiting(is_about_awb=False)

    resolution.resolve_order(order, Answer.WITHDRAW, actor="asha", reason=REASON)

    actors = set(Event.objects.filter(order=order).values_list("actor", flat=True))
    assert actors == {"asha"}


def test_invoice_of_another_order_of_the_seller_is_taken_and_of_another_seller_is_not():
    order = waiting(is_about_awb=False)
    same_seller = pushed(make_order(order.location))
    stranger = pushed(make_order())

    def say(invoice_id):
        resolution.resolve_order(
            order, Answer.THERE, actor="asha", reason=REASON, invoice_id=invoice_id
        )

    with pytest.raises(resolution.InvoiceTaken):
        say(same_seller.easyecom_invoice_id)
    assert Order.objects.get(pk=order.pk).doubt == Doubt.UNKNOWN
    assert not Event.objects.filter(kind="resolved").exists()

    say(stranger.easyecom_invoice_id)
    order = Order.objects.get(pk=order.pk)
    assert order.easyecom_invoice_id == stranger.easyecom_invoice_id
    # The order id that EasyEcom gave before stays where none is said.
    assert order.easyecom_order_id == "80"


def test_word_is_heard_once():
    order = waiting(is_about_awb=False)
    resolution.resolve_order(order, Answer.NOT_THERE, actor="asha", reason=REASON)

    with pytest.raises(resolution.AlreadySettled):
        resolution.resolve_order(order, Answer.NOT_THERE, actor="vik", reason=REASON)

    assert Event.objects.filter(kind="resolved").count() == 1


@pytest.mark.parametrize(
    ("reason", "is_spent"),
    [("not_found", False), ("conflict", True), ("number_taken", True)],
)
def test_number_is_spent_where_easyecom_has_another_order_of_it(reason, is_spent):
    order = waiting(is_about_awb=False)
    order.mark_blocked(reason, "No answer")

    resolution.resolve_order(order, Answer.WITHDRAW, actor="asha", reason=REASON)

    order.refresh_from_db()
    assert order.is_number_spent is is_spent


def test_number_of_an_order_that_was_cancelled_there_is_spent():
    order = waiting(is_about_awb=False, is_cancelled=True)

    resolution.resolve_order(order, Answer.WITHDRAW_CANCELLED, actor="asha", reason=REASON)

    order.refresh_from_db()
    assert order.is_number_spent is True


def test_order_that_is_there_needs_an_invoice_id_that_no_other_order_has():
    order, other = waiting(is_about_awb=False), pushed(make_order())
    same = pushed(make_order(order.location))
    taken = same.easyecom_invoice_id

    with pytest.raises(resolution.InvoiceTaken):
        resolution.resolve_order(
            order, Answer.THERE, actor="asha", reason=REASON, order_id="81", invoice_id=taken
        )
    resolution.resolve_order(
        order,
        Answer.THERE,
        actor="asha",
        reason=REASON,
        order_id="81",
        invoice_id=other.easyecom_invoice_id,
    )

    order.refresh_from_db()
    assert order.easyecom_invoice_id == other.easyecom_invoice_id


@only_on.postgresql("row locks")
def test_order_is_locked_before_its_row_is_judged():
    order = waiting(is_about_awb=False)

    with CaptureQueriesContext(connection) as queries:
        resolution.resolve_order(order, Answer.NOT_THERE, actor="asha", reason=REASON)

    read = next(each["sql"] for each in queries if each["sql"].startswith("SELECT"))
    assert read.endswith('FOR NO KEY UPDATE OF "integration_order"')
