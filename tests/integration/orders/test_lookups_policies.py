"""What each answer of EasyEcom comes to, for every doubt and outcome that there is."""

from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import get_args

import pytest

from integration import easyecom
from integration.easyecom import Call, FoundOrder, Kind, Outcome
from integration.models import (
    Doubt,
    Event,
    Order,
    OrderReason,
    Rest,
    ShipmentDetails,
    Stage,
    SyncJob,
)
from integration.orders import lookups, push, resolution
from integration.orders.resolution import Answer
from sellers.models import CarrierRegistration, LoginTrouble
from tests.factories import make_location, make_order, make_registration, make_shipment, pushed
from tests.integration.easyecom.test_calls import new_order

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
DELAYS = [60, 300, 900]
WORDS = "EasyEcom's words."
AWB_DOUBTS = (Doubt.AWB_UNKNOWN, Doubt.AWB_REJECTED)
DOUBTS = [doubt for doubt in Doubt if doubt is not Doubt.NONE]


@dataclass(frozen=True)
class Verdict:
    """How an order stands after an answer, and what is said to EasyEcom next."""

    # Of the rest: status, seconds until it is due, and code. None: it goes on at once.
    rest: tuple[str, float | None, str] | None
    stage: str
    doubt: str
    reason: str
    next: Kind | None = None


def in_doubt(order, doubt, look_ups=0, **shipment):
    """The order in doubt, with its AWB on the way where the doubt is about that."""
    if doubt in AWB_DOUBTS:
        pushed(order)
        given = {"awb_number": "OURS", "assign_begun_at": NOW, "replaces": "OLD"} | shipment
        make_shipment(order, **given)
    order.mark_in_doubt(doubt, NOW, WORDS)
    order.change(push_begun_at=NOW, look_ups=look_ups)
    return order


def standing(order, rest):
    """What became of it, read from the row."""
    order.refresh_from_db()
    then = push.next_call(order, NOW) if rest is None else None
    return Verdict(
        rest and (rest.status, rest.due_in, rest.code),
        order.stage,
        order.doubt,
        order.blocked_reason,
        then.kind if isinstance(then, Call) else None,
    )


def shown(order, **fields):
    """An invoice of the order as a look-up shows it."""
    nothing = dict.fromkeys(FoundOrder.__dataclass_fields__, "")
    ours = {
        "order_number": order.order_number,
        "order_id": "81",
        "invoice_id": "91",
        "manifested_at": None,
        "total": None,
        "lines": (),
    }
    return FoundOrder(**(nothing | ours | fields))


# What a look-up may show.
FOUND = {
    "nothing": (),
    "ours": ({},),
    "ours without invoice id": ({"invoice_id": ""},),
    "another order": ({"location_key": "elsewhere"},),
    "our AWB": ({"awb_number": "OURS"},),
    "another AWB": ({"awb_number": "THEIRS"},),
    "the AWB that gives way": ({"awb_number": "OLD"},),
}
RECEIVED, AWAITING = Stage.RECEIVED, Stage.AWAITING_CARRIER
FAILED, IN_DOUBT = SyncJob.Status.FAILED, SyncJob.Status.IN_DOUBT


def looks(stage, doubt, seconds=900):
    return Verdict((IN_DOUBT, seconds, OrderReason.IN_DOUBT), stage, doubt, "")


def person(stage, doubt):
    """No look-up showed it: the job stands in doubt and is not due."""
    code = OrderReason.NOT_FOUND
    return Verdict((IN_DOUBT, None, code), stage, doubt, code)


def fails(stage, doubt, reason):
    return Verdict((FAILED, None, reason), stage, doubt, reason)


def always(verdict):
    return (verdict, verdict, verdict)


ADOPTED = Verdict(None, AWAITING, "", "")
ASSIGNED = Verdict(None, Stage.CARRIER_ASSIGNED, "", "")
SENT_AGAIN = Verdict(None, RECEIVED, "", "", Kind.CREATE_ORDER)
AWB_SENT_AGAIN = Verdict(None, AWAITING, "", "", Kind.ASSIGN_AWB)
AWB_REFUSED = fails(AWAITING, "", OrderReason.AWB_REJECTED)
# Seen without its invoice id: EasyEcom has it, and the look-ups begin anew.
SEEN = looks(RECEIVED, Doubt.ACCEPTED, 300)

