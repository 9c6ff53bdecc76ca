"""Which mutants stand for a module that has many. It imports nothing of ours, as patched.py."""

import random
from collections.abc import Collection


def drawn(names: Collection[str], size: int, seed: str) -> set[str]:
    """So many of a module's mutants, the same ones for a seed; all of them where `size` is 0."""
    if not size or size >= len(names):
        return set(names)
    return set(random.Random(seed).sample(sorted(names), size))
