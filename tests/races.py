"""Two transactions that meet, in a known sequence: no sleeps, and no luck.

On PostgreSQL only: SQLite has one writer at a time.
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from django.db import connection, connections, transaction

# What a module of such tests is marked with.
marks = [
    pytest.mark.usefixtures("committed"),
    pytest.mark.postgres,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="row locks"),
]
WAITS = "SELECT cardinality(pg_blocking_pids(%s)) > 0"
# A statement that waits longer was not meant to wait.
PATIENCE = "10s"


def meet(first: Callable[[], object], second: Callable[[], object]) -> tuple[Any, Any]:
    """What `first` and `second` returned or raised.

    `second` begins once `first` has done everything but commit, in a connection of its own. `first`
    commits once `second` waits for it, or has ended.
    """
    beside = Beside(second)
    try:
        with transaction.atomic():
            found = first()
            beside.begin()
            beside.until_it_waits()
    finally:
        beside.until_it_ends()
    return found, beside.found


class Beside:
    """Something that is done on a thread, in a database connection of its own."""

    def __init__(self, task: Callable[[], object]) -> None:
        self.task = task
        self.found: Any = None
        self.backend = 0
        self.is_connected = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def begin(self) -> None:
        self.thread.start()
        assert self.is_connected.wait(30)

    def run(self) -> None:
        try:
            with connection.cursor() as cursor:
                cursor.execute(f"SET statement_timeout = '{PATIENCE}'")
                cursor.execute("SELECT pg_backend_pid()")
                (self.backend,) = cursor.fetchone()
            self.is_connected.set()
            self.found = self.task()
        except Exception as problem:
            self.found = problem
        finally:
            connections.close_all()

    def until_it_waits(self) -> bool:
        """Whether it waits for another transaction; False once it has ended."""
        while self.thread.is_alive():
            with connection.cursor() as cursor:
                cursor.execute(WAITS, [self.backend])
                if cursor.fetchone()[0]:
                    return True
            self.thread.join(0.005)
        return False

    def until_it_ends(self) -> None:
        if self.thread.ident is not None:
            self.thread.join(60)
        assert not self.thread.is_alive()


def locks_in_order(lowest: Any, others: Iterable[Any], task: Callable[[], object]) -> Any:
    """What `task` returned or raised. While it waits for `lowest` it has locked none of `others`,
    so that two who lock these rows can't wait for each other."""
    beside = Beside(task)
    try:
        with transaction.atomic():
            locked_at_once(lowest)
            beside.begin()
            assert beside.until_it_waits(), f"{lowest!r} is not locked"
            for row in others:
                locked_at_once(row)
    finally:
        beside.until_it_ends()
    return beside.found


def locked_at_once(row: Any) -> None:
    type(row).objects.select_for_update(nowait=True, no_key=True).get(pk=row.pk)