ORDER_DOUBTS = [doubt for doubt in DOUBTS if doubt not in AWB_DOUBTS]
# (doubt, what the look-up shows): before the last look-up, after it under "hold", and under
# "resend".
LOOK_UPS = {
    (Doubt.UNKNOWN, "nothing"): (
        looks(RECEIVED, Doubt.UNKNOWN),
        person(RECEIVED, Doubt.UNKNOWN),
        SENT_AGAIN,
    ),
    (Doubt.UNKNOWN, "ours without invoice id"): always(SEEN),
    # EasyEcom has it: whatever the policy, it is not sent again.
    (Doubt.ACCEPTED, "nothing"): (
        looks(RECEIVED, Doubt.ACCEPTED),
        person(RECEIVED, Doubt.ACCEPTED),
        person(RECEIVED, Doubt.ACCEPTED),
    ),
    (Doubt.ACCEPTED, "ours without invoice id"): (
        looks(RECEIVED, Doubt.ACCEPTED),
        person(RECEIVED, Doubt.ACCEPTED),
        person(RECEIVED, Doubt.ACCEPTED),
    ),
    # EasyEcom has an earlier revision of it.
    (Doubt.EARLIER, "nothing"): (
        looks(RECEIVED, Doubt.EARLIER),
        person(RECEIVED, Doubt.EARLIER),
        person(RECEIVED, Doubt.EARLIER),
    ),
    (Doubt.EARLIER, "ours without invoice id"): always(SEEN),
    (Doubt.REJECTED, "nothing"): always(fails(RECEIVED, "", OrderReason.REJECTED)),
    (Doubt.REJECTED, "ours without invoice id"): always(SEEN),
    (Doubt.EXISTS, "nothing"): always(fails(RECEIVED, Doubt.EXISTS, OrderReason.NUMBER_TAKEN)),
    (Doubt.EXISTS, "ours without invoice id"): always(SEEN),
    **{
        (doubt, found): always(ADOPTED)
        for doubt in ORDER_DOUBTS
        for found in ("ours", "our AWB", "another AWB", "the AWB that gives way")
    },
    **{
        (doubt, "another order"): always(fails(RECEIVED, doubt, OrderReason.CONFLICT))
        for doubt in ORDER_DOUBTS
    },
    (Doubt.AWB_UNKNOWN, "nothing"): (
        looks(AWAITING, Doubt.AWB_UNKNOWN),
        person(AWAITING, Doubt.AWB_UNKNOWN),
        AWB_SENT_AGAIN,
    ),
    (Doubt.AWB_UNKNOWN, "ours"): always(AWB_SENT_AGAIN),
    (Doubt.AWB_UNKNOWN, "ours without invoice id"): always(AWB_SENT_AGAIN),
    (Doubt.AWB_UNKNOWN, "the AWB that gives way"): always(AWB_SENT_AGAIN),
    (Doubt.AWB_REJECTED, "nothing"): always(AWB_REFUSED),
    (Doubt.AWB_REJECTED, "ours"): always(AWB_REFUSED),
    (Doubt.AWB_REJECTED, "ours without invoice id"): always(AWB_REFUSED),
    (Doubt.AWB_REJECTED, "the AWB that gives way"): always(AWB_REFUSED),
    **{(doubt, "our AWB"): always(ASSIGNED) for doubt in AWB_DOUBTS},
    **{
        (doubt, "another AWB"): always(fails(AWAITING, doubt, OrderReason.AWB_CONFLICT))
        for doubt in AWB_DOUBTS
    },
    **{
        (doubt, "another order"): always(fails(AWAITING, doubt, OrderReason.CONFLICT))
        for doubt in AWB_DOUBTS
    },
}


def test_every_doubt_and_whatever_a_look_up_shows_has_its_verdict():
    assert set(LOOK_UPS) == set(product(DOUBTS, FOUND))


@pytest.mark.parametrize(("doubt", "found"), LOOK_UPS)
def test_look_up_settles_a_doubt_as_the_policy_says(settings, doubt, found):
    settings.IN_DOUBT_DELAYS = DELAYS
    location = make_location()
    verdicts = []
    for policy, look_ups in (("hold", 1), ("resend", 1), ("hold", 2), ("resend", 2)):
        settings.UNKNOWN_ORDER_POLICY = policy
        order = in_doubt(make_order(location), doubt, look_ups)
        reply = easyecom.OrdersFound(tuple(shown(order, **each) for each in FOUND[found]))
        rest = push.settle(order, Kind.FIND_ORDER, easyecom.Done(reply), NOW)
        verdicts.append(standing(order, rest))
        # The AWB is one for each order of a courier.
        done = f"DONE-{order.pk}"
        ShipmentDetails.objects.filter(order=order).update(awb_number=done, parcel=done)

    before, hold, resend = LOOK_UPS[doubt, found]
    assert verdicts == [before, before, hold, resend]


