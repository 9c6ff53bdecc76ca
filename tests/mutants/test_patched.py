"""mutmut as it is started here: decorated functions have mutants, and calls are left out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PATCHED = Path(__file__).parent
SOURCE = """
from contextlib import contextmanager
counted = []

def count(function):
    def counting(*args):
        counted.append(function.__name__)
        return function(*args)
    return counting

@count
def add(a):
    return a + 1

class Sum:
    def __init__(self, value):
        self.value = value

    @classmethod
    def of(cls, value):
        return cls(value + 1)

    @property
    def more(self):
        return self.value + 1

@contextmanager
def opened(a):
    yield a + 1

def tell(rows):
    rows.select_for_update().append(2)
"""
SCRIPT = """
import os
from pathlib import Path
import patched
from mutmut.mutation.file_mutation import mutate_file_contents
patched.apply()
made = mutate_file_contents("sums.py", Path("plain.py").read_text())
Path("sums.py").write_text(made.code)
import sums

def values():
    with sums.opened(1) as value:
        return sums.add(1), sums.Sum.of(1).value, sums.Sum(1).more, value

print(values(), sums.counted)
for name in ("x_add__mutmut_1", "xǁSumǁof__mutmut_2", "xǁSumǁmore__mutmut_1", "x_opened__mutmut_1"):
    os.environ["MUTANT_UNDER_TEST"] = f"sums.{name}"
    print(name in made.mutant_names, values())
print("    rows.append(2)\\n" in made.code, "    None\\n" in made.code)
"""


@pytest.mark.slow
def test_decorated_functions_are_mutated_and_decorated_once_and_calls_are_left_out(tmp_path):
    (tmp_path / "plain.py").write_text(SOURCE)
    (tmp_path / "setup.cfg").write_text("[mutmut]\nsource_paths = .\n")

    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(PATCHED), "MUTANT_UNDER_TEST": ""},
        capture_output=True,
        text=True,
    )

    assert ran.stdout.splitlines() == [
        "(2, 2, 2, 2) ['add']",
        "True (0, 2, 2, 2)",
        "True (2, 0, 2, 2)",
        "True (2, 2, 0, 2)",
        "True (2, 2, 2, 0)",
        "True True",
    ], ran.stderr
