"""The only module that talks to EasyEcom: one call out, one classified outcome back."""

import json
import zlib
from contextlib import closing
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter

from integration.easyecom.calls import Call
from integration.easyecom.outcomes import NotSent, Outcome
from integration.easyecom.reading import MAX_REPLY, read, unknown
from integration.easyecom.wire import (
    CONNECT_LIMIT,
    Step,
    WatchedConnection,
    WatchedTLSConnection,
    Wire,
    watched,
)

KEPT_REPLY = 65_536
"""Bytes of an answer that an Exchange keeps, for an api-call record to show a redacted part of."""
_CHUNK = 65_536
_GZIP_OR_ZLIB = 47


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came of one call. `status` is None where no status line was read.

    `reply` is the beginning of the raw body: pass it through redacted() before anybody sees it.
    """

    outcome: Outcome
    status: int | None
    elapsed_ms: int
    reply: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class _Received:
    status: int | None = None
    body: bytes = b""


class _WatchedAdapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        pools = self.poolmanager.pool_classes_by_scheme
        kinds = {"http": WatchedConnection, "https": WatchedTLSConnection}
        self.poolmanager.pool_classes_by_scheme = {
            scheme: type(pool.__name__, (pool,), {"ConnectionCls": kinds[scheme]})
            for scheme, pool in pools.items()
        }


def make_session(pool_size: int = 8) -> requests.Session:
    """A session for one account: no proxies or netrc, no cookies, no retries of its own."""
    session = requests.Session()
    session.trust_env = False
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, _WatchedAdapter(pool_maxsize=pool_size, max_retries=0))
    return session


def send(
    session: requests.Session,
    base_url: str,
    call: Call,
    *,
    token: str,
    x_api_key: str,
    timeout: float,
) -> Exchange:
    """Send one call and classify what comes back. Never raises for what the network does.

    `timeout` is in seconds, over all from the connection to the last byte of the answer. Only the
    look-up of the address cannot be cut short; when it ends too late, nothing is sent.
    """
    started = monotonic()
    received = _Received()
    # Made before anything is open: of what fails here nothing was sent, for sure.
    # An exception's own text may hold the token or the query, so none is looked at.
    try:
        request = _prepared(base_url, call, token, x_api_key)
    except Exception:
        outcome: Outcome = NotSent(f"{call.method} {_path(call)} could not be made into a request")
    else:
        wire = Wire(urlsplit(base_url).path.rstrip("/") + call.target, timeout)
        outcome = _exchange(session, request, call, wire, received)
    elapsed_ms = round((monotonic() - started) * 1000)
    return Exchange(outcome, received.status, elapsed_ms, received.body[:KEPT_REPLY])


def _exchange(
    session: requests.Session,
    request: requests.PreparedRequest,
    call: Call,
    wire: Wire,
    received: _Received,
) -> Outcome:
    try:
        # Before anything connects: a connection tells the wire of its thread how far it got.
        with watched(wire), closing(_answer(session, request, wire)) as response:
            received.status = response.status_code
            headers = {str(name): str(value) for name, value in response.headers.items()}
            received.body = _body(response, wire)
        return read(call, received.status, headers, received.body)
    except Exception:
        return _broken_off(call, wire)


def _prepared(base_url: str, call: Call, token: str, x_api_key: str) -> requests.PreparedRequest:
    if call.kind.needs_token and not token:
        raise ValueError("This call needs a token.")
    request = requests.Request(
        call.method,
        base_url,
        headers=_headers(call, token, x_api_key),
        data=None if call.body is None else _json(call.body),
    ).prepare()
    request.url = base_url.rstrip("/") + call.target
    return request


def _headers(call: Call, token: str, x_api_key: str) -> dict[str, str]:
    headers = {
        "Accept": "application/json",
        # No compression: what is small on the wire must not become large here.
        "Accept-Encoding": "identity",
        "Content-Type": "application/json",
        "User-Agent": "booon-console",
    }
    if call.kind.needs_token:
        headers["Authorization"] = f"Bearer {token}"
    if x_api_key:
        headers["x-api-key"] = x_api_key
    return headers


def _json(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":"), allow_nan=False).encode("ascii")


def _answer(
    session: requests.Session, request: requests.PreparedRequest, wire: Wire
) -> requests.Response:
    """The answer's head. Past Session.send, which would read the whole body of a redirect."""
    adapter = session.get_adapter(str(request.url))
    seconds = wire.left()
    # Before the libraries have it: from here on only our own connection can say that nothing left.
    wire.step = Step.HANDED_OVER
    limits = (min(CONNECT_LIMIT, seconds), seconds)
    # A session may bring its own authorities, but none that lets certificates go unchecked.
    trusted = session.verify or True
    return adapter.send(request, stream=True, timeout=limits, verify=trusted, proxies={})


def _body(response: requests.Response, wire: Wire) -> bytes:
    """At most one byte more than MAX_REPLY, as it came and after decoding."""
    wire.step = Step.READING
    raw = bytearray()
    for chunk in response.raw.stream(_CHUNK, decode_content=False):
        raw += chunk
        if len(raw) > MAX_REPLY:
            break
    return _decoded(bytes(raw[: MAX_REPLY + 1]), response.headers.get("Content-Encoding", ""))


def _decoded(raw: bytes, encoding: str) -> bytes:
    """What a gateway compressed although it was asked not to. Anything else stays as it is."""
    if encoding.strip().casefold() not in ("gzip", "deflate", "x-gzip") or len(raw) > MAX_REPLY:
        return raw
    try:
        return zlib.decompressobj(_GZIP_OR_ZLIB).decompress(raw, MAX_REPLY + 1)
    except zlib.error:
        return raw


def _broken_off(call: Call, wire: Wire) -> Outcome:
    cause = "at the deadline" if wire.is_late else "because the connection failed"
    what = f"stopped {cause}, while {wire.step}"
    if wire.nothing_left:
        return NotSent(f"{call.method} {_path(call)} {what}")
    return unknown(call, what)


def _path(call: Call) -> str:
    return call.target.partition("?")[0]
