"""How a fuzzer is started, and what it says: one JSON object, and exit 1 where it found one."""

import argparse
import json
import sys
from collections.abc import Callable
from typing import Any

Counts = dict[str, Any]


def tell(run: Callable[[int, int], Counts], *, bad: tuple[str, ...], count: int) -> None:
    """Run for --count (default `count`) and --seed; the counts named `bad` must all be 0."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=count)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    counts = run(wanted.count, wanted.seed)
    sys.stdout.write(json.dumps(counts, indent=2) + "\n")
    sys.exit(any(counts[name] for name in bad))
