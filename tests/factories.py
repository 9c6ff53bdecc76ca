"""Rows for tests: plain functions, every field may be given."""

import hashlib
import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from integration.models import (
    ApiCall,
    Doubt,
    Order,
    OrderLine,
    OrderReason,
    ShipmentDetails,
    SyncJob,
    Topic,
    WebhookEndpoint,
)
from integration.orders import intake, refusals
from integration.orders.facts import OrderFacts
from sellers.models import CarrierRegistration, Location, Seller

numbers = itertools.count(1)


def make_seller(**fields: Any) -> Seller:
    n = next(numbers)
    fields = {
        "code": f"seller-{n}",
        "name": f"Seller {n}",
        "api_username": f"api{n}@seller.test",
        "api_password": f"password-canary-{n}",
        "rate_per_second": 1000,
        "burst": 1000,
    } | fields
    return Seller.objects.create(**fields)


def make_location(*, live: bool = True, token: str = "token-canary", **fields: Any) -> Location:
    """A location; live ones have a token, a registered carrier and both endpoints."""
    n = next(numbers)
    now = timezone.now()
    fields.setdefault("seller", None)
    fields["seller"] = fields["seller"] or make_seller()
    fields = {"location_key": f"en{n:08d}"} | fields
    if live:
        fields = {
            "name": f"Warehouse {n}",
            "city": "Bengaluru",
            "company_id": str(800_000 + n),
            "token": token,
            "token_issued_at": now - timedelta(minutes=5),
            "token_expires_at": now + timedelta(days=90),
            "located_at": now,
            "catalog_seen_at": now,
            "live_at": now,
            "blocked_reason": "",
        } | fields
    location = Location.objects.create(**fields)
    if live:
        make_registration(location, state="registered", company_carrier_id=str(4000 + n))
        make_endpoint(location, Topic.INVENTORY)
        make_endpoint(location, Topic.MANIFESTED)
    return location


def make_registration(location: Location, **fields: Any) -> CarrierRegistration:
    fields = {
        "location_key": location.location_key,
        "carrier_id": settings.EASYECOM_CARRIER_ID,
        "username": settings.EASYECOM_CARRIER_USERNAME,
        "password": settings.EASYECOM_CARRIER_PASSWORD,
    } | fields
    return CarrierRegistration.objects.create(**fields)


def endpoint_token(location: Location, topic: str) -> str:
    """The token that `make_endpoint` gave."""
    return f"token-of-{location.location_key}-{topic}"


def make_endpoint(location: Location, topic: str) -> WebhookEndpoint:
    digest = hashlib.sha256(endpoint_token(location, topic).encode()).hexdigest()
    return WebhookEndpoint.objects.create(
        location=location, topic=topic, token_digest=digest, token_issued_at=timezone.now()
    )


ADDRESS = {
    "name": "Asha Rao",
    "line1": "14 Lake Road",
    "line2": "",
    "city": "Pune",
    "state": "Maharashtra",
    "pincode": "411001",
    "country": "India",
    "phone": "9811100000",
    "email": "asha@buyer.test",
}


def make_order(location: Location | None = None, **fields: Any) -> Order:
    """An order of two lines with its sync job, due now."""
    n = next(numbers)
    location = location or make_location()
    fields = {
        "seller": location.seller,
        "location": location,
        "order_number": f"BN-{n}",
        "ordered_at": datetime(2026, 11, 23, 4, 45, tzinfo=UTC),
        "payment_mode": "cod",
        "collectable_amount": Decimal("266.00"),
        "shipping_charge": Decimal("20.00"),
        "shipping_address": ADDRESS,
        "package": {"weight_g": 100, "length_cm": 10, "width_cm": 10, "height_cm": 10},
        "fingerprint": f"{n:064d}",
    } | fields
    order = Order.objects.create(**fields)
    OrderLine.objects.create(
        order=order,
        position=0,
        line_id=f"BN-{n}-1",
        sku="KURTA-RED-M",
        name="Kurta",
        quantity=2,
        unit_price=Decimal("123.00"),
    )
    SyncJob.objects.create(
        kind=SyncJob.Kind.ORDER,
        seller=order.seller,
        location=location,
        order=order,
        due_at=timezone.now(),
    )
    return order


def make_shipment(order: Order, **fields: Any) -> ShipmentDetails:
    n = next(numbers)
    fields = {"courier": "Delhivery", "awb_number": f"8900{n:06d}"} | fields
    return ShipmentDetails.objects.create(order=order, **fields)


def awb_conflict(order: Order, *awbs: str) -> Order:
    """A pushed order whose AWB had no clear answer, and a look-up that showed these."""
    shipment = make_shipment(
        order,
        assign_begun_at=timezone.now(),
        at_easyecom=[{"courier": "Xpress", "awb_number": awb} for awb in awbs],
    )
    order.mark_in_doubt(Doubt.AWB_UNKNOWN, timezone.now())
    order.mark_blocked(OrderReason.AWB_CONFLICT, f"It is {', '.join(awbs)}.")
    SyncJob.objects.filter(order=order).update(status="failed", due_at=None)
    order.shipment = shipment
    return order


def open_call(order: Order, **fields: Any) -> ApiCall:
    """A Create Order that is on its way, or whose worker ended."""
    now = timezone.now()
    order.change(push_begun_at=order.push_begun_at or now)
    fields = {
        "kind": "create_order",
        "is_write": True,
        "method": "POST",
        "path": "/webhook/v2/createOrder",
        "revision": order.revision,
        "started_at": now,
    } | fields
    return ApiCall.objects.create(
        job=order.sync_job,
        seller=order.seller,
        location=order.location,
        order=order,
        **fields,
    )


def refuse(order: Order, message: str = "Tax Rate Not Set", **fields: Any) -> Order:
    """As EasyEcom refused it, and a look-up showed nothing."""
    order.change(push_begun_at=order.push_begun_at or timezone.now(), **fields)
    order.mark_blocked(OrderReason.REJECTED, message)
    SyncJob.objects.filter(order=order).update(status="failed", due_at=None)
    return order


def pushed(order: Order) -> Order:
    """The order as it stands in Failed Orders."""
    n = next(numbers)
    order.change(
        stage="awaiting_carrier",
        push_begun_at=timezone.now(),
        pushed_at=timezone.now(),
        easyecom_order_id=str(558_000_000 + n),
        easyecom_invoice_id=str(654_000_000 + n),
    )
    return order


def accept(seller: Seller, number: str, facts: OrderFacts, **source: str) -> intake.Receipt:
    """Have one order taken in. Raises as its outcome says."""
    given = intake.Given(seller, number, facts)
    [outcome] = intake.accept([given], **source).outcomes
    if isinstance(outcome, refusals.Refused):
        raise outcome
    return outcome
