"""A look at EasyEcom, a webhook and a person at the same order at once."""

import json
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from integration import easyecom
from integration.models import Delivery, MissedDelivery, Order, ReadBack, SyncJob
from integration.reconciliation import order_comparison, schedule
from integration.webhooks import processing
from tests import races
from tests.factories import make_location
from tests.integration.deliveries import manifest_row, manifested
from tests.integration.reconciliation.test_order_comparison import assigned, shown

pytestmark = races.marks


def asked(order):
    """A look-up of the order that is under way; its answer shows a manifest."""
    schedule.request_overdue(timezone.now())
    job, now = SyncJob.objects.get(kind="checks"), timezone.now()
    with transaction.atomic():
        call = order_comparison.next_call(order_comparison.load(job), now)
    answer = easyecom.read(call, 200, {}, json.dumps(shown(order)).encode())

    def settle():
        with transaction.atomic():
            order_comparison.settle(order_comparison.load(job), call.kind, answer, timezone.now())

    return settle


def test_webhook_that_is_being_applied_while_a_look_up_is_answered_makes_no_miss():
    order = assigned()
    settle = asked(order)
    manifested(order.location, manifest_row(order))
    readings = [processing.parse(delivery) for delivery in processing.next_batch()]

    found = races.meet(lambda: processing.apply(readings), settle)

    assert found == (1, None)
    assert Delivery.objects.get().source == "webhook"
    assert not MissedDelivery.objects.exists()


def test_doubt_that_begins_while_a_look_up_is_answered_leaves_the_order_to_its_own():
    order = assigned()
    settle = asked(order)

    found = races.meet(lambda: order.mark_in_doubt("awb_unknown", timezone.now()), settle)

    assert found == (None, None)
    assert not Delivery.objects.exists()


def test_orders_that_are_asked_about_are_locked_by_their_ids():
    location = make_location()
    first, second = assigned(location), assigned(location)
    Order.objects.filter(pk=first.pk).update(blocked_detail="moved")

    count = races.locks_in_order(
        first, [second], lambda: schedule.request_checks(Order.objects.all(), timezone.now())
    )

    assert count == 2


def test_order_that_is_manifested_while_it_is_asked_about_is_not_asked_about():
    order = assigned()
    now = timezone.now()

    _, count = races.meet(
        lambda: order.change(stage="manifested", manifested_at=now),
        lambda: schedule.request_checks(Order.objects.all(), now),
    )

    order.refresh_from_db()
    assert (count, order.check_asked_at) == (0, None)


def test_order_that_two_ask_about_at_once_keeps_its_place():
    order = assigned()
    earlier = timezone.now()
    later = earlier + timedelta(minutes=1)

    races.meet(
        lambda: schedule.request_checks(Order.objects.all(), earlier),
        lambda: schedule.request_checks(Order.objects.all(), later),
    )

    order.refresh_from_db()
    assert order.check_asked_at == earlier


def test_read_back_that_two_ask_for_at_once_is_one():
    location = make_location()

    def ask(cause):
        schedule.request_read_backs([location.pk], cause, timezone.now())

    found = races.meet(lambda: ask(ReadBack.Cause.SILENCE), lambda: ask(ReadBack.Cause.PERSON))

    assert found == (None, None)
    assert ReadBack.objects.count() == 1
