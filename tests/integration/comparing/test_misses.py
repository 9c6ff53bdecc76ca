"""Which manifests count as lost: none that came, however it came."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from integration import inbox
from integration.easyecom.payloads import ist_text
from integration.models import Delivery, MissedDelivery, Order
from tests.factories import make_order, pushed
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
    inbox.drain(5)
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

    inbox.drain(5)

    missed = MissedDelivery.objects.get()
    assert (missed.arrived_by, missed.arrived_at) == (delivery, delivery.received_at)
    assert again.pk > delivery.pk
    assert order.events.filter(kind="late_delivery").count() == 1


def test_replay_of_the_console_s_own_delivery_makes_nothing_late(order):
    delivery = reconciled(order)
    assert is_missed(order)

    inbox.replay(Delivery.objects.filter(pk=delivery.pk))
    inbox.drain(5)

    assert MissedDelivery.objects.get().arrived_at is None


def test_order_that_another_delivery_manifested_is_no_miss(order):
    manifested(order.location, row(order))
    inbox.drain(5)
    reconciled(order)

    assert not is_missed(order)
