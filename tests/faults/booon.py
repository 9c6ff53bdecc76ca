"""Booon's platform: gives orders and shipments by the public API, and insists until they are taken.

What was answered 2xx is what the console has promised something about.
"""

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import Any

import requests

from tests.faults.easyecom import LISTED_STATE, PRICE, SKUS, UNLISTED_STATE, UNTAXED_SKU

# A web server that was killed, and a database that crashed, are back by then.
PATIENCE = 180
Key = tuple[str, str]
ADDRESS = {
    "name": "Asha Rao",
    "line1": "14 Lake Road",
    "line2": "",
    "city": "Pune",
    "state": "Maharashtra",
    "pincode": "411001",
    "country": "India",
    "phone": "9811100000",
    "email": "asha@buyer.test",
}


class NotTaken(Exception):
    """The API refuses what it should take; the text says what."""


@dataclass
class Given:
    """An order that was accepted, as its last revision says; its shipment once that was too."""

    seller: str
    number: str
    location_key: str
    sku: str
    quantity: int
    awb_number: str = ""
    replaced_awbs: list[str] = field(default_factory=list)
    state: str = ADDRESS["state"]
    # State and SKU of what it said before.
    earlier: list[tuple[str, str]] = field(default_factory=list)

    def corrected(self) -> tuple[str, str]:
        """State and SKU as EasyEcom takes them."""
        state = LISTED_STATE if self.state == UNLISTED_STATE else self.state
        return state, SKUS[0] if self.sku == UNTAXED_SKU else self.sku

    def take_correction(self) -> None:
        self.earlier.append((self.state, self.sku))
        self.state, self.sku = self.corrected()

    def is_last(self, theirs: dict[str, Any]) -> bool:
        """Whether EasyEcom's row says what the last revision says, and no earlier one."""
        skus = [line["sku"] for line in theirs["lines"]]
        return (theirs["shipping_state"], skus) == (self.state, [self.sku])

    def is_earlier(self, theirs: dict[str, Any]) -> bool:
        skus = [line["sku"] for line in theirs["lines"]]
        said = theirs["shipping_state"], skus
        return any(said == (state, [sku]) for state, sku in self.earlier)


class Booon:
    def __init__(self, address: str, key: str) -> None:
        self.address = address
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {key}"
        self.given: dict[Key, Given] = {}
        self.answers: Counter[str] = Counter()

    def give(self, seller: str, number: str, location_key: str, n: int, **facts: str) -> Given:
        """`facts` are a state or SKU of its own."""
        sku = facts.pop("sku", SKUS[n % len(SKUS)])
        order = Given(seller, number, location_key, sku, 1 + n % 3, **facts)
        self.insist("PUT", f"/sellers/{seller}/orders/{number}/", body_of(order))
        self.given[seller, number] = order
        return order

    def correct(self, order: Given) -> bool:
        """Give its next revision. False where the console may not change it now."""
        corrected = replace(order, earlier=[])
        corrected.take_correction()
        path = f"/sellers/{order.seller}/orders/{order.number}/"
        answer = self.answered("PUT", path, body_of(corrected))
        if answer.status_code == 409:
            return False
        if answer.status_code >= 300:
            raise NotTaken(f"PUT {path}: {answer.status_code} {answer.text[:300]}")
        order.take_correction()
        return True

    def shown(self, order: Given) -> dict[str, Any]:
        path = f"/sellers/{order.seller}/orders/{order.number}/"
        found: dict[str, Any] = self.insist("GET", path)
        return found

    def ship(self, order: Given) -> None:
        awb = f"AWB{order.seller}{order.number}"
        details = {"courier": "Delhivery", "awb_number": awb}
        path = f"/sellers/{order.seller}/orders/{order.number}/shipment/"
        self.insist("PUT", path, details)
        order.awb_number = awb

    def replace_awb(self, order: Given) -> bool:
        """Another AWB in the place of the one that EasyEcom took. False where the console may not
        now."""
        old = order.awb_number
        awb = f"AWB{order.seller}{order.number}-{len(order.replaced_awbs) + 2}"
        path = f"/sellers/{order.seller}/orders/{order.number}/shipment/"
        why = {"replaces": old, "reason": "The courier missed the pickup."}
        answer = self.answered("PUT", path, {"courier": "Delhivery", "awb_number": awb} | why)
        if answer.status_code == 409:
            return False
        if answer.status_code >= 300:
            raise NotTaken(f"PUT {path}: {answer.status_code} {answer.text[:300]}")
        order.replaced_awbs.append(old)
        order.awb_number = awb
        return True

    def insist(self, method: str, path: str, body: Any = None) -> Any:
        """Again until it is answered 2xx. Raises NotTaken."""
        answer = self.answered(method, path, body)
        if answer.status_code >= 300:
            raise NotTaken(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()

    def answered(self, method: str, path: str, body: Any = None) -> requests.Response:
        """Again until the console takes or refuses it. Raises NotTaken."""
        give_up_at = time.monotonic() + PATIENCE
        while time.monotonic() < give_up_at:
            answer = self.once(method, path, body)
            if answer is not None and answer.status_code < 500:
                return answer
            time.sleep(0.1)
        raise NotTaken(f"{method} {path}: in vain for {PATIENCE} s")

    def once(self, method: str, path: str, body: Any = None) -> requests.Response | None:
        """None where the connection broke: then nobody knows whether it was taken."""
        url = path if path.startswith("http") else f"{self.address}/api/v1{path}"
        try:
            answer = self.session.request(method, url, json=body, timeout=15)
        except requests.RequestException:
            self.answers["none"] += 1
            return None
        self.answers[str(answer.status_code)] += 1
        return answer

    def all(self, path: str) -> list[dict[str, Any]]:
        """Every row of a list."""
        return self.all_where(f"{path}{'&' if '?' in path else '?'}limit=500")

    def all_where(self, path: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        page = self.insist("GET", path)
        rows += page["results"]
        while page["next"]:
            page = self.insist("GET", page["next"])
            rows += page["results"]
        return rows

    def changes(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = []
        page = self.insist("GET", "/changes/?limit=500")
        while page["results"]:
            rows += page["results"]
            page = self.insist("GET", f"/changes/?limit=500&after={page['cursor']}")
        return rows


def body_of(order: Given) -> dict[str, Any]:
    line = {
        "line_id": f"{order.number}-1",
        "sku": order.sku,
        "name": "Trust",
        "quantity": order.quantity,
        "unit_price": PRICE,
    }
    return {
        "location_key": order.location_key,
        "ordered_at": "2026-11-23T10:15:00+05:30",
        "payment": {"mode": "prepaid"},
        "lines": [line],
        "shipping_address": ADDRESS | {"state": order.state},
        "package": {"weight_g": 100, "length_cm": 10, "width_cm": 10, "height_cm": 10},
    }
