"""Who may hand in a webhook: the endpoint's token, by digest; and the count of who was refused."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from time import monotonic
from typing import Any, NamedTuple

from django.db import close_old_connections, connection
from django.utils import timezone

from integration.models import WebhookEndpoint

TRUSTED_FOR = 60
MOST_TRUSTED = 10_000
ENDPOINT_ID = re.compile(r"[A-Za-z0-9_-]{1,32}\Z")
COUNT = """
    INSERT INTO integration_refusal AS refusal (endpoint_id, cause, hour, count, last_at)
    VALUES (%s, %s, %s, 1, %s)
    ON CONFLICT (endpoint_id, cause, hour) DO UPDATE SET
        count = refusal.count + 1, last_at = excluded.last_at
"""


class Trusted(NamedTuple):
    """A token that was right, and until when nobody asks the table about it."""

    until: float
    location_id: int


# By (endpoint id, topic, digest of the token). Only what was right gets in.
trusted: dict[tuple[str, str, str], Trusted] = {}


class Refused(Exception):
    """The request is not taken. `endpoint_id` is "" unless the URL names an endpoint of ours."""

    def __init__(self, status: int, cause: str, message: str, endpoint_id: str = "") -> None:
        super().__init__(cause)
        self.status = status
        self.cause = cause
        self.message = message
        self.endpoint_id = endpoint_id


def admit(environ: Mapping[str, Any], endpoint_id: str, topic: str) -> int:
    """The location whose endpoint this token opens. Raises Refused, the same for every cause.

    A yes holds for a minute in this process, a no always reads the table: a new token works at
    once, and an old one may work for a minute more.
    """
    digests = presented(environ)
    # Two tokens make a key that was never put in.
    known = trusted.get((endpoint_id, topic, "".join(digests)))
    if known is not None and known.until > monotonic():
        return known.location_id
    endpoint = find(endpoint_id)
    cause = objection(endpoint, topic, digests)
    if endpoint is None or cause:
        raise Refused(401, cause, "The token does not open this endpoint.", named(endpoint))
    if len(trusted) >= MOST_TRUSTED:
        trusted.clear()
    until = monotonic() + TRUSTED_FOR
    (digest,) = digests
    trusted[endpoint_id, topic, digest] = Trusted(until, endpoint.location_id)
    if digest != endpoint.token_digest:
        note_old(endpoint)
    return endpoint.location_id


def note_old(endpoint: WebhookEndpoint) -> None:
    """EasyEcom still has the old token. Written once a minute, since trust lasts that long."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(old_used_at=timezone.now())


def presented(environ: Mapping[str, Any]) -> set[str]:
    """Digests of the tokens in both headers: none, one, or two that differ."""
    authorization = environ.get("HTTP_AUTHORIZATION", "").strip()
    scheme, _, bearer = authorization.partition(" ")
    # Another scheme's credentials count too, as a token that is surely wrong.
    second = bearer.strip() if scheme.lower() == "bearer" else authorization
    tokens = (environ.get("HTTP_ACCESS_TOKEN", "").strip(), second)
    return {digest_of(token) for token in tokens if token}


def digest_of(token: str) -> str:
    """A header can hold any byte, so no codec may stumble."""
    return hashlib.sha256(token.encode(errors="backslashreplace")).hexdigest()


def objection(endpoint: WebhookEndpoint | None, topic: str, digests: set[str]) -> str:
    """Why these tokens don't open this endpoint; "" where they do. For our own eyes only."""
    if endpoint is None:
        return "unknown_endpoint"
    if endpoint.topic != topic:
        return "wrong_topic"
    if not endpoint.token_digest:
        return "no_token_issued"
    if len(digests) != 1:
        return "two_tokens" if digests else "no_token"
    (digest,) = digests
    if secrets.compare_digest(digest, endpoint.token_digest):
        return ""
    is_old = endpoint.takes_old(timezone.now())
    if is_old and secrets.compare_digest(digest, endpoint.old_digest):
        return ""
    return "wrong_token"


def find(endpoint_id: str) -> WebhookEndpoint | None:
    """Gives the connection back at once: the body may take its time to arrive."""
    if not ENDPOINT_ID.match(endpoint_id):
        return None
    endpoint = WebhookEndpoint.objects.filter(pk=endpoint_id).first()
    if not connection.in_atomic_block:
        close_old_connections()
    return endpoint


def named(endpoint: WebhookEndpoint | None) -> str:
    return endpoint.pk if endpoint else ""


def count(endpoint_id: str, cause: str) -> None:
    """One more refusal of this hour: EasyEcom counts them too, towards switching us off."""
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    adapted = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [endpoint_id, cause, adapted(hour), adapted(now)])
