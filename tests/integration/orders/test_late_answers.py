"""An answer to a Create Order that comes after the console had given the call up."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from integration import easyecom
from integration.easyecom import Exchange, Kind, Outcome
from integration.models import ApiCall, Doubt, Event, Order, OrderReason, Stage, SyncJob
from integration.orders import corrections, late_answers
from integration.sync import leases, rate_limit
from integration.sync.api_calls import Answer
from tests import only_on
from tests.factories import ADDRESS, make_location, open_call
from tests.integration.conftest import run
from tests.integration.orders.test_intake import accept
from tests.integration.orders.test_push import CREATE, FIND, created, found, make_due
from tests.integration.turns import advance

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ORISSA = ADDRESS | {"state": "Orissa"}
ODISHA = ADDRESS | {"state": "Odisha"}
CREATED = easyecom.Done(easyecom.OrderCreated("81", "71", "91"))
QUEUED = easyecom.Done(easyecom.OrderQueued("9012"))


def claimed(order: Order) -> SyncJob:
    """By a worker that took quota for it, as a drain does."""
    now = timezone.now()
    rate_limit.take(order.seller, 1, now)
    (job,) = leases.claim([order.sync_job.pk], now)
    return job


class Worker:
    """One whose call is on its way while its lease ends."""

    def __init__(self, order: Order) -> None:
        make_due(order)
        self.job = claimed(order)
        prepared = advance(self.job, None, may_call=True)
        assert prepared is not None
        assert prepared.call.kind is Kind.CREATE_ORDER
        self.prepared = prepared

    def hear(self, outcome: Outcome) -> None:
        exchange = Exchange(outcome, 200, 65_000, b'{"code": 200}')
        assert advance(self.job, Answer(self.prepared, exchange), may_call=False) is None


@pytest.fixture
def order():
    return accept(make_location(), shipping_address=ORISSA).order


def give_up(order):
    """Another worker takes the job over; then a person says that EasyEcom does not have it."""
    SyncJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    advance(claimed(order), None, may_call=True)
    order.refresh_from_db()
    assert order.doubt == "unknown"
    order.clear_doubt()
    order.change(blocked_reason="", blocked_detail="")
    SyncJob.objects.filter(order=order).want()


def correct(order):
    give_up(order)
    return accept(order.location, shipping_address=ODISHA).order


def late_event():
    return Event.objects.get(kind="late_answer").sentence


def test_an_earlier_revision_that_was_made_after_all_is_doubt_and_then_a_conflict(easyecom, order):
    slow = Worker(order)
    order = correct(order)

    slow.hear(CREATED)

    order.refresh_from_db()
    assert (order.stage, order.doubt, order.easyecom_invoice_id) == ("received", "earlier", "")
    assert order.blocked_detail == (
        "EasyEcom says late: Created: InvoiceID 91. It is revision 1, not 2."
    )
    easyecom.get(FIND, json=found(order))
    make_due(order)
    job = run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.blocked_reason) == ("received", OrderReason.CONFLICT)
    assert job.status == SyncJob.Status.FAILED
    assert not [call for call in easyecom.calls if call.request.url == CREATE]


def test_the_same_revision_made_after_all_is_looked_up_and_adopted(easyecom, order):
    slow = Worker(order)
    give_up(order)

    slow.hear(CREATED)

    order.refresh_from_db()
    assert (order.stage, order.doubt) == ("received", "accepted")
    easyecom.get(FIND, json=found(order))
    make_due(order)
    run(order.sync_job)

    order.refresh_from_db()
    assert (order.stage, order.easyecom_invoice_id) == ("awaiting_carrier", "91")


def test_a_queued_earlier_revision_is_doubt_too(order):
    slow = Worker(order)
    order = correct(order)

    slow.hear(QUEUED)

    order.refresh_from_db()
    assert (order.doubt, order.queue_id) == ("earlier", "")


@pytest.mark.parametrize(
    "outcome",
    [
        easyecom.Rejected("Tax Rate Not Set"),
        easyecom.AlreadyExists("exists"),
        easyecom.OutcomeUnknown("silence"),
        easyecom.NotSent("no route"),
    ],
)
def test_a_late_answer_that_proves_nothing_there_changes_nothing(order, outcome):
    slow = Worker(order)
    order = correct(order)
    events = Event.objects.count()

    slow.hear(outcome)

    order.refresh_from_db()
    assert (order.revision, order.doubt, order.blocked_reason) == (2, "", "")
    assert Event.objects.count() == events


def test_the_call_keeps_what_was_answered_late(order):
    slow = Worker(order)
    give_up(order)

    slow.hear(CREATED)

    call = ApiCall.objects.get(kind="create_order")
    assert (call.is_open, call.http_status, call.outcome) == (False, 200, "done")
    assert call.message == ("Answered after the call was given up. Created: InvoiceID 91.")


def test_a_withdrawn_order_that_was_made_after_all_is_said_and_its_number_is_spent(order):
    slow = Worker(order)
    give_up(order)
    corrections.withdraw(order)

    slow.hear(CREATED)

    order.refresh_from_db()
    assert (order.stage, order.is_number_spent) == ("withdrawn", True)
    assert late_event() == (
        "EasyEcom says late: Created: InvoiceID 91. The order is withdrawn: cancel it in EasyEcom."
    )


def test_an_order_that_was_made_twice_is_said(easyecom, order):
    slow = Worker(order)
    order = correct(order)
    easyecom.post(CREATE, json=created(order, InvoiceID="92"))
    run(order.sync_job)

    slow.hear(CREATED)

    order.refresh_from_db()
    assert (order.stage, order.easyecom_invoice_id) == (Stage.AWAITING_CARRIER, "92")
    assert late_event() == (
        "EasyEcom says late: Created: InvoiceID 91. The order has InvoiceID 92: there may be two."
    )


def test_an_answer_that_a_look_up_was_quicker_than_is_no_news(easyecom, order):
    slow = Worker(order)
    order = correct(order)
    easyecom.post(CREATE, json=created(order))
    run(order.sync_job)

    slow.hear(CREATED)

    assert not Event.objects.filter(kind="late_answer").exists()


def test_a_worker_that_ended_before_does_not_take_back_what_a_late_answer_proved(order):
    """The answer comes between the other worker's claim and its first step."""
    slow = Worker(order)
    SyncJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    job = claimed(order)

    slow.hear(CREATED)
    advance(job, None, may_call=True)

    order.refresh_from_db()
    assert order.doubt == "accepted"


