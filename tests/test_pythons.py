"""Which Pythons are taken is said in three places, and the lock is one for all of them."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests import other_python

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
MAKEFILE = (ROOT / "Makefile").read_text()
OLDEST, NEWEST = 11, 14


def test_project_makefile_and_linters_name_the_same_pythons():
    assert PROJECT["project"]["requires-python"] == f">=3.{OLDEST},<3.{NEWEST + 1}"
    assert f"(3, {OLDEST}) <= sys.version_info[:2] <= (3, {NEWEST})" in MAKEFILE
    assert f"--universal --python-version 3.{OLDEST} " in MAKEFILE
    assert (other_python.OLDEST, other_python.NEWEST) == (OLDEST, NEWEST)
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py3{OLDEST}"
    assert PROJECT["tool"]["mypy"]["python_version"] == f"3.{OLDEST}"


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_newcomers_are_told_the_same(name):
    assert f"Python 3.{OLDEST} to 3.{NEWEST} with venv" in (ROOT / name).read_text()


def test_dockerfile_takes_one_of_them():
    [version] = re.findall(r"^ARG PYTHON=3\.(\d+)$", (ROOT / "deploy/Dockerfile").read_text(), re.M)

    assert OLDEST <= int(version) <= NEWEST


@pytest.mark.parametrize(
    ("version", "is_taken"),
    [("3.10", False), ("3.11", True), ("3.14", True), ("3.15", False), ("2.7", False)],
)
def test_makefile_takes_them_and_no_other(tmp_path, version, is_taken):
    """With Pythons that only say their version, and a make that stops at the environment."""
    for name in ("python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\n{FAKE.format(*version.split('.'))}")
        program.chmod(0o755)
    command = ["make", "--file", ROOT / "Makefile", "--directory", tmp_path, ".venv/bin/python"]
    path = f"{tmp_path}:/usr/bin:/bin"
    made = subprocess.run(command, env={"PATH": path}, capture_output=True, text=True)

    assert (made.returncode == 0) is is_taken, made.stderr
    assert ("found none" in made.stderr) is not is_taken


# `-c` with the question about the version is answered by a real Python that is told another one.
FAKE = """
[ "$1" = -m ] && exit 0
question="import sys; sys.version_info = ({0}, {1}); $(echo "$2" | sed 's/^import sys; //')"
exec /usr/bin/python3 -c "$question"
"""
