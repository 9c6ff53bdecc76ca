"""Rows for every list of the admin, few or many, and people of several kinds."""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.db import models
from django.test import Client
from django.utils import timezone

from booon_console.roles import OPERATOR
from integration.models import (
    Alert,
    Announcement,
    ApiCall,
    ApiKey,
    Attempt,
    BulkItem,
    BulkRun,
    Change,
    Delivery,
    Drift,
    ErrorMessage,
    Event,
    Hold,
    KnownError,
    Listing,
    MissedDelivery,
    Order,
    OrderLine,
    ParkedLine,
    Product,
    ProductPull,
    Quota,
    ReadBack,
    Receiver,
    Refusal,
    SellerLink,
    ShipmentDetails,
    StockEntry,
    StockLevel,
    SyncJob,
    UnmappedSku,
    WebhookEndpoint,
    Worker,
)
from sellers.models import CarrierRegistration, Location, Seller, StaffScope, StaffSession
from tests.factories import ADDRESS, make_location


def have_products(order: Order, *skus: str, **fields: Any) -> None:
    """In the catalog of the order's seller."""
    Product.objects.bulk_create(
        Product(
            seller=order.seller,
            location=order.location,
            sku=sku,
            name=f"The {sku}",
            seen_at=order.created_at,
            **fields,
        )
        for sku in skus
    )


def make_superuser() -> User:
    return User.objects.create_superuser("asha", "asha@booon.test", "pw")


