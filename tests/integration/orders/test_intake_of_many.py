"""Orders as they are given: chunks, retries, and what each row gets."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import IntegrityError, OperationalError

from booon_console.lib import clock
from integration.models import Change, Event, Order, OrderLine, Stage, SyncJob
from integration.orders import corrections, intake, refusals
from integration.orders.intake import Given
from tests.factories import ADDRESS, make_location, make_order, pushed
from tests.integration.orders.test_intake import facts, line

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


@pytest.fixture
def location():
    return make_location()


def given(location, *numbers, **fields):
    return [Given(location.seller, number, facts(location, **fields)) for number in numbers]


def test_new_order_has_its_lines_job_change_and_event_and_not_anothers(location):
    other = make_location(live=False)
    lines = [
        line(line_id="L-1", sku="A", name="Lamp", quantity=2, unit_price=Decimal("10.00")),
        line(line_id="L-2", sku="B", name="Wick", quantity=3, discount=Decimal("1.50")),
    ]
    both = [*given(location, "BN-1", lines=lines), *given(other, "BN-1")]

    intake.accept(both, actor="asha", correlation_id="c-7")

    order = Order.objects.get(seller=location.seller)
    assert list(
        OrderLine.objects.filter(order=order).values_list(
            "position", "line_id", "sku", "name", "quantity", "unit_price", "discount"
        )
    ) == [
        (0, "L-1", "A", "Lamp", 2, Decimal("10.00"), Decimal("0.00")),
        (1, "L-2", "B", "Wick", 3, Decimal("123.00"), Decimal("1.50")),
    ]
    waits = Order.objects.get(seller=other.seller)
    assert (order.blocked_reason, order.blocked_since) == ("", None)
    assert (waits.blocked_reason, waits.blocked_since) == ("location_not_live", NOW)
    for each, place in ((order, location), (waits, other)):
        job = SyncJob.objects.get(order=each)
        assert (job.kind, job.seller, job.location) == ("order", place.seller, place)
        assert (job.status, job.due_at, job.correlation_id) == ("pending", NOW, "c-7")
        change = Change.objects.get(order=each)
        assert (change.type, change.at) == ("order.stage_changed", NOW)
        assert (change.seller, change.location) == (place.seller, place)
        assert change.data == {"order_number": "BN-1", "stage": "received", "previous": None}
        event = Event.objects.get(order=each)
        assert (event.kind, event.sentence, event.actor) == ("received", "Received.", "asha")
        assert (event.seller, event.location, event.job) == (place.seller, place, job)
        assert (event.at, event.correlation_id) == (NOW, "c-7")


UNSENT, SENT, AGAIN = "changed", refusals.AlreadySent, "created"
# By stage, and whether a push was begun: what a changed body comes to.
CHANGED = {
    (Stage.RECEIVED, False): UNSENT,
    # It was sent and refused: nothing is on its way, and nothing in doubt.
    (Stage.RECEIVED, True): UNSENT,
    (Stage.AWAITING_CARRIER, False): SENT,
    (Stage.AWAITING_CARRIER, True): SENT,
    (Stage.CARRIER_ASSIGNED, True): SENT,
    (Stage.MANIFESTED, True): SENT,
    (Stage.WITHDRAWN, False): AGAIN,
}


def standing_at(location, stage, is_begun):
    [receipt] = intake.accept(given(location, "BN-1")).outcomes
    order = receipt.order
    if stage not in (Stage.RECEIVED, Stage.WITHDRAWN):
        pushed(order)
    order.change(
        stage=stage, push_begun_at=NOW if is_begun else None, manifested_at=NOW, updated_at=NOW
    )
    return order


@pytest.mark.parametrize(("stage", "is_begun"), CHANGED)
def test_changed_body_is_taken_only_while_nothing_can_be_at_easyecom(location, stage, is_begun):
    assert {stage for stage, _ in CHANGED} == set(Stage)
    order = standing_at(location, stage, is_begun)
    changed = given(location, "BN-1", lines=[line(quantity=9)], payment_gateway="upi")
    before = Order.objects.filter(pk=order.pk).values().get()
    answer = CHANGED[stage, is_begun]

    [foreseen] = intake.preview(changed)
    [outcome] = intake.accept(changed, actor="asha", correlation_id="c-8").outcomes

    if answer is not SENT:
        assert (foreseen, outcome.result) == (answer, answer)
        order.refresh_from_db()
        assert order.stage == "received"
        assert (order.lines.get().quantity, order.payment_gateway) == (9, "upi")
        event = Event.objects.filter(order=order).latest("pk")
        assert (event.actor, event.correlation_id) == ("asha", "c-8")
        assert event.job == order.sync_job
    else:
        assert type(foreseen) is type(outcome) is answer
        assert Order.objects.filter(pk=order.pk).values().get() == before
        assert order.lines.get().quantity == 2


@pytest.mark.parametrize(("stage", "is_begun"), CHANGED)
def test_same_body_is_the_same_at_every_stage_but_withdrawn(location, stage, is_begun):
    order = standing_at(location, stage, is_begun)
    before = Order.objects.filter(pk=order.pk).values().get()
    again = given(location, "BN-1")

    [foreseen] = intake.preview(again)
    [outcome] = intake.accept(again).outcomes

    if stage == Stage.WITHDRAWN:
        assert (foreseen, outcome.result) == ("created", "created")
    else:
        assert (foreseen, outcome.result) == ("same", "same")
        assert Order.objects.filter(pk=order.pk).values().get() == before


@pytest.mark.parametrize(("stage", "is_begun"), CHANGED)
def test_order_is_withdrawn_only_while_nothing_can_be_at_easyecom(location, stage, is_begun):
    order = standing_at(location, stage, is_begun)
    other = make_order(location)
    answer = CHANGED[stage, is_begun]

    if answer is SENT:
        with pytest.raises(refusals.AlreadySent):
            corrections.withdraw(order)
    else:
        assert corrections.withdraw(order, actor="asha", correlation_id="c-9") == (answer is UNSENT)
    order.refresh_from_db()
    assert order.stage == (stage if answer is SENT else "withdrawn")
    if answer is UNSENT:
        job = SyncJob.objects.get(order=order)
        assert (job.status, job.due_at, job.correlation_id) == ("cancelled", None, "c-9")
        assert Event.objects.filter(order=order).latest("pk").actor == "asha"
    other.refresh_from_db()
    assert (other.stage, other.sync_job.status) == ("received", "pending")


def test_preview_writes_nothing_and_says_what_would_come_of_it(location):
    intake.accept(given(location, "BN-1"))
    known = Order.objects.values().get()
    nowhere = Given(location.seller, "BN-3", facts(location, location_key="nowhere"))
    batch = [*given(location, "BN-2", "BN-1"), nowhere]

    created, same, refused = intake.preview(batch)

    assert (created, same) == ("created", "same")
    assert isinstance(refused, refusals.UnknownLocation)
    assert Order.objects.values().get() == known


def test_one_that_is_refused_is_no_matter_to_the_others(location):
    nowhere = Given(location.seller, "BN-2", facts(location, location_key="nowhere"))
    batch = [*given(location, "BN-1"), nowhere, *given(location, "BN-3")]

    first, refused, last = intake.accept(batch).outcomes

    assert (first.result, last.result) == ("created", "created")
    assert isinstance(refused, refusals.UnknownLocation)
    assert sorted(Order.objects.values_list("order_number", flat=True)) == ["BN-1", "BN-3"]


def test_orders_are_locked_in_one_sequence_however_they_were_given(location, monkeypatch):
    """Those that are there by id, then new ones by number: so two requests can't deadlock."""
    intake.accept(given(location, "BN-9"))
    intake.accept(given(location, "BN-5"))
    judged, judge = [], intake.judge

    def judge_noted(order, each, place):
        judged.append(each.order_number)
        return judge(order, each, place)

    monkeypatch.setattr(intake, "judge", judge_noted)

    intake.accept(given(location, "BN-7", "BN-5", "BN-1", "BN-9"))

    assert judged == ["BN-9", "BN-5", "BN-1", "BN-7"]


