"""The checker finds what it is there for, and nothing where all is well."""

from typing import Any

import pytest

from tests.faults import checker
from tests.faults.booon import Given
from tests.faults.checker import Ledger, Told

KEY = ("north", "TR-1")


def given() -> Given:
    return Given("north", "TR-1", "en-north-1", "SKU-1", 2, awb_number="AWB1")


def theirs(**changed: Any) -> dict[str, Any]:
    order = {
        "account": "api@north.test",
        "order_number": "TR-1",
        "order_id": 81,
        "invoice_id": 91,
        "location_key": "en-north-1",
        "awb": {"awb_number": "AWB1"},
        "manifested_at": None,
        "lines": [{"sku": "SKU-1", "quantity": 2}],
        "shipping_state": "Maharashtra",
    }
    return order | changed


def ours(**changed: Any) -> dict[str, Any]:
    order = {
        "seller": "north",
        "order_number": "TR-1",
        "stage": "carrier_assigned",
        "blocked_reason": "",
        "easyecom_order_id": "81",
        "easyecom_invoice_id": "91",
        "shipment": {"awb_number": "AWB1", "replaced": []},
    }
    return order | changed


def feed(*stages: str) -> list[dict[str, Any]]:
    return [
        {
            "cursor": str(n),
            "type": "order.stage_changed",
            "seller": "north",
            "data": {"order_number": "TR-1", "stage": stage},
        }
        for n, stage in enumerate(stages, 1)
    ]


WHOLE_FEED = feed("received", "awaiting_carrier", "carrier_assigned")


def found(
    orders: list[dict[str, Any]],
    shown: list[dict[str, Any]],
    changes: list[dict[str, Any]] = WHOLE_FEED,
    **more: Any,
) -> set[tuple[str, str]]:
    carriers = [{"location_key": key} for key in more.get("carriers", ["en-north-1"])]
    levels = more.get("levels", {"SKU-1": 5})
    ledger = Ledger(orders, carriers, {"en-north-1": levels})
    stock = [{"location_key": "en-north-1", "sku": "SKU-1", "quantity": 5}]
    place = {"location_key": "en-north-1", "live": True}
    told = Told(shown, stock, [{"locations": [place]}], changes)
    result = checker.findings({KEY: given()}, ledger, told)
    return {(finding.kind, finding.about) for finding in result}


def test_nothing_is_found_where_all_is_well():
    assert found([theirs()], [ours()]) == set()


def test_order_that_easyecom_has_twice_is_doubled():
    assert found([theirs(), theirs()], [ours()]) == {("doubled", "north TR-1")}


def test_number_that_nobody_gave_is_doubled():
    again = theirs(order_number="TR-1-R")

    assert found([theirs(), again], [ours()]) == {("doubled", "north TR-1-R")}


def test_accepted_order_that_easyecom_lacks_is_lost():
    shown = ours(stage="received", easyecom_order_id=None, easyecom_invoice_id=None)

    assert found([], [shown], feed("received")) == {("lost", "north TR-1")}


def test_accepted_order_that_the_api_does_not_show_is_lost():
    assert ("lost", "north TR-1") in found([theirs()], [])


def test_order_that_waits_for_a_person_is_not_lost():
    shown = ours(stage="received", blocked_reason="not_found")

    assert found([], [shown], feed("received")) == set()


def test_order_said_to_be_pushed_that_easyecom_lacks_is_misread():
    assert found([], [ours()]) == {("misread", "north TR-1")}


def test_order_said_to_have_failed_that_easyecom_has_is_misread():
    shown = ours(stage="received", blocked_reason="rejected")

    assert found([theirs()], [shown], feed("received")) == {("misread", "north TR-1")}


@pytest.mark.parametrize(
    ("changed", "kind"),
    [
        ({"awb": None}, "misread"),
        ({"manifested_at": "2026-11-25T10:00:00+05:30"}, "lost"),
        ({"awb": {"awb_number": "AWB2"}}, "misread"),
        ({"order_id": 82}, "misread"),
        ({"lines": [{"sku": "SKU-1", "quantity": 1}]}, "misread"),
        ({"location_key": "en-north-2"}, "misread"),
        ({"shipping_state": "Ladakh"}, "misread"),
    ],
)
def test_order_that_differs_at_easyecom_is_found(changed, kind):
    assert (kind, "north TR-1") in found([theirs(**changed)], [ours()])


