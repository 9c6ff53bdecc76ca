"""What was measured, as tables, and their place in docs/performance.md."""

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench import door, hosts

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- what follows is written by make bench -->\n", "<!-- end -->"
PACKAGES = ("django", "djangorestframework", "granian", "psycopg")
DOOR = """### The webhooks' door

{turns}

| database | body | door | bare view | ratio | CPU of the door | of the bare view | ratio |
|---|---|---|---|---|---|---|---|
"""
HOSTS = """### Worker hosts

{turns}

| hosts | orders | against one host | CPU of the workers for an order |
|---|---|---|---|
"""


def door_part(found: Mapping[str, Sequence[door.Comparison]], rounds: int, seconds: float) -> str:
    turns = f"Medians of {rounds} turns of {seconds:g} s each, taken by turns, 16 connections."
    rows = (door_row(vendor, each) for vendor, pairs in found.items() for each in pairs)
    return DOOR.format(turns=turns) + "".join(rows) + "\n"


def door_row(vendor: str, comparison: door.Comparison) -> str:
    ours, bare = comparison.medians(0), comparison.medians(1)
    return row(
        vendor,
        comparison.size,
        f"{ours.per_second:,.0f}/s",
        f"{bare.per_second:,.0f}/s",
        f"**{comparison.ratio:.2f}**",
        f"{ours.cpu_ms:.2f} ms",
        f"{bare.cpu_ms:.2f} ms",
        f"**{comparison.cpu_ratio:.2f}**",
    )


def hosts_part(found: Mapping[int, Sequence[hosts.Turn]]) -> str:
    rounds = len(found[1])
    turns = (
        f"Medians of {rounds} turns of {hosts.SECONDS:g} s each, taken by turns: "
        f"{hosts.ACCOUNTS} accounts, answers after {hosts.ANSWERS_AFTER:g} s, "
        "PostgreSQL, all on this machine."
    )
    one = hosts.median_of(found[1])
    rows = (
        row(
            str(count),
            f"{hosts.median_of(each).per_second:.1f}/s",
            f"**{hosts.median_of(each).per_second / one.per_second:.2f}**",
            f"{hosts.median_of(each).cpu_ms:.1f} ms",
        )
        for count, each in found.items()
    )
    return HOSTS.format(turns=turns) + "".join(rows) + "\n"


def row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |\n"


def publish(text: str) -> None:
    """Between the two marks; what stands around them is written by hand."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    after = rest.partition(END)[2]
    when = f"{datetime.now(UTC):%d %B %Y}: {machine()}.\n\n"
    PAGE.write_text(f"{before}{BEGIN}\n{when}{text}{END}{after}")


def machine() -> str:
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{os.cpu_count()} cores, {platform.system()}, Python {sys.version.split()[0]}, {packages}"
    )