@pytest.mark.parametrize(
    ("look_ups", "due_in"), [(0, 300), (1, 900), (2, None), (3, None), (9, None)]
)
def test_there_are_as_many_look_ups_as_delays(settings, look_ups, due_in):
    settings.IN_DOUBT_DELAYS = DELAYS
    order = in_doubt(make_order(), Doubt.UNKNOWN, look_ups)

    rest = push.settle(order, Kind.FIND_ORDER, easyecom.Done(easyecom.OrdersFound(())), NOW)

    assert isinstance(rest, Rest)
    order.refresh_from_db()
    assert (rest.due_in, order.look_ups) == (due_in, look_ups + 1)


def test_only_one_delay_is_one_look_up(settings):
    settings.IN_DOUBT_DELAYS = [60]
    order = in_doubt(make_order(), Doubt.UNKNOWN)
    assert lookups.look_again(order).due_in == 60

    rest = push.settle(order, Kind.FIND_ORDER, easyecom.Done(easyecom.OrdersFound(())), NOW)

    assert standing(order, rest) == person(RECEIVED, Doubt.UNKNOWN)


def test_first_invoice_of_a_split_order_is_the_one_that_has_its_bare_number():
    order = in_doubt(make_order(order_number="BN-1"), Doubt.UNKNOWN)
    parts = [
        shown(order, order_number="BN-1_OR2", invoice_id="92", order_id="82"),
        shown(order, order_number="BN-1", invoice_id="91", order_id="81"),
    ]

    push.settle(order, Kind.FIND_ORDER, easyecom.Done(easyecom.OrdersFound(tuple(parts))), NOW)

    order.refresh_from_db()
    assert (order.easyecom_order_id, order.easyecom_invoice_id) == ("81", "91")
    event = Event.objects.get(order=order, kind="adopted")
    assert event.sentence == "Found at EasyEcom by its number."


def test_part_of_a_split_order_that_has_an_invoice_id_stands_for_one_that_has_none():
    order = in_doubt(make_order(order_number="BN-1"), Doubt.UNKNOWN)
    parts = [
        shown(order, order_number="BN-1", invoice_id="", order_id="81"),
        shown(order, order_number="BN-1_OR2", invoice_id="92", order_id="82"),
    ]

    push.settle(order, Kind.FIND_ORDER, easyecom.Done(easyecom.OrdersFound(tuple(parts))), NOW)

    order.refresh_from_db()
    assert (order.easyecom_order_id, order.easyecom_invoice_id) == ("82", "92")


def test_our_awb_on_one_invoice_of_a_split_order_is_enough_and_others_are_named_in_sequence():
    order = in_doubt(make_order(), Doubt.AWB_UNKNOWN)
    others = [shown(order, awb_number=awb, courier=f"C-{awb}") for awb in ("Z-9", "A-1")]

    push.settle(order, Kind.FIND_ORDER, easyecom.Done(easyecom.OrdersFound(tuple(others))), NOW)

    shipment = ShipmentDetails.objects.get(order=order)
    assert shipment.at_easyecom == [
        {"courier": "C-A-1", "awb_number": "A-1"},
        {"courier": "C-Z-9", "awb_number": "Z-9"},
    ]
    assert order.blocked_detail == "It is A-1, Z-9."

    both = (*others, shown(order, awb_number="ours"))
    push.settle(order, Kind.FIND_ORDER, easyecom.Done(easyecom.OrdersFound(both)), NOW)

    shipment.refresh_from_db()
    assert (shipment.at_easyecom, shipment.assigned_at) == (None, NOW)


# Answers ---------------------------------------------------------------------------------------

CREATED = easyecom.Done(easyecom.OrderCreated("81", "71", "91"))
WITHOUT_ID = easyecom.Done(easyecom.OrderCreated("81", "71", ""))
QUEUED = easyecom.Done(easyecom.OrderQueued("5"))
ASSIGN_DONE = easyecom.Done(easyecom.AwbAssigned())
NOT_SENT = easyecom.NotSent(WORDS)
RATE_LIMITED = easyecom.RateLimited(3)
COOL_DOWN = easyecom.RateLimited(60, cool_down=True)
FORBIDDEN = easyecom.AuthRefused(403, WORDS)
STALE_TOKEN = easyecom.AuthRefused(401, WORDS, renewable=True)
REJECTED = easyecom.Rejected(WORDS)
EXISTS = easyecom.AlreadyExists(WORDS)
UNKNOWN = easyecom.OutcomeUnknown(WORDS)
# Nothing reached EasyEcom, or it did nothing: the reason that is told.
NOT_DONE = (
    (NOT_SENT, OrderReason.UNREACHABLE),
    (RATE_LIMITED, OrderReason.RATE_LIMITED),
    (COOL_DOWN, OrderReason.RATE_LIMITED),
    (FORBIDDEN, OrderReason.ACCESS_FORBIDDEN),
    (STALE_TOKEN, OrderReason.UNREACHABLE),
)
LOOKS_SOON = (IN_DOUBT, 60, OrderReason.IN_DOUBT)
TOLD = OrderReason.IN_DOUBT

