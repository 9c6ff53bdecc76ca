"""Shipment details as they are given, for every stage and whatever stands already."""

from datetime import UTC, datetime
from itertools import product

import pytest
from django.db import IntegrityError

from booon_console.lib import clock
from integration.models import (
    Doubt,
    Event,
    Order,
    OrderReason,
    ReplacedAwb,
    ShipmentDetails,
    Stage,
    SyncJob,
)
from integration.orders import refusals, shipments
from integration.orders.shipments import Replacement
from tests.factories import awb_conflict, make_order, make_shipment, open_call, pushed
from tests.integration.orders.test_intake import details

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
EARLIER = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
NEW = details(awb_number="NEW")


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


# What stands already.
NONE, OPEN, BEGUN, ASSIGNED = "none", "open", "on its way", "assigned"
TAKEN = "taken"
ON_WAY, SENT = refusals.AwbOnItsWay, refusals.AlreadyAssigned
GONE = refusals.AlreadyManifested
GIVEN = {
    (Stage.RECEIVED, NONE): TAKEN,
    (Stage.RECEIVED, OPEN): TAKEN,
    (Stage.RECEIVED, BEGUN): ON_WAY,
    (Stage.RECEIVED, ASSIGNED): SENT,
    (Stage.AWAITING_CARRIER, NONE): TAKEN,
    (Stage.AWAITING_CARRIER, OPEN): TAKEN,
    (Stage.AWAITING_CARRIER, BEGUN): ON_WAY,
    (Stage.AWAITING_CARRIER, ASSIGNED): SENT,
    (Stage.CARRIER_ASSIGNED, NONE): TAKEN,
    (Stage.CARRIER_ASSIGNED, OPEN): TAKEN,
    (Stage.CARRIER_ASSIGNED, BEGUN): ON_WAY,
    (Stage.CARRIER_ASSIGNED, ASSIGNED): SENT,
    (Stage.MANIFESTED, NONE): GONE,
    (Stage.MANIFESTED, OPEN): GONE,
    (Stage.MANIFESTED, BEGUN): GONE,
    (Stage.MANIFESTED, ASSIGNED): GONE,
    **{(Stage.WITHDRAWN, stands): refusals.Withdrawn for stands in (NONE, OPEN, BEGUN, ASSIGNED)},
}


def order_at(stage, stands):
    order = make_order() if stage in (Stage.RECEIVED, Stage.WITHDRAWN) else pushed(make_order())
    order.change(stage=stage, manifested_at=NOW)
    if stands != NONE:
        make_shipment(
            order,
            awb_number=f"OLD-{order.pk}",
            assign_begun_at=NOW if stands == BEGUN else None,
            assigned_at=NOW if stands == ASSIGNED else None,
        )
    SyncJob.objects.filter(order=order).update(status="succeeded", due_at=None)
    return order


def values_of(order):
    rows = (Order.objects.filter(pk=order.pk), ShipmentDetails.objects.filter(order=order))
    return [list(row.values()) for row in (*rows, SyncJob.objects.filter(order=order))]


def test_every_stage_and_whatever_stands_has_its_answer():
    assert set(GIVEN) == set(product(Stage, (NONE, OPEN, BEGUN, ASSIGNED)))


@pytest.mark.parametrize(("stage", "stands"), GIVEN)
def test_details_are_taken_until_others_are_on_their_way(stage, stands):
    order, other = order_at(stage, stands), order_at(stage, stands)
    before, untouched = values_of(order), values_of(other)
    answer = GIVEN[stage, stands]

    if answer is TAKEN:
        assert shipments.give_shipment(order, NEW, actor="asha", correlation_id="c-2") is True
        kept = ShipmentDetails.objects.filter(order=order).values(*NEW).get()
        assert kept == NEW
        job = SyncJob.objects.get(order=order)
        assert (job.status, job.due_at, job.correlation_id) == ("pending", NOW, "c-2")
        event = Event.objects.get(order=order)
        was = "Given:" if stands == NONE else f"Changed: Delhivery, AWB OLD-{order.pk} →"
        assert event.sentence == f"{was} Delhivery, AWB NEW."
        assert (event.kind, event.actor, event.correlation_id) == ("shipment", "asha", "c-2")
        assert event.at == NOW
    else:
        with pytest.raises(answer):
            shipments.give_shipment(order, NEW)
        assert values_of(order) == before
        assert not Event.objects.exists()
    assert values_of(other) == untouched


@pytest.mark.parametrize("name", list(NEW))
def test_details_that_differ_in_one_value_are_others(name):
    order = order_at(Stage.AWAITING_CARRIER, NONE)
    shipments.give_shipment(order, NEW)
    ShipmentDetails.objects.update(assign_begun_at=NOW)

    assert shipments.give_shipment(order, dict(NEW)) is False
    with pytest.raises(refusals.AwbOnItsWay):
        shipments.give_shipment(order, NEW | {name: "https://another.test/"})


