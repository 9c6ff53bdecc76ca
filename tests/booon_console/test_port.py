import socket
import subprocess
import sys

import pytest
from django.conf import settings

from booon_console import port


def shared_listener() -> socket.socket:
    """As granian's: another one may listen beside it."""
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind(("127.0.0.1", 0))
    found.listen()
    return found


def test_port_of_another_server_is_taken_on_all_addresses_too():
    with shared_listener() as found:
        number = found.getsockname()[1]
        assert not port.is_free("127.0.0.1", number)
        assert not port.is_free("0.0.0.0", number)

    assert port.is_free("127.0.0.1", number)


def test_start_ends_where_the_port_is_taken():
    with shared_listener() as found:
        number = str(found.getsockname()[1])
        command = [sys.executable, "-m", "booon_console.port", "127.0.0.1", number]
        asked = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)

    assert asked.returncode == 1
    said = f"127.0.0.1 port {number} is taken: another server listens there.\n"
    assert asked.stderr == said


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["127.0.0.1"],
        ["127.0.0.1", "abc"],
        ["127.0.0.1", "0"],
        ["127.0.0.1", "65536"],
        ["127.0.0.1", "²"],
        ["", "8000"],
        ["127.0.0.1", "8000", "8001"],
    ],
)
def test_what_is_no_address_is_answered_with_the_usage(arguments):
    command = [sys.executable, "-m", "booon_console.port", *arguments]
    asked = subprocess.run(command, cwd=settings.BASE_DIR, capture_output=True, text=True)

    assert asked.returncode == 2
    usage, *rest = asked.stderr.splitlines()
    assert usage == "usage: python -m booon_console.port HOST PORT"
    assert len(rest) == 1
