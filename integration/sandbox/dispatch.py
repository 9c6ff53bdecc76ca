"""One request's way through the sandbox: noted, spoiled or checked, answered, noted again."""

import threading
from typing import Any

from integration.sandbox import tokens
from integration.sandbox.entities import Account, Location
from integration.sandbox.ledger import Line
from integration.sandbox.orders import invoiced
from integration.sandbox.replies import Manner, Reply, page, turned_away, with_text_code
from integration.sandbox.touchpoints import ROUTES, Request, answer, log_in
from integration.sandbox.world import World


class Dispatcher:
    """Answers as EasyEcom. ``stopped`` ends every wait when the server goes down."""

    def __init__(self, world: World, stopped: threading.Event) -> None:
        self.world = world
        self.stopped = stopped

    def answer(self, request: Request) -> Reply:
        with self.world.lock:
            line = self._note(request)
            seconds = self.world.switches.latency_seconds + self.world.faults.slowness(line)
        if seconds:
            self.stopped.wait(seconds)
        with self.world.lock:
            reply = self._reply(request, line)
            _note_answer(line, reply)
        return reply

    def _note(self, request: Request) -> Line:
        kind = ROUTES.get(request.path, ("", "unknown"))[1]
        line = self.world.ledger.open(request.method, request.path, kind, bool(request.token))
        asked: dict[str, Any] = {**request.query, **request.fields}
        location = tokens.owner(self.world, request.token)
        if kind == "log_in":
            location = self.world.locations.get(str(asked.get("location_key")))
            line.account = str(asked.get("email") or "")
        if location:
            line.account, line.location_key = location.account.email, location.location_key
        line.order_number = str(asked.get("orderNumber") or asked.get("reference_code") or "")
        line.invoice_id = str(asked.get("invoiceId") or asked.get("invoice_id") or "")
        carrier = asked.get("companyCarrierId") or asked.get("company_carrier_id")
        line.company_carrier_id = str(carrier or "")
        if location and line.invoice_id and not line.order_number:
            order = invoiced(self.world, location, line.invoice_id)
            line.order_number = order.number if order else ""
        return line

    def _reply(self, request: Request, line: Line) -> Reply:
        fault = self.world.faults.first(line)
        if fault and not fault.commits:
            self.world.faults.use(fault, line)
            return fault.spoil(page(200, "EasyEcom"), line)
        refusal, location = self._check(request, line)
        if refusal:
            return refusal
        reply = self._act(request, line, location)
        if self.world.switches.code_as_string:
            reply = with_text_code(reply)
        if fault:
            self.world.faults.use(fault, line)
            return fault.spoil(reply, line)
        return reply

    def _check(self, request: Request, line: Line) -> tuple[Reply | None, Location | None]:
        """What is refused before anything is looked at: docs/easyecom-contract.md#common-rules."""
        method = ROUTES.get(request.path, ("",))[0]
        if not method:
            return page(404, "404 Not Found"), None
        if request.method != method:
            return page(405, "405 Method Not Allowed"), None
        if line.kind == "log_in":
            return None, None
        location = tokens.holder(self.world, request.token)
        if location is None:
            return turned_away(401, "Unauthorized: the token is missing, wrong or expired"), None
        return self._check_account(request, location.account), location

    def _check_account(self, request: Request, account: Account) -> Reply | None:
        refusal = tokens.refuse_api_key(self.world, account, request.api_key)
        return refusal or tokens.refuse_hurry(self.world, account)

    def _act(self, request: Request, line: Line, location: Location | None) -> Reply:
        if location is None:
            return log_in(self.world, request)
        reply = answer(self.world, line.kind, location, request)
        if reply.committed:
            self._note_ids(line, location)
        return reply

    def _note_ids(self, line: Line, location: Location) -> None:
        """The ids that the write brought, so that the witness knows them even if nobody hears."""
        if line.kind == "add_carrier":
            line.company_carrier_id = str(location.carriers[-1].company_carrier_id)
        if line.kind == "create_order":
            same = self.world.orders_of(location.account, line.order_number)
            line.invoice_id = str(same[-1].invoice_id) if same else ""


def _note_answer(line: Line, reply: Reply) -> None:
    """An answer that nobody gets has no status, though it may have taken effect."""
    line.committed = reply.committed
    if reply.manner not in (Manner.DROP, Manner.SILENCE, Manner.RESET):
        line.status, line.code = reply.status, reply.code
