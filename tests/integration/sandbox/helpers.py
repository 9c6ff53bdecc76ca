"""A caller of the sandbox, a receiver of its webhooks, and waiting for what happens elsewhere."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests

EMAIL, PASSWORD = "ops@seller.example", "password-canary"
HERE, THERE = "ne29488101841", "ne29488101842"
LOCATIONS = [
    {"location_key": HERE, "name": "Main", "city": "Bengaluru", "state": "Karnataka"},
    {"location_key": THERE, "name": "Second", "city": "Kolkata", "state": "West Bengal"},
]
PRODUCTS = [
    {"sku": "mob000", "name": "Galaxy", "mrp": 123, "inventory": 10},
    {"sku": "shirt", "name": "Shirt", "mrp": 600, "inventory": 5, "EANUPC": "8901"},
]
CARRIER = {"carrier_id": 7042, "username": "booon", "password": "carrier-canary"}


def account(**changes: Any) -> dict[str, Any]:
    given = {"email": EMAIL, "password": PASSWORD, "locations": LOCATIONS, "products": PRODUCTS}
    return {**given, **changes}


def order(number: str, **changes: Any) -> dict[str, Any]:
    address = {"name": "Asha", "city": "Mumbai", "state": "Maharashtra", "postalCode": "400067"}
    body = {
        "orderType": "retailorder",
        "marketplaceId": 61,
        "orderNumber": number,
        "orderDate": "2026-11-23 10:15:00+05:30",
        "paymentMode": 2,
        "shippingMethod": 1,
        "shippingCost": 20,
        "items": [item(f"{number}-1", "mob000")],
        "customer": [{"billing": address, "shipping": address}],
    }
    return {**body, **changes}


def item(line: str, sku: str, **changes: Any) -> dict[str, Any]:
    row = {"OrderItemId": line, "Sku": sku, "productName": sku, "Quantity": 2, "Price": 123.0}
    return {**row, "itemDiscount": 0, **changes}


class Caller:
    """Speaks to a server as the console would: one session, JSON, no redirects."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.session = requests.Session()
        self.session.trust_env = False

    def get(self, path: str, **options: Any) -> requests.Response:
        return self._call("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> requests.Response:
        return self._call("POST", path, json=body, **options)

    def delete(self, path: str, body: Any = None) -> requests.Response:
        return self._call("DELETE", path, json=body)

    def control(self, path: str, **body: Any) -> dict[str, Any]:
        answer = self.post(f"/sandbox/{path}", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def log_in(self, location_key: str = HERE, **changes: Any) -> requests.Response:
        body = {"email": EMAIL, "password": PASSWORD, "location_key": location_key, **changes}
        return self.post("/access/token", body)

    def authorize(self, location_key: str = HERE) -> "Caller":
        token = self.log_in(location_key).json()["data"]["token"]["jwt_token"]
        self.session.headers["Authorization"] = f"Bearer {token}"
        return self

    def create(self, number: str, **changes: Any) -> requests.Response:
        return self.post("/webhook/v2/createOrder", order(number, **changes))

    def find(self, number: str) -> dict[str, Any]:
        return self.get(f"/orders/V2/getOrderDetails?reference_code={number}").json()

    def add_carrier(self) -> int:
        answer = self.post("/Credentials/addCarrierCredentials", CARRIER)
        return answer.json()["data"]["companyCarrierId"]

    def assign(self, invoice: Any, carrier: Any, awb: str = "890", **changes: Any) -> Any:
        body = {"invoiceId": invoice, "courier": "Delhivery", "awbNum": awb, **changes}
        return self.post("/Carrier/assignAWB", {**body, "companyCarrierId": carrier}).json()

    def ship(self, number: str) -> str:
        """An order with its carrier and AWB, ready to be manifested."""
        invoice = self.create(number).json()["data"]["InvoiceID"]
        assert self.assign(invoice, self.add_carrier(), f"AWB-{number}")["code"] == 200
        return invoice

    def state(self, part: str) -> Any:
        return self.get(f"/sandbox/state?parts={part}").json()[part]

    def ledger(self, kind: str = "") -> list[dict[str, Any]]:
        lines = self.get("/sandbox/ledger").json()["lines"]
        return [line for line in lines if kind in ("", line["kind"])]

    def close(self) -> None:
        self.session.close()

    def _call(self, method: str, path: str, **options: Any) -> requests.Response:
        options = {"timeout": 5, "allow_redirects": False, **options}
        return self.session.request(method, self.address + path, **options)


@contextmanager
def calling(address: str) -> Iterator[Caller]:
    caller = Caller(address)
    try:
        yield caller
    finally:
        caller.close()


@dataclass
class Receiver:
    """Stands where the console's webhook URL would be; answers as told, 200 at the end."""

    address: str = ""
    answers: list[int] = field(default_factory=list)
    received: list[tuple[str, dict[str, str], Any]] = field(default_factory=list)

    def bodies(self, path: str = "") -> list[Any]:
        return [body for where, _, body in self.received if path in where]


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            receiver.received.append((self.path, dict(self.headers), body))
            self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    receiver.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def eventually(is_true: Callable[[], Any], seconds: float = 5) -> Any:
    """What ``is_true`` gives once it is true; fails when it never is."""
    deadline = time.monotonic() + seconds
    while not (value := is_true()):
        assert time.monotonic() < deadline, "it did not happen in time"
        threading.Event().wait(0.01)
    return value
