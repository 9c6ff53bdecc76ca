"""A fresh database for a fuzzer that runs by itself, gone afterwards."""

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def own_database() -> Iterator[None]:
    """Of the kind that TEST_DATABASE_URL names; what is logged meanwhile is of no interest."""
    if connection.vendor == "postgresql":
        connection.settings_dict["TEST"]["NAME"] = f"test_hostile_{os.getpid()}"
    name = connection.settings_dict["NAME"]
    logging.disable(logging.CRITICAL)
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
        logging.disable(logging.NOTSET)
