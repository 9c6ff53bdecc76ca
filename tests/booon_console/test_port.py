import socket
import subprocess
import sys

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