def make_viewer(*codenames: str) -> User:
    """Staff who may view everything, and do what is named."""
    user = User.objects.create_user("vik", "vik@booon.test", "pw", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    user.user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    return user


def person(
    name: str, role: str = OPERATOR, sellers: Collection[Seller] = (), **named: str
) -> Client:
    """Somebody of the staff, logged in; who sees these sellers only, where some are given."""
    user = User.objects.create_user(name, is_staff=True, **named)
    user.groups.add(Group.objects.get(name=role))
    if sellers:
        StaffScope.objects.create(user=user).sellers.set(sellers)
    client = Client()
    client.force_login(user)
    return client


def fill(count: int, start: int = 0) -> None:
    """`count` rows in every table that has a list, each under a seller and location of its own
    where the model allows, so that a query per row would show."""
    now = timezone.now()
    numbers = range(start, start + count)

    def bulk(model: type[models.Model], row: Callable[[int], Any]) -> list[Any]:
        return list(model._default_manager.bulk_create([row(n) for n in numbers]))

    sellers = bulk(Seller, lambda n: Seller(code=f"s{n}", name=f"Seller {n}", api_username="u"))
    of = dict(zip(numbers, sellers, strict=True))
    places = bulk(
        Location,
        lambda n: Location(seller=of[n], location_key=f"k{n}", name="W", token="token-canary"),
    )
    at = dict(zip(numbers, places, strict=True))
    both = {n: {"seller": of[n], "location": at[n]} for n in numbers}
    bulk(Quota, lambda n: Quota(seller=of[n], full_at=now, day=now.date(), used_today=n))
    bulk(
        CarrierRegistration,
        lambda n: CarrierRegistration(
            location_key=f"k{n}", carrier_id=1, state="in_doubt", doubt_since=now
        ),
    )
    orders = bulk(
        Order,
        lambda n: Order(
            **both[n],
            order_number=f"BN-{n}",
            ordered_at=now,
            payment_mode="cod",
            shipping_address=ADDRESS,
            fingerprint=str(n),
            stage="awaiting_carrier",
            easyecom_order_id=f"7{n}",
            easyecom_invoice_id=f"8{n}",
            pushed_at=now - timedelta(hours=n),
            blocked_reason="rejected",
        ),
    )
    order = dict(zip(numbers, orders, strict=True))
    bulk(
        OrderLine,
        lambda n: OrderLine(
            order=order[n], position=0, line_id="1", sku=f"SKU-{n}", quantity=1, unit_price=1
        ),
    )
    bulk(
        ShipmentDetails,
        lambda n: ShipmentDetails(order=order[n], courier="Delhivery", awb_number=f"AWB-{n}"),
    )
    known = bulk(KnownError, lambda n: KnownError(pattern=f"bad {n}", sentence="S", next_step="N"))
    bulk(
        ErrorMessage,
        lambda n: ErrorMessage(
            digest=str(n),
            shape=f"BN-{n}",
            sample="M",
            known=known[n - start],
            first_at=now,
            last_at=now,
        ),
    )
    jobs = bulk(
        SyncJob,
        lambda n: SyncJob(kind="order", **both[n], order=order[n], status="failed", due_at=now),
    )
    job = dict(zip(numbers, jobs, strict=True))
    bulk(
        ApiCall,
        lambda n: ApiCall(
            **both[n],
            job=job[n],
            order=order[n],
            kind="create_order",
            is_write=True,
            is_open=False,
            method="POST",
            path="/x",
            outcome="done",
            started_at=now,
        ),
    )
    bulk(
        WebhookEndpoint,
        lambda n: WebhookEndpoint(
            id=f"endpoint{n:04}",
            location=at[n],
            topic="inventory",
            token_digest=f"token-digest-canary-{n}",
            token_issued_at=now,
            old_digest=f"old-digest-canary-{n}",
            old_until=now + timedelta(days=1),
        ),
    )
    deliveries = bulk(
        Delivery,
        lambda n: Delivery(
            location=at[n],
            topic="inventory",
            status="parked",
            body=b'{"a": 1}',
            received_at=now,
            judged_at=now,
            lines=1,
        ),
    )
    delivery = dict(zip(numbers, deliveries, strict=True))
    bulk(
        MissedDelivery,
        lambda n: MissedDelivery(
            location=at[n], order=order[n], due_at=now, found_at=now, found_by=delivery[n]
        ),
    )
    bulk(
        Drift,
        lambda n: Drift(
            location=at[n], sku=f"SKU-{n}", theirs=1, at=now, delivery=delivery[n], is_mended=True
        ),
    )
    bulk(ReadBack, lambda n: ReadBack(location=at[n], cause="rotation", asked_at=now))
    bulk(ParkedLine, lambda n: ParkedLine(delivery=delivery[n], line=0, order_number=f"BN-{n}"))
    bulk(
        StockLevel,
        lambda n: StockLevel(
            **both[n], sku=f"SKU-{n}", quantity=1, arrival=n, line=0, updated_at=now
        ),
    )
    bulk(
        StockEntry,
        lambda n: StockEntry(
            location=at[n], sku=f"SKU-{n}", quantity=1, delivery=delivery[n], line=0, at=now
        ),
    )
    bulk(
        Product,
        lambda n: Product(
            **both[n], sku=f"SKU-{n}", seen_at=now, is_active=False, gone_at=now, parent_sku="P"
        ),
    )
    bulk(
        Listing,
        lambda n: Listing(
            seller=of[n], sku=f"SKU-{n}", title="T", price=1, created_at=now, updated_at=now
        ),
    )
    bulk(
        UnmappedSku,
        lambda n: UnmappedSku(
            **both[n], sku=f"SKU-{n}", source="order", order=order[n], named_at=now
        ),
    )
    bulk(ProductPull, lambda n: ProductPull(location=at[n], watermark=now))
    changes = bulk(
        Change,
        lambda n: Change(
            cursor=n + 1,
            type="stock.updated",
            at=now,
            **both[n],
            order=order[n],
            data={"sku": "x"},
        ),
    )
    change = dict(zip(numbers, changes, strict=True))
    bulk(Announcement, lambda n: Announcement(cursor=n + 1, change=change[n], key=f"k{n}"))
    bulk(
        Attempt,
        lambda n: Attempt(
            change=change[n],
            webhook_id=f"change_{n + 1}",
            number=1,
            outcome="failed",
            elapsed_ms=5,
            at=now,
        ),
    )
    bulk(Receiver, lambda n: Receiver(name=f"r{n}"))
    bulk(
        Event,
        lambda n: Event(
            at=now, kind="stage", actor="asha", sentence="S", **both[n], order=order[n]
        ),
    )
    bulk(Refusal, lambda n: Refusal(endpoint_id=f"e{n}", cause="no_token", hour=now, last_at=now))
    runs = bulk(BulkRun, lambda n: BulkRun(kind="retry", size=1, frozen_by="asha", frozen_at=now))
    for n, run in zip(numbers, runs, strict=True):
        run.sellers.add(of[n])
    bulk(BulkItem, lambda n: BulkItem(run=runs[n - start], seller=of[n], job=job[n]))
    keys = bulk(
        ApiKey, lambda n: ApiKey(name=f"key {n}", digest=f"digest-canary-{n}", is_limited=True)
    )
    for n, key in zip(numbers, keys, strict=True):
        key.sellers.add(of[n])
    bulk(
        Alert,
        lambda n: Alert(
            key=f"log_in:{n}", kind="log_in", sentence="S", seller=of[n], opened_at=now
        ),
    )
    bulk(Hold, lambda n: Hold(seller=of[n], reason="R", set_at=now, released_at=now))
    person, _is_new = User.objects.get_or_create(username="others", is_staff=True)
    bulk(
        StaffSession,
        lambda n: StaffSession(
            session_key=f"session-canary-{n}",
            session_data="session-canary",
            expire_date=now + timedelta(hours=1),
            user=person,
        ),
    )
    bulk(
        SellerLink,
        lambda n: SellerLink(
            # Before the id of any that a test makes.
            id=f"0000link{n}",
            seller=of[n],
            code=f"s{n}",
            name=f"Seller {n}",
            digest=f"digest-canary-{n}",
            made_at=now,
            made_by="asha",
            expires_at=now + timedelta(days=7),
        ),
    )
    bulk(Worker, lambda n: Worker(id=f"w{n}", host="h", started_at=now, pulsed_at=now, beat_at=now))


def one_of_each() -> Location:
    """A live location beside the bulk rows, with its endpoints."""
    fill(1)
    return make_location()