PUSHED = [
    (CREATED, ADOPTED),
    (WITHOUT_ID, Verdict(LOOKS_SOON, RECEIVED, Doubt.ACCEPTED, TOLD)),
    (QUEUED, Verdict(LOOKS_SOON, RECEIVED, Doubt.ACCEPTED, TOLD)),
    (REJECTED, Verdict(None, RECEIVED, Doubt.REJECTED, "", Kind.FIND_ORDER)),
    (EXISTS, Verdict(None, RECEIVED, Doubt.EXISTS, "", Kind.FIND_ORDER)),
    (UNKNOWN, Verdict(LOOKS_SOON, RECEIVED, Doubt.UNKNOWN, TOLD)),
    *(
        (outcome, Verdict(None, RECEIVED, "", reason, Kind.CREATE_ORDER))
        for outcome, reason in NOT_DONE
    ),
]
GIVEN_AWB = [
    (ASSIGN_DONE, ASSIGNED),
    (REJECTED, Verdict(None, AWAITING, Doubt.AWB_REJECTED, "", Kind.FIND_ORDER)),
    (EXISTS, Verdict(None, AWAITING, Doubt.AWB_REJECTED, "", Kind.FIND_ORDER)),
    (UNKNOWN, Verdict(LOOKS_SOON, AWAITING, Doubt.AWB_UNKNOWN, TOLD)),
    *(
        (outcome, Verdict(None, AWAITING, "", reason, Kind.ASSIGN_AWB))
        for outcome, reason in NOT_DONE
    ),
]


def is_settled_by(outcomes):
    """Whether there is one outcome of each class."""
    classes = {getattr(each, "__origin__", each) for each in get_args(Outcome)}
    return {type(outcome) for outcome in outcomes} == classes


def test_tables_of_answers_have_every_outcome():
    for table in (PUSHED, GIVEN_AWB):
        assert is_settled_by(outcome for outcome, _ in table)


@pytest.mark.parametrize(("outcome", "verdict"), PUSHED)
def test_answer_to_create_order(settings, outcome, verdict):
    settings.IN_DOUBT_DELAYS = DELAYS
    order = make_order(push_begun_at=NOW)

    rest = push.settle(order, Kind.CREATE_ORDER, outcome, NOW)

    assert standing(order, rest) == verdict
    assert order.push_begun_at == NOW
    words = WORDS if outcome in (REJECTED, EXISTS, UNKNOWN) else ""
    assert order.doubt_message == words
    known = {CREATED: ("81", "91", ""), WITHOUT_ID: ("81", "", ""), QUEUED: ("", "", "5")}
    ids = (order.easyecom_order_id, order.easyecom_invoice_id, order.queue_id)
    assert ids == known.get(outcome, ("", "", ""))


@pytest.mark.parametrize(("outcome", "verdict"), GIVEN_AWB)
def test_answer_to_assign_awb(settings, outcome, verdict):
    settings.IN_DOUBT_DELAYS = DELAYS
    order = pushed(make_order())
    make_shipment(order, assign_begun_at=NOW)

    rest = push.settle(order, Kind.ASSIGN_AWB, outcome, NOW)

    assert standing(order, rest) == verdict
    shipment = ShipmentDetails.objects.get(order=order)
    # Details of which EasyEcom did nothing may be changed; all others stay as they went out.
    is_open = outcome in [each for each, _ in NOT_DONE]
    assert shipment.assign_begun_at == (None if is_open else NOW)
    assert shipment.assigned_at == (NOW if outcome == ASSIGN_DONE else None)


NOTHING_LEARNT = (NOT_SENT, RATE_LIMITED, COOL_DOWN, FORBIDDEN, STALE_TOKEN, UNKNOWN)


@pytest.mark.parametrize("outcome", NOTHING_LEARNT)
@pytest.mark.parametrize("doubt", DOUBTS)
def test_look_up_without_an_answer_leaves_the_doubt_and_tells_of_refused_credentials_only(
    doubt, outcome
):
    order = in_doubt(make_order(), doubt, look_ups=1)
    order.mark_blocked(OrderReason.IN_DOUBT)

    rest = push.settle(order, Kind.FIND_ORDER, outcome, NOW)

    reason = OrderReason.ACCESS_FORBIDDEN if outcome is FORBIDDEN else OrderReason.IN_DOUBT
    assert standing(order, rest) == Verdict(None, order.stage, doubt, reason, Kind.FIND_ORDER)
    assert (order.look_ups, order.doubt_since, order.doubt_message) == (1, NOW, WORDS)


