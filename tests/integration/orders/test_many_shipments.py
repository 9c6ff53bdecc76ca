"""What giving details would come to is what giving them comes to, wherever an order stands."""

import pytest

from booon_console.lib import clock
from integration.models import Event, Order, ShipmentDetails
from integration.orders import many_shipments, shipments
from integration.orders.many_shipments import GivenShipment
from integration.orders.refusals import Conflict
from tests.factories import awb_conflict, make_order, make_shipment, pushed

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NEW = {"courier": "Delhivery", "awb_number": "NEW-1", "label_url": "", "invoice_url": ""}


def assigned(**fields):
    order = pushed(make_order())
    make_shipment(order, assigned_at=clock.now(), awb_number="OLD-1", **fields)
    order.change(stage="carrier_assigned")
    return order


def with_details(**fields):
    order = pushed(make_order())
    make_shipment(order, **fields)
    return order


def manifested(**fields):
    order = assigned(**fields)
    order.change(stage="manifested", manifested_at=clock.now())
    return order


def cancelled():
    order = pushed(make_order())
    order.change(cancelled_at_easyecom=clock.now())
    return order


def in_doubt():
    order = assigned()
    order.change(doubt="awb_unknown", doubt_since=clock.now())
    return order


def taken_by_another():
    make_shipment(pushed(make_order()), awb_number="new-1")
    return pushed(make_order())


def free_again():
    other = pushed(make_order())
    make_shipment(other, awb_number="NEW-1")
    other.change(stage="manifested", manifested_at=clock.now())
    return pushed(make_order())


LINK = {"label_url": "https://l.test/1.pdf"}
CASES = {
    "unsent": (make_order, {}),
    "waits": (lambda: pushed(make_order()), {}),
    "has_others": (lambda: with_details(awb_number="OLD-1"), {}),
    "has_the_same": (lambda: with_details(awb_number="NEW-1"), {}),
    "on_its_way": (lambda: with_details(awb_number="OLD-1", assign_begun_at=clock.now()), {}),
    "assigned": (assigned, {}),
    "assigned_the_same": (assigned, {"awb_number": "old-1"}),
    "assigned_with_a_link": (assigned, {"awb_number": "OLD-1", **LINK}),
    "in_doubt": (in_doubt, {}),
    "in_doubt_with_a_link": (in_doubt, {"awb_number": "OLD-1", **LINK}),
    "withdrawn": (lambda: make_order(stage="withdrawn"), {}),
    "cancelled": (cancelled, {}),
    "manifested": (manifested, {}),
    "manifested_the_same": (manifested, {"awb_number": "OLD-1"}),
    "conflict": (lambda: awb_conflict(pushed(make_order()), "XB-1"), {}),
    "conflict_theirs": (lambda: awb_conflict(pushed(make_order()), "XB-1"), {"awb_number": "xb-1"}),
    "taken": (taken_by_another, {}),
    "free_again": (free_again, {}),
}


def told(outcome):
    return outcome.sentence if isinstance(outcome, Conflict) else outcome


@pytest.mark.parametrize("case", CASES)
def test_what_is_foreseen_is_what_comes(case):
    make, change = CASES[case]
    pk = make().pk
    order = Order.objects.select_related("shipment").get(pk=pk)
    given = [GivenShipment(order, NEW | change)]
    before = list(ShipmentDetails.objects.values()), Event.objects.count()

    foreseen = many_shipments.foresee(given)

    assert (list(ShipmentDetails.objects.values()), Event.objects.count()) == before
    came = many_shipments.give(given, actor="asha")
    assert list(map(told, foreseen)) == list(
        map(told, came)
    )  # weak: that they agree is the promise


def test_version_that_is_not_there_any_more_is_foreseen_and_refused():
    pk = with_details(awb_number="OLD-1").pk
    order = Order.objects.select_related("shipment").get(pk=pk)

    for seen, is_taken in (("none", False), (shipments.version_of(order.shipment), True)):
        given = [GivenShipment(order, NEW, seen=seen)]
        assert (many_shipments.foresee(given) == [True]) is is_taken
        assert (many_shipments.give(given, actor="asha") == [True]) is is_taken


def test_second_row_of_one_awb_is_foreseen_as_taken():
    orders = [pushed(make_order()) for _ in range(2)]
    given = [GivenShipment(order, NEW) for order in orders]

    foreseen = many_shipments.foresee(given)

    assert foreseen[0] is True
    came = many_shipments.give(given)
    assert list(map(told, foreseen)) == list(
        map(told, came)
    )  # weak: that they agree is the promise


def test_details_are_given_with_who_gives_them_and_what_they_replace():
    order = assigned()
    said = shipments.Replacement("OLD-1", "The courier missed the pickup.")

    came = many_shipments.give(
        [GivenShipment(order, NEW, replacement=said)], actor="asha", correlation_id="c-7"
    )

    assert came == [True]
    event = Event.objects.get(order=order, kind="shipment")
    assert (event.actor, event.correlation_id) == ("asha", "c-7")
    assert ShipmentDetails.objects.get(order=order).replaces == "OLD-1"


def test_own_details_once_more_say_nothing_about_two_awbs():
    order = awb_conflict(pushed(make_order()), "XB-1")
    ours = {name: getattr(order.shipment, name) for name in NEW}
    order = Order.objects.select_related("shipment").get(pk=order.pk)

    assert many_shipments.foresee([GivenShipment(order, ours)]) == [False]
    assert many_shipments.give([GivenShipment(order, ours)]) == [False]
