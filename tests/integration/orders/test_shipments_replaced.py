"""An AWB that EasyEcom took and that another is to replace, links that come later, and numbers
that couriers use again."""

from datetime import UTC, datetime

import pytest

from booon_console.lib import clock
from integration import easyecom
from integration.easyecom import Call, FoundOrder, Kind
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
from integration.orders import push, refusals, resolution, shipments
from integration.orders.shipments import Replacement
from integration.sync import recovery
from tests.factories import make_location, make_order, make_shipment, open_call, pushed

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
BEFORE = datetime(2026, 11, 20, 5, 0, tzinfo=UTC)
WORDS = "AWB is already assigned to this order"
WHY = "The courier missed the pickup."
LABEL = "https://labels.booon.test/2.pdf"
DONE = easyecom.Done(easyecom.AwbAssigned())
REFUSED = easyecom.Rejected(WORDS)
UNKNOWN = easyecom.OutcomeUnknown("HTTP 502")


@pytest.fixture(autouse=True)
def moment(monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: NOW)


def details(courier="Bluedart", awb_number="7701", **links):
    return {
        "courier": courier,
        "awb_number": awb_number,
        "label_url": "",
        "invoice_url": "",
    } | links


def assigned(location=None, awb_number="8901", **fields):
    """An order whose AWB EasyEcom took."""
    order = pushed(make_order(location))
    make_shipment(
        order,
        awb_number=awb_number,
        assign_begun_at=BEFORE,
        assigned_at=BEFORE,
        **fields,
    )
    order.change(stage=Stage.CARRIER_ASSIGNED)
    SyncJob.objects.filter(order=order).update(status="succeeded", due_at=None)
    return order


def replaced(order, **given):
    """Another AWB is given in the place of 8901."""
    said = Replacement("8901", WHY)
    assert shipments.give_shipment(order, details(**given), replacement=said, actor="asha") is True
    order.refresh_from_db()
    return order


def next_call(order):
    order = Order.objects.get(pk=order.pk)
    found = push.next_call(order, NOW)
    return found if isinstance(found, Call) else None


def answered(order, outcome):
    """Say what is to be said, and settle the answer. Returns what the order does then."""
    order = Order.objects.get(pk=order.pk)
    call = push.next_call(order, NOW)
    assert isinstance(call, Call)
    push.begin(order, call, NOW)
    return push.settle(order, call.kind, outcome, NOW)


def looked_up(order, *awbs):
    nothing = dict.fromkeys(FoundOrder.__dataclass_fields__, "")
    ours = {
        "order_number": order.order_number,
        "invoice_id": order.easyecom_invoice_id,
        "manifested_at": None,
        "total": None,
        "lines": (),
    }
    rows = tuple(FoundOrder(**(nothing | ours | {"awb_number": awb})) for awb in awbs or ("",))
    return answered(order, easyecom.Done(easyecom.OrdersFound(rows)))


def standing(order):
    order = Order.objects.select_related("shipment").get(pk=order.pk)
    return (order.stage, order.doubt, order.blocked_reason, order.shipment.awb_number)


# Replacing -------------------------------------------------------------------------------------


def test_awb_that_easyecom_took_is_replaced_once_somebody_names_it_and_says_why():
    order = replaced(assigned(label_url="https://labels.booon.test/1.pdf"), label_url=LABEL)

    assert order.stage == "carrier_assigned"
    shipment = ShipmentDetails.objects.get(order=order)
    assert (shipment.courier, shipment.awb_number) == ("Bluedart", "7701")
    assert (shipment.label_url, shipment.replaces) == (LABEL, "8901")
    assert (shipment.assign_begun_at, shipment.assigned_at) == (None, None)
    event = Event.objects.get(order=order, kind="shipment")
    assert event.sentence == f"Bluedart, AWB 7701 is to replace 8901 at EasyEcom. {WHY}"
    assert event.actor == "asha"
    job = SyncJob.objects.get(order=order)
    assert (job.status, job.due_at) == ("pending", NOW)
    call = next_call(order)
    assert (call.kind, call.body["awbNum"]) == (Kind.ASSIGN_AWB, "7701")


