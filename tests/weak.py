"""`python -m tests.weak`: tests that could hardly fail; exit 1 where there are some.

Such a test asserts nothing; or it compares with what our own code gives, where the value should be
written out; or it replaces what it then calls; or it sleeps, which only hopes that something has
happened meanwhile. `# weak: why`, on the line that is found, allows what is meant so.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

TESTS = Path(__file__).parent
OURS = ("booon_console", "sellers", "integration", "booon_console_client")
# What fails by itself: pytest's, playwright's and mocks' own, and helpers that are called so.
FAILS = re.compile(
    r"^_?(assert|expect)(_|$)|^(raises|warns|fail|deprecated_call)$"
    r"|^django_assert_(max_)?num_queries$"
)
REPLACE = ("monkeypatch.setattr", "mock.patch.object", "patch.object")
EXPECTED = re.compile(r"^(expected|wanted|should_be)(_|$)")
SLEEPS = ("sleep", "wait_for_timeout")
# These start processes and wait for them, by their nature.
MAY_SLEEP = ("bench", "faults", "processes.py")
ALLOWED = re.compile(r"# weak: \S+")

Function = ast.FunctionDef | ast.AsyncFunctionDef


class Weakness(NamedTuple):
    line: int
    what: str


class Names:
    """Which functions of the tests assert something: themselves, or by others that they call."""

    def __init__(self, trees: Iterable[ast.AST]) -> None:
        functions = [each for tree in trees for each in functions_of(tree)]
        self.asserting = {each.name for each in functions if asserts(each)}
        used = [(each.name, used_by(each)) for each in functions]
        # A helper of a helper, and a fixture that a fixture wants.
        while more := {name for name, names in used if names & self.asserting} - self.asserting:
            self.asserting |= more


def functions_of(tree: ast.AST) -> Iterator[Function]:
    return (each for each in ast.walk(tree) if isinstance(each, Function))


def asserts(function: Function) -> bool:
    return any(
        isinstance(each, ast.Assert)
        or (isinstance(each, ast.Call) and FAILS.match(last_name(each.func)))
        or (isinstance(each, ast.Raise) and each.exc and "AssertionError" in ast.dump(each.exc))
        for each in ast.walk(function)
    )


def used_by(function: Function) -> set[str]:
    """The fixtures it wants, and the last part of each name that it calls."""
    called = {last_name(call.func) for call in calls_in(function)}
    return called | {argument.arg for argument in function.args.args}


def last_name(node: ast.expr) -> str:
    """`raises` for `pytest.raises`."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""


def calls_in(node: ast.AST) -> Iterator[ast.Call]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Call))


def weaknesses(source: str) -> list[Weakness]:
    """Of one module of tests, without those that a comment allows."""
    tree = ast.parse(source)
    return weaknesses_of(tree, source, Names([tree]))


def weaknesses_of(tree: ast.AST, source: str, names: Names) -> list[Weakness]:
    ours = imported_from_us(tree)
    found = set(sleeps(tree))
    for test in functions_of(tree):
        if test.name.startswith("test_"):
            found |= {*asserts_nothing(test, names), *computed(test, ours), *replaced(test, ours)}
    lines = source.splitlines()
    return sorted(each for each in found if not ALLOWED.search(lines[each.line - 1]))


def imported_from_us(tree: ast.AST) -> set[str]:
    froms = (each for each in ast.walk(tree) if isinstance(each, ast.ImportFrom))
    ours = (each for each in froms if (each.module or "").split(".")[0] in OURS)
    return {alias.asname or alias.name for each in ours for alias in each.names}


def sleeps(tree: ast.AST) -> Iterator[Weakness]:
    for call in calls_in(tree):
        if last_name(call.func) in SLEEPS:
            yield Weakness(call.lineno, "sleeps")


def asserts_nothing(test: Function, names: Names) -> Iterator[Weakness]:
    if not asserts(test) and not used_by(test) & names.asserting:
        yield Weakness(test.lineno, "asserts nothing")


def computed(test: Function, ours: set[str]) -> Iterator[Weakness]:
    """`assert … == ours(…)`, also where the value got a name that says it is the expected one."""
    made = {
        target.id
        for each in ast.walk(test)
        if isinstance(each, ast.Assign) and makes_by_ours(each.value, ours)
        for target in each.targets
        if isinstance(target, ast.Name) and EXPECTED.match(target.id)
    }
    for each in ast.walk(test):
        if isinstance(each, ast.Assert) and isinstance(each.test, ast.Compare):
            left, *others = each.test.left, *each.test.comparators
            used = {name.id for name in ast.walk(each.test) if isinstance(name, ast.Name)}
            is_equality = all(isinstance(op, ast.Eq) for op in each.test.ops)
            if used & made or (is_equality and not has_a_value(left, others, ours)):
                yield Weakness(each.lineno, "compares with what our code gives")


def has_a_value(left: ast.expr, others: list[ast.expr], ours: set[str]) -> bool:
    """Whether what is compared with comes from the test: the right side, or one of a chain."""
    values = others if len(others) == 1 else [left, *others]
    return is_written_out(left) or any(not makes_by_ours(value, ours) for value in values)


def is_written_out(node: ast.expr) -> bool:
    return not any(isinstance(each, ast.Name | ast.Call) for each in ast.walk(node))


def makes_by_ours(node: ast.expr, ours: set[str]) -> bool:
    """Whether one of our functions gives it. A class only holds values; a manager reads rows."""
    for call in calls_in(node):
        parts = ast.unparse(call.func).split(".")
        if parts[0] in ours and parts[-1].islower() and "objects" not in parts:
            return True
    return False


def replaced(test: Function, ours: set[str]) -> Iterator[Weakness]:
    """`monkeypatch.setattr(module, "name", …)` and a call of `module.name` in the same test."""
    replacing = [call for call in calls_in(test) if ast.unparse(call.func) in REPLACE]
    called = {ast.unparse(call.func) for call in calls_in(test)} if replacing else set()
    for call in replacing:
        match call.args:
            case [where, ast.Constant(value=str(name)), *_]:
                module = ast.unparse(where)
                if module.split(".")[0] in ours and f"{module}.{name}" in called:
                    yield Weakness(call.lineno, f"replaces {name}, which it calls")


def all_weaknesses() -> list[str]:
    """Of all tests, each with its place."""
    sources = {path: path.read_text() for path in sorted(TESTS.rglob("*.py"))}
    trees = {path: ast.parse(source) for path, source in sources.items()}
    names = Names(trees.values())
    found = []
    for path, tree in trees.items():
        place = path.relative_to(TESTS)
        for line, what in weaknesses_of(tree, sources[path], names):
            if what != "sleeps" or not set(place.parts) & set(MAY_SLEEP):
                found.append(f"tests/{place}:{line}: {what}")
    return found


if __name__ == "__main__":
    rows = all_weaknesses()
    sys.stdout.write("\n".join(rows or ["No test is weak in a way that is looked for."]) + "\n")
    sys.exit(bool(rows))