@pytest.mark.parametrize("outcome", NOTHING_LEARNT)
def test_log_in_that_was_refused_is_told_whatever_the_call_came_to(outcome):
    location = make_location(login_trouble=LoginTrouble.REFUSED)
    order = make_order(location)

    push.settle(order, Kind.LOG_IN, outcome, NOW)

    assert order.blocked_reason == OrderReason.CREDENTIALS_REFUSED


QUEUE_ANSWERS = [
    *((outcome, Verdict(None, RECEIVED, Doubt.ACCEPTED, TOLD, Kind.GET_QUEUE_STATUS), "5")
      for outcome in NOTHING_LEARNT if outcome is not FORBIDDEN),
    (
        FORBIDDEN,
        Verdict(
            None,
            RECEIVED,
            Doubt.ACCEPTED,
            OrderReason.ACCESS_FORBIDDEN,
            Kind.GET_QUEUE_STATUS,
        ),
        "5",
    ),
    (
        easyecom.Done(easyecom.QueueStatus("waiting")),
        Verdict((IN_DOUBT, 60, OrderReason.IN_DOUBT), RECEIVED, Doubt.ACCEPTED, TOLD),
        "5",
    ),
    (
        easyecom.Done(easyecom.QueueStatus("finished")),
        Verdict(None, RECEIVED, Doubt.ACCEPTED, TOLD, Kind.FIND_ORDER),
        "",
    ),
    (
        easyecom.Done(easyecom.QueueStatus("failed", message=WORDS)),
        Verdict(None, RECEIVED, Doubt.REJECTED, TOLD, Kind.FIND_ORDER),
        "",
    ),
    (REJECTED, Verdict(None, RECEIVED, Doubt.ACCEPTED, TOLD, Kind.FIND_ORDER), ""),
    (EXISTS, Verdict(None, RECEIVED, Doubt.ACCEPTED, TOLD, Kind.FIND_ORDER), ""),
]  # fmt: skip


def test_table_of_queue_answers_has_every_outcome():
    assert is_settled_by(outcome for outcome, _, _ in QUEUE_ANSWERS)


@pytest.mark.parametrize(("outcome", "verdict", "queue_id"), QUEUE_ANSWERS)
def test_answer_about_the_queue(settings, outcome, verdict, queue_id):
    settings.IN_DOUBT_DELAYS = DELAYS
    order = in_doubt(make_order(queue_id="5"), Doubt.ACCEPTED)
    order.mark_blocked(OrderReason.IN_DOUBT)

    rest = push.settle(order, Kind.GET_QUEUE_STATUS, outcome, NOW)

    assert standing(order, rest) == verdict
    assert order.queue_id == queue_id


CALLS = (Kind.CREATE_ORDER, Kind.ASSIGN_AWB, Kind.FIND_ORDER, Kind.GET_QUEUE_STATUS)
LATE = [*(each for each, _ in (*PUSHED, *GIVEN_AWB)), easyecom.Done(easyecom.OrdersFound(()))]


@pytest.mark.parametrize("kind", CALLS)
def test_answer_that_comes_when_the_order_is_manifested_changes_nothing(kind):
    order = pushed(make_order())
    make_shipment(order)
    order.change(stage=Stage.MANIFESTED, manifested_at=NOW)
    before = values_of(order)

    for outcome in LATE:
        assert push.settle(order, kind, outcome, NOW) is None
        assert values_of(order) == before


@pytest.mark.parametrize("shows", ["nothing", "another order", "ours without invoice id"])
def test_look_up_that_comes_when_the_doubt_is_over_is_not_judged(shows):
    """Of an order that is not there it is evidence: somebody said that it is not."""
    for order in (pushed(make_order()), *([make_order()] if shows == "nothing" else [])):
        before = values_of(order)
        found = tuple(shown(order, **each) for each in FOUND[shows])

        rest = push.settle(order, Kind.FIND_ORDER, easyecom.Done(easyecom.OrdersFound(found)), NOW)

        assert rest is None
        assert values_of(order) == before


def test_answer_to_create_order_that_comes_when_the_order_is_pushed_changes_nothing():
    order = pushed(make_order())
    before = values_of(order)

    for outcome in (CREATED, WITHOUT_ID, QUEUED):
        assert push.settle(order, Kind.CREATE_ORDER, outcome, NOW) is None
        assert values_of(order) == before


