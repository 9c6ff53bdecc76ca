"""Booon's platform, as far as the console tells it: takes every change but manifests.

It runs beside the demo's story, in a thread. What it does not take waits, for staff to see.
"""

import json
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

NOT_TAKEN = "order.manifested"


class Receiver:
    """`told` counts the types of changes that came, `answers` what was said to them."""

    def __init__(self, address: str) -> None:
        self.told: Counter[str] = Counter()
        self.answers: Counter[int] = Counter()
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver.take(json.loads(body)["type"]))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        port = urlsplit(address).port or 0
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, kind: str) -> int:
        status = 503 if kind == NOT_TAKEN else 200
        self.told[kind] += 1
        self.answers[status] += 1
        return status

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
