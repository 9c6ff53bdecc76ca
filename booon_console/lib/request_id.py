"""The id of the request that is being served, as the logs have it."""

import re

import structlog

CORRELATION_ID = re.compile(r"[\x21-\x7e]{1,64}\Z")


def correlation_id() -> str:
    """The request's id in the logs; a caller may have chosen it."""
    found = structlog.contextvars.get_contextvars().get("request_id", "")
    return found if CORRELATION_ID.match(found) else ""