def test_only_the_orders_that_are_given_are_looked_for(location):
    for place in (location, make_location()):
        make_order(place, order_number="BN-1")
        make_order(place, order_number="BN-2")

    found = intake.existing_orders(given(location, "BN-1", "BN-3"))

    assert [(each.seller, each.order_number) for each in found] == [(location.seller, "BN-1")]


# What is the same once it was sent ---------------------------------------------------------------

GUJARAT = ADDRESS | {"name": "Bina Shah", "state": "Gujarat"}
WEIGHT = {"weight_g": 100}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"shipping_address": ADDRESS | {"state": "mh"}}),
        ({}, {"billing_address": ADDRESS}),
        ({}, {"billing_address": {}}),
        ({"billing_address": GUJARAT}, {"billing_address": GUJARAT | {"state": "GJ"}}),
        ({"package": WEIGHT}, {"package": WEIGHT | {"length_cm": None}}),
        ({"package": None}, {"package": {"weight_g": None}}),
    ],
)
def test_body_that_easyecom_gets_alike_is_the_same_once_it_was_sent(location, before, after):
    [receipt] = intake.accept(given(location, "BN-1", **before)).outcomes
    pushed(receipt.order)

    [outcome] = intake.accept(given(location, "BN-1", **before | after)).outcomes

    assert outcome.result == "same"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"shipping_address": GUJARAT}),
        ({}, {"billing_address": GUJARAT}),
        ({"billing_address": GUJARAT}, {"billing_address": None}),
        ({"billing_address": GUJARAT}, {"billing_address": GUJARAT | {"name": "Bina"}}),
        ({"package": WEIGHT}, {"package": {"weight_g": 101}}),
        ({"package": WEIGHT}, {"package": WEIGHT | {"length_cm": 10}}),
        ({}, {"buyer_gstin": "27AAPFU0939F1ZV"}),
        ({}, {"lines": [line(quantity=3)]}),
    ],
)
def test_body_that_easyecom_gets_otherwise_is_too_late_once_it_was_sent(location, before, after):
    [receipt] = intake.accept(given(location, "BN-1", **before)).outcomes
    pushed(receipt.order)

    [outcome] = intake.accept(given(location, "BN-1", **before | after)).outcomes

    assert isinstance(outcome, refusals.AlreadySent)