@pytest.mark.parametrize("reason", ["", *OrderReason])
def test_new_details_end_what_was_said_of_the_old_ones_and_no_other_reason(reason):
    order = order_at(Stage.AWAITING_CARRIER, OPEN)
    order.change(blocked_reason=reason, blocked_detail="Detail.")

    shipments.give_shipment(order, NEW)

    order.refresh_from_db()
    is_ended = reason in (OrderReason.AWB_REJECTED, OrderReason.AWB_LATE)
    stands = ("", "") if is_ended else (reason, "Detail.")
    assert (order.blocked_reason, order.blocked_detail) == stands


@pytest.mark.parametrize(
    ("courier", "awb", "is_free"),
    [
        ("Delhivery", "NEW", False),
        ("DELHIVERY", "NEW", False),
        ("delhivery", "NEW", False),
        ("Delhi very", "NEW", False),
        ("Delhivery", "new", False),
        ("Delhivery", "N EW", False),
        ("Delhivery", " N\u00a0e\u200bw", False),
        ("Delhivery", "\uff2eEW", False),
        ("Delhivery", "NEW2", True),
        ("Xpress", "NEW", True),
    ],
)
def test_awb_of_a_courier_is_one_orders(courier, awb, is_free):
    make_shipment(make_order(), courier="Delhivery", awb_number="NEW")
    order = order_at(Stage.AWAITING_CARRIER, NONE)
    given = NEW | {"courier": courier, "awb_number": awb}

    if is_free:
        assert shipments.give_shipment(order, given) is True
    else:
        with pytest.raises(refusals.AwbTaken):
            shipments.give_shipment(order, given)
        assert not ShipmentDetails.objects.filter(order=order).exists()


# Another AWB at EasyEcom ------------------------------------------------------------------------


def test_two_awbs_are_a_question_only_while_the_order_waits_in_doubt():
    for stage, doubt, held in product(Stage, Doubt, (None, [], [{"awb_number": "A"}])):
        order = Order(stage=stage, doubt=doubt)
        is_open = shipments.has_conflict(ShipmentDetails(at_easyecom=held), order)
        is_at_easyecom = stage in (Stage.AWAITING_CARRIER, Stage.CARRIER_ASSIGNED)
        expected = is_at_easyecom and doubt != "" and bool(held)
        assert is_open == expected, (stage, doubt, held)
        assert not shipments.has_conflict(None, order)


def test_order_without_such_a_conflict_has_nothing_to_replace():
    order = order_at(Stage.AWAITING_CARRIER, OPEN)

    with pytest.raises(refusals.NotAtEasyEcom):
        shipments.give_shipment(order, NEW, replacement=Replacement("THEIRS", "Ours."))


@pytest.mark.parametrize("theirs", ["THEIRS", " theirs ", "TH EIRS"])
def test_easyecoms_awb_is_the_orders_once_it_is_given(theirs):
    order = awb_conflict(pushed(make_order()), "FIRST", "THEIRS")
    old = order.shipment.awb_number

    given = NEW | {"awb_number": theirs}
    assert shipments.give_shipment(order, given, actor="asha", correlation_id="c-3") is True

    order = Order.objects.get(pk=order.pk)
    shipment = order.shipment
    assert (order.stage, order.doubt, order.blocked_reason) == ("carrier_assigned", "", "")
    assert (shipment.awb_number, shipment.assigned_at, shipment.at_easyecom) == (theirs, NOW, None)
    event = Event.objects.get(order=order, kind="shipment")
    assert event.sentence == (
        f"EasyEcom's AWB holds: Delhivery, AWB {theirs} in the place of {old}."
    )
    assert SyncJob.objects.get(order=order).due_at == NOW


def test_ours_replaces_easyecoms_once_that_is_named():
    order = awb_conflict(pushed(make_order()), "FIRST", "THEIRS")

    said = Replacement(" theirs", "The label is ours.")
    assert shipments.give_shipment(order, NEW, replacement=said) is True

    order = Order.objects.get(pk=order.pk)
    shipment = order.shipment
    assert (order.stage, order.doubt, order.blocked_reason) == ("awaiting_carrier", "", "")
    assert (shipment.awb_number, shipment.replaces) == ("NEW", " theirs")
    assert (shipment.assign_begun_at, shipment.assigned_at, shipment.at_easyecom) == (None,) * 3
    event = Event.objects.get(order=order, kind="shipment")
    assert event.sentence == (
        "Delhivery, AWB NEW replaces FIRST, THEIRS at EasyEcom. The label is ours."
    )
    assert SyncJob.objects.get(order=order).due_at == NOW


