"""How many calls a minute an API key may make (docs/decisions/0062-what-a-key-opens.md).

A minute's calls are allotted to each web server by the database, a part at a time, so that all
servers together keep to the number and few requests write for it.
"""

import math
import threading
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from integration.models import ApiKey

# So many parts a minute's calls are allotted in.
PARTS = 50
MINUTE = timedelta(minutes=1)


class TooManyCalls(APIException):
    """`retry_after` is in seconds."""

    status_code = status.HTTP_429_TOO_MANY_REQUESTS

    def __init__(self, most: int, retry_after: int) -> None:
        super().__init__(
            f"This API key has made its {most:,} calls of this minute. Go on after {retry_after} s."
        )
        self.retry_after = retry_after


class Calls:
    """What this process was allotted and has not used, by key."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.left: dict[int, tuple[datetime, int]] = {}

    def take(self, key: ApiKey, most: int, minute: datetime) -> int | None:
        """One call of the key's `most` in this minute, and how many are left here; None: no more.

        Asks the database when none is left here.
        """
        with self.lock:
            left = self.left_in(minute, key)
            if left:
                self.left[key.pk] = (minute, left - 1)
                return left - 1
        part = max(1, most // PARTS)
        # Where nothing can be written at the moment, reading goes on and writing fails by itself.
        with suppress(OperationalError):
            if not key.allot(part, most, minute):
                return None
        with self.lock:
            left = self.left_in(minute, key) + part - 1
            self.left[key.pk] = (minute, left)
        return left

    def left_in(self, minute: datetime, key: ApiKey) -> int:
        of, left = self.left.get(key.pk, (minute, 0))
        return left if of == minute else 0


calls = Calls()


class KeyRate(BaseThrottle):
    """429 with Retry-After once a key has made its calls of this minute."""

    def allow_request(self, request: Request, view: Any) -> bool:
        """Raises TooManyCalls. To the minute this host's clock will do, and costs no query."""
        key = cast(ApiKey, request.auth)
        most = most_of(key)
        if not most:
            return True
        minute, seconds = this_minute()
        left = calls.take(key, most, minute)
        view.rate_headers = rate_headers(key, at_most=most - 1)
        if left is None:
            raise TooManyCalls(most, seconds)
        return True


def rate_headers(key: ApiKey, at_most: int | None = None) -> dict[str, str]:
    """What the key has left of this minute; takes none of it."""
    most = most_of(key)
    if not most:
        return {}
    minute, seconds = this_minute()
    # At least: what other servers were allotted and have not used is not counted.
    left = calls.left_in(minute, key) + max(most - key.allotted_in(minute), 0)
    return {
        "RateLimit-Limit": str(most),
        "RateLimit-Remaining": str(min(left, most if at_most is None else at_most)),
        "RateLimit-Reset": str(seconds),
    }


def this_minute() -> tuple[datetime, int]:
    """When it began, and the seconds until it is over."""
    now = timezone.now()
    minute = now.replace(second=0, microsecond=0)
    return minute, math.ceil((minute + MINUTE - now).total_seconds())


def most_of(key: ApiKey) -> int:
    """Calls a minute; 0: no limit."""
    own = key.calls_per_minute
    return settings.API_CALLS_PER_MINUTE if own is None else own