@pytest.mark.parametrize(("is_corrected", "doubt"), [(True, "earlier"), (False, "accepted")])
def test_a_refusal_does_not_take_back_what_a_late_answer_proved(order, is_corrected, doubt):
    """The answer comes while another worker has the next call on its way."""
    slow = Worker(order)
    if is_corrected:
        order = correct(order)
    else:
        give_up(order)
    second = Worker(order)
    slow.hear(CREATED)

    second.hear(easyecom.Rejected("Tax Rate Not Set"))

    order.refresh_from_db()
    assert (order.doubt, order.blocked_reason) == (doubt, OrderReason.IN_DOUBT)
    assert not corrections.is_changeable(order)


def test_a_late_answer_whose_call_is_not_kept_any_more_is_passed_over(order):
    slow = Worker(order)
    give_up(order)
    ApiCall.objects.all().delete()

    slow.hear(CREATED)

    order.refresh_from_db()
    assert order.doubt == ""


# The answer alone --------------------------------------------------------------------------------


def late(order, outcome, **fields):
    """A call of the order that was closed, and what comes of its answer."""
    call = open_call(order, is_open=False, **fields)
    late_answers.record(call, outcome, NOW)
    order.refresh_from_db()


@pytest.mark.parametrize("revision", [2, None])
def test_answer_about_this_revision_is_doubt_with_easyecoms_words_and_a_look_up(order, revision):
    other = accept(order.location, "BN-2").order
    order.change(revision=2)
    SyncJob.objects.update(status="succeeded", due_at=None)

    late(order, CREATED, revision=revision)

    said = "EasyEcom says late: Created: InvoiceID 91."
    assert (order.doubt, order.doubt_since, order.doubt_message) == ("accepted", NOW, said)
    assert (order.blocked_reason, order.blocked_detail) == ("in_doubt", said)
    event = Event.objects.get(order=order, kind="in_doubt")
    assert (event.sentence, event.at) == (f"{Doubt.ACCEPTED.label}. {said}", NOW)
    assert SyncJob.objects.get(order=order).due_at is not None
    other.refresh_from_db()
    assert (other.doubt, other.sync_job.due_at) == ("", None)


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        ("create_order", easyecom.Rejected("No.")),
        ("create_order", easyecom.OutcomeUnknown("Timed out.")),
        ("assign_awb", easyecom.Done(easyecom.AwbAssigned())),
        ("assign_awb", easyecom.Rejected("No.")),
    ],
)
def test_answer_that_does_not_say_created_is_no_evidence(order, kind, outcome):
    late(order, outcome, kind=kind)

    assert (order.doubt, order.blocked_reason, order.is_number_spent) == ("", "", False)
    assert list(Event.objects.values_list("kind", flat=True)) == ["received"]


@only_on.postgresql("row locks")
def test_order_is_locked_before_the_answer_is_judged(order):
    call = open_call(order, is_open=False)

    with CaptureQueriesContext(connection) as queries:
        late_answers.record(call, CREATED, NOW)

    read = next(each["sql"] for each in queries if each["sql"].startswith("SELECT"))
    assert read.endswith('FOR NO KEY UPDATE OF "integration_order"')
