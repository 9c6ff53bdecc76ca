"""Looking at processes from outside, as /proc shows them."""

import time
from collections.abc import Callable
from pathlib import Path


def wait_for(is_so: Callable[[], object], seconds: float = 60) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, "waited in vain"
        time.sleep(0.02)


def group_of(pid: int) -> int | None:
    """None when it has ended, even if nobody has asked for its exit code yet."""
    try:
        state, _, group = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[:3]
    except OSError:
        return None
    return None if state in "ZX" else int(group)


def members(group: int) -> list[int]:
    pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
    return sorted(pid for pid in pids if group_of(pid) == group)


def children(pid: int) -> list[int]:
    """In the order of their birth."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
