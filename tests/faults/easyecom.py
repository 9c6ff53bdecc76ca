"""The sandbox EasyEcom as a child process. It is never killed: its ledger is the witness."""

import os
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from integration.worker.process_group import ProcessGroup
from tests.faults.children import MANAGE
from tests.faults.postgres import WITH_LOG
from tests.integration.served import free_port

PATIENCE = 60
SKUS = [f"TRUST-{n}" for n in range(1, 9)]
# No order has it, so that the same message about it comes again and again.
STOCK_SKU = "TRUST-STOCK"
# EasyEcom has no tax rate for it, and refuses the line.
UNTAXED_SKU = "TRUST-UNTAXED"
# EasyEcom does not list it, and refuses the order; the other it does.
UNLISTED_STATE = "Ladakh"
LISTED_STATE = "Himachal Pradesh"
LISTED_SKUS = (*SKUS, UNTAXED_SKU, STOCK_SKU)
PRICE = "100.00"
FULL = 1_000_000


class EasyEcom:
    def __init__(self, folder: Path) -> None:
        self.address = f"http://127.0.0.1:{free_port()}"
        port = self.address.rpartition(":")[2]
        command = [*WITH_LOG, str(folder / "sandbox.log"), *MANAGE, "easyecom_sandbox"]
        settings = {"DJANGO_SETTINGS_MODULE": "tests.settings"}
        self.group = ProcessGroup([*command, "--port", port], os.environ | settings)
        self.session = requests.Session()
        self.session.trust_env = False
        self.wait()

    def wait(self) -> None:
        give_up_at = time.monotonic() + PATIENCE
        while time.monotonic() < give_up_at:
            try:
                self.ask("settings")
                return
            except requests.ConnectionError:
                time.sleep(0.1)
        raise TimeoutError("The sandbox does not answer.")

    def tell(self, path: str, **body: Any) -> dict[str, Any]:
        return self.answered(self.session.post(f"{self.address}/sandbox/{path}", json=body))

    def ask(self, path: str, **query: Any) -> dict[str, Any]:
        return self.answered(self.session.get(f"{self.address}/sandbox/{path}", params=query))

    def answered(self, answer: requests.Response) -> dict[str, Any]:
        if answer.status_code != 200:
            raise ValueError(answer.text)
        found: dict[str, Any] = answer.json()
        return found

    def add_account(self, code: str, keys: list[str], rate: float | None = None) -> None:
        self.tell(
            "accounts",
            email=f"api@{code}.test",
            password=f"password of {code}",
            rate=rate,
            locations=[{"location_key": key} for key in keys],
            products=[{"sku": sku, "mrp": 100, "inventory": FULL} for sku in LISTED_SKUS],
        )

    def refuse(self, *, state: str = UNLISTED_STATE) -> None:
        """Orders to this state, and of the untaxed SKU, from now on."""
        self.tell("settings", unlisted_state=state, untaxed_sku=UNTAXED_SKU)

    def orders(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("state", parts="orders")["orders"]
        return found

    def carriers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.ask("state", parts="carriers")["carriers"]
        return found

    def waiting(self) -> int:
        """Deliveries that were not taken yet."""
        hooks = self.ask("state", parts="webhooks")["webhooks"]
        return sum(hook["waiting"] for hook in hooks)

    def calls(self, after: int = 0) -> list[dict[str, Any]]:
        lines: list[dict[str, Any]] = self.ask("ledger", after=after)["lines"]
        return lines

    def time_of(self, call: dict[str, Any]) -> float:
        return datetime.fromisoformat(call["at"]).timestamp()

    def end(self) -> None:
        self.group.kill()