def values_of(order):
    rows = (type(order).objects, ShipmentDetails.objects)
    return [
        list(row.filter(**{key: order.pk}).values())
        for row, key in zip(rows, ("pk", "order"), strict=True)
    ]


# What is said next -----------------------------------------------------------------------------

DONE, CANCELLED = SyncJob.Status.SUCCEEDED, SyncJob.Status.CANCELLED
# (stage, shipment details): the next call, or how the job rests.
NEXT = {
    (Stage.RECEIVED, "none"): Kind.CREATE_ORDER,
    (Stage.RECEIVED, "given"): Kind.CREATE_ORDER,
    (Stage.AWAITING_CARRIER, "none"): DONE,
    (Stage.AWAITING_CARRIER, "given"): Kind.ASSIGN_AWB,
    (Stage.AWAITING_CARRIER, "assigned"): DONE,
    (Stage.CARRIER_ASSIGNED, "assigned"): DONE,
    (Stage.MANIFESTED, "none"): DONE,
    (Stage.MANIFESTED, "given"): DONE,
    (Stage.MANIFESTED, "assigned"): DONE,
    (Stage.WITHDRAWN, "none"): CANCELLED,
    (Stage.WITHDRAWN, "given"): CANCELLED,
}


def test_every_stage_has_its_next_call():
    assert {stage for stage, _ in NEXT} == set(Stage)


@pytest.mark.parametrize(("stage", "shipment"), NEXT)
@pytest.mark.parametrize("is_live", [True, False])
def test_what_is_said_next_about_an_order(stage, shipment, is_live):
    order = Order.objects.get(pk=make_order().pk)
    if stage not in (Stage.RECEIVED, Stage.WITHDRAWN):
        pushed(order)
    order.change(stage=stage, manifested_at=NOW)
    if shipment != "none":
        make_shipment(order, assigned_at=NOW if shipment == "assigned" else None)
    order.location.live_at = NOW if is_live else None

    step = push.next_call(order, NOW)

    expected = NEXT[stage, shipment]
    if not is_live and expected != CANCELLED:
        assert isinstance(step, Rest) and step.status == DONE
        assert order.blocked_reason == OrderReason.LOCATION_NOT_LIVE
        return
    assert (step.kind if isinstance(step, Call) else step.status) == expected
    assert order.blocked_reason == ""


@pytest.mark.parametrize("doubt", DOUBTS)
@pytest.mark.parametrize("queue_id", ["", "5"])
def test_order_in_doubt_is_looked_for_and_nothing_is_sent(doubt, queue_id):
    order = in_doubt(make_order(), doubt)
    order.change(queue_id=queue_id)

    call = push.next_call(order, NOW)

    assert isinstance(call, Call)
    assert call.kind is (Kind.GET_QUEUE_STATUS if queue_id else Kind.FIND_ORDER)
    assert ("queueId=5" in call.target) == bool(queue_id)
    order.location.live_at = None
    assert isinstance(push.next_call(order, NOW), Rest)


def test_job_is_about_its_own_order():
    orders = [make_order() for _ in range(3)]

    assert [push.load(order.sync_job) for order in orders] == orders


def test_what_begins_is_fixed_from_the_first_time_on():
    order, other = (pushed(make_order()) for _ in range(2))
    for each in (order, other):
        make_shipment(each)
        each.change(push_begun_at=None)
    later = NOW.replace(hour=6)

    for now in (NOW, later):
        push.begin(order, easyecom.find_order(order.order_number), now)
        push.begin(order, easyecom.create_order(new_order()), now)

    order.refresh_from_db()
    assert order.push_begun_at == NOW
    assert order.shipment.assign_begun_at is None
    push.begin(order, easyecom.assign_awb("1", "D", "2", "3"), NOW)
    assert ShipmentDetails.objects.get(order=order).assign_begun_at == NOW
    assert ShipmentDetails.objects.get(order=other).assign_begun_at is None


# What a person may say -------------------------------------------------------------------------

POSSIBLE = {
    (Stage.RECEIVED, OrderReason.CONFLICT, True): {Answer.THERE, Answer.WITHDRAW},
    (Stage.RECEIVED, OrderReason.CANCELLED_AT_EASYECOM, True): {Answer.WITHDRAW_CANCELLED},
    (Stage.RECEIVED, OrderReason.NOT_FOUND, True): {
        Answer.THERE,
        Answer.NOT_THERE,
        Answer.WITHDRAW,
    },
    (Stage.RECEIVED, OrderReason.NUMBER_TAKEN, True): {
        Answer.THERE,
        Answer.NOT_THERE,
        Answer.WITHDRAW,
    },
    **{
        (stage, reason, True): {Answer.AWB_THERE, Answer.AWB_NOT_THERE}
        for stage in (Stage.AWAITING_CARRIER, Stage.CARRIER_ASSIGNED)
        for reason in (OrderReason.NOT_FOUND, OrderReason.CONFLICT)
    },
}


