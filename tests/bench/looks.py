"""`python -m tests.bench.looks SIZES`: fills the database of DATABASE_URL from one number of orders
to the next, asks for each page as staff's browser does, and prints the medians as JSON.
"""

import json
import sys
import time
from collections.abc import Iterator, Sequence
from statistics import median

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.utils import timezone  # noqa: E402

from integration.models import Order, OrderLine, ShipmentDetails  # noqa: E402
from integration.orders.buyer_digests import of_address  # noqa: E402
from sellers.models import Location  # noqa: E402
from tests.factories import ADDRESS, make_location, make_seller  # noqa: E402
from tests.integration.admin.rows import make_superuser  # noqa: E402

SELLERS, AT_ONCE, LOOKS = 50, 5_000, 7
LIST, BOX = "/admin/integration/order/", "/admin/find/"
# What somebody has in hand is of this order, which the smallest of the sizes has too.
ONE = 777
PHONE = 9_000_000_000


def named(n: int) -> str:
    """A family name of its own, of letters alone."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(n))


PAGES = {
    "list: the newest": (LIST, ""),
    "list: page 10": (f"{LIST}?p=10", ""),
    "list: those that wait for an AWB": (f"{LIST}?stage=awaiting_carrier", ""),
    "list: an order number": (f"{LIST}?q=BENCH-{ONE}", ""),
    "list: a SKU of many": (f"{LIST}?q=SKU-{ONE}", ""),
    "box: an order number": (BOX, f"bench-{ONE}"),
    "box: an AWB": (BOX, f"8900{ONE:09d}"),
    "box: the end of an AWB": (BOX, f"{ONE:07d}"),
    "box: a part that every AWB has": (BOX, "8900"),
    "box: an invoice id": (BOX, str(654_000_000 + ONE)),
    "box: a SKU": (BOX, f"SKU-{ONE}"),
    "box: a buyer's number": (BOX, f"+91 {PHONE + ONE}"),
    "box: a buyer's name": (BOX, f"Asha {named(ONE)}"),
    "box: what there is not": (BOX, "no-such-thing"),
}


def main(sizes: Sequence[int]) -> None:
    call_command("migrate", verbosity=0)
    for n in range(SELLERS):
        make_location(seller=make_seller(code=f"seller-{n}", name=f"Seller {n}"))
    client = Client(headers={"host": "127.0.0.1"})
    client.force_login(make_superuser())
    figures: dict[str, list[float]] = {page: [] for page in PAGES}
    before = 0
    for size in sizes:
        fill(before, size)
        before = size
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # Autovacuum does it a minute later.
                cursor.execute("VACUUM ANALYZE")
        for page, (path, words) in PAGES.items():
            figures[page].append(round(median(looks(client, path, words)), 1))
    sys.stdout.write(json.dumps(figures) + "\n")


def looks(client: Client, path: str, words: str) -> Iterator[float]:
    """The first of them fills caches, and is not counted."""
    for look in range(LOOKS + 1):
        began = time.perf_counter()
        answer = client.post(path, {"q": words}) if words else client.get(path)
        if answer.status_code == 302:
            answer = client.get(answer.headers["Location"])
        took = time.perf_counter() - began
        assert answer.status_code == 200, (path, words, answer.status_code)
        if look:
            yield took * 1000


def fill(before: int, size: int) -> None:
    """One of twenty waits for its AWB; the others have one and are on their way."""
    places = list(Location.objects.select_related("seller").order_by("pk"))
    now = timezone.now()
    for first in range(before, size, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, size))
        orders = Order.objects.bulk_create(
            Order(
                seller=places[n % SELLERS].seller,
                location=places[n % SELLERS],
                order_number=f"BENCH-{n}",
                ordered_at=now,
                payment_mode="prepaid",
                collectable_amount=0,
                shipping_address=ADDRESS,
                **of_address({"phone": str(PHONE + n), "name": f"Asha {named(n)}"}),
                fingerprint=f"{n:064d}",
                stage="awaiting_carrier" if n % 20 == 0 else "manifested",
                easyecom_order_id=str(558_000_000 + n),
                easyecom_invoice_id=str(654_000_000 + n),
                push_begun_at=now,
                pushed_at=now,
                manifested_at=None if n % 20 == 0 else now,
            )
            for n in numbers
        )
        numbered = list(zip(numbers, orders, strict=True))
        OrderLine.objects.bulk_create(
            OrderLine(
                order=order,
                position=0,
                line_id="1",
                sku=f"SKU-{n % 5000}",
                quantity=1,
                unit_price=499,
            )
            for n, order in numbered
        )
        ShipmentDetails.objects.bulk_create(
            ShipmentDetails(
                order=order,
                courier="Delhivery",
                awb_number=f"8900{n:09d}",
                parcel=f"delhivery|8900{n:09d}",
                assigned_at=now,
            )
            for n, order in numbered
            if n % 20
        )


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]])