@pytest.mark.parametrize("named", [None, "SOMEBODY", "THEIRS2", ""])
def test_nothing_is_replaced_that_easyecom_does_not_hold(named):
    order = awb_conflict(pushed(make_order()), "THEIRS")
    before = values_of(order)
    said = None if named is None else Replacement(named, "Ours.")

    with pytest.raises(refusals.AwbConflict) as refused:
        shipments.give_shipment(order, NEW, replacement=said)

    assert refused.value.sentence.startswith("EasyEcom holds another AWB for this order: THEIRS.")
    assert values_of(order) == before


def test_same_details_again_say_nothing_about_a_conflict():
    order = awb_conflict(pushed(make_order()), "THEIRS")
    ours = {name: getattr(order.shipment, name) for name in NEW}
    before = values_of(order)

    assert shipments.give_shipment(order, ours) is False

    assert values_of(order) == before
    assert not Event.objects.filter(kind="shipment").exists()


@pytest.mark.parametrize("said", [None, Replacement("THEIRS", "Ours.")])
def test_no_word_about_a_conflict_takes_the_awb_of_another_order(said):
    taken = "THEIRS" if said is None else "NEW"
    make_shipment(make_order(), courier="Delhivery", awb_number=taken)
    order = awb_conflict(pushed(make_order()), "THEIRS")
    before = values_of(order)

    with pytest.raises(refusals.AwbTaken):
        shipments.give_shipment(order, NEW | {"awb_number": taken}, replacement=said)

    assert values_of(order) == before


LABEL, INVOICE = "https://labels.test/1.pdf", "https://labels.test/1-invoice.pdf"


@pytest.mark.parametrize("stands", [OPEN, ASSIGNED])
def test_link_that_is_left_out_stays_whether_easyecom_has_the_awb_or_not(stands):
    """Booon's label and invoice come by different ways, each with the AWB and without the other."""
    order = order_at(Stage.AWAITING_CARRIER, stands)
    awb = {"courier": "Delhivery", "awb_number": f"OLD-{order.pk}"}

    shipments.give_shipment(order, {**awb, "label_url": LABEL, "invoice_url": ""})
    shipments.give_shipment(order, {**awb, "label_url": "", "invoice_url": INVOICE})
    last = shipments.give_shipment(order, {**awb, "label_url": "", "invoice_url": ""})

    kept = ShipmentDetails.objects.get(order=order)
    assert (kept.label_url, kept.invoice_url) == (LABEL, INVOICE)
    assert last is False


def test_invoice_is_the_orders_and_stays_with_another_awb_whose_label_is_another():
    order = order_at(Stage.AWAITING_CARRIER, OPEN)
    ShipmentDetails.objects.update(label_url=LABEL, invoice_url=INVOICE)
    other = {"courier": "Delhivery", "awb_number": "NEW", "label_url": "", "invoice_url": ""}

    shipments.give_shipment(order, other)

    kept = ShipmentDetails.objects.get(order=order)
    assert (kept.awb_number, kept.label_url, kept.invoice_url) == ("NEW", "", INVOICE)


# Where a form is shown ---------------------------------------------------------------------------

UNTIL_MANIFESTED = (Stage.AWAITING_CARRIER, Stage.CARRIER_ASSIGNED)


@pytest.mark.parametrize(("stage", "stands"), GIVEN)
def test_form_for_details_is_there_while_details_may_be_given(stage, stands):
    order = Order.objects.get(pk=order_at(stage, stands).pk)
    is_open = stage == Stage.RECEIVED and stands in (NONE, OPEN)
    may_be_given = is_open or (stage in UNTIL_MANIFESTED and stands != BEGUN)

    assert shipments.takes_shipment(order) is may_be_given


@pytest.mark.parametrize("stands", [NONE, OPEN])
def test_order_that_was_cancelled_at_easyecom_has_no_form(stands):
    order = order_at(Stage.AWAITING_CARRIER, stands)
    order.change(cancelled_at_easyecom=NOW)

    assert shipments.takes_shipment(Order.objects.get(pk=order.pk)) is False


@pytest.mark.parametrize(("stage", "stands"), GIVEN)
@pytest.mark.parametrize("doubt", ["", "awb_unknown"])
def test_awb_that_easyecom_took_may_be_replaced_while_there_is_no_doubt(stage, stands, doubt):
    order = order_at(stage, stands)
    order.doubt = doubt
    shipment = ShipmentDetails.objects.filter(order=order).first()
    is_taken = stage in UNTIL_MANIFESTED and stands == ASSIGNED

    assert shipments.is_replaceable(shipment, order) is (is_taken and not doubt)