@pytest.mark.parametrize("stage", Stage)
def test_person_may_answer_where_nothing_else_settles_it_and_nowhere_else(stage):
    order = make_order()
    for reason, doubt in product(("", *OrderReason), Doubt):
        order.stage, order.blocked_reason, order.doubt = stage, reason, doubt
        answers = resolution.possible_answers(order)
        case = (stage, reason, doubt != "")
        assert set(answers) == POSSIBLE.get(case, set()), case


@pytest.mark.parametrize("word", Answer)
def test_answer_that_is_not_asked_for_changes_nothing(word):
    for order in (make_order(), pushed(make_order()), in_doubt(make_order(), Doubt.UNKNOWN)):
        before = values_of(order)
        with pytest.raises(resolution.AlreadySettled):
            resolution.resolve_order(order, word, actor="asha", reason="Looked.", invoice_id="9")
        assert values_of(order) == before


# The carrier -----------------------------------------------------------------------------------

State = CarrierRegistration.State


@pytest.mark.parametrize("state", State)
def test_order_goes_out_only_with_a_carrier_that_is_registered(state):
    location = make_location()
    CarrierRegistration.objects.update(
        state=state, doubt_since=NOW if state == State.IN_DOUBT else None
    )
    order = Order.objects.get(pk=make_order(location).pk)

    call = push.next_call(order, NOW)

    if state == State.REGISTERED:
        assert isinstance(call, Call) and call.kind is Kind.CREATE_ORDER
    else:
        assert isinstance(call, Rest) and call.status == SyncJob.Status.SUCCEEDED
        assert order.blocked_reason == OrderReason.CARRIER_NOT_REGISTERED


def test_carrier_that_booon_had_before_is_not_the_one_that_is_sent(settings):
    location = make_location()
    order = Order.objects.get(pk=make_order(location).pk)
    settings.EASYECOM_CARRIER_ID = 7043

    assert isinstance(push.next_call(order, NOW), Rest)
    assert order.blocked_reason == OrderReason.CARRIER_NOT_REGISTERED

    make_registration(location, carrier_id=7043, state="registered", company_carrier_id="88")
    call = push.next_call(order, NOW)
    assert isinstance(call, Call)
    assert call.body is not None and call.body["company_carrier_id"] == 88


def test_carrier_of_another_location_is_not_the_one_that_is_sent():
    location, other = make_location(), make_location()
    CarrierRegistration.objects.filter(location_key=other.location_key).update(
        company_carrier_id="99"
    )
    CarrierRegistration.objects.filter(location_key=location.location_key).update(
        company_carrier_id="55"
    )
    order = Order.objects.get(pk=make_order(location).pk)

    call = push.next_call(order, NOW)

    assert isinstance(call, Call)
    assert call.body is not None and call.body["company_carrier_id"] == 55


# What is written -------------------------------------------------------------------------------


def looked_up(order, *invoices):
    return push.settle(order, Kind.FIND_ORDER, easyecom.Done(easyecom.OrdersFound(invoices)), NOW)


def events_of(order):
    rows = Event.objects.filter(order=order).order_by("pk")
    return [(each.kind, each.sentence, each.at) for each in rows]


def test_cancelled_order_that_is_shown_no_more_stays_cancelled():
    order = make_order(cancelled_at_easyecom=NOW)
    order.mark_blocked(OrderReason.CANCELLED_AT_EASYECOM, "It is cancelled there.")

    rest = looked_up(order)

    assert (rest.status, rest.due_in, rest.code) == ("failed", None, "cancelled_at_easyecom")
    order.refresh_from_db()
    assert (order.blocked_detail, order.doubt) == ("It is cancelled there.", "")
    assert [kind for kind, _, _ in events_of(order)] == ["failed"]


def test_order_that_a_person_said_is_not_there_and_is_shown_is_in_doubt_again():
    order = make_order()

    rest = looked_up(order, shown(order, lines=(("HAT", 1),)))

    assert (rest.status, rest.code) == ("failed", "conflict")
    order.refresh_from_db()
    assert (order.doubt, order.doubt_message) == ("accepted", "A look-up shows it.")
    assert (order.blocked_reason, order.blocked_detail) == (
        "conflict",
        "Its SKUs or quantities differ.",
    )
    assert events_of(order) == [("failed", order.blocked_message, NOW)]


