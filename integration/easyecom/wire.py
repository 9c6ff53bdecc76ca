"""One exchange on the wire: how far it got, and the one deadline over all of it.

Whether a request left is a matter of fact and not of exception classes: the connection itself notes
the moment before the first byte is written. Every connect, write and read gets what is left of the
deadline and no more, so a server that drips its answer is cut off without any thread to watch it.
"""

import io
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from http.client import HTTPResponse
from time import monotonic
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection

CONNECT_LIMIT = 5.0
"""Seconds for the connection, TLS included."""
_IDLE_LIMIT = 15.0
_SLICE = 16_384
# A time-out of 0 would mean something else to a socket.
_SHORTEST = 0.001


class Step(StrEnum):
    """How far an exchange got; the value goes on after "stopped while"."""

    READY = "preparing the request"
    HANDED_OVER = "beginning"
    RESOLVING = "looking up the address"
    CONNECTING = "connecting"
    SECURING = "agreeing on TLS"
    SENDING = "sending the request"
    WAITING = "waiting for the answer"
    READING = "reading the answer"


# Not HANDED_OVER: until our own connection reports, nobody knows what the libraries do.
_NOTHING_LEFT = (Step.READY, Step.RESOLVING, Step.CONNECTING, Step.SECURING)


class Wire:
    """The progress and the deadline of one exchange; used by one thread."""

    def __init__(self, target: str, timeout: float) -> None:
        self.target = target
        self.step = Step.READY
        self._written = False
        self._deadline = monotonic() + timeout

    @property
    def is_late(self) -> bool:
        return monotonic() >= self._deadline

    @property
    def nothing_left(self) -> bool:
        """Whether it is proved that no byte of the request was written."""
        return not self._written and self.step in _NOTHING_LEFT

    def left(self) -> float:
        """The seconds that are left. Raises TimeoutError when there are none."""
        seconds = self._deadline - monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    def about_to_write(self) -> float:
        """Note that bytes leave now, unless it is too late for them: then nothing is written."""
        seconds = self.left()
        # Before the write and not after it: one that fails may have left in part, and what is noted
        # as not sent is sent again.
        self._written = True
        self.step = Step.SENDING
        return seconds


_current: ContextVar[Wire] = ContextVar("easyecom_wire")


@contextmanager
def watched(wire: Wire) -> Iterator[Wire]:
    """Let the connections of this thread report to the wire, and obey its deadline."""
    token = _current.set(wire)
    try:
        yield wire
    finally:
        _current.reset(token)


class _TimedReader(io.RawIOBase):
    """Reads a socket, each time with what is left of the deadline."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, wire: Wire) -> None:
        self._raw, self._sock, self._wire = raw, sock, wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int | None:
        self._sock.settimeout(self._wire.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _TimedResponse(HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        wire = _current.get()
        wire.step = Step.WAITING
        self.fp = io.BufferedReader(_TimedReader(self.fp.detach(), sock, wire))


class WatchedConnection(HTTPConnection):
    """A connection that reports to the wire of its thread."""

    response_class = _TimedResponse
    _used_at = 0.0

    @property
    def is_connected(self) -> bool:
        """False also after some idle seconds.

        A server may be closing an idle connection just now, and a write into that would be in doubt
        for nothing.
        """
        return super().is_connected and monotonic() - self._used_at < _IDLE_LIMIT

    def _new_conn(self) -> socket.socket:
        wire = _current.get()
        wire.step = Step.RESOLVING
        give_up_at = monotonic() + min(CONNECT_LIMIT, wire.left())
        host = self._dns_host.strip("[]")
        places = socket.getaddrinfo(host, self.port, type=socket.SOCK_STREAM)
        wire.step = Step.CONNECTING
        sock = _connected(places, give_up_at)
        for option in self.socket_options or ():
            sock.setsockopt(*option)
        # What is left of the time to connect is for TLS, whose handshake obeys it as a whole.
        sock.settimeout(max(give_up_at - monotonic(), _SHORTEST))
        return sock

    def putrequest(
        self, method: str, url: str, skip_host: bool = False, skip_accept_encoding: bool = False
    ) -> None:
        """Ask for the target verbatim; urllib3 would write an opaque cursor anew."""
        wire = _current.get()
        wire.step = Step.READY
        super().putrequest(method, wire.target, skip_host, skip_accept_encoding)

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        for start in range(0, len(data), _SLICE):
            self.sock.settimeout(_current.get().about_to_write())
            super().send(data[start : start + _SLICE])
        self._used_at = monotonic()


class WatchedTLSConnection(WatchedConnection, HTTPSConnection):
    """The same over TLS."""

    def _new_conn(self) -> socket.socket:
        sock = super()._new_conn()
        _current.get().step = Step.SECURING
        return sock


def _connected(places: list[Any], give_up_at: float) -> socket.socket:
    """A socket to the first address that answers; each gets its share of the time that is left."""
    problem = OSError("no address")
    for place, (family, kind, protocol, _, address) in enumerate(places):
        share = (give_up_at - monotonic()) / (len(places) - place)
        try:
            return _dialled(socket.socket(family, kind, protocol), address, share)
        except OSError as refused:
            problem = refused
    raise problem


def _dialled(sock: socket.socket, address: Any, seconds: float) -> socket.socket:
    try:
        sock.settimeout(max(seconds, _SHORTEST))
        sock.connect(address)
    except BaseException:
        sock.close()
        raise
    return sock
