"""The systemd units: their programs, their time-outs, and what systemd itself says of them."""

import configparser
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from integration.worker import supervisor
from tests.deploy import DEPLOY, ROOT

UNITS = sorted((DEPLOY / "systemd").glob("*.service"))
HOME = "/opt/booon-console"


def unit(path: Path) -> configparser.SectionProxy:
    """Its [Service]."""
    parser = configparser.RawConfigParser(strict=True)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read(path)
    return parser["Service"]


def of(name: str) -> configparser.SectionProxy:
    return unit(DEPLOY / "systemd" / f"booon-console-{name}.service")


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_units_start_again_and_keep_their_state(path):
    has = unit(path)

    assert has["Restart"] == "always"
    assert has["StateDirectory"] == "booon-console"
    assert has["KillMode"] == "mixed"
    assert has["User"] not in {"", "root"}


def test_web_template_is_the_web_unit_at_the_port_of_its_instance():
    """One look for what is taken, and one server, at that port; all else is alike."""
    one, several = dict(of("web")), dict(of("web@"))

    for name in ("ExecStartPre", "ExecStart"):
        assert one[name].count("8000") == 1
        assert several[name] == one[name].replace("8000", "%i")
    assert several | {name: one[name] for name in ("ExecStartPre", "ExecStart")} == one


def test_port_that_another_instance_has_is_refused_before_the_server_starts():
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        _, *arguments = of("web@")["ExecStartPre"].replace("%i", port).split()
        asked = subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=True)

    assert asked.returncode == 1


def test_units_stop_no_sooner_than_readers_and_calls_are_done():
    assert int(of("web")["TimeoutStopSec"]) > 20
    assert int(of("web@")["TimeoutStopSec"]) > 20
    assert int(of("workers")["TimeoutStopSec"]) > supervisor.STOP_SECONDS


def test_state_file_of_the_example_lies_in_the_state_directory():
    example = (DEPLOY / "console.env.example").read_text()

    assert f"STATE_FILE=/var/lib/{of('workers')['StateDirectory']}/" in example


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_commands_of_units_are_there(path):
    has = unit(path)
    assert has["WorkingDirectory"] == HOME
    for name in ("ExecStartPre", "ExecStart"):
        for word in has.get(name, "").split():
            if word.startswith(HOME):
                program = Path(sys.executable).parent / Path(word).name
                assert program.exists(), word
            if word == "manage.py":
                assert (ROOT / word).exists()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
def test_systemd_takes_the_units(tmp_path):
    """With this checkout's Python in the place of the installed one."""
    for path in UNITS:
        text = path.read_text().replace(f"{HOME}/.venv", str(Path(sys.executable).parents[1]))
        text = re.sub(r"^(User|Group)=.*\n", "", text, flags=re.M)
        (tmp_path / path.name).write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", *sorted(tmp_path.iterdir())]
    verified = subprocess.run(command, capture_output=True, text=True)

    assert verified.stderr == ""
    assert verified.returncode == 0
