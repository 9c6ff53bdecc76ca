"""The same door through real sockets: what only a web server can get wrong."""

import os
import signal
import time
from contextlib import ExitStack, suppress

import pytest

from integration.webhooks import views
from tests.integration.served import answer, served, status
from tests.integration.webhooks.test_processing import HOSTILE

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

BODY = b'{"inventoryData":[{"sku":"A","inventory":1}]}'
LENGTH = f"Content-Length: {len(BODY)}"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(tmp_path_factory.mktemp("served")) as server:
        yield server


@pytest.fixture
def before(server):
    return len(server.bodies())


def chunks(*pieces):
    return [b"%x\r\n%s\r\n" % (len(piece), piece) for piece in [*pieces, b""]]


def wait_for(condition):
    ends_at = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < ends_at


def test_a_body_with_its_length_is_stored(server, before):
    reply = server.call(server.head(LENGTH), BODY)

    assert status(reply) == 200
    assert reply.endswith(b'{"received": true}')
    assert server.bodies()[before:] == [BODY]


def test_a_chunked_body_is_stored_whole(server, before):
    body = BODY * 4000
    pieces = [body[n : n + 7001] for n in range(0, len(body), 7001)]

    reply = server.call(server.head("Transfer-Encoding: chunked"), *chunks(*pieces))

    assert status(reply) == 200
    assert server.bodies()[before:] == [body]


def test_chunks_count_where_a_length_is_given_too(server, before):
    head = server.head("Transfer-Encoding: chunked", "Content-Length: 3")

    reply = server.call(head, *chunks(BODY))

    assert status(reply) in (200, 400)
    assert server.bodies()[before:] == ([BODY] if status(reply) == 200 else [])


def test_no_length_and_no_chunks_is_an_empty_body(server, before):
    assert status(server.call(server.head())) == 200
    assert server.bodies()[before:] == [b""]


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(server, before):
    for length in (views.MAX_BODY + 1, 2**30):
        assert status(server.call(server.head(f"Content-Length: {length}"))) == 413
    assert server.bodies()[before:] == []


def test_chunks_that_are_too_many_are_refused(server, before):
    pieces = [b"x" * 100_000] * 30
    refused = server.refusals().get("too_large", 0)

    # Who goes on sending to a server that has answered may get a reset in the answer's place.
    with suppress(ConnectionError):
        reply = server.call(server.head("Transfer-Encoding: chunked"), *chunks(*pieces))
        assert status(reply) == 413

    wait_for(lambda: server.refusals().get("too_large", 0) == refused + 1)
    assert server.bodies()[before:] == []


def test_the_largest_body_is_taken(server, before):
    body = b"x" * views.MAX_BODY

    assert status(server.call(server.head(f"Content-Length: {len(body)}"), body)) == 200
    assert server.bodies()[before:] == [body]


def test_a_caller_who_hangs_up_leaves_nothing(server, before):
    cut_short = server.refusals().get("cut_short", 0)
    with server.connection() as caller:
        caller.sendall(server.head("Content-Length: 500") + BODY)

    wait_for(lambda: server.refusals().get("cut_short", 0) == cut_short + 1)
    assert server.bodies()[before:] == []


def test_stalled_senders_delay_nobody(server, before):
    with ExitStack() as stack:
        stalled = [stack.enter_context(server.connection()) for _ in range(40)]
        for caller in stalled:
            caller.sendall(server.head(LENGTH) + BODY[:10])
        began = time.monotonic()
        for _ in range(10):
            assert status(server.call(server.head(LENGTH), BODY)) == 200
        assert time.monotonic() - began < 10
        for caller in stalled:
            caller.sendall(BODY[10:])
        assert [status(answer(caller)) for caller in stalled] == [200] * 40

    assert server.bodies()[before:] == [BODY] * 50


@pytest.mark.parametrize(
    "token", [b"\xe9\xff", b"", b"x" * 4000, "टोकन".encode(), b"a\tb"], ids=repr
)
def test_a_token_of_any_bytes_is_refused(server, before, token):
    head = server.head(LENGTH).replace(server.token.encode(), token)

    assert status(server.call(head, BODY)) == 401
    assert server.bodies()[before:] == []


def test_the_same_header_twice_is_no_token(server, before):
    assert status(server.call(server.head(LENGTH, f"Access-Token: {server.token}"), BODY)) == 401
    assert server.bodies()[before:] == []


@pytest.mark.parametrize(
    "lines",
    [
        ("Content-Length: -1",),
        (LENGTH, "Content-Length: 3"),
        ("Content-Length: many",),
        (LENGTH, "Transfer-Encoding: identity"),
        (LENGTH, "X-Long: " + "x" * 9000),
        (LENGTH, "Expect: 100-continue"),
        (LENGTH, "Content-Type: text/plain; charset=bz2_codec"),
        (LENGTH, "Content-Type: \xff\xfe"),
        (LENGTH, "Content-Encoding: gzip"),
        (LENGTH, "Accept: application/xml"),
    ],
)
def test_odd_headers_are_taken_or_refused_and_never_a_fault(server, before, lines):
    reply = server.call(server.head(*lines), BODY)

    assert b"200 OK" in reply or 400 <= status(reply) < 500
    if b"200 OK" in reply:
        assert server.bodies()[before:] == [BODY]


def test_hostile_bodies_are_stored_as_they_came(server, before):
    for body in HOSTILE.values():
        reply = server.call(server.head(f"Content-Length: {len(body)}"), body)
        assert status(reply) == 200

    assert server.bodies()[before:] == list(HOSTILE.values())


def test_what_was_answered_200_is_there_after_a_kill(tmp_path):
    with served(tmp_path) as server:
        assert status(server.call(server.head(LENGTH), BODY)) == 200
        os.killpg(server.pid, signal.SIGKILL)
        assert server.bodies() == [BODY]