# Calls that are on their way ---------------------------------------------------------------------


def replaced(order):
    said = Replacement(order.shipment.awb_number, "The courier missed the pickup.")
    return shipments.give_shipment(order, NEW, replacement=said)


def with_label(order):
    shipment = order.shipment
    links = {"label_url": LABEL, "invoice_url": ""}
    awb = {"courier": shipment.courier, "awb_number": shipment.awb_number}
    return shipments.give_shipment(order, awb | links)


@pytest.mark.parametrize("act", [replaced, with_label])
def test_nothing_is_given_while_an_awb_of_this_order_is_on_its_way(act):
    order = Order.objects.get(pk=order_at(Stage.CARRIER_ASSIGNED, ASSIGNED).pk)
    open_call(order, kind="assign_awb")

    with pytest.raises(refusals.AwbOnItsWay):
        act(order)


@pytest.mark.parametrize("act", [replaced, with_label])
def test_other_calls_and_those_of_other_orders_are_in_nobodys_way(act):
    order, other = (order_at(Stage.CARRIER_ASSIGNED, ASSIGNED) for _ in range(2))
    open_call(order, kind="find_order")
    open_call(other, kind="assign_awb")
    open_call(order, kind="assign_awb", is_open=False)

    assert act(Order.objects.get(pk=order.pk)) is True


def test_awb_that_gave_way_is_kept_with_its_links_and_when_it_was_taken():
    order = Order.objects.get(pk=order_at(Stage.CARRIER_ASSIGNED, ASSIGNED).pk)
    ShipmentDetails.objects.update(label_url=LABEL, invoice_url=INVOICE, assigned_at=EARLIER)

    replaced(order)

    old = ReplacedAwb.objects.get()
    assert (old.order, old.courier, old.awb_number) == (order, "Delhivery", f"OLD-{order.pk}")
    assert (old.label_url, old.invoice_url) == (LABEL, INVOICE)
    assert (old.assigned_at, old.replaced_at) == (EARLIER, NOW)
    assert (old.actor, old.reason) == ("booon", "The courier missed the pickup.")
    event = Event.objects.get(order=order)
    assert event.sentence == (
        f"Delhivery, AWB NEW is to replace OLD-{order.pk} at EasyEcom. "
        "The courier missed the pickup."
    )
    kept = ShipmentDetails.objects.get(order=order)
    assert (kept.awb_number, kept.replaces) == ("NEW", f"OLD-{order.pk}")
    assert (kept.assign_begun_at, kept.assigned_at) == (None, None)


@pytest.mark.parametrize(
    ("reason", "stands"), [("awb_rejected", ("", "")), ("awb_late", ("awb_late", "Detail."))]
)
def test_links_that_come_later_end_a_refusal_and_no_other_reason(reason, stands):
    order = Order.objects.get(pk=order_at(Stage.CARRIER_ASSIGNED, ASSIGNED).pk)
    order.change(blocked_reason=reason, blocked_detail="Detail.")

    assert with_label(order) is True

    order.refresh_from_db()
    assert (order.blocked_reason, order.blocked_detail) == stands
    event = Event.objects.get()
    assert (event.order, event.kind) == (order, "shipment")
    assert event.sentence == f"Given later: the label of AWB OLD-{order.pk}."
    kept = ShipmentDetails.objects.get()
    assert (kept.label_url, kept.has_new_links) == (LABEL, True)


def test_links_that_were_erased_with_the_buyer_are_no_news():
    order = order_at(Stage.CARRIER_ASSIGNED, ASSIGNED)
    order.change(buyer_erased_at=NOW)
    awb = {"courier": "Delhivery", "awb_number": f"OLD-{order.pk}"}

    assert shipments.give_shipment(order, {**awb, "label_url": LABEL, "invoice_url": ""}) is False
    with pytest.raises(refusals.AlreadyAssigned):
        shipments.give_shipment(order, NEW)


def test_form_that_was_drawn_before_others_came_is_told():
    order = order_at(Stage.AWAITING_CARRIER, NONE)
    assert shipments.give_shipment(order, NEW, seen="none") is True

    with pytest.raises(refusals.GivenMeanwhile):
        shipments.give_shipment(order, NEW | {"awb_number": "NEWER"}, seen="none")


def test_order_whose_awb_another_took_at_the_same_moment_is_told(monkeypatch):
    def taken(*_):
        raise IntegrityError("unique")

    monkeypatch.setattr(shipments, "save_shipment", taken)

    with pytest.raises(refusals.AwbTaken) as refusal:
        shipments.give_shipment(make_order(), NEW)

    assert refusal.value.sentence == (
        "Another order that is not manifested yet has this courier's AWB number. "
        "One of the two is wrong."
    )
