"""All that a run needs, started: EasyEcom, the proxy, PostgreSQL, web server and workers."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from tests.faults.booon import Booon
from tests.faults.checker import Finding, Ledger, Told
from tests.faults.children import Children, strays
from tests.faults.easyecom import STOCK_SKU, EasyEcom
from tests.faults.newcomers import Newcomer
from tests.faults.postgres import Postgres
from tests.faults.proxy import Proxy
from tests.integration.served import free_port

SELLERS = {"north": ["en-north-1", "en-north-2"], "south": ["en-south-1", "en-south-2"]}


@dataclass(frozen=True)
class World:
    """What nobody knows about EasyEcom, and what the console does about it."""

    look_up_sees_failed: bool = True
    dedupe_covers_failed: bool = True
    policy: str = "hold"

    def __str__(self) -> str:
        sees = "sees" if self.look_up_sees_failed else "does not see"
        covers = "covers" if self.dedupe_covers_failed else "does not cover"
        return f"the look-up {sees} Failed Orders, uniqueness {covers} them, policy {self.policy}"


class Stand:
    """Everything of one run, started; and the hands that disturb it."""

    def __init__(self, world: World, *, workers: int = 1, **variables: str) -> None:
        self.world = world
        self.postgres = Postgres()
        web_port = free_port()
        self.children = Children(self.postgres.url, "", web_port, workers)
        self.easyecom = EasyEcom(self.children.folder)
        self.proxy = Proxy(self.easyecom.address).start()
        self.children.env |= {
            "EASYECOM_BASE_URL": self.proxy.address,
            "UNKNOWN_ORDER_POLICY": world.policy,
            **variables,
        }
        self.newcomers: list[Newcomer] = []

    def prepare(self) -> None:
        """Sellers on board, webhooks set, and everything at work."""
        self.easyecom.tell(
            "settings", cool_down_seconds=0, webhook_tries=100_000, latency_seconds=0.02
        )
        self.set_world()
        self.checked("migrate", "--verbosity", "0")
        key = self.checked("create_api_key", "harness").split()[-1]
        self.booon = Booon(self.children.address, key)
        for code, keys in SELLERS.items():
            self.add_seller(code, keys)
            self.connect(json.loads(self.checked("onboard_seller", self.file_of(code))))
        self.children.start()
        self.booon.insist("GET", "/sellers/")

    def set_world(self) -> None:
        self.easyecom.tell(
            "settings",
            lookup_sees_failed=self.world.look_up_sees_failed,
            dedupe_covers_failed=self.world.dedupe_covers_failed,
        )

    def become(self, world: World) -> None:
        """Another world, and the console started anew with its policy."""
        self.world = world
        self.set_world()
        self.children.restart(UNKNOWN_ORDER_POLICY=world.policy)

    def checked(self, *arguments: str, is_honest: bool = True) -> str:
        ended = self.children.command(*arguments, is_honest=is_honest)
        assert ended.returncode == 0, (arguments, self.children.said())
        return ended.stdout

    def add_seller(self, code: str, keys: list[str]) -> None:
        self.easyecom.add_account(code, keys)
        about = {
            "code": code,
            "name": code.title(),
            "api_username": f"api@{code}.test",
            "api_password": f"password of {code}",
            "rate_per_second": 500,
            "burst": 500,
            "locations": [{"location_key": key} for key in keys],
        }
        (self.children.folder / f"{code}.json").write_text(json.dumps(about))

    def file_of(self, code: str) -> str:
        return str(self.children.folder / f"{code}.json")

    def connect(self, report: dict[str, Any]) -> None:
        """Paste URL and token into EasyEcom, where they were made just now."""
        for location in report["locations"]:
            for trigger, hook in (location["webhooks"] or {}).items():
                if hook["token"]:
                    key = location["location_key"]
                    self.easyecom.tell("webhooks", location_key=key, trigger=trigger, **hook)

    def add_newcomer(self) -> None:
        code = f"new{len(self.newcomers) + 1:03}"
        self.add_seller(code, [f"en-{code}"])
        self.newcomers.append(Newcomer(self.children, self.file_of(code)))

    def board_newcomers(self) -> None:
        for newcomer in self.newcomers:
            if not newcomer.is_on_board:
                self.connect(newcomer.go_on())

    def witness(self) -> tuple[Ledger, Told]:
        """The console is read first: what it claims has to hold a moment later."""
        told = Told(
            orders=self.booon.all("/orders/"),
            stock=self.booon.all("/stock/"),
            sellers=self.booon.all("/sellers/"),
            changes=self.booon.changes(),
        )
        state = self.easyecom.ask("state", parts="orders,carriers,stock")
        return Ledger(state["orders"], state["carriers"], state["stock"]), told

    def change_level(self, quantity: int) -> None:
        """The same bodies again and again, each of them news."""
        for keys in SELLERS.values():
            levels = [{"location_key": key, "sku": STOCK_SKU, "quantity": quantity} for key in keys]
            self.easyecom.tell("levels", levels=levels)

    def manifest(self, is_wanted: Callable[[int], bool]) -> None:
        numbers = [
            row["order_number"]
            for row in self.easyecom.orders()
            if row["awb"] and not row["manifested_at"] and is_wanted(int(row["order_number"][3:]))
        ]
        if numbers:
            self.easyecom.tell("manifest", order_numbers=numbers)

    def end(self) -> list[Finding]:
        """Stop all; whatever is left of it is a finding."""
        with ExitStack() as stack:
            stack.callback(shutil.rmtree, self.children.folder, ignore_errors=True)
            stack.callback(self.postgres.remove)
            stack.callback(self.easyecom.end)
            stack.callback(self.proxy.stop)
            for newcomer in self.newcomers:
                stack.callback(newcomer.end)
            stack.callback(self.children.end)
        left = strays(self.children.mark)
        return [Finding("misread", "processes", f"{len(left)} are left over.")] if left else []


@contextmanager
def standing(world: World, **more: Any) -> Iterator[Stand]:
    stand = Stand(world, **more)
    try:
        stand.prepare()
        yield stand
    finally:
        stand.end()