def test_old_awb_stays_in_the_history():
    order = assigned(label_url="https://labels.booon.test/1.pdf")

    replaced(order)

    [old] = ReplacedAwb.objects.filter(order=order).values()
    assert (old["courier"], old["awb_number"]) == ("Delhivery", "8901")
    assert (old["label_url"], old["invoice_url"]) == ("https://labels.booon.test/1.pdf", "")
    assert (old["assigned_at"], old["replaced_at"]) == (BEFORE, NOW)
    assert (old["actor"], old["reason"]) == ("asha", WHY)


def test_easyecom_takes_the_other_awb():
    order = replaced(assigned())

    assert answered(order, DONE) is None

    assert standing(order) == ("carrier_assigned", "", "", "7701")
    assert ShipmentDetails.objects.get(order=order).assigned_at == NOW
    event = Event.objects.get(order=order, kind="assigned")
    assert event.sentence == "EasyEcom took Bluedart 7701, in the place of the AWB of before."
    assert next_call(order) is None


def test_easyecom_refuses_the_other_awb_and_says_that_it_has_the_old_one():
    order = replaced(assigned())
    assert answered(order, REFUSED) is None
    assert standing(order) == ("carrier_assigned", "awb_rejected", "", "7701")

    rest = looked_up(order, "8901")

    assert rest.status == SyncJob.Status.FAILED
    assert standing(order) == ("carrier_assigned", "", "awb_rejected", "7701")
    order.refresh_from_db()
    assert order.blocked_message == (
        f"EasyEcom refused the shipment details. {WORDS} EasyEcom still has AWB 8901."
    )


@pytest.mark.parametrize(("awb", "courier"), [("8901", "Delhivery"), ("7702", "Bluedart")])
def test_after_a_refusal_the_old_awb_or_a_third_may_be_given_without_saying_it_again(awb, courier):
    order = replaced(assigned())
    answered(order, REFUSED)
    looked_up(order, "8901")

    assert shipments.give_shipment(order, details(courier, awb)) is True

    assert standing(order) == ("carrier_assigned", "", "", awb)
    assert ReplacedAwb.objects.count() == 1
    answered(order, REFUSED)
    looked_up(order, "8901")
    reason = "" if awb == "8901" else "awb_rejected"
    assert standing(order) == ("carrier_assigned", "", reason, awb)


@pytest.mark.parametrize(
    ("shown", "verdict"),
    [
        # The AWB that gives way, or none: it is sent again.
        (("8901",), ("", "", Kind.ASSIGN_AWB)),
        ((), ("", "", Kind.ASSIGN_AWB)),
        ((" 77 01",), ("", "", None)),
        # Neither: somebody says which holds.
        (("5555",), ("awb_unknown", "awb_conflict", Kind.FIND_ORDER)),
    ],
)
def test_lost_answer_about_the_other_awb_is_settled_by_a_look_up(shown, verdict):
    order = replaced(assigned())
    rest = answered(order, UNKNOWN)
    assert (rest.status, rest.code) == (SyncJob.Status.IN_DOUBT, "in_doubt")
    assert standing(order) == ("carrier_assigned", "awb_unknown", "in_doubt", "7701")

    looked_up(order, *shown)

    doubt, reason, kind = verdict
    stage, now_doubt, now_reason, _ = standing(order)
    assert (stage, now_doubt) == ("carrier_assigned", doubt)
    assert now_reason in (reason, "in_doubt" if kind == Kind.ASSIGN_AWB else reason)
    call = next_call(order)
    assert (call and call.kind) == kind


def test_what_never_reached_easyecom_may_be_changed_and_still_replaces_the_old_one():
    order = replaced(assigned())
    answered(order, easyecom.NotSent("No connection"))

    assert shipments.give_shipment(order, details(awb_number="7702")) is True

    shipment = ShipmentDetails.objects.get(order=order)
    assert (shipment.awb_number, shipment.replaces) == ("7702", "8901")
    assert ReplacedAwb.objects.filter(order=order).count() == 1


