"""No package imports from above: read off the imports themselves, beside import-linter's word."""

import copy
import tomllib
from itertools import product
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).parent.parent
IGNORED = ("jobs", "migrations")


def rows():
    """The contract's rows, from the top down, each with its packages."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    [layers] = [each["layers"] for each in contracts if each["name"] == "A package is a layer"]
    return [[name.strip() for name in row.split("|")] for row in layers]


@pytest.fixture(scope="module")
def built():
    return grimp.build_graph("integration")


def arrows_upward(graph):
    """Imports from a package to one that stands above it or beside it."""
    ranks = {name: rank for rank, row in enumerate(rows()) for name in row}
    found = []
    for importer in graph.modules:
        for imported in graph.find_modules_directly_imported_by(importer):
            here, there = (name.split(".")[1:2] for name in (importer, imported))
            if not here or not there or here == there or here[0] in IGNORED:
                continue
            if there[0] in IGNORED or ranks[there[0]] <= ranks[here[0]]:
                found.append((importer, imported))
    return found


def test_there_are_fourteen_rows_or_fewer_and_each_package_stands_in_one():
    names = [name for row in rows() for name in row]
    packages = {path.stem for path in (ROOT / "integration").iterdir() if path.stem[0] != "_"}

    assert len(rows()) <= 14
    assert len(names) == len(set(names))
    assert packages - set(IGNORED) == set(names)


def test_no_package_imports_from_above(built):
    assert arrows_upward(built) == []


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("integration.models.orders", "integration.worker.tasks"),
        ("integration.easyecom.calls", "integration.models.orders"),
        ("integration.orders.push", "integration.onboarding.flow"),
        ("integration.sync.engine", "integration.orders.push"),
        ("integration.worker.tasks", "integration.jobs"),
    ],
)
def test_an_arrow_upward_is_found(built, importer, imported):
    graph = copy.deepcopy(built)
    graph.add_import(importer=importer, imported=imported)

    assert arrows_upward(graph) == [(importer, imported)]


def test_packages_form_no_cycle(built):
    """Nor do they within a row, whose packages don't know each other."""
    ranks = [row for row in rows() if len(row) > 1]
    pairs = [pair for row in ranks for pair in product(row, row) if pair[0] != pair[1]]
    beside = [
        (one, other)
        for one, other in pairs
        if built.find_shortest_chain(f"integration.{one}", f"integration.{other}", as_packages=True)
    ]

    assert beside == []
