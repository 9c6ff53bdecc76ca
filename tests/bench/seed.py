"""`python -m tests.bench.seed ACCOUNTS ORDERS`: sellers that are live, with that many orders due.

What runs by the clock is switched off.
"""

import sys

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402
from django_q.models import Schedule  # noqa: E402

from integration.models import Order, OrderLine, SyncJob  # noqa: E402
from sellers.models import Location  # noqa: E402
from tests.bench.pushes import BURST, RATE  # noqa: E402
from tests.factories import ADDRESS, make_location, make_seller  # noqa: E402


def main(accounts: int, each: int) -> None:
    call_command("migrate", verbosity=0)
    Schedule.objects.all().delete()
    for _ in range(accounts):
        make_location(seller=make_seller(rate_per_second=RATE, burst=BURST))
    SyncJob.objects.update(due_at=None, status="succeeded")
    places = list(Location.objects.select_related("seller"))
    orders = Order.objects.bulk_create(
        order_of(place, number)
        for number, place in enumerate(place for _ in range(each) for place in places)
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            position=0,
            line_id=f"{order.order_number}-1",
            sku="KURTA-RED-M",
            name="Kurta",
            quantity=2,
            unit_price=123,
        )
        for order in orders
    )
    now = timezone.now()
    SyncJob.objects.bulk_create(
        SyncJob(
            kind=SyncJob.Kind.ORDER,
            seller_id=order.seller_id,
            location_id=order.location_id,
            order=order,
            due_at=now,
        )
        for order in orders
    )


def order_of(place: Location, n: int) -> Order:
    return Order(
        seller=place.seller,
        location=place,
        order_number=f"BENCH-{n}",
        ordered_at=timezone.now(),
        payment_mode="prepaid",
        collectable_amount=0,
        shipping_charge=20,
        shipping_address=ADDRESS,
        package={"weight_g": 100, "length_cm": 10, "width_cm": 10, "height_cm": 10},
        fingerprint=f"{n:064d}",
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
