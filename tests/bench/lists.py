"""The orders' list and the search box over 1,000, 100,000 and 1,000,000 orders, in milliseconds."""

from collections.abc import Sequence

from tests.bench.door import told_by

SIZES = (1_000, 100_000, 1_000_000)
# By what staff ask for, one figure for each size.
Figures = dict[str, list[float]]


def measured(vendor: str, sizes: Sequence[int] = SIZES) -> Figures:
    found: Figures = told_by("tests.bench.looks", vendor, *sizes)
    return found