@pytest.mark.parametrize(
    ("said", "refusal", "sentence"),
    [
        (
            None,
            refusals.AlreadyAssigned,
            "EasyEcom has AWB 8901 for this order. To have it replaced, name it, and say why.",
        ),
        (
            Replacement("8902", WHY),
            refusals.NotAtEasyEcom,
            "EasyEcom holds no such AWB for this order, so there is nothing to replace.",
        ),
    ],
)
def test_no_awb_is_replaced_that_nobody_named(said, refusal, sentence):
    order = assigned()

    with pytest.raises(refusal) as refused:
        shipments.give_shipment(order, details(), replacement=said)

    assert (refused.value.sentence, refused.value.field) == (sentence, "replaces")
    assert standing(order) == ("carrier_assigned", "", "", "8901")
    assert not ReplacedAwb.objects.exists()


@pytest.mark.parametrize("given", [details(), details("Delhivery", "8901", label_url=LABEL)])
def test_nothing_is_replaced_or_added_while_an_answer_is_awaited(given):
    order = assigned()
    open_call(order, kind=Kind.ASSIGN_AWB)

    with pytest.raises(refusals.AwbOnItsWay):
        shipments.give_shipment(order, given, replacement=Replacement("8901", WHY))


@pytest.mark.parametrize("name", ["8901", " 89 01", "89\u00a001", "\uff18901"])
def test_old_awb_is_named_as_anybody_writes_it(name):
    order = assigned()

    said = Replacement(name, WHY)
    assert shipments.give_shipment(order, details(), replacement=said) is True


def test_manifested_order_keeps_its_awb():
    order = assigned()
    order.change(stage="manifested", manifested_at=NOW)

    with pytest.raises(refusals.AlreadyManifested):
        shipments.give_shipment(order, details(), replacement=Replacement("8901", WHY))


def test_manifest_that_overtakes_the_other_awb_ends_the_matter():
    order = replaced(assigned())
    Order.objects.filter(pk=order.pk).update(stage="manifested", manifested_at=NOW)

    assert next_call(order) is None
    for outcome in (DONE, REFUSED, UNKNOWN):
        fresh = Order.objects.get(pk=order.pk)
        assert push.settle(fresh, Kind.ASSIGN_AWB, outcome, NOW) is None
    assert standing(order) == ("manifested", "", "", "7701")


def test_restored_database_doubts_an_awb_that_was_to_replace_another():
    order = replaced(assigned())
    recovery.doubt_the_unsent(datetime(2100, 1, 1, tzinfo=UTC), NOW)

    assert standing(order)[:2] == ("carrier_assigned", "awb_unknown")
    assert next_call(order).kind == Kind.FIND_ORDER


def test_person_says_what_easyecom_has_where_no_look_up_shows_the_order():
    order = replaced(assigned())
    order.mark_in_doubt(Doubt.AWB_UNKNOWN, NOW)
    order.mark_blocked(OrderReason.NOT_FOUND)

    resolution.resolve_order(order, resolution.Answer.AWB_THERE, actor="asha", reason="Looked.")

    assert standing(order) == ("carrier_assigned", "", "", "7701")
    assert next_call(order) is None


def test_sellers_own_awb_that_ours_replaces_is_history_too():
    order = pushed(make_order())
    make_shipment(
        order,
        awb_number="8901",
        assign_begun_at=BEFORE,
        at_easyecom=[{"courier": "Xpress", "awb_number": "X-1"}],
    )
    order.mark_in_doubt(Doubt.AWB_UNKNOWN, NOW)

    said = Replacement("x-1", WHY)
    shipments.give_shipment(order, details("Delhivery", "8901"), replacement=said)

    [old] = ReplacedAwb.objects.filter(order=order)
    assert (old.courier, old.awb_number, old.assigned_at) == ("Xpress", "X-1", None)


# Links that come later -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["label_url", "invoice_url"])
def test_link_that_comes_later_goes_to_easyecom_with_the_same_awb(name):
    order = assigned()

    assert shipments.give_shipment(order, details("delhivery", "8901 ", **{name: LABEL})) is True

    shipment = ShipmentDetails.objects.get(order=order)
    assert (shipment.courier, shipment.awb_number) == ("Delhivery", "8901")
    assert (getattr(shipment, name), shipment.assigned_at) == (LABEL, BEFORE)
    call = next_call(order)
    key = {"label_url": "shippingLabelUrl", "invoice_url": "invoiceUrl"}[name]
    assert (call.kind, call.body["awbNum"], call.body[key]) == (Kind.ASSIGN_AWB, "8901", LABEL)
    assert not ReplacedAwb.objects.exists()

    answered(order, DONE)

    assert next_call(order) is None
    assert ShipmentDetails.objects.get(order=order).assigned_at == BEFORE
    sentences = Event.objects.filter(order=order).order_by("pk").values_list("sentence", flat=True)
    named = {"label_url": "the label", "invoice_url": "the invoice"}[name]
    assert list(sentences) == [f"Given later: {named} of AWB 8901.", "EasyEcom took the links."]


