"""docs/trust.md: what was run and what came of it, one section for each size of run."""

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.faults.children import TOP
from tests.faults.isolation import Isolation
from tests.faults.points import POINTS
from tests.faults.restored import Restore
from tests.faults.run import Report

PAGE = TOP / "docs" / "trust.md"
TARGETS = {"short": "make trust", "long": "make trust-long"}
INTRO = """# Trust: what was run

Written by `make trust` and `make trust-long`. Real granian, real `manage.py workers`, a real
PostgreSQL that is crashed, a stand-in EasyEcom whose ledger is the witness, and a proxy between
them that spoils its answers. The checker reads that ledger and the public API, nothing else. These
are the counts of the runs named here; nothing is said about what was not run.

Short waits (a lease of 6 s, look-ups after 1, 1 and 2 s, EasyEcom's deadline at 3 s) let minutes
hold what else takes a day; isolation and recovery are measured with the console's own times. An
order that no look-up finds waits for a person (policy `hold`): the harness looks in the ledger as a
person would in EasyEcom, and says in the admin what is there.
"""


@dataclass
class Figures:
    """Of one size: the run, and what was run beside it."""

    size: str
    run: Report
    worlds: Sequence[Report] = ()
    fuzzed: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    isolation: Isolation | None = None
    recovery: Mapping[str, float] = field(default_factory=dict)
    restores: Sequence[Restore] = ()

    @property
    def findings(self) -> list[str]:
        parts = (self.run, *self.worlds, *self.restores)
        return [each for part in parts for each in part.findings]


def publish(figures: Figures) -> None:
    """Put this size's section in the place of its last one."""
    page = PAGE.read_text() if PAGE.exists() else INTRO
    kept = dict(re.findall(r"(?ms)^## The (\w+) run\n(.*?)(?=^## The |\Z)", page))
    kept[figures.size] = "\n".join(section(figures)) + "\n"
    sizes = [size for size in TARGETS if size in kept]
    PAGE.write_text(INTRO + "".join(f"\n## The {size} run\n{kept[size]}" for size in sizes))


def section(figures: Figures) -> list[str]:
    run = figures.run
    counts = {kind: run.count(kind) for kind in ("lost", "doubled", "misread")}
    return [
        "",
        f"`{TARGETS[figures.size]}`, {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, "
        f"{commit()}seed {run.seed}, "
        f"{os.cpu_count()} cores, {run.seconds / 60:.0f} minutes. World: {run.world}.",
        "",
        "| what | count |",
        "|---|---|",
        row("orders accepted", run.orders),
        row("processes killed by SIGKILL", run.killed),
        row("faults of the proxy that a call met", run.faults.total()),
        row("carrier registrations under faults, each location once", run.carriers),
        *(row(f"**{kind}**", f"**{count}**") for kind, count in counts.items()),
        row("orders that still wait for a person", told(run.waiting)),
        row("longest wait from a kill to EasyEcom's next call", f"{run.longest_wait:.0f} s"),
        row("answers of the API", told(run.answers)),
        row("killed at random", told(run.kills)),
        row("stopped for longer than a lease, then woken", told(run.stops)),
        row("faults", told(run.faults)),
        row("disturbances", told(run.done)),
        row("a person's word", told(run.person)),
        row("corrections of refused orders", told(run.corrections)),
        row("AWBs replaced", told(run.replacements)),
        *(row(f"found: {each}", 1) for each in run.findings),
        "",
        *points(run.hits),
        *fuzzed(figures.fuzzed),
        *worlds(figures.worlds),
        *isolation(figures.isolation),
        *recovery(figures.recovery),
        *restores(figures.restores),
    ]


def commit() -> str:
    """What was run; "" outside a clone."""
    if shutil.which("git") is None:
        return ""
    asked = ("git", "rev-parse", "--short", "HEAD")
    told = subprocess.run(asked, cwd=TOP, capture_output=True, text=True, check=False).stdout
    return f"commit {told.strip()}, " if told.strip() else ""


def row(what: str, count: object) -> str:
    return f"| {what} | {count} |"


def told(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "none"


def points(hits: Counter[str]) -> list[str]:
    """Each failpoint's hits; of one order that takes its worker along they count as F11."""
    by_point: Counter[str] = Counter()
    poisoned = 0
    for key, count in hits.items():
        name, _, about = key.partition("@")
        if about.startswith("TR-"):
            poisoned += count
        else:
            by_point[name] += count
    rows = [f"| {p.fault} | {p.name} | {p.process} | {by_point[p.name]} |" for p in POINTS]
    rows.append(f"| F11 | one order that kills its worker again and again | worker | {poisoned} |")
    return ["| fault | killed at | process | hits |", "|---|---|---|---|", *rows, ""]


def fuzzed(counts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    if not counts:
        return []
    rows = [
        row(what, ", ".join(f"{name} {value}" for name, value in found.items()))
        for what, found in counts.items()
    ]
    return ["| fuzzed | counts |", "|---|---|", *rows, ""]


def worlds(reports: Sequence[Report]) -> list[str]:
    if not reports:
        return []
    rows = [
        f"| {report.world} | {report.orders} | {report.killed} | {report.faults.total()} "
        f"| {len(report.findings)} | {told(report.waiting)} |"
        for report in reports
    ]
    head = "| world | orders | kills | faults | lost, doubled or misread | wait for a person |"
    return [head, "|---|---|---|---|---|---|", *rows, ""]


def isolation(found: Isolation | None) -> list[str]:
    if found is None:
        return []
    return [
        f"Another seller's p95 from PUT to pushed: {found.alone:.1f} s alone, "
        f"{found.beside_failing:.1f} s beside one failing on every call, "
        f"{found.beside_limited:.1f} s beside one limited to a call a second.",
        "",
    ]


def recovery(found: Mapping[str, float]) -> list[str]:
    if not found:
        return []
    rows = [row(point, f"{seconds:.0f} s") for point, seconds in found.items()]
    return ["| killed, with the console's own times | next step after |", "|---|---|", *rows, ""]


def restores(found: Sequence[Restore]) -> list[str]:
    """A reader of the feed and a receiver through each of them."""
    if not found:
        return []
    head = (
        "| a dump put back after | orders | after the dump | seconds | lost, doubled or misread |"
    )
    rows = [
        f"| {'an hour in which only stock moved' if each.is_quiet else 'a busy hour'} "
        f"| {each.orders} | {each.lost} | {each.seconds:.0f} | {len(each.findings)} |"
        for each in found
    ]
    return [head, "|---|---|---|---|---|", *rows, ""]
