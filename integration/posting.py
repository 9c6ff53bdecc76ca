"""One POST to somebody else's address, Booon's receiver or an alert's, and what came of it.

HTTP only: no rows, no clock of ours.

It goes over the same watched wire as calls to EasyEcom: one deadline over the whole exchange, no
redirects, no proxies, no retries.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from http import HTTPStatus
from time import monotonic
from urllib.parse import urlsplit

import requests

from integration.easyecom import redacted
from integration.easyecom.envelope import seconds_to_wait
from integration.easyecom.transport import make_session
from integration.easyecom.wire import CONNECT_LIMIT, Step, Wire, watched

__all__ = ["Reply", "make_session", "post"]

# Of an answer; more than this closes the connection.
READ = 65_536
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one POST. `status` is None where no answer was read, and `step` is then where
    it stopped; `reason` is "" when it was taken."""

    status: int | None
    elapsed_ms: int
    reason: str
    retry_after: float | None = None
    step: Step | None = None

    @property
    def is_taken(self) -> bool:
        return not self.reason


def post(
    session: requests.Session, url: str, body: bytes, headers: Mapping[str, str], timeout: float
) -> Reply:
    """`timeout` is in seconds, from the connection to the answer's end. Never raises for what
    the network does."""
    started = monotonic()
    parts = urlsplit(url)
    wire = Wire((parts.path or "/") + (f"?{parts.query}" if parts.query else ""), timeout)
    status, retry_after = None, None
    try:
        request = requests.Request("POST", url, headers=dict(headers), data=body).prepare()
        with watched(wire), closing(answer_to(session, request, timeout)) as answer:
            status, retry_after = answer.status_code, seconds_to_wait(answer.headers)
            said = answer.raw.read(READ, decode_content=False)
        reason = objection(status, said)
    except Exception:
        # Not the exception's own text, which holds the address.
        cause = "at the deadline" if wire.is_late else "because the connection failed"
        reason = f"Stopped {cause}, while {wire.step}."
        if status is not None:
            reason = objection(status, b"")
    step = wire.step if status is None else None
    return Reply(status, round((monotonic() - started) * 1000), reason, retry_after, step)


def answer_to(
    session: requests.Session, request: requests.PreparedRequest, timeout: float
) -> requests.Response:
    """The answer's head. Past Session.send, which would follow a redirect."""
    limits = (min(CONNECT_LIMIT, timeout), timeout)
    trusted = session.verify or True
    adapter = session.get_adapter(str(request.url))
    return adapter.send(request, stream=True, timeout=limits, verify=trusted, proxies={})


def objection(status: int, body: bytes) -> str:
    """Why it was not taken; "" for a 2xx."""
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return f"HTTP {status}. Redirects are not followed."
    try:
        name = f"HTTP {status} {HTTPStatus(status).phrase}"
    except ValueError:
        name = f"HTTP {status}"
    said = " ".join(redacted(body, SHOWN).split())
    return f"{name}: {said}"[:300] if said else f"{name}."
