"""Answers: EasyEcom's envelope, and the manners in which an answer may fail to arrive."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

JSON = "application/json"
HTML = "text/html; charset=utf-8"


class Manner(StrEnum):
    SEND = "send"
    DROP = "drop"
    SILENCE = "silence"
    TRUNCATE = "truncate"
    DRIP = "drip"
    RESET = "reset"
    RESET_MIDWAY = "reset_midway"
    SHORT_LENGTH = "short_length"
    FLOOD = "flood"


@dataclass(frozen=True)
class Reply:
    status: int
    body: bytes
    content_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()
    code: int | None = None
    committed: bool = False
    manner: Manner = Manner.SEND
    seconds: float = 0.0

    def having_committed(self) -> "Reply":
        return replace(self, committed=True)


def as_json(value: object, status: int = 200) -> Reply:
    code = value.get("code") if isinstance(value, dict) else None
    return Reply(status, json.dumps(value).encode(), code=code)


def done(data: Any, message: str = "Successful") -> Reply:
    return as_json({"code": 200, "message": message, "data": data})


def refused(message: str, lines: Sequence[dict[str, Any]] = ()) -> Reply:
    """A business error is HTTP 200 with code 400 and an empty list, or for Create Order a list of
    what is wrong with each line (docs/easyecom-contract.md#common-rules)."""
    return as_json({"code": 400, "message": message, "data": list(lines)})


def turned_away(status: int, message: str) -> Reply:
    """A real HTTP error that still speaks JSON."""
    return as_json({"code": status, "message": message, "data": []}, status)


def with_text_code(reply: Reply) -> Reply:
    """The same with its code in a string, as types drift: docs/easyecom-contract.md#values."""
    told = json.loads(reply.body) if reply.content_type == JSON else None
    if not isinstance(told, dict) or "code" not in told:
        return reply
    return replace(reply, body=json.dumps(told | {"code": str(told["code"])}).encode())


def page(status: int, title: str) -> Reply:
    """What a gateway answers in EasyEcom's place: HTML."""
    text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Reply(status, text.encode(), HTML)
