"""What means something on one database only; `make test` runs it there too."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection


def postgresql(reason: str) -> Callable[[Any], Any]:
    elsewhere = pytest.mark.skipif(connection.vendor != "postgresql", reason=reason)
    return lambda test: pytest.mark.postgres(elsewhere(test))


sqlite = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's own")
