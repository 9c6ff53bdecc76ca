"""A trial of Booon's receiver: what is genuine it must take, what is not it must refuse."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from booon_console.lib import webhook_settings
from integration import posting
from integration.feed import signing
from integration.models import api_time
from integration.posting import Reply

TYPE = "console.test"
LONG_AGO = timedelta(hours=1)
STRANGER = f"v1,{'A' * 43}="


class NoReceiver(Exception):
    """Nobody may be told at this address; the text says why."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One POST of the trial: whether it should be taken, and what the receiver said."""

    what: str
    should_be_taken: bool
    reply: Reply

    @property
    def has_passed(self) -> bool:
        # Nobody was refused by a receiver that did not answer, or that fell over.
        status = self.reply.status or 500
        return self.reply.is_taken if self.should_be_taken else 400 <= status < 500


def of_receiver(url: str, now: datetime) -> Iterator[Trial]:
    """Raises NoReceiver. What is sent is of a type that nobody applies."""
    if not webhook_settings.is_receiver(url, is_debug=settings.DEBUG):
        raise NoReceiver("The address must be https (http only on loopback), without log-in.")
    if not signing.signatures("", now, b""):
        raise NoReceiver(f"Set {signing.SECRETS[0]} in the environment.")
    with posting.make_session(1) as session:
        for what, should_be_taken, body, headers in posts(now):
            reply = posting.post(session, url, body, headers, settings.BOOON_WEBHOOK_TIMEOUT)
            yield Trial(what, should_be_taken, reply)


def posts(now: datetime) -> Iterator[tuple[str, bool, bytes, dict[str, str]]]:
    """What is sent in turn, and whether it should be taken."""
    test = signing.message(f"test_{uuid.uuid4().hex}", TYPE, api_time(now), {})
    headers = test.headers(now)
    yield "a genuine webhook", True, test.body, headers
    yield "the same again", True, test.body, headers
    yield "another body under its signature", False, test.body + b" ", headers
    yield "another id under its signature", False, test.body, headers | {"webhook-id": "test_0"}
    yield "a signature by a stranger", False, test.body, headers | {"webhook-signature": STRANGER}
    forged = headers | {"webhook-signature": signed_with_nothing(test, headers)}
    yield "a signature with the empty secret", False, test.body, forged
    yield "one from an hour ago", False, test.body, test.headers(now - LONG_AGO)
    unsigned = {name: value for name, value in headers.items() if name != "webhook-signature"}
    yield "one without a signature", False, test.body, unsigned


def signed_with_nothing(message: signing.Message, headers: dict[str, str]) -> str:
    """What anybody can make who knows no secret: a receiver that has none set would take it."""
    signed = f"{message.id}.{headers['webhook-timestamp']}.".encode() + message.body
    return f"v1,{base64.b64encode(hmac.digest(b'', signed, hashlib.sha256)).decode()}"