def replaced() -> tuple[Given, dict[str, Any]]:
    """An order with a second AWB, and how the API shows it."""
    order = given()
    order.replaced_awbs, order.awb_number = ["AWB1"], "AWB2"
    return order, ours(shipment={"awb_number": "AWB2", "replaced": [{"awb_number": "AWB1"}]})


@pytest.mark.parametrize(
    ("awb", "sentences"),
    [
        ("AWB1", ["lost: north TR-1: Its AWB is AWB2, at EasyEcom 'AWB1'."]),
        ("AWB2", []),
        ("AWB3", ["misread: north TR-1: EasyEcom has AWB AWB3, which nobody gave."]),
    ],
)
def test_replaced_awb_is_at_easyecom_in_the_end(awb, sentences):
    order, shown = replaced()
    ledger = Ledger([theirs(awb={"awb_number": awb})], [], {})

    found = checker.findings({KEY: order}, ledger, Told([shown], [], [], WHOLE_FEED))

    assert list(map(str, found)) == sentences


def test_awb_of_before_that_is_not_shown_is_lost():
    order, _ = replaced()
    ledger = Ledger([theirs(awb={"awb_number": "AWB2"})], [], {})

    found = checker.findings({KEY: order}, ledger, Told([ours()], [], [], WHOLE_FEED))

    assert [finding.kind for finding in found] == ["lost"]


def test_carrier_registered_twice_is_doubled():
    doubled = found([theirs()], [ours()], carriers=["en-north-1", "en-north-1"])

    assert doubled == {("doubled", "en-north-1")}


def test_live_location_without_a_carrier_is_misread():
    assert found([theirs()], [ours()], carriers=[]) == {("misread", "en-north-1")}


def test_level_that_did_not_arrive_is_lost():
    assert found([theirs()], [ours()], levels={"SKU-1": 4}) == {("lost", "en-north-1 SKU-1")}


def test_stage_that_the_feed_tells_twice_is_misread():
    changes = feed("received", "awaiting_carrier", "awaiting_carrier", "carrier_assigned")

    assert found([theirs()], [ours()], changes) == {("misread", "north TR-1")}


def test_stage_that_the_feed_does_not_tell_is_lost():
    assert found([theirs()], [ours()], WHOLE_FEED[:2]) == {("lost", "north TR-1")}


def corrected() -> Given:
    order = Given("north", "TR-1", "en-north-1", "TRUST-UNTAXED", 2, state="Ladakh")
    order.take_correction()
    return order


def test_easyecom_holding_an_earlier_revision_is_misread():
    order = corrected()
    earlier = [{"sku": "TRUST-UNTAXED", "quantity": 2}]
    ledger = Ledger([theirs(lines=earlier, shipping_state="Ladakh", awb=None)], [], {})
    told = Told([ours(stage="awaiting_carrier")], [], [], feed("received", "awaiting_carrier"))

    found = checker.findings({KEY: order}, ledger, told)

    assert "misread: north TR-1: EasyEcom has an earlier revision of it." in map(str, found)


def test_conflict_with_an_earlier_revision_rests_with_a_person():
    order = corrected()
    earlier = [{"sku": "TRUST-UNTAXED", "quantity": 2}]
    ledger = Ledger([theirs(lines=earlier, shipping_state="Ladakh", awb=None)], [], {})
    told = Told([ours(stage="received", blocked_reason="conflict")], [], [], feed("received"))

    assert checker.findings({KEY: order}, ledger, told) == []
    assert checker.waiting({KEY: order}, ledger, told) == {"conflict with an earlier revision": 1}


def test_corrected_order_at_easyecom_as_it_was_given_last_is_well():
    order = corrected()
    last = [{"sku": "TRUST-1", "quantity": 2}]
    there = theirs(lines=last, shipping_state="Himachal Pradesh", awb=None)
    told = Told([ours(stage="awaiting_carrier")], [], [], feed("received", "awaiting_carrier"))

    assert checker.findings({KEY: order}, Ledger([there], [], {}), told) == []
