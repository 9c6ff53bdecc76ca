"""Failpoints: found in the console by name, and hit once by one passer-by."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults import points
from tests.faults.children import TOP
from tests.faults.points import FOLDER_VARIABLE, POINTS

PASS = "from tests.faults.points import pass_by; pass_by('settled', ('order',)); print('passed')"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "armed").mkdir()
    return tmp_path


def arm(folder: Path, key: str, passes: int = 0) -> None:
    (folder / "armed" / key).write_text(json.dumps({"action": "kill", "passes": passes}))


def pass_by(folder: Path) -> subprocess.CompletedProcess[str]:
    env = os.environ | {FOLDER_VARIABLE: str(folder)}
    command = [sys.executable, "-c", PASS]
    return subprocess.run(command, cwd=TOP, env=env, capture_output=True, text=True)


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_point_names_a_function_of_the_console(point):
    holder, attribute = points.found(point.function)

    assert callable(getattr(holder, attribute))


def test_armed_point_kills_whoever_passes_and_writes_it_down_first(folder):
    arm(folder, "settled")

    assert pass_by(folder).returncode == -signal.SIGKILL
    hit = json.loads((folder / "hits").read_text())
    assert (hit["key"], hit["action"]) == ("settled", "kill")


def test_point_is_hit_once(folder):
    arm(folder, "settled")
    pass_by(folder)

    assert pass_by(folder).stdout == "passed\n"


def test_point_armed_for_the_second_passer_by_lets_the_first_go(folder):
    arm(folder, "settled", passes=1)

    assert pass_by(folder).stdout == "passed\n"
    assert pass_by(folder).returncode == -signal.SIGKILL


def test_point_armed_for_another_thing_lets_go(folder):
    arm(folder, "settled@location")

    assert pass_by(folder).stdout == "passed\n"


def test_point_armed_for_this_thing_kills(folder):
    arm(folder, "settled@order")

    assert pass_by(folder).returncode == -signal.SIGKILL


def test_console_as_it_ships_knows_no_failpoint():
    sources = [
        path.read_text()
        for package in ("booon_console", "sellers", "integration")
        for path in (TOP / package).rglob("*.py")
    ]

    assert not [text for text in sources if FOLDER_VARIABLE in text or "tests.faults" in text]
