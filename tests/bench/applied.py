"""`python -m tests.bench.applied ROUNDS LINES…`: applies so many levels again and again to the
database of DATABASE_URL, and prints lines a second as JSON.
"""

import json
import sys
import time
from collections.abc import Callable, Sequence

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from integration.catalog import stock  # noqa: E402
from integration.easyecom import Level  # noqa: E402
from integration.models import Change, Delivery, StockEntry, StockLevel  # noqa: E402
from sellers.models import Location  # noqa: E402
from tests.factories import make_location  # noqa: E402

# The merge: levels under the guard, then from what was written the ledger and the changes.
STAGED = """
    CREATE TEMPORARY TABLE staged (seller_id bigint, location_id bigint, sku text, quantity int,
                                   arrival bigint, line int) ON COMMIT DROP
"""
COPY = "COPY staged (seller_id, location_id, sku, quantity, arrival, line) FROM STDIN"
MERGE = """
    WITH written AS (
        INSERT INTO integration_stocklevel AS stock
            (updated_at, seller_id, location_id, sku, quantity, arrival, line, said)
        SELECT %(at)s, seller_id, location_id, sku, quantity, arrival, line, '' FROM staged
        ON CONFLICT (location_id, sku) DO UPDATE SET
            previous = stock.quantity, quantity = excluded.quantity, arrival = excluded.arrival,
            line = excluded.line, updated_at = excluded.updated_at
        WHERE (excluded.arrival, excluded.line) > (stock.arrival, stock.line)
        RETURNING seller_id, location_id, sku, quantity, previous, arrival, line
    ), ledger AS (
        INSERT INTO integration_stockentry
            (at, location_id, sku, quantity, previous, delivery_id, line, said)
        SELECT %(at)s, location_id, sku, quantity, previous, arrival, line, '' FROM written
    )
    INSERT INTO integration_change (at, type, seller_id, location_id, data)
    SELECT %(at)s, %(type)s, seller_id, location_id,
           jsonb_build_object('sku', sku, 'quantity', quantity, 'previous', previous)
    FROM written
"""
ONE_LEVEL = """
    INSERT INTO integration_stocklevel AS stock
        (updated_at, seller_id, location_id, sku, quantity, arrival, line, said)
    VALUES (?, ?, ?, ?, ?, ?, ?, '')
    ON CONFLICT (location_id, sku) DO UPDATE SET
        previous = stock.quantity, quantity = excluded.quantity, arrival = excluded.arrival,
        line = excluded.line, updated_at = excluded.updated_at
    WHERE (excluded.arrival, excluded.line) > (stock.arrival, stock.line)
"""
ONE_ENTRY = """
    INSERT INTO integration_stockentry
        (at, location_id, sku, quantity, previous, delivery_id, line, said)
    VALUES (?, ?, ?, ?, ?, ?, ?, '')
"""
ONE_CHANGE = """
    INSERT INTO integration_change (at, type, seller_id, location_id, data) VALUES (?, ?, ?, ?, ?)
"""


def main(rounds: int, sizes: Sequence[int]) -> None:
    call_command("migrate", verbosity=0)
    figures = {}
    for size in sizes:
        location = make_location()
        stands = 0
        # First of all the rows are made, which is measured for nobody.
        timed(console, location, size, stands)
        pairs = []
        for _ in range(rounds):
            pair = []
            for apply in (console, reference):
                stands += 1
                pair.append(size / timed(apply, location, size, stands))
            pairs.append(pair)
        rows = StockEntry.objects.filter(location=location).count()
        changes = Change.objects.filter(location=location).count()
        levels = StockLevel.objects.filter(location=location, quantity=stands).count()
        assert (levels, rows, changes) == (size, *[size * (2 * rounds + 1)] * 2), "other rows"
        figures[str(size)] = pairs
    print(json.dumps(figures))  # noqa: T201


def timed(apply: Callable[..., None], location: Location, size: int, quantity: int) -> float:
    """Seconds until it is committed. The lines are there before, as they are once parsed."""
    delivery = Delivery.objects.create(
        location=location, topic="inventory", body=b"{}", received_at=timezone.now()
    )
    levels = [Level(n, f"SKU-{n:06d}", quantity, "", "") for n in range(size)]
    began = time.perf_counter()
    with transaction.atomic():
        apply(delivery, levels)
    return time.perf_counter() - began


def console(delivery: Delivery, levels: Sequence[Level]) -> None:
    stock.apply(((delivery, level) for level in levels), timezone.now())


def reference(delivery: Delivery, levels: Sequence[Level]) -> None:
    seller, place, arrival = delivery.location.seller_id, delivery.location_id, delivery.pk
    at = connection.ops.adapt_datetimefield_value(timezone.now())
    kind = Change.Type.STOCK_UPDATED
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(STAGED)
            with cursor.copy(COPY) as copy:
                for each in levels:
                    copy.write_row((seller, place, each.sku, each.quantity, arrival, each.line))
            cursor.execute(MERGE, {"at": at, "type": kind})
            return
        # As somebody would who knows that nobody else writes: what stood before is not asked for.
        raw = cursor.connection
        before = levels[0].quantity - 1
        raw.executemany(
            ONE_LEVEL,
            ((at, seller, place, each.sku, each.quantity, arrival, each.line) for each in levels),
        )
        raw.executemany(
            ONE_ENTRY,
            ((at, place, each.sku, each.quantity, before, arrival, each.line) for each in levels),
        )
        raw.executemany(
            ONE_CHANGE,
            (
                (at, kind, seller, place, json.dumps({"sku": each.sku, "quantity": each.quantity}))
                for each in levels
            ),
        )


if __name__ == "__main__":
    main(int(sys.argv[1]), [int(size) for size in sys.argv[2:]])
