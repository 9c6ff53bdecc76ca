"""mutmut in the folder it is started in, with what this project needs otherwise.

It is started as a file, `python -P …/patched.py WORKERS SAMPLE SEED [PATTERN …]`, so that no
package of ours is imported from the tree that is not mutated. Only mutants of these names are
tried, and of a module that has more than SAMPLE only so many; 0 means all.
"""

import sys
from collections.abc import Iterable, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import libcst
from drawing import drawn
from mutmut import __main__ as mutmut
from mutmut.mutation import file_mutation, mutators
from mutmut.state import state
from mutmut.utils.format_utils import mangled_name_from_mutant_name
from mutmut.workers import isolation

# Without them a query takes more rows, in another order, or locks none.
NARROWING = ("filter", "exclude", "order_by", "select_for_update")

# A mutant that waits for ever is ended so many times later than mutmut would: what is only slow, on
# a machine that is busy with more, would count as caught. One that never ends by itself has used
# up its processor time long before.
PATIENCE = 10

skip = file_mutation.MutationVisitor._skip_node_and_children
arrange = file_mutation.function_trampoline_arrangement
estimate = mutmut.estimated_worst_case_time
collect = mutmut.collect_source_file_mutation_data
end_after = isolation.register_timeout


def skip_no_decorated(self: file_mutation.MutationVisitor, node: libcst.CSTNode) -> bool:
    """mutmut leaves decorated functions out, and with them all that is `@transaction.atomic`."""
    if isinstance(node, libcst.FunctionDef) and node.decorators:
        return skip(self, node.with_changes(decorators=()))
    return skip(self, node)


def arrange_decorated(
    function: libcst.FunctionDef, mutants: Iterable[file_mutation.Mutation], class_name: str | None
) -> tuple[Sequence[libcst.CSTNode], ...]:
    """The decorators stand once, above what picks a mutant, and not on each mutant as well."""
    names = {getattr(each.decorator, "value", "") for each in function.decorators}
    if not names or names & {"classmethod", "staticmethod"}:
        return arrange(function, mutants, class_name)
    bare = function.with_changes(decorators=())
    declared, (first, *others), assigned, names = arrange(bare, mutants, class_name)
    first = first.with_changes(decorators=[*function.decorators, *first.decorators])
    return declared, (first, *others), assigned, names


def module_then_time(name: str) -> tuple[str, float]:
    """One module after the other, so that a run that is ended early leaves whole ones."""
    return name.rpartition(".")[0], estimate(name)


def collect_wanted(*, mutant_names: Sequence[str]) -> tuple[list[Any], dict[str, Any]]:
    """mutmut tries what is asked for by name again, even where nothing has changed."""
    mutants, by_path = collect(mutant_names=())
    names = set()
    for data in by_path.values():
        names.update(drawn(data.exit_code_by_key, int(sample), seed))
    wanted = [each for each in mutants if any(fnmatch(each[1], name) for name in patterns)]
    return [each for each in wanted if each[1] in names], by_path


def tests_of_wanted(mutant_names: Sequence[str]) -> set[str]:
    """What has to pass without a mutant first; mutmut runs all tests where none is asked for."""
    wanted, _ = collect_wanted(mutant_names=mutant_names)
    functions = {mangled_name_from_mutant_name(name) for _, name, code in wanted if code is None}
    known = state().tests_by_mangled_function_name
    return {test for function in functions for test in known.get(function, ())}


def end_late(pid: int, timeout_s: float) -> None:
    end_after(pid, timeout_s * PATIENCE)


def drop_from_query(node: libcst.Call) -> Iterable[libcst.BaseExpression]:
    """`rows.select_for_update().get()` becomes `rows.get()`."""
    if isinstance(node.func, libcst.Attribute) and node.func.attr.value in NARROWING:
        yield node.func.value


def drop_call(node: libcst.Expr) -> Iterable[libcst.Expr]:
    """A call whose result nobody wants is left out."""
    if isinstance(node.value, libcst.Call):
        yield node.with_changes(value=libcst.Name("None"))


def apply() -> None:
    mutators.mutation_operators.append((libcst.Call, drop_from_query))
    mutators.mutation_operators.append((libcst.Expr, drop_call))
    file_mutation.MutationVisitor._skip_node_and_children = skip_no_decorated
    file_mutation.function_trampoline_arrangement = arrange_decorated
    mutmut.estimated_worst_case_time = module_then_time
    mutmut.collect_source_file_mutation_data = collect_wanted
    mutmut.tests_for_mutant_names = tests_of_wanted
    isolation.register_timeout = end_late


if __name__ == "__main__":
    workers, sample, seed, *patterns = sys.argv[1:]
    sys.path.insert(0, str(Path.cwd()))
    apply()
    mutmut.cli(["run", "--max-children", workers])
