"""A fault proxy between the console and EasyEcom: it loses, cuts, drips and swaps what passes."""

import json
import re
import socket
import struct
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPResponse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from integration.sandbox.touchpoints import ROUTES

# Whether EasyEcom had the request is what matters: `lost` never gets there.
FAULTS = {
    "lost": "reset before EasyEcom had the request",
    "unanswered": "reset after EasyEcom had it, before its answer",
    "cut": "reset in the middle of the answer",
    "truncated": "half of the announced answer, then the end",
    "dripped": "the answer a byte at a time, past the deadline",
    "html": "a gateway's page in place of the answer",
    "swapped": "an answer that names another order",
    "busy": "HTTP 503 in place of EasyEcom",
    "limited": "HTTP 429 in place of EasyEcom",
}
WITHOUT_EASYECOM = ("lost", "busy", "limited")
DRIP_SECONDS = 0.05
PAGE = b"<html><body><h1>Please sign in</h1></body></html>"


class Plan:
    """Which call of each kind meets which fault; and what was met."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.seen: Counter[str] = Counter()
        self.met: Counter[str] = Counter()
        self.faults: defaultdict[str, dict[int, str]] = defaultdict(dict)

    def add(self, kind: str, fault: str) -> None:
        """The next call of that kind that has no fault yet meets this one."""
        with self.lock:
            place = self.seen[kind] + 1
            while place in self.faults[kind]:
                place += 1
            self.faults[kind][place] = fault

    def is_waiting(self, kind: str) -> bool:
        """Whether a call of that kind has yet to come for what was added."""
        with self.lock:
            return bool(self.faults[kind])

    def clear(self) -> None:
        with self.lock:
            self.faults.clear()

    def next(self, kind: str) -> str:
        with self.lock:
            self.seen[kind] += 1
            fault = self.faults[kind].pop(self.seen[kind], "")
            if fault:
                self.met[fault] += 1
            return fault


class Proxy:
    """Listens from `start` to `stop`; tells apart calls by their path."""

    def __init__(self, easyecom: str, port: int = 0) -> None:
        self.plan = Plan()
        self.server = Server(("127.0.0.1", port), self.plan, easyecom)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=[0.05], daemon=True)

    def start(self) -> "Proxy":
        self.thread.start()
        return self

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, address: tuple[str, int], plan: Plan, easyecom: str) -> None:
        self.plan = plan
        self.easyecom = urlsplit(easyecom)
        self.stopped = threading.Event()
        super().__init__(address, Handler)

    def shutdown_request(self, request: Any) -> None:
        """Without the polite end before it, which would take the place of a reset."""
        self.close_request(request)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        kind = ROUTES.get(urlsplit(self.path).path, ("", "unknown"))[1]
        fault = self.server.plan.next(kind)
        if fault in WITHOUT_EASYECOM:
            self.turn_away(fault)
            return
        status, headers, answer = self.ask(body)
        self.say(fault, status, headers, answer)

    do_GET = do_POST = pass_on

    def ask(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        place = self.server.easyecom
        upstream = HTTPConnection(str(place.hostname), place.port, timeout=30)
        try:
            upstream.request(self.command, self.path, body, dict(self.headers))
            answer: HTTPResponse = upstream.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            upstream.close()

    def turn_away(self, fault: str) -> None:
        if fault == "lost":
            self.reset()
        elif fault == "busy":
            self.send(503, {"Content-Type": "text/html"}, PAGE)
        else:
            said = json.dumps({"code": 429, "message": "Too Many Requests", "data": []})
            headers = {"Content-Type": "application/json", "Retry-After": "1"}
            self.send(429, headers, said.encode())

    def say(self, fault: str, status: int, headers: Mapping[str, str], answer: bytes) -> None:
        match fault:
            case "unanswered":
                self.reset()
            case "cut":
                self.send(status, headers, answer, length=len(answer) // 2)
                self.reset()
            case "truncated":
                self.send(status, headers, answer, length=len(answer) // 2)
                self.close_connection = True
            case "dripped":
                self.drip(status, headers, answer)
            case "html":
                self.send(200, {"Content-Type": "text/html"}, PAGE)
            case "swapped":
                self.send(status, headers, swapped(answer))
            case _:
                self.send(status, headers, answer)

    def send(
        self, status: int, headers: Mapping[str, str], answer: bytes, length: int | None = None
    ) -> None:
        self.send_response(status)
        for name in ("Content-Type", "Retry-After"):
            if name in headers:
                self.send_header(name, headers[name])
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer[:length])
        self.wfile.flush()

    def drip(self, status: int, headers: Mapping[str, str], answer: bytes) -> None:
        self.close_connection = True
        self.send(status, headers, answer, length=0)
        for byte in answer:
            self.wfile.write(bytes([byte]))
            self.wfile.flush()
            if self.server.stopped.wait(DRIP_SECONDS):
                return

    def reset(self) -> None:
        """RST instead of FIN: whoever reads gets an error, not an end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def handle(self) -> None:
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
        return None


def swapped(answer: bytes) -> bytes:
    """The same answer about an order that is nobody's."""
    return re.sub(rb"\bTR(\d*)-\d+", rb"TR\1-999999", answer)
