"""What the sandbox received, in order of arrival: the outside witness that tests count by."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from integration.sandbox import indian_time


@dataclass
class Line:
    """One request. It has no place for a password, a token or a body."""

    n: int
    at: datetime
    method: str
    path: str
    kind: str
    had_token: bool
    account: str = ""
    location_key: str = ""
    order_number: str = ""
    invoice_id: str = ""
    company_carrier_id: str = ""
    committed: bool = False
    status: int | None = None
    code: int | None = None
    fault: str = ""


class Ledger:
    """Lines are numbered from 1 as they arrive and filled in as they are answered."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def open(self, method: str, path: str, kind: str, had_token: bool) -> Line:
        line = Line(len(self.lines) + 1, indian_time.now(), method, path, kind, had_token)
        self.lines.append(line)
        return line

    def after(self, n: int, limit: int | None = None) -> list[dict[str, Any]]:
        end = None if limit is None else n + limit
        return [as_json(line) for line in self.lines[n:end]]

    def clear(self) -> None:
        self.lines.clear()


def as_json(line: Line) -> dict[str, Any]:
    return {**asdict(line), "at": line.at.isoformat()}
