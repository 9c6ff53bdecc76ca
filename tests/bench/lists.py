"""The orders' list and the search box over 1,000, 100,000 and 1,000,000 orders, in milliseconds."""

import json
import subprocess
import sys
from collections.abc import Sequence

from tests.bench.door import child_environ, database

SIZES = (1_000, 100_000, 1_000_000)
# By what staff ask for, one figure for each size.
Figures = dict[str, list[float]]


def measured(vendor: str, sizes: Sequence[int] = SIZES) -> Figures:
    command = [sys.executable, "-m", "tests.bench.looks", *map(str, sizes)]
    with database(vendor) as url:
        told = subprocess.run(
            command, env=child_environ(url), stdout=subprocess.PIPE, text=True, check=True
        )
    found: Figures = json.loads(told.stdout.splitlines()[-1])
    return found
