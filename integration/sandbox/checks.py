"""Reading control bodies key by key, so that a wrong one is answered with what is wrong in it."""

import math
from collections.abc import Mapping
from typing import Any


class BadRequest(Exception):
    """A control call that can't be followed; its text is the answer."""


REQUIRED: Any = object()


LONGEST_ID = 18


def id_of(value: object) -> int | None:
    """The number in an id that may come as a number or as text; None when there is none."""
    text = str(value)
    is_number = text.isascii() and text.isdecimal() and len(text) <= LONGEST_ID
    return int(text) if is_number else None


class Body:
    """A JSON object from outside. ``done`` refuses the keys that nobody read."""

    def __init__(self, value: object, where: str = "body") -> None:
        if not isinstance(value, Mapping):
            raise BadRequest(f"{where}: an object is needed")
        self.where = where
        self.values: dict[str, Any] = dict(value)
        self.read: set[str] = set()

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def any(self, key: str, default: Any = REQUIRED) -> Any:
        self.read.add(key)
        if key in self.values:
            return self.values[key]
        if default is REQUIRED:
            raise BadRequest(f"{self.where}: {key} is missing")
        return default

    def text(self, key: str, default: str = REQUIRED) -> str:
        value = self.any(key, default)
        if not isinstance(value, str) or (default is REQUIRED and not value.strip()):
            raise self.wrong(key, "a text is needed")
        return value

    def word(self, key: str, allowed: tuple[str, ...], default: str = REQUIRED) -> str:
        value = self.text(key, default)
        if value not in allowed:
            raise self.wrong(key, f"one of {', '.join(allowed)} is needed")
        return value

    def whole(self, key: str, default: int = REQUIRED, least: int = 0) -> int:
        value = self.any(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or value < least:
            raise self.wrong(key, f"a whole number of {least} or more is needed")
        return value

    def number(self, key: str, default: float = REQUIRED) -> float:
        value = self.any(key, default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if not is_number or not math.isfinite(value) or value < 0:
            raise self.wrong(key, "a number of 0 or more is needed")
        return float(value)

    def flag(self, key: str, default: bool = REQUIRED) -> bool:
        value = self.any(key, default)
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false is needed")
        return value

    def bodies(self, key: str) -> list["Body"]:
        value = self.any(key, [])
        if not isinstance(value, list):
            raise self.wrong(key, "a list is needed")
        return [Body(row, f"{key}[{place}]") for place, row in enumerate(value)]

    def wrong(self, key: str, reason: str) -> BadRequest:
        return BadRequest(f"{self.where}: {key}: {reason}")

    def done(self) -> None:
        unknown = sorted(set(self.values) - self.read)
        if unknown:
            raise BadRequest(f"{self.where}: unknown key {', '.join(unknown)}")
