"""A cursor for large values."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper


@contextmanager
def binding_cursor() -> Iterator[CursorWrapper]:
    """Values go to PostgreSQL beside the statement, and bytes as they are; Django's cursor writes
    them into the statement's text, where a body is twice as long and is read twice."""
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            yield cursor
        return
    connection.ensure_connection()
    wrapper = CursorDebugWrapper if connection.queries_logged else CursorWrapper
    with wrapper(psycopg.Cursor(connection.connection), connection) as cursor:
        yield cursor
