"""The kept scores: `docs/mutants.json`, and `docs/mutants.md` written from it."""

import json
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.mutants.packages import PACKAGES, ROOT

KEPT = ROOT / "docs" / "mutants.json"
PAGE = ROOT / "docs" / "mutants.md"
EQUIVALENTS = Path(__file__).parent / "equivalents.toml"
# pytest's and mutmut's exit codes: all passed, none collected, none known for the function.
LIVED = {0, 5, 33}

HEAD = """# Mutants

`make mutants` writes this page and keeps the figures, module by module, in
[mutants.json](mutants.json), which CI compares with. A mutant is one small fault that mutmut puts
into one function; the tests of its package run against it, and it is caught when one fails or never
ends ([decision 43](decisions/0043-mutants.md)). Equivalent mutants, whose behaviour differs in
nothing, are listed with their reasons in `tests/mutants/equivalents.toml` and not counted.
Constants, class bodies and decorators are not mutated.

A module is measured whole, or by a random sample of its mutants (`SAMPLE=60`). The score of a
sample says about the module what its size allows: of 60 mutants, of which nine in ten were caught,
the module's own score may well be 8 points off. No module that was measured by sample can fall.

"By its own tests" (`OWN=1`) means that a mutant met only the tests that are named after its module,
and not all of its package: it is quicker, and the module's score is at least what is shown.

"""
PACKAGES_TABLE = """| package | modules measured | mutants counted | caught | score |
|---|---|---|---|---|"""
MODULES_TABLE = """
## Modules

| module | measured | score | mutants counted | equivalent | lived, by function |
|---|---|---|---|---|---|"""


@dataclass
class Score:
    """What came of a module's mutants: those that lived, and equivalent ones, by function.

    `sampled_from` is how many the module has, where only a random sample of them was tried.
    `by_own_tests`: only against the tests named after the module, so the score is at least that.
    """

    caught: int = 0
    lived: dict[str, int] = field(default_factory=dict)
    equivalent: dict[str, int] = field(default_factory=dict)
    sampled_from: int = 0
    by_own_tests: bool = False

    @property
    def counted(self) -> int:
        return self.caught + sum(self.lived.values())

    @property
    def percent(self) -> float:
        return percent(self.caught, self.counted)


@dataclass(frozen=True)
class Mutant:
    """One of mutmut's. `exit_code` is None until it was tried.

    `is_settled` is false while it lives on SQLite and was not tried on PostgreSQL.
    """

    name: str
    exit_code: int | None
    is_settled: bool = True

    @property
    def function(self) -> str:
        """`x_take` is `take`, and `xǁQuotaǁtake` is `Quota.take`."""
        mangled = self.name.rpartition(".")[2].partition("__mutmut_")[0]
        return mangled[2:].replace("ǁ", ".")

    @property
    def has_lived(self) -> bool:
        return self.exit_code in LIVED


def percent(caught: int, counted: int) -> float:
    """Rounded down to a tenth: 100 means all of them."""
    return 1000 * caught // counted / 10 if counted else 100.0


def score_of(mutants: Iterable[Mutant], equivalents: set[str], before: Score) -> Score:
    """What was not tried is as it was `before`: its function has not changed."""
    caught = 0
    lived: Counter[str] = Counter()
    equivalent: Counter[str] = Counter()
    untried: Counter[str] = Counter()
    for mutant in mutants:
        if mutant.exit_code is None:
            untried[mutant.function] += 1
        elif not mutant.has_lived:
            caught += 1
        else:
            (equivalent if mutant.name in equivalents else lived)[mutant.function] += 1
    for function, count in untried.items():
        lived[function] += before.lived.get(function, 0)
        equivalent[function] += before.equivalent.get(function, 0)
        caught += count - lived[function] - equivalent[function]
    return Score(caught, dict(+lived), dict(+equivalent))


def listed_equivalents() -> dict[tuple[str, str], str]:
    """Why, by the function (with its module's path before it) and the mutated line."""
    rows = tomllib.loads(EQUIVALENTS.read_text()).get("equivalent", [])
    return {(f"{row['module']}:{row['function']}", row["line"]): row["why"] for row in rows}


def kept() -> dict[str, Score]:
    """By the module's path."""
    if not KEPT.exists():
        return {}
    return {path: Score(**row) for path, row in json.loads(KEPT.read_text()).items()}


def keep(scores: Mapping[str, Score]) -> None:
    """Beside those that are kept, without modules that are gone; then the page anew."""
    paths = {path for package in PACKAGES.values() for path in package.paths()}
    now = {path: score for path, score in (kept() | dict(scores)).items() if path in paths}
    rows = (f"{json.dumps(path)}: {json.dumps(asdict(now[path]))}" for path in sorted(now))
    KEPT.write_text("{\n" + ",\n".join(rows) + "\n}\n")
    PAGE.write_text(page(now))


def page(scores: Mapping[str, Score]) -> str:
    lines, missing = [PACKAGES_TABLE], []
    for name, package in PACKAGES.items():
        paths = package.paths()
        measured = [scores[path] for path in paths if path in scores]
        missing += [path for path in paths if path not in scores]
        caught = sum(score.caught for score in measured)
        counted = sum(score.counted for score in measured)
        shown = f"{percent(caught, counted)} %" if measured else "not measured"
        share = f"{len(measured)} of {len(paths)}"
        if sampled := sum(bool(score.sampled_from) for score in measured):
            share += f", {sampled} by sample"
        lines.append(f"| {name} | {share} | {counted} | {caught} | {shown} |")
    lines.append(MODULES_TABLE)
    for path, score in sorted(scores.items()):
        lived = ", ".join(f"`{name}` {count}" for name, count in sorted(score.lived.items()))
        equivalent = sum(score.equivalent.values())
        shown = f"a sample: {score.counted + equivalent} of {score.sampled_from}"
        how = shown if score.sampled_from else "whole"
        how += ", by its own tests" if score.by_own_tests else ""
        cells = (f"`{path}`", how, f"{score.percent} %", score.counted, equivalent, lived)
        lines.append(f"| {' | '.join(map(str, cells))} |")
    lines += ["", "## Not measured yet", ""]
    lines += [f"- `{path}`" for path in missing] or ["Nothing: every module has a score."]
    return HEAD + "\n".join(lines) + "\n"
