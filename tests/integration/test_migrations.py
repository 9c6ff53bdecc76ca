"""What a migration makes of rows that older code left."""

from importlib import import_module

import pytest
from django.apps import apps

from integration.models import Order
from tests.factories import awb_conflict, make_order, pushed

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("awbs", [["XB-1"], ["XB-1", "XB-2"], []])
def test_awb_conflicts_of_before_are_looked_at_before_anything_is_sent(awbs):
    order = awb_conflict(pushed(make_order()), *awbs)
    order.clear_doubt()
    order.mark_blocked("awb_conflict", f"It is {', '.join(awbs)}." if awbs else "It is another.")
    type(order.shipment).objects.update(at_easyecom=None, assign_begun_at=None)
    migration = import_module("integration.migrations.0020_doubt_of_awb_conflicts")

    migration.doubt_again(apps, None)

    order = Order.objects.select_related("shipment").get()
    assert order.is_in_doubt and order.shipment.assign_begun_at is not None
    assert order.shipment.awbs_at_easyecom == (awbs or ["another"])
