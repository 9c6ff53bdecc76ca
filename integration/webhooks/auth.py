"""Who may hand in a webhook: the endpoint's token, by digest; and the count of who was refused."""

import re
import secrets
from collections.abc import Mapping
from time import monotonic
from typing import Any, NamedTuple

from django.db import close_old_connections, connection
from django.utils import timezone

from booon_console.lib.digests import digest_of
from integration.easyecom.triggers import Trigger
from integration.models import WebhookEndpoint

TRUSTED_FOR = 60
MOST_TRUSTED = 10_000
ENDPOINT_ID = re.compile(r"[A-Za-z0-9_-]{1,32}\Z")
TOKEN_HEADERS = ("HTTP_ACCESS_TOKEN", "HTTP_AUTHORIZATION")
COUNT = """
    INSERT INTO integration_refusal AS refusal
        (endpoint_id, cause, hour, count, last_at, action, company_id)
    VALUES (%s, %s, %s, 1, %s, %s, %s)
    ON CONFLICT (endpoint_id, cause, hour) DO UPDATE SET
        count = refusal.count + 1,
        last_at = excluded.last_at,
        action = CASE excluded.action WHEN '' THEN refusal.action ELSE excluded.action END,
        company_id = CASE excluded.action WHEN '' THEN refusal.company_id
            ELSE excluded.company_id END
"""


class Trusted(NamedTuple):
    """A token that was right, and until when nobody asks the table about it."""

    until: float
    location_id: int


# By (endpoint id, topic, digest of the token). Only what was right gets in.
trusted: dict[tuple[str, str, str], Trusted] = {}


class RefusedRequest(Exception):
    """The request is not taken. `endpoint_id` is "" unless the URL names an endpoint of ours."""

    def __init__(self, status: int, cause: str, message: str, endpoint_id: str = "") -> None:
        super().__init__(cause)
        self.status = status
        self.cause = cause
        self.message = message
        self.endpoint_id = endpoint_id


def authenticate(environ: Mapping[str, Any], endpoint_id: str, topic: str) -> int:
    """The location whose endpoint this token opens. Raises Refused, the same for every cause.

    A yes holds for a minute in this process, a no always reads the table: a new token works at
    once, and an old one may work for a minute more.
    """
    digests = presented_digests(environ)
    # Two tokens make a key that was never put in.
    known = trusted.get((endpoint_id, topic, "".join(digests)))
    if known is not None and known.until > monotonic():
        return known.location_id
    endpoint = find(endpoint_id)
    cause = objection(endpoint, topic, digests)
    if endpoint is None or cause:
        raise RefusedRequest(
            401, cause, "The token does not open this endpoint.", endpoint_id_of(endpoint)
        )
    if len(trusted) >= MOST_TRUSTED:
        trusted.clear()
    until = monotonic() + TRUSTED_FOR
    (digest,) = digests
    trusted[endpoint_id, topic, digest] = Trusted(until, endpoint.location_id)
    if digest != endpoint.token_digest:
        record_old_token_use(endpoint)
    return endpoint.location_id


def record_old_token_use(endpoint: WebhookEndpoint) -> None:
    """EasyEcom still has the old token. Written once a minute, since trust lasts that long."""
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(old_used_at=timezone.now())


def presented_digests(environ: Mapping[str, Any]) -> set[str]:
    """Digests of the tokens in both headers: none, one, or two that differ."""
    # Another scheme's credentials count too, as a token that is surely wrong.
    tokens = (without_scheme(environ.get(name, "")) for name in TOKEN_HEADERS)
    return {digest_of(token) for token in tokens if token}


def without_scheme(header: str) -> str:
    """The token. "Bearer" is for Authorization only, but gets pasted along, once or twice."""
    token = header.strip()
    while token[:7].lower() == "bearer " or token.lower() == "bearer":
        token = token[7:].strip()
    return token


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


def endpoint_id_of(endpoint: WebhookEndpoint | None) -> str:
    return endpoint.pk if endpoint else ""


def count_refusal(endpoint_id: str, cause: str, trigger: Trigger) -> None:
    """One more refusal of this hour: EasyEcom counts them too, towards switching us off."""
    now = timezone.now()
    hour = now.replace(minute=0, second=0, microsecond=0)
    adapted = connection.ops.adapt_datetimefield_value
    with connection.cursor() as cursor:
        cursor.execute(
            COUNT,
            [endpoint_id, cause, adapted(hour), adapted(now), trigger.action, trigger.company_id],
        )
