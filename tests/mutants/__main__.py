"""`make mutants`: small faults in the modules that matter most, and which of them no test sees.

`python -m tests.mutants [package or module …]` measures them and keeps the scores, in docs/; what
an earlier run has tried and has not changed is not tried again. A module is `sync/leases`, or its
path; `--sample 60` tries so many of its mutants, drawn by `--seed`. `--changed` tries the functions
that differ from main and compares: exit 1 where a module's score has fallen below the kept one.
"""

import argparse
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from fnmatch import fnmatch

from mutmut.mutation.file_mutation import compute_function_hashes

from tests.mutants import scores
from tests.mutants.drawing import drawn
from tests.mutants.packages import PACKAGES, ROOT, package_of, path_of
from tests.mutants.scores import Mutant, Score
from tests.mutants.workplace import BUILD, Trying, Workplace, git
from tests.postgres_answers import answers


def measure(
    package: str, patterns: list[str], trying: Trying, postgres: str, own: str = ""
) -> tuple[Workplace, dict[str, list[Mutant]]]:
    """The package's mutants, by module: on SQLite, and on PostgreSQL what has lived there."""
    place = Workplace(package, own=own)
    place.prepare()
    place.run(patterns, trying)
    found = {module: place.mutants(module) for module in place.package.paths()}
    if not place.package.on_postgresql or not postgres:
        return place, found
    beside = Workplace(package, postgres, own)
    beside.prepare()
    lived = [
        each.name
        for module, mutants in found.items()
        for each in chosen(mutants, trying)
        if is_named(each, patterns) and place.may_be_caught(each, module)
    ]
    if lived and time.monotonic() < trying.until:
        beside.run(lived, replace(trying, sample=0))
    there = {each.name: each for module in found for each in beside.mutants(module)}
    for module, mutants in found.items():
        for position, each in enumerate(mutants):
            if place.may_be_caught(each, module):
                again = there.get(each.name)
                has_code = again is not None and again.exit_code is not None
                mutants[position] = again if has_code else replace(each, is_settled=False)
    return place, found


def judged(
    place: Workplace, module: str, mutants: list[Mutant], before: Score
) -> tuple[Score, list[str]]:
    """The module's score, and how those that lived differ from the code."""
    equivalents, lived = set(), []
    for mutant in mutants:
        if place.may_be_caught(mutant, module):
            lived.append(place.diff(mutant, module))
        elif mutant.has_lived:
            equivalents.add(mutant.name)
    return scores.score_of(mutants, equivalents, before), lived


def report(module: str, score: Score, lived: list[str]) -> None:
    """To the terminal, with a file of what lived."""
    path = BUILD / "lived" / f"{module}.diff"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lived))
    where = f"; {path.relative_to(ROOT)}" if lived else ""
    say(f"{module}: {score.percent} % of {score.counted}{where}")


def measure_all(names: list[str], trying: Trying, postgres: str, by_own_tests: bool) -> int:
    """Keeps the score of each module of which every mutant was tried, or all of a sample."""
    rounds = [
        (package, part)
        for package, modules in wanted(names).items()
        for part in ([[each] for each in modules] if by_own_tests else [modules])
    ]
    for package, modules in rounds:
        if time.monotonic() > trying.until:
            break
        patterns = [f"{dotted(path)}.x*" for path in modules]
        own = modules[0] if by_own_tests else ""
        place, found = measure(package, patterns, trying, postgres, own)
        for module in modules:
            mutants, sampled_from = found[module], 0
            if not all(is_tried(each) for each in mutants):
                mutants, sampled_from = chosen(mutants, trying), len(mutants)
            if not place.meta(module) or not all(is_tried(each) for each in mutants):
                say(f"{module}: not all of its mutants were tried")
                continue
            score, lived = judged(place, module, mutants, Score())
            report(module, score, lived)
            how = {"sampled_from": sampled_from, "by_own_tests": by_own_tests}
            scores.keep({module: replace(score, **how)})
    return 0


def chosen(mutants: list[Mutant], trying: Trying) -> list[Mutant]:
    """A module's sample."""
    names = drawn([each.name for each in mutants], trying.sample, trying.seed)
    return [each for each in mutants if each.name in names]


