"""The schedule beside whoever changes what it looks at."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from booon_console.lib import clock
from integration.models import Alert, Mark, Order, SyncJob
from integration.monitoring import alerts, reason_refresh
from integration.monitoring.causes import Cause
from integration.orders import shipments
from tests import races
from tests.factories import make_location, make_order, pushed
from tests.integration.orders.test_intake import details

pytestmark = races.marks


def late_order(location=None):
    """Pushed two days ago, without an AWB."""
    order = pushed(make_order(location))
    Order.objects.filter(pk=order.pk).update(pushed_at=clock.now() - timedelta(days=2))
    return order


def give_details(order):
    with transaction.atomic():
        return shipments.give_shipment(order, details())


def test_order_whose_awb_comes_while_late_ones_are_marked_is_not_called_late():
    order = late_order()

    # Not how many were looked at, but what stands on the order.
    races.meet(lambda: give_details(order), reason_refresh.mark_late)

    order.refresh_from_db()
    assert order.blocked_reason == ""


def test_orders_whose_reason_is_renewed_are_locked_by_their_ids_and_before_their_jobs():
    location = make_location()
    first, second = (make_order(location, blocked_reason="credentials_refused") for _ in range(2))
    Order.objects.filter(pk=first.pk).update(blocked_detail="moved")

    count = races.locks_in_order(
        first, [second, first.sync_job, second.sync_job], reason_refresh.renew
    )

    assert count == 2
    assert set(Order.objects.values_list("blocked_reason", flat=True)) == {""}
    assert not SyncJob.objects.exclude(wanted=2).exists()


def test_cause_that_two_see_at_once_is_one_alert():
    cause = Cause(kind=Alert.Kind.WORKER, key="worker", sentence="No worker is at work.")
    now = timezone.now()

    found = races.meet(
        lambda: alerts.record_alerts([cause], now), lambda: alerts.record_alerts([cause], now)
    )

    assert found == (None, None)
    assert Alert.objects.count() == 1


def test_alert_that_ends_while_another_reminds_of_it_is_over():
    cause = Cause(kind=Alert.Kind.WORKER, key="worker", sentence="No worker is at work.")
    now = timezone.now()
    alerts.record_alerts([cause], now - timedelta(days=9))

    races.meet(lambda: alerts.record_alerts([], now), lambda: alerts.record_alerts([cause], now))

    old = Alert.objects.earliest("pk")
    assert (old.cleared_at, old.reminded_at) == (now, None)


def test_mark_never_goes_back():
    now = timezone.now()
    later = now + timedelta(minutes=1)
    Mark.move("round", now - timedelta(minutes=1))

    races.meet(lambda: Mark.move("round", later), lambda: Mark.move("round", now))

    assert Mark.objects.get().at == later
