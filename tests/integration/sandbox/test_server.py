import ast
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import requests

import integration.sandbox
from integration.sandbox.server import NotLoopback, Sandbox
from tests.integration.sandbox.helpers import EMAIL, eventually

FOLDER = Path(integration.sandbox.__file__).parent
ROOT = FOLDER.parent.parent
RUN = """
import sys
from django.conf import settings
settings.configure(DATABASES={})
from integration.management.commands.easyecom_sandbox import Command
Command().run_from_argv(["manage.py", "easyecom_sandbox", *sys.argv[1:]])
"""


@pytest.mark.parametrize("module", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_sandbox_imports_nothing_of_the_console(module):
    names = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module)
    foreign = {
        name
        for name in names
        if name.split(".")[0] not in sys.stdlib_module_names
        and not f"{name}.".startswith("integration.sandbox.")
    }

    assert foreign <= {"requests", "django.template"}


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.10", "::", "example.com", ""])
def test_sandbox_stays_on_loopback(host):
    with pytest.raises(NotLoopback):
        Sandbox(host)


def test_connection_is_kept_and_ended_with_the_sandbox():
    with Sandbox() as sandbox:
        host, port = sandbox.server.server_address[:2]
        with socket.create_connection((str(host), port), timeout=5) as connection:
            for _ in range(2):
                connection.sendall(b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert connection.recv(65536).startswith(b"HTTP/1.1 404")
            sandbox.stop()
            assert connection.recv(65536) == b""


def test_sandbox_that_goes_away_is_out_of_reach_and_comes_back_as_it_was(sandbox):
    said = requests.post(sandbox.address + "/sandbox/away", json={"seconds": 0.5}, timeout=5)

    eventually(lambda: not is_reached(sandbox.address))
    eventually(lambda: is_reached(sandbox.address))

    assert said.json() == {"away": 0.5}
    assert [each["email"] for each in sandbox.ask("state", parts="accounts")["accounts"]] == [EMAIL]


def is_reached(address):
    try:
        return requests.get(address + "/", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def test_body_without_a_length_is_refused(sandbox):
    answer = requests.post(sandbox.address + "/access/token", data=iter([b"{}"]), timeout=5)

    assert answer.status_code == 413


def command(*arguments):
    return subprocess.Popen(
        [sys.executable, "-c", RUN, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("name", [signal.SIGTERM, signal.SIGINT])
def test_command_says_where_it_is_and_stops_cleanly(name):
    with command("--port", "0") as process:
        line = process.stdout.readline()
        address = line.split()[-1]
        status = requests.get(address + "/", timeout=5).status_code
        process.send_signal(name)
        rest, errors = process.communicate(timeout=10)

    assert line.startswith("EasyEcom sandbox: http://127.0.0.1:")
    assert (status, process.returncode, rest, errors) == (200, 0, "", "")


def test_command_refuses_an_open_address():
    with command("--port", "0", "--host", "0.0.0.0") as process:
        _, errors = process.communicate(timeout=10)

    assert process.returncode == 1
    assert errors.startswith("CommandError: 0.0.0.0 is not a loopback address")
