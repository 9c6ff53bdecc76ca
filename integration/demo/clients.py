"""Through what the demo acts: Booon's API, the stand-in EasyEcom's control plane, the admin's own
pages, and a receiver of webhooks.
"""

import json
import re
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import requests

from integration.demo.telling import NotSeen, expect

Json = dict[str, Any]
TIMEOUT = 10
ADMIN_NAME = "demo-admin"


def new_session() -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    return session


class Door:
    def __init__(self, address: str) -> None:
        self.address = address
        self.session = new_session()

    def ask(self, method: str, path: str, *statuses: int, **options: Any) -> requests.Response:
        """Raises NotSeen when the answer's status is none of these."""
        url = path if path.startswith("http") else f"{self.address}{path}"
        reply = self.session.request(method, url, timeout=TIMEOUT, **options)
        if reply.status_code not in statuses:
            wanted = " or ".join(map(str, statuses))
            seen = f"{reply.status_code}: {reply.text[:300]}"
            raise NotSeen(f"{method} {path} to answer {wanted}", seen)
        return reply

    def answers(self, path: str) -> bool:
        """Whether it says 200 there, by now."""
        try:
            return self.session.get(f"{self.address}{path}", timeout=TIMEOUT).status_code == 200
        except requests.ConnectionError:
            return False


class Console(Door):
    """Booon's own platform at the console's API."""

    def show(self, key: str) -> None:
        self.session.headers["Authorization"] = f"Bearer {key}"

    def put(self, path: str, body: Json, status: int) -> Json:
        reply: Json = self.ask("PUT", f"/api/v1{path}", status, json=body).json()
        return reply

    def one(self, path: str, **query: object) -> Json:
        reply: Json = self.ask("GET", f"/api/v1{path}", 200, params=query).json()
        return reply

    def all(self, path: str, **query: object) -> list[Json]:
        """Every row of a list, page by page."""
        page = self.one(path, **query)
        rows: list[Json] = page["results"]
        while page["next"]:
            page = self.ask("GET", page["next"], 200).json()
            rows += page["results"]
        return rows

    def orders(self) -> dict[str, Json]:
        return {order["order_number"]: order for order in self.all("/orders/")}

    def levels(self) -> dict[tuple[str, str], int]:
        rows = self.all("/stock/", limit=500)
        return {(row["location_key"], row["sku"]): row["quantity"] for row in rows}

    def changes(self) -> list[Json]:
        """The feed, from its beginning to its end."""
        changes: list[Json] = []
        query: dict[str, object] = {}
        while page := self.one("/changes/", limit=20, **query):
            if not page["results"]:
                break
            changes += page["results"]
            query = {"after": page["cursor"]}
        return changes


class Sandbox(Door):
    """What a seller does in EasyEcom, and what EasyEcom has seen."""

    def tell(self, path: str, **body: object) -> Json:
        reply: Json = self.ask("POST", f"/sandbox/{path}", 200, json=body).json()
        return reply

    def part(self, name: str) -> Any:
        return self.ask("GET", "/sandbox/state", 200, params={"parts": name}).json()[name]

    def orders(self) -> dict[str, Json]:
        return {order["order_number"]: order for order in self.part("orders")}

    def levels(self) -> dict[tuple[str, str], int]:
        return {
            (key, sku): quantity
            for key, levels in self.part("stock").items()
            for sku, quantity in levels.items()
        }

    def received(self, kind: str = "") -> list[Json]:
        """Lines of its ledger: all, or those of one kind."""
        lines: list[Json] = self.ask("GET", "/sandbox/ledger", 200).json()["lines"]
        return [line for line in lines if kind in ("", line["kind"])]

    def assign(self, log_in: Json, **shipment: object) -> None:
        """What another tool of the seller's does, by EasyEcom's own touchpoints."""
        said = self.ask("POST", "/access/token", 200, json=log_in).json()
        bearer = {"Authorization": f"Bearer {said['data']['token']['jwt_token']}"}
        self.ask("POST", "/Carrier/assignAWB", 200, json=shipment, headers=bearer)

    def deliveries(self) -> Json:
        reply: Json = self.ask("GET", "/sandbox/deliveries", 200).json()
        return reply


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


def log_in(console: Console, admin_password: str) -> Door:
    browser = Door(console.address)
    browser.ask("GET", "/admin/login/", 200)
    form = {"username": ADMIN_NAME, "password": admin_password}
    press(browser, "/admin/login/?next=/admin/", "/admin/", **form)
    return browser


def press(browser: Door, path: str, leads_to: str, **form: str) -> None:
    """A button of a page that was opened before."""
    csrf = {"csrfmiddlewaretoken": browser.session.cookies["csrftoken"]}
    reply = browser.ask("POST", path, 302, data=form | csrf, allow_redirects=False)
    expect(reply.headers["Location"] == leads_to, f"{leads_to} next", reply.headers["Location"])


def row_of(browser: Door, model: str, words: str) -> str:
    """The id of the one row that this search of a list finds."""
    page = browser.ask("GET", f"/admin/{model}/", 200, params={"q": words}).text
    found = set(re.findall(rf"/admin/{model}/(\d+)/change/", page))
    expect(len(found) == 1, f"one row for {words}", sorted(found))
    return found.pop()
