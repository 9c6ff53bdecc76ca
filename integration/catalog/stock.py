"""Stock levels: a batch of lines is folded to the newest of each, then written in one go.

Newest is by (delivery id, line) and by nothing else: EasyEcom sends no time with a level. The
guard stands in the statement itself, so levels end the same whatever the order of the writes.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from django.db import connection

from integration.catalog import sku_mapping
from integration.easyecom import Level
from integration.models import Change, Delivery, StockLevel, UnmappedSku

CHUNK = 5000
SAID = ("location_id", "sku", "said")

Place: TypeAlias = tuple[int, str]

# Rows go in as one value for each column, or one for all: no limit on variables matters.
ARRAYS = """
    SELECT * FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::int[], %s::bigint[],
                         %s::int[], %s::text[], %s::int[])
    AS row (seller_id, location_id, sku, quantity, arrival, line, said, previous)
"""
JSON = """
    SELECT value ->> 0 AS seller_id, value ->> 1 AS location_id, value ->> 2 AS sku,
           value ->> 3 AS quantity, value ->> 4 AS arrival, value ->> 5 AS line,
           value ->> 6 AS said, value ->> 7 AS previous
    FROM json_each(%s)
"""
# A row that comes back was written; its `previous` is the quantity that stood there before, kept in
# a column because RETURNING gives the row as it is now. Four things here look idle and are not:
# - The guard is in the statement: two drains may write the same level at once, and reading first
#   could let the older one win. PostgreSQL asks it of the row as the other one left it.
# - It is `>` and not `>=`: a replay has its old number, and must write nothing.
# - `arrival` and `line` move on where the quantity is the same: after 5 and 5 an older 4 that comes
#   late has to lose against the second 5. `updated_at` stays then: Booon asks what changed since.
# - `WHERE true`: without it SQLite reads ON CONFLICT as the ON of a join.
LEVELS = """
    INSERT INTO integration_stocklevel AS stock
        (updated_at, seller_id, location_id, sku, quantity, arrival, line, said)
    SELECT %s, seller_id, location_id, sku, quantity, arrival, line, said
    FROM ({rows}) AS new WHERE true
    ON CONFLICT (location_id, sku) DO UPDATE SET
        previous = stock.quantity,
        quantity = excluded.quantity,
        arrival = excluded.arrival,
        line = excluded.line,
        said = excluded.said,
        updated_at = CASE
            WHEN stock.quantity = excluded.quantity THEN stock.updated_at ELSE excluded.updated_at
        END
    WHERE (excluded.arrival, excluded.line) > (stock.arrival, stock.line)
    RETURNING seller_id, location_id, sku, quantity, arrival, line, said, previous
"""
LEDGER = """
    INSERT INTO integration_stockentry
        (at, location_id, sku, quantity, previous, delivery_id, line, said)
    SELECT %s, location_id, sku, quantity, previous, arrival, line, said FROM ({rows}) AS written
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
    said: str
    previous: int | None = None


def apply(told: Iterable[tuple[Delivery, Level]], now: datetime) -> None:
    """Write the levels that these deliveries told of their own locations.

    What an older delivery says about a level that a newer one has set changes nothing. Every
    level that really changed gets a ledger row and a change for Booon.
    """
    # Sorted, so that two writers can't wait for each other: rows are locked as they are written.
    levels = iter(sorted(folded(told), key=lambda row: (row.location_id, row.sku)))
    while chunk := list(islice(levels, CHUNK)):
        known = said_before(chunk)
        written = upsert_levels(chunk, now)
        record_new_skus(written, now)
        changed = [row for row in written if row.quantity != row.previous]
        told_anew = [row for row in written if row.said and row.said != known.get(place_of(row))]
        if entries := list(dict.fromkeys(changed + told_anew)):
            run_statement(LEDGER, entries, now)
        if changed:
            run_statement(CHANGES, changed, now, Change.Type.STOCK_UPDATED)


def said_before(levels: Iterable[Row]) -> dict[Place, str]:
    """What stood as said of the levels of which something is said now: few ever."""
    places = {place_of(row) for row in levels if row.said}
    if not places:
        return {}
    rows = StockLevel.objects.filter(
        location__in={location for location, _ in places}, sku__in={sku for _, sku in places}
    )
    return {(location, sku): said for location, sku, said in rows.values_list(*SAID)}


def place_of(row: Row) -> Place:
    return row.location_id, row.sku


def record_new_skus(written: Iterable[Row], now: datetime) -> None:
    """A SKU that is new to its location may be one that no product has."""
    sku_mapping.record_unmapped(
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
    """The newest word on each (location, SKU). PostgreSQL refuses a statement that would write one
    row twice, and the ledger has the level that a batch ends with."""
    newest: dict[tuple[int, str], Row] = {}
    for delivery, level in told:
        place = (delivery.location_id, level.sku)
        stands = newest.get(place)
        if stands is None or (delivery.pk, level.line) > (stands.arrival, stands.line):
            newest[place] = Row(
                delivery.location.seller_id,
                *place,
                level.quantity,
                delivery.pk,
                level.line,
                level.said,
            )
    return newest.values()


def upsert_levels(levels: Sequence[Row], now: datetime) -> list[Row]:
    """One guarded statement. Returns the rows it wrote, and what stood there before."""
    return [Row(*found) for found in run_statement(LEVELS, levels, now)]


def run_statement(
    statement: str, rows: Sequence[Row], now: datetime, *more: str
) -> list[tuple[Any, ...]]:
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
