"""What it costs the web server when senders stall, or send without end."""

import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.integration.processes import children, wait_for
from tests.integration.served import served, status

BODY = b'{"inventoryData":[{"sku":"A","inventory":1}]}'
LENGTH = f"Content-Length: {len(BODY)}"
STALLED = 200
MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("served")) as server:
        yield server


def slowest(server, times=15):
    """Seconds of the slowest of some good deliveries, one after another."""
    took = []
    for _ in range(times):
        began = time.monotonic()
        assert status(server.call(server.head(LENGTH), BODY)) == 200
        took.append(time.monotonic() - began)
    return max(took)


def most_memory(server):
    """The most that the web server's processes ever held, in bytes."""
    pids = [server.pid, *children(server.pid)]
    told = "".join(Path(f"/proc/{pid}/status").read_text() for pid in pids)
    return sum(int(line.split()[1]) for line in told.splitlines() if "VmHWM" in line) * 1024


@pytest.mark.parametrize("framing", ["Content-Length: 1073741824", "Transfer-Encoding: chunked"])
def test_body_without_end_is_refused_and_not_held(server, framing):
    slowest(server, times=3)
    before, refused = most_memory(server), server.refusals().get("too_large", 0)
    piece = b"100000\r\n" + b"x" * MEGABYTE + b"\r\n"
    for _ in range(4):
        # Who goes on sending to a server that has answered may get a reset in the answer's place.
        with suppress(ConnectionError), server.connection() as caller:
            caller.sendall(server.head(framing))
            for _ in range(100):
                caller.sendall(piece)
            assert b" 413 " in caller.recv(100)

    wait_for(lambda: server.refusals().get("too_large", 0) == refused + 4)
    assert most_memory(server) - before < 48 * MEGABYTE
    assert set(server.bodies()) == {BODY}


def test_two_hundred_stalled_senders_keep_no_good_delivery_waiting(server):
    alone = slowest(server)
    with ExitStack() as stack:
        for number in range(STALLED):
            caller = stack.enter_context(server.connection())
            caller.sendall(server.head(LENGTH) + BODY[: number % 20])

        # A busy machine is slow alone too.
        assert slowest(server) < 1 + 2 * alone

    assert set(server.bodies()) == {BODY}
