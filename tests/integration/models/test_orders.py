"""What a row says of itself and what a query says of it agree."""

import pytest
from django.utils import timezone

from integration.models import Order
from tests.factories import make_order, make_shipment

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

FIELDS = {
    "received": {},
    "awaiting_carrier": {"easyecom_invoice_id": "91"},
    "carrier_assigned": {"easyecom_invoice_id": "91"},
    "manifested": {"easyecom_invoice_id": "91", "manifested_at": timezone.now()},
    "withdrawn": {},
}


@pytest.mark.parametrize(
    ("stage", "shipment", "has_call"),
    [
        ("received", "none", True),
        ("received", "given", True),
        ("awaiting_carrier", "none", False),
        ("awaiting_carrier", "given", True),
        ("awaiting_carrier", "assigned", False),
        # Another AWB takes the place of the assigned one.
        ("carrier_assigned", "given", True),
        ("carrier_assigned", "assigned", False),
        ("manifested", "given", False),
        ("withdrawn", "none", False),
    ],
)
def test_order_has_a_call_to_make_until_it_is_at_easyecom_with_its_awb(stage, shipment, has_call):
    order = make_order(stage=stage, **FIELDS[stage])
    details = None
    if shipment != "none":
        assigned_at = timezone.now() if shipment == "assigned" else None
        details = make_shipment(order, assigned_at=assigned_at)

    assert order.has_call_to_make(details) is has_call
    assert Order.objects.with_call_to_make().filter(pk=order.pk).exists() is has_call
