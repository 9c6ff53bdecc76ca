"""What may be told of an exception in the log: where it came from, and of a database's no words.

A database repeats in its errors what it was given: buyers' names, numbers, keys.
"""

import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from django.db import Error

TOP = Path(__file__).resolve().parent.parent.parent
ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


def frames(fault: BaseException) -> list[str]:
    """`file:line function` from the outermost to where it was raised."""
    return [
        f"{place(frame.filename)}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(fault.__traceback__)
    ]


def place(filename: str) -> str:
    """Below the project's folder, or from a package's name on."""
    path = Path(filename)
    if "site-packages" in path.parts:
        return str(Path(*path.parts[path.parts.index("site-packages") + 1 :]))
    return str(path.relative_to(TOP)) if path.is_relative_to(TOP) else path.name


def chain(fault: BaseException) -> Iterator[BaseException]:
    """The exception and those that led to it, the last first."""
    seen: set[int] = set()
    last: BaseException | None = fault
    while last is not None and id(last) not in seen:
        seen.add(id(last))
        yield last
        last = last.__cause__ or (None if last.__suppress_context__ else last.__context__)


def text(exc_info: ExcInfo) -> str:
    """A traceback; where a database's error is in it, without any exception's own words."""
    kind, fault, trace = exc_info
    if not any(isinstance(each, Error) for each in chain(fault)):
        return "".join(traceback.format_exception(kind, fault, trace)).rstrip("\n")
    return "\nthen ".join(
        "\n  ".join([type(each).__name__, *frames(each)]) for each in reversed([*chain(fault)])
    )
