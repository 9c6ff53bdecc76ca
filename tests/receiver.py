"""Booon's receiver on loopback: says what a test has it say, and checks as Booon's own would."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from booon_console_client import Message, verify

SECRET, OLD_SECRET = (f"whsec_{letter * 32}" for letter in "ab")


@dataclass(frozen=True)
class Came:
    """One POST: what was in it, and what was answered."""

    message: Message
    body: bytes
    headers: dict[str, str]
    status: int


class Receiver:
    """`answer` says each POST's status; `came` holds them all as they came. A POST that is not
    genuine by the client's `verify` is answered 400 and named in `refused`."""

    def __init__(self) -> None:
        self.secrets = [SECRET]
        self.now: datetime | None = None
        self.answer: Callable[[Message], int] = lambda message: 200
        self.headers: dict[str, str] = {}
        self.came: list[Came] = []
        self.refused: list[str] = []
        self.lock = threading.Lock()
        self.url = ""

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        moment = self.now.timestamp() if self.now else None
        with self.lock:
            try:
                message = verify(body, headers, self.secrets, now=moment)
            except Exception as problem:
                self.refused.append(str(problem))
                return 400
            status = self.answer(message)
            self.came.append(Came(message, body, headers, status))
            return status

    def ids(self) -> list[str]:
        return [each.message.id for each in self.came]


@contextmanager
def listening(settings: Any) -> Iterator[Receiver]:
    """One that the console tells, until the test is over."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(receiver.take(body, dict(self.headers)))
            for name, value in {"Content-Length": "0", **receiver.headers}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        receiver.url = f"http://127.0.0.1:{server.server_port}/booon"
        settings.BOOON_WEBHOOK_URL = receiver.url
        settings.BOOON_WEBHOOK_SECRET = SECRET
        try:
            yield receiver
        finally:
            server.shutdown()
            thread.join()
