"""What commands that call EasyEcom, or bind the database, ask before they change anything."""

from django.core.management.base import CommandError

from integration.models import Hold
from integration.sync import database_guard


def check_settings() -> None:
    """Raises CommandError where this shell has other settings than the database is bound to."""
    try:
        database_guard.check_settings()
    except database_guard.OtherSettings as problem:
        raise CommandError(str(problem)) from None


def check_release(row: Hold) -> None:
    """Raises CommandError where a release would bind the database to what nobody else has."""
    try:
        database_guard.check_release(row)
    except database_guard.OtherSettings as problem:
        raise CommandError(str(problem)) from None