def test_queue_that_says_nothing_to_the_end_is_left_for_the_number(settings):
    settings.IN_DOUBT_DELAYS = [60]
    order = in_doubt(make_order(), Doubt.ACCEPTED)
    order.change(queue_id="5")

    assert push.settle(order, Kind.GET_QUEUE_STATUS, REJECTED, NOW) is None

    order.refresh_from_db()
    assert (order.queue_id, order.look_ups, order.doubt) == ("", 0, "accepted")


def test_order_that_is_not_found_waits_for_a_person_and_says_so(settings):
    settings.IN_DOUBT_DELAYS, settings.UNKNOWN_ORDER_POLICY = [60], "person"
    order = in_doubt(make_order(), Doubt.UNKNOWN)

    rest = looked_up(order)

    assert (rest.status, rest.due_in, rest.code) == ("in_doubt", None, "not_found")
    assert events_of(order) == [("not_found", "Not found; waits for a person.", NOW)]


def test_order_that_is_sent_again_says_after_how_many_look_ups(settings):
    settings.IN_DOUBT_DELAYS, settings.UNKNOWN_ORDER_POLICY = [60, 60], "resend"
    order = in_doubt(make_order(), Doubt.UNKNOWN, look_ups=1)

    assert looked_up(order) is None

    assert events_of(order) == [("resend", "Not found after 2 look-ups: sent again.", NOW)]


def test_queue_that_failed_is_a_refusal_with_its_file():
    order = in_doubt(make_order(), Doubt.ACCEPTED)
    order.change(queue_id="5", refused_lines=[{"sku": "OLD"}], refusal_file="https://old.test/")
    failed = easyecom.QueueStatus(
        "failed", message="Tax Rate Not Set", error_file="https://files.test/1.csv"
    )

    assert push.settle(order, Kind.GET_QUEUE_STATUS, easyecom.Done(failed), NOW) is None

    order.refresh_from_db()
    assert (order.queue_id, order.refused_lines) == ("", [])
    assert order.refusal_file == "https://files.test/1.csv"
    said = "Tax Rate Not Set (error file: https://files.test/1.csv)"
    assert (order.doubt, order.doubt_message) == ("rejected", said)


@pytest.mark.parametrize(
    ("awb", "stands"),
    [
        ("ours", ("carrier_assigned", "", "", NOW)),
        ("THEIRS", ("awaiting_carrier", "awb_unknown", "awb_conflict", None)),
    ],
)
def test_order_that_is_adopted_with_an_awb_has_that_compared_with_ours(awb, stands):
    order = in_doubt(make_order(), Doubt.UNKNOWN)
    make_shipment(order, awb_number="OURS")

    looked_up(order, shown(order, awb_number=awb))

    order = Order.objects.get(pk=order.pk)
    assigned_at = order.shipment.assigned_at
    assert (order.stage, order.doubt, order.blocked_reason, assigned_at) == stands
    assert order.may_have_awb is False
    assert events_of(order)[0] == ("adopted", "Found at EasyEcom by its number.", NOW)


def test_order_that_is_adopted_with_an_awb_before_ours_is_given_notes_it():
    order = in_doubt(make_order(), Doubt.UNKNOWN)

    assert looked_up(order, shown(order, awb_number="THEIRS")) is None

    order.refresh_from_db()
    assert (order.stage, order.doubt, order.may_have_awb) == ("awaiting_carrier", "", True)


def test_doubt_about_an_awb_says_why():
    order = pushed(make_order(may_have_awb=True))

    lookups.doubt_awb(order, NOW)

    order.refresh_from_db()
    assert (order.doubt, order.doubt_since, order.may_have_awb) == ("awb_unknown", NOW, False)
    assert order.doubt_message == "EasyEcom may have an AWB of it already."


def test_details_that_were_refused_may_be_changed_and_others_stay_as_they_are():
    order = in_doubt(make_order(), Doubt.AWB_REJECTED)
    other = in_doubt(make_order(), Doubt.AWB_REJECTED, awb_number="OTHER")

    rest = looked_up(order)

    assert (rest.status, rest.code) == ("failed", "awb_rejected")
    order.refresh_from_db()
    assert (order.doubt, order.blocked_detail) == ("", WORDS)
    begun = {each.order_id: each.assign_begun_at for each in ShipmentDetails.objects.all()}
    assert begun == {order.pk: None, other.pk: NOW}
    assert [kind for kind, _, _ in events_of(order)] == ["failed"]


def test_awb_that_easyecom_still_has_is_named_beside_its_words():
    order = in_doubt(make_order(), Doubt.AWB_REJECTED)

    looked_up(order, shown(order, awb_number="old"))

    order.refresh_from_db()
    assert order.blocked_detail == "EasyEcom's words. EasyEcom still has AWB old."
