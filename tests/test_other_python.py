"""Which Python `make test-all` takes on PostgreSQL, beside the one of .venv."""

import sys
from pathlib import Path

import pytest

from tests import other_python

MINE = sys.version_info.minor
NEWER = next(minor for minor in (14, 13) if minor != MINE)
OLDER = next(minor for minor in (11, 12) if minor != MINE)


@pytest.fixture
def place(monkeypatch, tmp_path):
    """A machine that has no Python yet, and an environment that is not there."""
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(other_python, "FOLDER", tmp_path / "other")
    return tmp_path


def program(path: Path, script: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def says(version: str) -> str:
    """It answers the question that `-c` asks."""
    return f'[ "$1" = -c ] && echo {version} && exit'


def of_version(folder: Path, minor: int) -> str:
    return program(folder / f"python3.{minor}", f"echo 3.{minor}")


def test_newest_that_is_another_is_taken(place):
    for minor in (OLDER, MINE, 10, 15):
        of_version(place / "bin", minor)
    assert other_python.newest_other() == str(place / f"bin/python3.{OLDER}")

    newer = of_version(place / "bin", NEWER)

    assert other_python.newest_other() == newer


def test_program_that_refuses_as_a_shim_of_pyenv_does_is_passed_over(place):
    program(place / f"bin/python3.{NEWER}", "echo 'command not found' >&2; exit 127")
    older = of_version(place / "bin", OLDER)
    assert other_python.newest_other() == older

    behind = of_version(place / f"pyenv/versions/3.{NEWER}.0/bin", NEWER)

    assert other_python.newest_other() == behind


def test_without_another_one_loud_line_and_the_first_one(place, capsys):
    of_version(place / "bin", MINE)
    (place / "other").mkdir()
    (place / "other/installed").touch()

    assert other_python.chosen() == sys.executable
    assert "##### NOT TESTED WITH A SECOND PYTHON: there is no other" in capsys.readouterr().err
    assert other_python.said().endswith("THE SAME")


def test_packages_that_cannot_be_had_are_no_failure(place, capsys):
    path = program(place / f"bin/python3.{NEWER}", f"{says(f'3.{NEWER}')}; exit 1")

    assert other_python.chosen() == sys.executable
    assert f"##### NOT TESTED WITH A SECOND PYTHON: {path}" in capsys.readouterr().err


def test_packages_are_installed_once_for_each_lock_and_by_its_hashes(place, monkeypatch):
    """With a Python whose environments have a pip that only writes down how it was called."""
    noted = place / "noted"
    inner = program(place / "inner", f"{says(f'3.{NEWER}.9')}; echo $* >> {noted}")
    makes = f"/bin/mkdir -p $4/bin; /bin/cp {inner} $4/bin/python"
    program(place / f"bin/python3.{NEWER}", f"{says(f'3.{NEWER}')}\n{makes}")
    lock = place / "requirements-dev.txt"
    lock.write_text("one")
    monkeypatch.setattr(other_python, "REQUIREMENTS", lock)

    assert other_python.chosen() == other_python.chosen() == str(place / "other/bin/python")
    assert other_python.said().endswith(f"with Python 3.{NEWER}.9")
    lock.write_text("two")
    other_python.chosen()

    installs = noted.read_text().splitlines()
    assert len(installs) == 2
    assert all(f"--require-hashes -r {lock}" in each for each in installs)
