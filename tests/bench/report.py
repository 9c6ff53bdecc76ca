"""What was measured, as tables, and their place in docs/performance.md."""

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench import door, levels, lists, pushes

PAGE = Path(__file__).parents[2] / "docs" / "performance.md"
BEGIN, END = "<!-- what follows is written by make bench -->\n", "<!-- end -->"
PACKAGES = ("django", "djangorestframework", "granian", "psycopg")
DOOR = """### The webhooks' door

{turns}

| database | body | door | bare view | ratio | CPU of the door | of the bare view | ratio |
|---|---|---|---|---|---|---|---|
"""
PUSHES = """### Orders that one host pushes

{turns}; each account takes 10 a second. EasyEcom and PostgreSQL are on this machine too.

| database | accounts | answers after | orders | limit | of it | CPU of the workers for an order |
|---|---|---|---|---|---|---|
"""
HOSTS = """### Worker hosts

{turns}

| hosts | orders | against one host | CPU of the workers for an order |
|---|---|---|---|
"""
LEVELS = """### Stock levels of a batch

Lines a second until they are committed, the ledger and Booon's changes included, medians of
{rounds} turns, taken by turns. The reference is COPY and one merge on PostgreSQL, executemany
on SQLite.

| database | lines | console | reference | ratio |
|---|---|---|---|---|
"""
LISTS = """### Lists and search

Milliseconds to the whole answer, medians of 7, by the number of orders; of the box to the page that
it leads to.

| database | asked for | {sizes} |
|---|---|{rules}
"""


def door_part(found: Mapping[str, Sequence[door.Comparison]], rounds: int, seconds: float) -> str:
    turns = f"{turns_of(rounds, seconds)}, 16 connections."
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


def pushes_part(found: Mapping[pushes.Case, pushes.Turn], rounds: int) -> str:
    rows = (
        row(
            case.vendor,
            str(case.accounts),
            answers_after(case),
            f"{turn.per_second:.1f}/s",
            f"{case.limit:.0f}/s",
            f"**{turn.per_second / case.limit:.2f}**",
            f"{turn.cpu_ms:.1f} ms",
        )
        for case, turn in found.items()
    )
    return PUSHES.format(turns=turns_of(rounds, pushes.SECONDS)) + "".join(rows) + "\n"


def answers_after(case: pushes.Case) -> str:
    least, most = ((case.answers_after + sign * case.spread) * 1000 for sign in (-1, 1))
    return f"{least:.0f} ms" if least == most else f"{least:.0f} to {most:.0f} ms"


def hosts_part(found: Mapping[pushes.Case, pushes.Turn], rounds: int) -> str:
    (first, one), *_ = found.items()
    turns = (
        f"{turns_of(rounds, pushes.SECONDS)}: {first.accounts} accounts, answers after "
        f"{first.answers_after:g} s, PostgreSQL, all on this machine."
    )
    rows = (
        row(
            str(case.hosts),
            f"{turn.per_second:.1f}/s",
            f"**{turn.per_second / one.per_second:.2f}**",
            f"{turn.cpu_ms:.1f} ms",
        )
        for case, turn in found.items()
    )
    return HOSTS.format(turns=turns) + "".join(rows) + "\n"


def levels_part(found: Mapping[str, Sequence[levels.Comparison]]) -> str:
    rows = (
        row(
            vendor,
            f"{each.lines:,}",
            *(f"{per_second:,.0f}/s" for per_second in each.medians()),
            f"**{each.ratio:.2f}**",
        )
        for vendor, comparisons in found.items()
        for each in comparisons
    )
    return LEVELS.format(rounds=levels.ROUNDS) + "".join(rows) + "\n"


def lists_part(found: Mapping[str, lists.Figures]) -> str:
    sizes = " | ".join(f"{size:,}" for size in lists.SIZES)
    rows = (
        row(vendor, page, *(f"{each:.0f}" for each in figures))
        for vendor, pages in found.items()
        for page, figures in pages.items()
    )
    head = LISTS.format(sizes=sizes, rules="---|" * len(lists.SIZES))
    return head + "".join(rows) + "\n"


def turns_of(rounds: int, seconds: float) -> str:
    return f"Medians of {rounds} turns of {seconds:g} s each, taken by turns"


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
