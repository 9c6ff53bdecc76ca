"""Every kind of event can be filtered for, by a name of its own."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

from integration.admin.changes import KINDS

WRITERS = ("record_event", "make_event")


def kinds_in(path: Path) -> Iterator[str]:
    """Those that a module writes; fails where a kind can't be told from the code."""
    for call in ast.walk(ast.parse(path.read_text())):
        if not isinstance(call, ast.Call) or getattr(call.func, "id", "") not in WRITERS:
            continue
        yield from words_of(call.args[0], path)


def words_of(given: ast.expr, path: Path) -> Iterator[str]:
    match given:
        case ast.Constant(value=str(kind)):
            yield kind
        case ast.IfExp(body=one, orelse=other):
            yield from words_of(one, path)
            yield from words_of(other, path)
        case ast.Name(id="kind") if path.name == "changes.py":
            pass  # `record_event` itself, which passes on what it was given
        case ast.Name(id=name):
            module = ".".join(path.relative_to(settings.BASE_DIR).with_suffix("").parts)
            yield str(getattr(importlib.import_module(module), name))
        case _:
            raise AssertionError(f"{path}: {ast.unparse(given)}")


def test_every_kind_that_is_written_can_be_filtered_for():
    sources = (settings.BASE_DIR / "integration").rglob("*.py")
    written = {kind for path in sources for kind in kinds_in(path)}

    assert written - dict(KINDS).keys() == set()
    assert dict(KINDS).keys() - written == set()
    assert len({label for _, label in KINDS}) == len(KINDS)
