"""All that the sandbox knows, in memory, behind one lock; nothing waits while holding it."""

import itertools
import threading
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from integration.sandbox import indian_time
from integration.sandbox.entities import (
    Account,
    Level,
    Location,
    Order,
    Product,
    QueueItem,
    Token,
)
from integration.sandbox.faults import Faults
from integration.sandbox.ledger import Ledger
from integration.sandbox.switches import Switches
from integration.sandbox.webhooks import Webhooks

# Where each series of ids begins; far apart, so that one taken for another is noticed.
FIRST_IDS = {
    "order": 558618236,
    "suborder": 861016191,
    "invoice": 654671188,
    "carrier": 4714,
    "cp": 59044224,
    "product": 17074183,
    "company": 171721,
    "queue": 1,
    "manifest": 639,
}


class World:
    """Whoever reads or changes it holds ``lock``."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.webhooks = Webhooks(self.lock)
        self.ledger = Ledger()
        self.faults = Faults()
        # Set by whoever listens for callers.
        self.leave: Callable[[float], None] | None = None
        self.clear()

    def clear(self) -> None:
        """Back to the first day. Numbers start again, the webhook threads stay."""
        self.set_switches(Switches())
        self.accounts: dict[str, Account] = {}
        self.locations: dict[str, Location] = {}
        self.tokens: dict[str, Token] = {}
        self.orders: dict[int, Order] = {}
        self.queue: dict[int, QueueItem] = {}
        self.ids = {name: itertools.count(first) for name, first in FIRST_IDS.items()}
        self.webhooks.clear()
        self.ledger.clear()
        self.faults.clear()

    def set_switches(self, switches: Switches) -> None:
        self.switches = switches
        self.webhooks.obey(switches)

    def next_id(self, series: str) -> int:
        return next(self.ids[series])

    def orders_of(self, account: Account, number: str) -> list[Order]:
        return account.orders_by_number.get(number, [])

    def add_order(self, order: Order) -> None:
        self.orders[order.invoice_id] = order
        same = order.location.account.orders_by_number.setdefault(order.number, [])
        same.append(order)

    def add_product(self, account: Account, sku: str, name: str, mrp: Decimal) -> Product:
        """A new product, or the known one under a new name and price; touched either way."""
        product = account.products.get(sku)
        if product is None:
            ids = self.next_id("cp"), self.next_id("product")
            product = Product(sku, name, mrp, *ids, updated_at=indian_time.now())
            account.products[sku] = product
        product.name, product.mrp, product.updated_at = name, mrp, indian_time.now()
        return product

    def set_level(self, location: Location, sku: str, quantity: int) -> None:
        location.levels[sku] = Level(quantity, indian_time.now())

    def post_levels(self, location: Location, skus: Iterable[str]) -> bool:
        """Post Inventory V1 with these levels, in one message."""
        lines = [_inventory_line(location, sku, self.switches) for sku in dict.fromkeys(skus)]
        names = [line["sku"] for line in lines]
        body = {"inventoryData": lines}
        return self.webhooks.post(location.location_key, "inventory", body, names)


def level_said(quantity: int, switches: Switches) -> int | str:
    """A level as this EasyEcom writes it."""
    if switches.levels_as == "number":
        return quantity
    return f"{quantity}.00" if switches.levels_as == "decimal" else f"{quantity}"


def _inventory_line(location: Location, sku: str, switches: Switches) -> dict[str, Any]:
    """An absolute level, without a time: docs/easyecom-contract.md#7-inventory-update."""
    product = location.account.products[sku]
    return {
        "sku": sku,
        "company_product_id": product.cp_id,
        "product_id": product.product_id,
        switches.level_field: level_said(location.levels[sku].quantity, switches),
        "warehouse_id": location.company_id,
        "sku_status": "Active",
        "location_key": location.location_key,
    }
