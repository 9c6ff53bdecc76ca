"""A delivery that the console posts to itself through PUBLIC_URL: DNS, TLS, proxy and headers.

It comes in by the webhook's own door with a token of its own. That token opens one endpoint once,
for a body that holds nothing, so a test lets nothing in; it is no delivery and no refusal either.
"""

import secrets
from datetime import datetime, timedelta
from functools import cache

import requests
from django.conf import settings

from booon_console.lib import clock
from booon_console.lib.digests import digest_of
from integration import posting
from integration.easyecom.wire import Step
from integration.models import SelfTest, WebhookEndpoint
from integration.posting import Reply

TIMEOUT = 10.0
OPEN_FOR = timedelta(seconds=TIMEOUT + 5)
# Says that the request is a test. It opens nothing, and keeps a test that fails from being counted.
MARK = "X-Booon-Self-Test"
BODY = b'{"self_test": true}'
STOPPED = {
    Step.RESOLVING: "The host name in PUBLIC_URL is not found (DNS).",
    Step.CONNECTING: "Nobody answers at the address in PUBLIC_URL (connection refused or dropped).",
    Step.SECURING: "No TLS connection: the certificate is not valid for this host, or has expired.",
}
ANSWERED = {
    400: "400: the proxy or ALLOWED_HOSTS does not know the host name in PUBLIC_URL.",
    401: "401: the token did not arrive. A proxy on the way drops the Access-Token header.",
    403: "403: something before the console forbids the request (a firewall or proxy).",
    404: "404: nothing is at this address. PUBLIC_URL or the proxy leads elsewhere.",
    405: "405: something on the way turns the POST into another method.",
    413: "413: a proxy on the way takes bodies of this size for too large.",
    502: "502: the proxy answers, and the console behind it does not.",
    503: "503: the console is reached, and can't store deliveries at the moment.",
    504: "504: the proxy answers, and the console behind it does not in time.",
}
NOT_US = "Something answered with 200, and it was not this console: PUBLIC_URL leads elsewhere."


def run(endpoint: WebhookEndpoint) -> SelfTest:
    """Post it, and write down what came of it. Not within a transaction: it comes in elsewhere."""
    token = secrets.token_urlsafe(32)
    start(endpoint, token)
    headers = {"Access-Token": token, "Content-Type": "application/json", MARK: "1"}
    # Nobody but the settings chooses where to.
    url = f"{settings.PUBLIC_URL}{endpoint.path}"
    reply = posting.post(session(), url, BODY, headers, TIMEOUT)
    return finish(endpoint, reply)


@cache
def session() -> requests.Session:
    return posting.make_session(1)


def start(endpoint: WebhookEndpoint, token: str) -> None:
    """One at a time for an endpoint: a second one ends the first."""
    now = clock.now()
    SelfTest.objects.update_or_create(
        endpoint=endpoint,
        defaults={
            "digest": digest_of(token),
            "open_until": now + OPEN_FOR,
            "begun_at": now,
            "arrived_at": None,
            "trouble": "",
            "elapsed_ms": None,
        },
    )


def finish(endpoint: WebhookEndpoint, reply: Reply) -> SelfTest:
    test = SelfTest.objects.get(endpoint=endpoint)
    test.digest, test.elapsed_ms = "", reply.elapsed_ms
    test.trouble = trouble_of(reply, has_arrived=test.arrived_at is not None)
    test.save(update_fields=["digest", "elapsed_ms", "trouble"])
    return test


def trouble_of(reply: Reply, *, has_arrived: bool) -> str:
    """What went wrong, in plain words; "" where all went well."""
    if reply.is_taken:
        return "" if has_arrived else NOT_US
    if reply.status is not None:
        return ANSWERED.get(reply.status, reply.reason)[:500]
    return STOPPED.get(reply.step, reply.reason) if reply.step else reply.reason


def under_way(endpoint_id: str, topic: str, now: datetime) -> SelfTest | None:
    """The endpoint's open test; None where there is none."""
    tests = SelfTest.objects.filter(endpoint=endpoint_id, endpoint__topic=topic)
    test = tests.exclude(digest="").first()
    return test if test is not None and test.is_open(now) else None


def opens(test: SelfTest, digests: set[str]) -> bool:
    """Whether the one token presented is this test's."""
    if len(digests) != 1:
        return False
    (digest,) = digests
    return secrets.compare_digest(digest, test.digest)


def arrive(test: SelfTest, body: bytes, now: datetime) -> bool:
    """It came in, once. False for any other body, and for the second of two."""
    if body != BODY:
        return False
    mine = SelfTest.objects.filter(pk=test.pk, digest=test.digest, arrived_at=None)
    return mine.update(arrived_at=now) == 1
