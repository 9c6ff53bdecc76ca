"""Which manifests count as lost: none that came, however it came."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from integration.easyecom.payloads import ist_text
from integration.models import Delivery, MissedDelivery, Order
from integration.reconciliation import report
from integration.webhooks import processing
from tests.factories import make_location, make_order, pushed
from tests.integration.deliveries import manifest_row, manifested, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def order() -> Order:
    return pushed(make_order(order_number="BN-1"))


def row(order: Order, **fields: Any) -> dict[str, Any]:
    return (
        manifest_row(order, manifest_date=ist_text(timezone.now() - timedelta(hours=20))) | fields
    )


def reconciled(order: Order) -> Delivery:
    """As a look-up hands it in."""
    fields = {"source": "reconciled", "endpoint": None, "received_at": timezone.now()}
    return stored(order.location, "manifested", [row(order)], **fields)


def webhook(order: Order, body: object) -> Delivery:
    return stored(order.location, "manifested", body, received_at=timezone.now())


def is_missed(order: Order) -> bool:
    processing.drain(5)
    order.refresh_from_db()
    assert order.stage == "manifested"
    return MissedDelivery.objects.filter(order=order).exists()


def test_reconciled_manifest_that_raises_an_order_is_a_miss(order):
    reconciled(order)

    assert is_missed(order)


def test_webhook_never_is(order):
    webhook(order, [row(order)])

    assert not is_missed(order)


@pytest.mark.parametrize("is_first", [True, False])
def test_webhook_that_waits_beside_it_came_in_time(order, is_first):
    """In the same batch; the one with the lower number is applied first."""
    if is_first:
        webhook(order, [row(order)])
        reconciled(order)
        assert not is_missed(order)
    else:
        reconciled(order)
        delivery = webhook(order, [row(order)])
        assert is_missed(order)
        assert MissedDelivery.objects.get().arrived_by == delivery


def test_webhook_that_was_stored_before_and_applied_after_was_no_miss(order):
    delivery = webhook(order, [row(order)])
    Delivery.objects.update(status="asked")
    reconciled(order)
    assert is_missed(order)

    Delivery.objects.filter(pk=delivery.pk).update(status="stored")

    assert not is_missed(order)


def test_webhook_whose_line_could_not_be_applied_came_all_the_same(order):
    webhook(order, [row(order, courier=5, awb_number="x" * 500)])
    reconciled(order)

    assert not is_missed(order)


def test_webhook_that_could_not_be_read_but_names_the_order_came_all_the_same(order):
    webhook(order, b'[{"reference_code": "BN-1", ')
    reconciled(order)

    assert not is_missed(order)


@pytest.mark.parametrize(
    ("before_it_was_due", "is_lost"),
    [
        (timedelta(0), False),
        (timedelta(hours=1), False),
        (timedelta(hours=1, microseconds=1), True),
        (timedelta(days=9), True),
    ],
)
def test_body_that_came_well_before_the_manifest_tells_nothing_of_it(
    order, before_it_was_due, is_lost
):
    """An hour is allowed for, by which EasyEcom's clock and ours may differ."""
    due_at = datetime(2026, 11, 22, 8, 30, tzinfo=UTC)
    unread = webhook(order, b'[{"reference_code": "BN-1", ')
    Delivery.objects.filter(pk=unread.pk).update(received_at=due_at - before_it_was_due)
    told = [row(order, manifest_date=ist_text(due_at))]
    stored(order.location, "manifested", told, source="reconciled", endpoint=None)

    assert is_missed(order) == is_lost


def test_body_at_another_location_tells_nothing_of_it(order):
    elsewhere = make_location(seller=order.seller)
    stored(elsewhere, "manifested", b'[{"reference_code": "BN-1", ', received_at=timezone.now())
    reconciled(order)

    assert is_missed(order)


def test_body_that_the_console_asked_for_itself_is_no_webhook(order):
    fields = {"source": "reconciled", "endpoint": None, "received_at": timezone.now()}
    stored(order.location, "manifested", b'[{"reference_code": "BN-1", ', **fields)
    reconciled(order)

    assert is_missed(order)


@pytest.mark.parametrize(
    "body",
    [
        b'[{"reference_code": "BN-12", ',
        b'{"shipments": [{"reference_code": "BN-1"}], "currentShippingStatus": 1}',
        [{"reference_code": "BN-1", "order_status": "Confirmed"}],
        [{"reference_code": "BN-1_OR2", "invoice_id": 77, "order_status": "Shipped"}],
    ],
    ids=["another order", "another trigger", "not shipped yet", "another part"],
)
def test_webhook_about_something_else_is_not_this_one(order, body):
    webhook(order, body)
    reconciled(order)

    assert is_missed(order)


def test_webhook_that_comes_later_makes_it_late(order):
    reconciled(order)
    assert is_missed(order)
    delivery = webhook(order, [row(order)])
    again = webhook(order, [row(order)])

    processing.drain(5)

    missed = MissedDelivery.objects.get()
    assert (missed.arrived_by, missed.arrived_at) == (delivery, delivery.received_at)
    assert again.pk > delivery.pk
    assert order.events.filter(kind="late_delivery").count() == 1


def test_replay_of_the_console_s_own_delivery_makes_nothing_late(order):
    delivery = reconciled(order)
    assert is_missed(order)

    processing.replay(Delivery.objects.filter(pk=delivery.pk))
    processing.drain(5)

    assert MissedDelivery.objects.get().arrived_at is None
    assert order.events.filter(kind="missed_delivery").count() == 1


def test_report_of_some_sellers_holds_no_others(order):
    other = pushed(make_order())
    for each in (order, other):
        reconciled(each)
        assert is_missed(each)
    week = report.Week.of(timezone.now() - timedelta(hours=20))

    mine = report.figures(week, [order.seller_id])

    assert [(each.location, each.lost) for each in mine] == [(order.location, 1)]
    assert len(report.figures(week)) == 2
    assert report.figures(week, []) == []


def test_order_that_another_delivery_manifested_is_no_miss(order):
    manifested(order.location, row(order))
    processing.drain(5)
    reconciled(order)

    assert not is_missed(order)
