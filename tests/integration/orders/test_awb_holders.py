"""Whose an AWB number is, and when it is free again."""

from datetime import UTC, datetime

import pytest

from integration.models import ReplacedAwb, ShipmentDetails
from integration.orders.awb_holders import holder_of, holders_of, take_awb, taken_by
from integration.orders.refusals import AwbTaken
from tests.factories import make_location, make_order, make_shipment, pushed

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
AWB = {"courier": "Delhivery", "awb_number": "8901"}
NEW = AWB | {"label_url": "", "invoice_url": ""}
OPEN = ("received", "awaiting_carrier", "carrier_assigned")
TAKES = ("awaiting_carrier", "carrier_assigned")
OVER = ("manifested", "withdrawn")


def order_at(stage, location=None, **fields):
    order = make_order(location, **fields)
    if stage not in ("received", "withdrawn"):
        pushed(order)
    order.change(stage=stage, manifested_at=NOW)
    return order


def gave_way(stage, **shipment):
    """An order of which 8901 is to give way to another AWB."""
    order = order_at(stage)
    replaced = make_shipment(order, courier="Delhivery", awb_number="8901")
    ReplacedAwb.objects.create(
        order=order, parcel=replaced.parcel, replaced_at=NOW, actor="meera", **AWB
    )
    replaced.delete()
    make_shipment(order, awb_number="NEW", **shipment)
    return order, replaced.parcel


@pytest.mark.parametrize("stage", OPEN)
def test_open_order_holds_its_awb(stage):
    order = order_at(stage)
    parcel = make_shipment(order, **AWB).parcel
    make_shipment(make_order(), awb_number="8902")

    assert holders_of([parcel]) == {parcel: [order]}


@pytest.mark.parametrize("stage", OVER)
def test_order_that_is_over_holds_none(stage):
    parcel = make_shipment(order_at(stage), **AWB).parcel
    assert holders_of([parcel]) == {}


@pytest.mark.parametrize("stage", TAKES)
def test_awb_that_is_to_give_way_is_held_until_easyecom_took_the_other(stage):
    order, parcel = gave_way(stage)
    assert holders_of([parcel]) == {parcel: [order]}

    ShipmentDetails.objects.update(assigned_at=NOW)
    assert holders_of([parcel]) == {}


@pytest.mark.parametrize("stage", OVER)
def test_awb_that_gave_way_is_free_once_its_order_is_over(stage):
    _, parcel = gave_way(stage)
    assert holders_of([parcel]) == {}


def test_only_awbs_that_are_asked_for_are_told():
    one = make_shipment(make_order(), **AWB)
    _, parcel = gave_way_of_another()
    assert holders_of([one.parcel]) == {one.parcel: [one.order]}
    assert holders_of([]) == {}
    assert set(holders_of([one.parcel, parcel])) == {one.parcel, parcel}


def gave_way_of_another():
    order = order_at("awaiting_carrier")
    shipment = make_shipment(order, courier="Xpress", awb_number="1")
    ReplacedAwb.objects.create(
        order=order,
        courier="Xpress",
        awb_number="OLD",
        parcel="xpress old",
        replaced_at=NOW,
        actor="meera",
    )
    return shipment, "xpress old"


def test_holders_are_read_in_two_queries_however_many_there_are(django_assert_num_queries):
    shipments = [make_shipment(make_order(), awb_number=f"890{n}") for n in range(3)]
    _, parcel = gave_way_of_another()

    with django_assert_num_queries(2):
        found = holders_of([parcel, *(each.parcel for each in shipments)])
        assert sum(len(orders) for orders in found.values()) == 4


def test_holder_is_another_order_than_the_one_that_asks():
    order, other = make_order(), make_order()
    assert holder_of(order, "p", {"p": [order, other]}) == other
    assert holder_of(order, "p", {"p": [order]}) is None
    assert holder_of(order, "p", {"q": [other]}) is None


WRONG = "that is not manifested yet has this courier's AWB number. One of the two is wrong."


def test_holder_is_named_to_its_own_seller_only():
    location = make_location()
    order, same = make_order(location), make_order(location, order_number="BN-9")

    assert taken_by(same, order).sentence == f"Order BN-9 {WRONG}"
    assert taken_by(make_order(), order).sentence == f"Another order {WRONG}"


def test_awb_that_nobody_had_is_taken_without_a_word():
    order = make_order()
    make_shipment(make_order(), awb_number="8902")
    make_shipment(order, **AWB)

    assert take_awb(order, NEW) == ""


@pytest.mark.parametrize("stage", OPEN)
def test_awb_of_an_open_order_is_refused(stage):
    make_shipment(order_at(stage), **AWB)

    with pytest.raises(AwbTaken):
        take_awb(make_order(), NEW)
    assert not ShipmentDetails.objects.get().is_passed_on


@pytest.mark.parametrize(
    ("stage", "word"), [("manifested", "manifested"), ("withdrawn", "withdrawn")]
)
def test_awb_of_an_order_that_is_over_passes_on_and_the_last_is_named(stage, word):
    location = make_location()
    first = make_shipment(order_at("manifested", location), **AWB, is_passed_on=True)
    last = make_shipment(order_at(stage, location, order_number="BN-9"), **AWB)
    other = make_shipment(order_at(stage, location), awb_number="8902")

    said = take_awb(make_order(location), NEW)

    assert said == f" Order BN-9 had this AWB before; it is {stage}."
    passed_on = {each.pk: each.is_passed_on for each in ShipmentDetails.objects.all()}
    assert passed_on == {first.pk: True, last.pk: True, other.pk: False}


def test_order_of_another_seller_is_not_named():
    make_shipment(order_at("manifested"), **AWB)

    assert take_awb(make_order(), NEW) == " Another order had this AWB before; it is manifested."