def test_links_that_are_left_out_stay_as_they_are():
    order = assigned(label_url=LABEL)

    assert shipments.give_shipment(order, details("Delhivery", "8901")) is False
    invoice = "https://labels.booon.test/3.pdf"
    assert shipments.give_shipment(order, details("Delhivery", "8901", invoice_url=invoice)) is True

    shipment = ShipmentDetails.objects.get(order=order)
    assert (shipment.label_url, shipment.invoice_url) == (LABEL, invoice)


@pytest.mark.parametrize(
    ("outcome", "shown", "verdict"),
    [
        (REFUSED, "8901", ("", "awb_rejected", Kind.ASSIGN_AWB)),
        (REFUSED, "5555", ("awb_rejected", "awb_conflict", Kind.FIND_ORDER)),
        (UNKNOWN, "8901", ("", "in_doubt", Kind.ASSIGN_AWB)),
        (UNKNOWN, "5555", ("awb_unknown", "awb_conflict", Kind.FIND_ORDER)),
    ],
)
def test_answer_about_links_leaves_the_awb_as_it_is(outcome, shown, verdict):
    order = assigned()
    shipments.give_shipment(order, details("Delhivery", "8901", label_url=LABEL))
    answered(order, outcome)

    looked_up(order, shown)

    stage, doubt, reason, awb = standing(order)
    assert (stage, awb) == ("carrier_assigned", "8901")
    assert (doubt, reason, next_call(order).kind) == verdict
    assert ShipmentDetails.objects.get(order=order).assigned_at == BEFORE


# Used again ------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["manifested", "withdrawn"])
def test_courier_uses_an_awb_again_once_the_other_order_is_over(stage):
    location = make_location()
    first = make_order(location, order_number="BN-OLD")
    make_shipment(first, courier="DTDC", awb_number="8901")
    first.change(
        stage=stage, manifested_at=NOW, easyecom_invoice_id="" if stage == "withdrawn" else "9"
    )
    order = pushed(make_order(location))

    assert shipments.give_shipment(order, details("dtdc", "89 01")) is True

    event = Event.objects.get(order=order, kind="shipment")
    assert event.sentence == (
        f"Given: dtdc, AWB 89 01. Order BN-OLD had this AWB before; it is {stage}."
    )
    third = pushed(make_order(location))
    with pytest.raises(refusals.AwbTaken):
        shipments.give_shipment(third, details("DTDC", "8901"))


def test_order_of_another_seller_is_not_named():
    first = make_order(order_number="BN-SECRET")
    make_shipment(first, courier="DTDC", awb_number="8901")
    first.change(stage="manifested", manifested_at=NOW, easyecom_invoice_id="9")
    order = pushed(make_order())

    shipments.give_shipment(order, details("DTDC", "8901"))

    assert "Another order had this AWB before" in Event.objects.get(order=order).sentence


@pytest.mark.parametrize("stage", ["received", "awaiting_carrier", "carrier_assigned"])
def test_awb_of_an_order_that_is_not_over_is_nobody_elses(stage):
    first = pushed(make_order())
    make_shipment(first, courier="DTDC", awb_number="8901", assigned_at=NOW)
    first.change(stage=stage)
    order = pushed(make_order())

    with pytest.raises(refusals.AwbTaken):
        shipments.give_shipment(order, details("DTDC", "8901"))


def test_replaced_awb_is_free_once_easyecom_took_the_other():
    order = replaced(assigned())
    other = pushed(make_order())
    with pytest.raises(refusals.AwbTaken):
        shipments.give_shipment(other, details("Delhivery", "8901"))

    answered(order, DONE)

    assert shipments.give_shipment(other, details("Delhivery", "8901")) is True