def is_named(mutant: Mutant, patterns: list[str]) -> bool:
    return any(fnmatch(mutant.name, pattern) for pattern in patterns)


def is_tried(mutant: Mutant) -> bool:
    return mutant.exit_code is not None and mutant.is_settled


def wanted(names: list[str]) -> dict[str, list[str]]:
    """The modules that packages, or paths of modules, stand for, by package."""
    found: dict[str, list[str]] = {}
    for name in names or PACKAGES:
        path = path_of(name)
        package = name if name in PACKAGES else package_of(path)
        if package is None:
            raise SystemExit(f"{name}: none of {', '.join(PACKAGES)}, and no module of theirs")
        found.setdefault(package, []).extend(PACKAGES[name].paths() if name in PACKAGES else [path])
    return found


def compare_changed(trying: Trying, postgres: str) -> int:
    """Whether a module whose functions differ from main's has fallen below its kept score."""
    base = base_of_changes()
    if not base:
        say("No main is known here to compare with: there is nothing to try.")
        return 0
    changed = dict(changed_functions(base))
    if not changed:
        say("No function of a measured module differs from main: there is nothing to try.")
        return 0
    kept, fallen = scores.kept(), []
    for package in sorted({str(package_of(module)) for module in changed}):
        of_package = {path: keys for path, keys in changed.items() if package_of(path) == package}
        names = [
            f"{dotted(path)}.{key}__mutmut_*" for path, keys in of_package.items() for key in keys
        ]
        place, found = measure(package, names, trying, postgres)
        for module in of_package:
            asked = [each for each in found[module] if is_named(each, names)]
            before = kept.get(module)
            is_whole = before is not None and not before.sampled_from
            mutants = found[module] if is_whole else asked
            score, lived = judged(place, module, mutants, before or Score())
            report(module, score, lived)
            if not all(is_tried(each) for each in asked):
                say(f"{module}: not all of its changed mutants were tried, since time ran out")
            elif before is None or before.sampled_from:
                say(f"{module}: no score of all its mutants is kept to compare with")
            elif score.percent < before.percent:
                fallen.append(f"{module}: {score.percent} %, and {before.percent} % is kept")
    if fallen:
        say("Fallen:\n" + "\n".join(fallen))
    return int(bool(fallen))


def base_of_changes() -> str:
    """The commit at which this tree left main; nothing where no main is known."""
    for name in ("origin/main", "main"):
        if found := git("merge-base", "HEAD", name):
            return found.strip()
    return ""


def changed_functions(base: str) -> Iterator[tuple[str, list[str]]]:
    """Modules that are measured and differ, with mutmut's names of the functions that do."""
    names = git("diff", "--name-only", base, "--", "*.py")
    names += git("ls-files", "--others", "--exclude-standard", "--", "*.py")
    for path in sorted(set(names.splitlines())):
        if package_of(path) is None:
            continue
        before = compute_function_hashes(git("show", f"{base}:{path}"))
        now = compute_function_hashes((ROOT / path).read_text())
        if keys := [key for key, value in now.items() if before.get(key) != value]:
            yield path, keys


def dotted(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("wanted", nargs="*", help=f"{', '.join(PACKAGES)}, or a module")
    parser.add_argument("--changed", action="store_true", help="only what differs from main")
    parser.add_argument("--sample", type=int, default=0, metavar="N", help="so many of a module's")
    parser.add_argument("--own", action="store_true", help="only tests named after the module")
    parser.add_argument("--seed", default="1", help="draws the sample")
    parser.add_argument("--minutes", type=float, default=24 * 60, help="end after so many")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--postgres", default="", metavar="URL", help="a server to try more on")
    options = parser.parse_args()
    until = time.monotonic() + options.minutes * 60
    if options.postgres and not answers(options.postgres):
        say(f"On SQLite alone: no PostgreSQL answers at {options.postgres}")
        options.postgres = ""
    trying = Trying(options.workers, until)
    if options.changed:
        return compare_changed(trying, options.postgres)
    sampling = replace(trying, sample=options.sample, seed=options.seed)
    return measure_all(options.wanted, sampling, options.postgres, options.own)


if __name__ == "__main__":
    sys.exit(main())
