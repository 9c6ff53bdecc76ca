"""Stock levels: a batch of lines is folded to the newest of each, then written in one go.

Newest is by (delivery id, line) and by nothing else: EasyEcom sends no time with a level. The
guard stands in the statement itself, so levels end the same whatever the order of the writes.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection

from integration.easyecom import Level
from integration.goods import mapping
from integration.models import Change, Delivery, UnmappedSku

CHUNK = 5000

# Rows go in as one value for each column, or one for all: no limit on variables matters.
ARRAYS = """
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::bigint[],
                         %s::int[], %s::int[])
    AS row (seller_id, location_id, sku, quantity, arrival, line, previous)
"""
JSON = """
    SELECT value ->> 0 AS seller_id, value ->> 1 AS location_id, value ->> 2 AS sku,
           value ->> 3 AS quantity, value ->> 4 AS arrival, value ->> 5 AS line,
           value ->> 6 AS previous
    FROM json_each(%s)
"""
# A row that comes back was written; its `previous` is the quantity that stood there before.
LEVELS = """
    INSERT INTO integration_stocklevel AS stock
        (updated_at, seller_id, location_id, sku, quantity, arrival, line)
    SELECT %s, seller_id, location_id, sku, quantity, arrival, line FROM ({rows}) AS new WHERE true
    ON CONFLICT (location_id, sku) DO UPDATE SET
        previous = stock.quantity,
        quantity = excluded.quantity,
        arrival = excluded.arrival,
        line = excluded.line,
        updated_at = CASE
            WHEN stock.quantity = excluded.quantity THEN stock.updated_at ELSE excluded.updated_at
        END
    WHERE (excluded.arrival, excluded.line) > (stock.arrival, stock.line)
    RETURNING seller_id, location_id, sku, quantity, arrival, line, previous
"""
LEDGER = """
    INSERT INTO integration_stockentry (at, location_id, sku, quantity, previous, delivery_id, line)
    SELECT %s, location_id, sku, quantity, previous, arrival, line FROM ({rows}) AS written
"""
CHANGES = """
    INSERT INTO integration_change (at, type, seller_id, location_id, data)
    SELECT %s, %s, seller_id, location_id,
           {object}('sku', sku, 'quantity', quantity, 'previous', previous)
    FROM ({rows}) AS written
"""


class Row(NamedTuple):
    """A level on its way in or back; `previous` is known on the way back only."""

    seller_id: int
    location_id: int
    sku: str
    quantity: int
    arrival: int
    line: int
    previous: int | None = None


def apply(told: Iterable[tuple[Delivery, Level]], now: datetime) -> None:
    """Write the levels that these deliveries told of their own locations.

    What an older delivery says about a level that a newer one has set changes nothing. Every
    level that really changed gets a ledger row and a change for Booon.
    """
    # Sorted, so that two writers can't wait for each other.
    levels = iter(sorted(folded(told), key=lambda row: (row.location_id, row.sku)))
    while chunk := list(islice(levels, CHUNK)):
        written = write(chunk, now)
        note_new(written, now)
        changed = [row for row in written if row.quantity != row.previous]
        if changed:
            run(LEDGER, changed, now)
            run(CHANGES, changed, now, Change.Type.STOCK_UPDATED)


def note_new(written: Iterable[Row], now: datetime) -> None:
    """A SKU that is new to its location may be one that no product has."""
    mapping.note(
        UnmappedSku(
            seller_id=row.seller_id,
            sku=row.sku,
            source=UnmappedSku.Source.DELIVERY,
            location_id=row.location_id,
            delivery_id=row.arrival,
            named_at=now,
        )
        for row in written
        if row.previous is None
    )


def folded(told: Iterable[tuple[Delivery, Level]]) -> Iterable[Row]:
    """The newest word on each (location, SKU)."""
    newest: dict[tuple[int, str], Row] = {}
    for delivery, level in told:
        place = (delivery.location_id, level.sku)
        stands = newest.get(place)
        if stands is None or (delivery.pk, level.line) > (stands.arrival, stands.line):
            newest[place] = Row(
                delivery.location.seller_id, *place, level.quantity, delivery.pk, level.line
            )
    return newest.values()


def write(levels: Sequence[Row], now: datetime) -> list[Row]:
    """One guarded statement. Returns the rows it wrote, and what stood there before."""
    return [Row(*found) for found in run(LEVELS, levels, now)]


def run(statement: str, rows: Sequence[Row], now: datetime, *more: str) -> list[tuple[Any, ...]]:
    """One statement over many rows, with what it returns."""
    if connection.vendor == "postgresql":
        sql = statement.format(rows=ARRAYS, object="jsonb_build_object")
        values: list[Any] = [list(column) for column in zip(*rows, strict=True)]
    else:
        sql = statement.format(rows=JSON, object="json_object")
        values = [json.dumps(rows)]
    at = connection.ops.adapt_datetimefield_value(now)
    with connection.cursor() as cursor:
        cursor.execute(sql, [at, *more, *values])
        return list(cursor.fetchall()) if cursor.description else []