# Chunks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "sizes"), [(0, []), (1, [1]), (2, [2]), (3, [2, 1]), (4, [2, 2]), (5, [2, 2, 1])]
)
def test_orders_go_in_chunks_of_the_most_that_are_one_transaction(
    location, monkeypatch, count, sizes
):
    monkeypatch.setattr(intake, "CHUNK", 2)
    batch = given(location, *(f"BN-{n}" for n in range(count)))

    chunks = list(intake.in_chunks(batch))

    assert [len(chunk) for chunk in chunks] == sizes
    assert [each for chunk in chunks for each in chunk] == batch


def test_order_that_is_given_twice_is_taken_twice_in_sequence(location):
    first, second = given(location, "BN-1"), given(location, "BN-1", payment_gateway="upi")
    stranger = given(make_location(), "BN-1")

    chunks = list(intake.in_chunks([*first, *stranger, *second, *first]))
    outcomes = intake.accept([*first, *stranger, *second, *first]).outcomes

    assert [len(chunk) for chunk in chunks] == [2, 1, 1]
    assert [each.result for each in outcomes] == ["created", "created", "changed", "changed"]


def test_chunk_of_production_is_a_hundred_orders():
    assert (intake.CHUNK, intake.TRIES) == (100, 3)


class InTheWay(Exception):
    """As psycopg tells a deadlock."""

    sqlstate = "40P01"


def deadlock():
    problem = OperationalError("deadlock detected")
    problem.__cause__ = InTheWay()
    return problem


def stumbling(monkeypatch, failures):
    """`store_chunk` fails as `failures` say for each call, then works. Returns the sizes tried."""
    sizes = []
    store, left = intake.store_chunk, list(failures)

    def stumble(chunk, *rest):
        sizes.append(len(chunk))
        if left:
            raise left.pop(0)
        return store(chunk, *rest)

    monkeypatch.setattr(intake, "store_chunk", stumble)
    return sizes


@pytest.mark.parametrize("problem", [lambda: IntegrityError("unique"), deadlock])
@pytest.mark.parametrize(
    ("times", "sizes"),
    [(0, [3]), (1, [3, 3]), (2, [3, 3, 3]), (3, [3, 3, 3, 1, 2]), (6, [3, 3, 3, 1, 1, 1])],
)
def test_chunk_that_meets_others_is_tried_again_and_then_in_halves(
    location, monkeypatch, problem, times, sizes
):
    tried = stumbling(monkeypatch, [problem() for _ in range(times)])

    if times == 6:
        # One alone that never gets through is told.
        with pytest.raises(type(problem())):
            intake.accept(given(location, "BN-1", "BN-2", "BN-3"))
    else:
        outcomes = intake.accept(given(location, "BN-1", "BN-2", "BN-3")).outcomes
        numbers = [each.order.order_number for each in outcomes]
        assert numbers == ["BN-1", "BN-2", "BN-3"]
        assert Order.objects.count() == 3
    assert tried == sizes


def test_database_that_is_away_is_not_tried_again(location, monkeypatch):
    tried = stumbling(monkeypatch, [OperationalError("the connection is closed")])

    with pytest.raises(OperationalError, match="closed"):
        intake.accept(given(location, "BN-1", "BN-2"))

    assert tried == [2]


def test_order_stays_at_its_location_while_its_job_is_at_work_and_moves_with_it_after(location):
    [receipt] = intake.accept(given(location, "BN-1")).outcomes
    place = make_location(seller=location.seller)
    to_place = given(place, "BN-1")
    SyncJob.objects.update(status="running", lease_token=uuid4(), lease_until=NOW)

    [refused] = intake.accept(to_place).outcomes
    [stays] = intake.accept(given(location, "BN-1", payment_gateway="upi")).outcomes
    SyncJob.objects.update(status="pending", lease_token=None, lease_until=None)
    [moved] = intake.accept(to_place).outcomes

    assert isinstance(refused, refusals.BeingPrepared)
    assert (stays.result, moved.result) == ("changed", "changed")
    order = Order.objects.get(pk=receipt.order.pk)
    assert (order.location, order.sync_job.location) == (place, place)
