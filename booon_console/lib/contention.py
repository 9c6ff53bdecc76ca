"""Two transactions in each other's way: PostgreSQL ended one of them, and undid all of it."""

from django.db import OperationalError

# Serialization failure and deadlock.
SQLSTATES = ("40001", "40P01")


def was_in_the_way(problem: Exception) -> bool:
    """Whether the same again may well succeed."""
    is_told = isinstance(problem, OperationalError)
    return is_told and getattr(problem.__cause__, "sqlstate", "") in SQLSTATES
