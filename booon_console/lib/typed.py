"""The kinds of values that settings have: how one is read, and what is expected where it is not.

Knows neither the environment nor a setting's name.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
FLAGS = {"true": True, "yes": True, "on": True, "1": True}
FLAGS |= {"false": False, "no": False, "off": False, "0": False}
# What django-environ took for true before: a setting of before goes on.
FLAGS |= {"y": True, "ok": True, "t": True, "n": False, "f": False}


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """`read` raises ValueError or KeyError; `expected` completes "NAME must be …"."""

    expected: str
    read: Callable[[str], T]


def whole(least: int | None = None, most: int | None = None) -> Kind[int]:
    def read(text: str) -> int:
        return within(int(text))

    def within(value: int) -> int:
        if (least is not None and value < least) or (most is not None and value > most):
            raise ValueError
        return value

    return Kind(f"a whole number{span(least, most)}", read)


def span(least: int | None, most: int | None) -> str:
    if least is None:
        return ""
    return f" of at least {least}" if most is None else f" from {least} to {most}"


def number(
    unit: str, *, above: float | None = None, least: float | None = None, most: float | None = None
) -> Kind[float]:
    """A finite one. `unit` says what it counts: seconds, hours."""
    limits = [f"above {above:g}"] if above is not None else []
    limits += [f"at least {least:g}"] if least is not None else []
    limits += [f"at most {most:g}"] if most is not None else []

    def read(text: str) -> float:
        value = float(text)
        is_low = (above is not None and value <= above) or (least is not None and value < least)
        if not math.isfinite(value) or is_low or (most is not None and value > most):
            raise ValueError
        return value

    return Kind(f"a number of {unit}, {' and '.join(limits)}", read)


def one_of(*choices: str) -> Kind[str]:
    return Kind(" or ".join(choices), {each: each for each in choices}.__getitem__)


def read_seconds(text: str) -> list[float]:
    delays = [float(part) for part in comma_separated(text)]
    if not delays or not all(math.isfinite(each) and each >= 0 for each in delays):
        raise ValueError
    return delays


def comma_separated(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


FLAG = Kind("true or false", lambda text: FLAGS[text.strip().lower()])
SECONDS = Kind("numbers of seconds, separated by commas", read_seconds)
