"""Scripted misbehaviour: the first fault that matches a request is what happens to it."""

import json
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from integration.sandbox.checks import Body
from integration.sandbox.ledger import Line
from integration.sandbox.replies import HTML, Manner, Reply, page, refused, turned_away

FAULTS = (
    "drop",
    "drop_after_commit",
    "timeout_after_commit",
    "status",
    "html",
    "body",
    "committed_400",
    "slow",
    "truncated",
    "drip",
    "reset",
    "reset_midway",
    "short_length",
    "bad_gzip",
    "flood",
    "another_order",
)
GZIP = (("Content-Encoding", "gzip"),)
BEFORE_COMMIT = ("drop", "status", "slow")
BY_FLAG = ("html", "body")
MATCHES = ("account", "location_key", "order_number", "invoice_id")
MANNERS = {
    "drop": Manner.DROP,
    "drop_after_commit": Manner.DROP,
    "timeout_after_commit": Manner.SILENCE,
    "truncated": Manner.TRUNCATE,
    "drip": Manner.DRIP,
    "reset": Manner.RESET,
    "reset_midway": Manner.RESET_MIDWAY,
    "short_length": Manner.SHORT_LENGTH,
    "flood": Manner.FLOOD,
}
ANOTHER_ORDER = b"ANOTHER-1"


@dataclass
class Fault:
    id: int
    kind: str
    fault: str
    times: int | None
    match: dict[str, str]
    seconds: float
    status: int
    committed: bool
    retry_after: str
    body: str
    message: str
    used: int = field(default=0)

    @property
    def commits(self) -> bool:
        """Whether the request takes effect before it goes wrong."""
        return self.committed if self.fault in BY_FLAG else self.fault not in BEFORE_COMMIT

    def fits(self, line: Line) -> bool:
        return self.kind in ("*", line.kind) and all(
            getattr(line, key) == value for key, value in self.match.items()
        )

    def spoil(self, reply: Reply, line: Line) -> Reply:
        """The answer that goes out, given what would have been said."""
        if self.fault in MANNERS:
            return replace(reply, manner=MANNERS[self.fault], seconds=self.seconds)
        if self.fault == "bad_gzip":
            return replace(reply, body=b"\x1f\x8b" + reply.body, headers=GZIP)
        if self.fault == "another_order":
            number = line.order_number.encode() or ANOTHER_ORDER
            return replace(reply, body=reply.body.replace(number, ANOTHER_ORDER))
        return replace(self._another(), committed=reply.committed)

    def _another(self) -> Reply:
        match self.fault:
            case "html":
                return page(self.status, self.message or "Service temporarily unavailable")
            case "body":
                is_markup = self.body.lstrip().startswith("<")
                said = Reply(self.status, self.body.encode("utf-8", "surrogatepass"))
                return replace(said, content_type=HTML) if is_markup else said
            case "committed_400":
                return refused(self.message or "Something went wrong, please try again later")
            case _:
                return self._status()

    def _status(self) -> Reply:
        reply = turned_away(self.status, self.message or f"Sandbox fault {self.status}")
        if self.status in (502, 503, 504):
            reply = page(self.status, f"{self.status} from the gateway")
        if self.retry_after:
            reply = replace(reply, headers=(("Retry-After", self.retry_after),))
        return reply


class Faults:
    """Faults in the order in which they were asked for. ``times`` null is for ever."""

    def __init__(self) -> None:
        self.waiting: list[Fault] = []
        self.count = 0

    def add(self, body: Body, kinds: tuple[str, ...]) -> Fault:
        self.count += 1
        fault = read_fault(body, self.count, kinds)
        self.waiting.append(fault)
        return fault

    def clear(self) -> None:
        self.waiting.clear()

    def first(self, line: Line) -> Fault | None:
        """The fault that this request meets, slowness aside; ``use`` it when it is applied."""
        return next((f for f in self.waiting if f.fault != "slow" and f.fits(line)), None)

    def slowness(self, line: Line) -> float:
        """Seconds that the first slow fault takes; slowness goes with any other fault."""
        for fault in self.waiting:
            if fault.fault == "slow" and fault.fits(line):
                self.use(fault, line)
                return fault.seconds
        return 0.0

    def use(self, fault: Fault, line: Line) -> None:
        line.fault = f"{line.fault}+{fault.fault}" if line.fault else fault.fault
        fault.used += 1
        if fault.times is not None and fault.used >= fault.times:
            self.waiting.remove(fault)

    def as_json(self) -> list[dict[str, Any]]:
        return [asdict(fault) for fault in self.waiting]


def read_fault(body: Body, number: int, kinds: tuple[str, ...]) -> Fault:
    kind = body.word("kind", ("*", *kinds), "*")
    name = body.word("fault", FAULTS)
    fault = Fault(
        id=number,
        kind=kind,
        fault=name,
        times=None if body.any("times", 1) is None else body.whole("times", 1, least=1),
        match=_read_match(body),
        seconds=body.number("seconds", 30.0 if name == "timeout_after_commit" else 1.0),
        status=body.whole("status", 500 if name == "status" else 200, least=200),
        committed=body.flag("committed", False),
        retry_after=str(body.any("retry_after", "")),
        body=_read_text(body.any("body", "")),
        message=body.text("message", ""),
    )
    body.done()
    return fault


def _read_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _read_match(body: Body) -> dict[str, str]:
    match = Body(body.any("match", {}), "match")
    found = {key: str(match.any(key)) for key in MATCHES if key in match}
    match.done()
    return found
