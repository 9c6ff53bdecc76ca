"""What the demo says, as it happens: each step with its time, and what was expected and seen."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import OutputWrapper
from django.core.management.color import Style


class NotSeen(Exception):
    """A step that did not hold: what should have been there, and what was."""

    def __init__(self, expected: str, seen: object) -> None:
        super().__init__(f"expected {expected}, saw {seen}")
        self.expected = expected
        self.seen = str(seen)


class Teller:
    def __init__(self, out: OutputWrapper, style: Style, steps: int) -> None:
        self.out = out
        self.style = style
        self.steps = steps
        self.number = 0
        self.title = ""
        self.began = time.monotonic()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Says when it begins and, unless it raises, how long it took."""
        self.number += 1
        self.title = title
        began = time.monotonic()
        heading = f"Step {self.number} of {self.steps}: {title}"
        self.write(f"\n[{began - self.began:5.1f} s] {self.style.MIGRATE_HEADING(heading)}")
        yield
        took = time.monotonic() - began
        self.write(f"          {self.style.SUCCESS('seen to hold')}, step took {took:.1f} s")

    def say(self, *sentences: str) -> None:
        for sentence in sentences:
            self.write(f"          {sentence}")

    def rows(self, *rows: tuple[object, ...]) -> None:
        """Rows of a table, in columns as wide as they need to be."""
        texts = [[str(cell) for cell in row] for row in rows]
        widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
        for row in texts:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            self.say("  " + "  ".join(cells).rstrip())

    def write(self, text: str) -> None:
        self.out.write(text)
        self.out.flush()


def expect(holds: bool, expected: str, seen: object) -> None:
    """Raises NotSeen."""
    if not holds:
        raise NotSeen(expected, seen)
