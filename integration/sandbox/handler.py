"""One connection: requests read whole, answers said, or not said, as scripted."""

import socket
import struct
import threading
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from integration.sandbox import pages
from integration.sandbox.control import control
from integration.sandbox.dispatch import Dispatcher
from integration.sandbox.replies import Manner, Reply, as_json, turned_away
from integration.sandbox.touchpoints import Request
from integration.sandbox.world import World

MEGABYTE = 1024 * 1024
LARGEST_BODY = 5 * MEGABYTE
OURS = ("localhost", "127.0.0.1", "::1")


class BaseServer(ThreadingHTTPServer):
    """What a handler needs of its server."""

    world: World
    dispatcher: Dispatcher
    stopped: threading.Event


class Handler(BaseHTTPRequestHandler):
    """Reads a request whole, has it answered, and says the answer, or fails to as scripted."""

    protocol_version = "HTTP/1.1"
    server_version = "EasyEcomSandbox"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: "BaseServer"

    def answer(self) -> None:
        request = self._request()
        if request is None:
            self._send(turned_away(413, "The body is too large or has no length"), close=True)
        else:
            self._deliver(self._reply(request))

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

    def _request(self) -> Request | None:
        length = self.headers.get("Content-Length", "0")
        is_known = length.isascii() and length.isdecimal() and int(length) <= LARGEST_BODY
        if not is_known or "Transfer-Encoding" in self.headers:
            return None
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(int(length))
        return Request(self.command, parts.path, parts.query, headers, body)

    def _reply(self, request: Request) -> Reply:
        if request.path.startswith("/sandbox/"):
            return self._guarded(request) or self._control(request)
        if pages.is_page(request.path):
            return self._guarded(request) or pages.answer(self.server.world, request)
        return self.server.dispatcher.answer(request)

    def _control(self, request: Request) -> Reply:
        body: Any = request.json if request.raw_body else {}
        world, path = self.server.world, request.path
        status, answer = control(world, request.method, path, request.query, body)
        return as_json(answer, status)

    def _guarded(self, request: Request) -> Reply | None:
        """Only this machine's own pages may steer the sandbox, not a web page that points here."""
        host = request.headers.get("host", "")
        if _name(host) not in (*OURS, self.server.server_address[0]):
            return turned_away(403, "The control plane answers to loopback names only")
        origin = request.headers.get("origin")
        if origin and origin != f"http://{host}":
            return turned_away(403, "The control plane answers to its own pages only")
        return None

    def _deliver(self, reply: Reply) -> None:
        match reply.manner:
            case Manner.SEND:
                self._send(reply)
            case Manner.DROP:
                self.close_connection = True
            case Manner.SILENCE:
                self.server.stopped.wait(reply.seconds)
                self.close_connection = True
            case Manner.TRUNCATE:
                self._head(reply, close=True)
                self.wfile.write(reply.body[: len(reply.body) // 2])
            case Manner.DRIP:
                self._drip(reply)
            case Manner.RESET:
                self._reset()
            case Manner.RESET_MIDWAY:
                self._head(reply, close=True)
                self.wfile.write(reply.body[: len(reply.body) // 2])
                self._reset()
            case Manner.SHORT_LENGTH:
                self._head(replace(reply, body=reply.body[: len(reply.body) // 2]), close=False)
                self.wfile.write(reply.body)
            case Manner.FLOOD:
                self._flood(reply)

    def _reset(self) -> None:
        """An RST in place of an orderly end."""
        with suppress(OSError):
            self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        for end in (self.rfile, self.wfile, self.connection):
            end.close()
        raise ConnectionResetError

    def _flood(self, reply: Reply) -> None:
        """A hundred megabytes of blanks after the answer, of no announced length."""
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True
        self.wfile.write(reply.body)
        for _ in range(100):
            self.wfile.write(b" " * MEGABYTE)

    def _send(self, reply: Reply, close: bool = False) -> None:
        self._head(reply, close)
        self.wfile.write(reply.body)

    def _head(self, reply: Reply, close: bool) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        for name, value in reply.headers:
            self.send_header(name, value)
        if close:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()

    def _drip(self, reply: Reply) -> None:
        self._head(reply, close=True)
        for byte in reply.body:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.stopped.wait(reply.seconds):
                return

    def handle(self) -> None:
        """A caller that hangs up is no event here."""
        try:
            super().handle()
        except OSError:
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """The ledger is the log."""


def _name(host: str) -> str | None:
    try:
        return urlsplit(f"//{host}").hostname
    except ValueError:
        return None
