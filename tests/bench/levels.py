"""Stock levels that a batch of webhooks applies, beside the quickest that the database can do:
lines a second, the ledger and Booon's changes included.

On PostgreSQL that is COPY into a table of its own and one merge from there; on SQLite executemany.
Both write the same rows under the same guard, by turns, in one connection.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.door import told_by

LINES = (1_000, 10_000, 100_000)
ROUNDS = 5
# By the number of lines, each round's pair: lines a second of the console, and of the reference.
Figures = dict[str, list[tuple[float, float]]]


@dataclass(frozen=True)
class Comparison:
    lines: int
    pairs: Sequence[tuple[float, float]]

    @property
    def ratio(self) -> float:
        return median(ours / reference for ours, reference in self.pairs)

    def medians(self) -> tuple[float, float]:
        ours, reference = zip(*self.pairs, strict=True)
        return median(ours), median(reference)


def compare(vendor: str, rounds: int = ROUNDS) -> list[Comparison]:
    found: Figures = told_by("tests.bench.applied", vendor, rounds, *LINES)
    return [Comparison(int(lines), pairs) for lines, pairs in found.items()]
