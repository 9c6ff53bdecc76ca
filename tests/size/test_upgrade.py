"""A database of release 0.1 with many orders migrates while web servers and workers go on.

With 30,000 orders; `UPGRADED_ORDERS=300000` before the command takes so many. What it prints is in
docs/operations.md, Updating.
"""

import os
import random
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import psycopg
import pytest
from django.core.management import call_command
from django.db import connection

from tests import databases
from tests.test_upgrade import count_on, load, url_of

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's locks")

ORDERS = int(os.environ.get("UPGRADED_ORDERS", "30000"))
LONGEST = 1.0
PAUSE = 0.002
AT_ONCE = "-c synchronous_commit=off"
# How many the release's file has, and how often each is copied.
DEMO = 33
COPIES = ORDERS // DEMO - 1
# Orders of it that are manifested, wait for a location, have an AWB conflict, and wait for an AWB.
MET = (1, 10, 20, 33)
# Seconds that a migration took.
WORTH_TELLING = 0.1
# Between a row's id and its next copy's; no table of the release has so many rows.
APART = 10_000
OF_ORDER = {"order_id": f"order_id + n * {APART}"}
# What differs from the copied row, beside its id.
COPIED = {
    "integration_order": {"order_number": "order_number || '-' || n"},
    "integration_orderline": OF_ORDER,
    "integration_shipmentdetails": OF_ORDER | {"awb_number": "awb_number || '-' || n"},
    "integration_syncjob": OF_ORDER,
    "integration_apicall": OF_ORDER,
    "integration_event": OF_ORDER,
    "integration_change": OF_ORDER | {"cursor": f"cursor + n * {APART}"},
    "integration_delivery": {},
}
# For each order that has none; most of the demo's have not come so far.
SHIPMENTS = """
INSERT INTO integration_shipmentdetails (id, order_id, courier, awb_number, label_url, invoice_url,
    assigned_at, created_at, updated_at)
SELECT 1000000000 + id, id, 'Delhivery', '7700' || id, '', '', now(), now(), now()
FROM integration_order
WHERE NOT EXISTS (SELECT 1 FROM integration_shipmentdetails WHERE order_id = integration_order.id)
"""
# What the code of 0.1 does as long as it runs.
WORK = {
    "an order is read": "SELECT id, stage FROM integration_order WHERE id = {n}",
    "an order is written": "UPDATE integration_order SET updated_at = now() WHERE id = {n}",
    "a shipment is written": "UPDATE integration_shipmentdetails SET updated_at = now() "
    "WHERE order_id = {n}",
    "a job is written": "UPDATE integration_syncjob SET updated_at = now() WHERE order_id = {n}",
    "a webhook is kept": "INSERT INTO integration_delivery (topic, source, status, body, size, "
    "reason, reason_message, lines, lines_applied, times_applied, correlation_id, received_at, "
    "location_id, endpoint_id) SELECT topic, source, 'applied', body, size, reason, "
    "reason_message, lines, lines_applied, times_applied, correlation_id, now(), location_id, "
    "endpoint_id FROM integration_delivery WHERE id = {n}",
    "an event is kept": "INSERT INTO integration_event (at, kind, actor, sentence, "
    "correlation_id, order_id) VALUES (now(), 'note', 'console', 'S', '', {n})",
}


@dataclass
class Wait:
    what: str
    began: float
    ended: float

    @property
    def seconds(self) -> float:
        return self.ended - self.began


class Migrating:
    """Its standard output: which migration ran from when to when."""

    def __init__(self) -> None:
        self.spans: dict[str, tuple[float, float]] = {}
        self.name, self.began = "", 0.0

    def write(self, text: str) -> None:
        if "Applying " in text:
            self.name, self.began = text.split("Applying ")[1].rstrip(". "), time.monotonic()
        elif "OK" in text:
            self.spans[self.name] = (self.began, time.monotonic())

    def flush(self) -> None:
        """Nothing is kept back."""

    def isatty(self) -> bool:
        return False

    def during(self, wait: Wait) -> str:
        """The migration that ran for the most of it."""

        def shared(name: str) -> float:
            began, ended = self.spans[name]
            return min(ended, wait.ended) - max(began, wait.began)

        return max(self.spans, key=shared)


@contextmanager
def work(url: str) -> Iterator[list[Wait]]:
    """One statement after another in a thread, each measured. Raises what the database refused."""
    waits: list[Wait] = []
    is_over = threading.Event()

    def go_on() -> None:
        # Locks are measured, not the disk.
        with psycopg.connect(url, autocommit=True, options=AT_ONCE) as server:
            # Anywhere: many rows written in one transaction are not all locked from its start.
            for n in cycle(MET):
                row = n + APART * random.randint(0, COPIES)
                for what, sql in WORK.items():
                    began = time.monotonic()
                    server.execute(sql.format(n=row))  # type: ignore[call-overload]
                    waits.append(Wait(what, began, time.monotonic()))
                if is_over.wait(PAUSE):
                    return

    with ThreadPoolExecutor(1) as pool:
        working = pool.submit(go_on)
        try:
            yield waits
        finally:
            is_over.set()
        working.result()


def multiply() -> None:
    """Each order, and what belongs to it, until there are ORDERS of them."""
    with connection.cursor() as cursor:
        for table, changed in COPIED.items():
            described = connection.introspection.get_table_description(cursor, table)
            given = {each.name: each.name for each in described}
            given |= {"id": f"id + n * {APART}"} | changed
            which = "order_id IS NOT NULL" if "order_id" in changed else "true"
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(given)}) SELECT {', '.join(given.values())} "
                f"FROM {table}, generate_series(1, {COPIES}) AS n WHERE {which}"
            )
        cursor.execute(SHIPMENTS)
        for table in COPIED:
            count_on(cursor, table)
        cursor.execute("ANALYZE")


@pytest.fixture
def big(django_db_setup: None, django_db_blocker: Any) -> Iterator[str]:
    """Its database's URL."""
    with django_db_blocker.unblock(), databases.another() as name:
        load()
        multiply()
        yield url_of(name)


def test_nobody_waits_long_while_a_big_database_migrates(big, capsys):
    migrating = Migrating()
    with work(big) as waits:
        call_command("migrate", stdout=migrating)

    longest: dict[str, Wait] = {}
    for wait in sorted(waits, key=lambda each: each.seconds):
        longest[migrating.during(wait)] = wait
    with capsys.disabled():
        sys.stdout.write("\n".join(figures(migrating.spans, longest, len(waits))))
    late = {name: (wait.what, wait.seconds) for name, wait in longest.items()}
    assert {name: what for name, what in late.items() if what[1] > LONGEST} == {}


def figures(
    spans: dict[str, tuple[float, float]], longest: dict[str, Wait], count: int
) -> Iterator[str]:
    took = {name: ended - began for name, (began, ended) in spans.items()}
    most = max(wait.seconds for wait in longest.values())
    yield f"\n{ORDERS:,} orders: {len(took)} migrations took {sum(took.values()):.0f} s"
    yield f"{count:,} statements went on beside them; the longest waited {most:.2f} s"
    for name, seconds in took.items():
        wait = longest.get(name)
        if seconds > WORTH_TELLING:
            said = f"longest wait {wait.seconds:.2f} s: {wait.what}" if wait else ""
            yield f"  {name:45} {seconds:6.1f} s  {said}"
    yield ""
