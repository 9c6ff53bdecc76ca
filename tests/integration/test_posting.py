"""What comes of one POST to Booon's receiver, over real sockets."""

import socket
from time import monotonic

import pytest

from integration import posting
from tests.integration.easyecom.wire_server import Visit, answer, serving

HEADERS = {"webhook-signature": "v1,signature-canary", "Content-Type": "application/json"}


@pytest.fixture
def session():
    with posting.make_session(1) as session:
        yield session


def post(session, url, timeout=2.0):
    return posting.post(session, f"{url}/hook?key=address-canary", b'{"n":1}', HEADERS, timeout)


def answering(*pieces, heard=None):
    def handler(visit: Visit) -> None:
        request = visit.request()
        if heard is not None:
            heard.append(request)
        visit.say(*pieces)

    return handler


@pytest.mark.parametrize("status", ["200 OK", "202 Accepted", "204 No Content"])
def test_any_2xx_is_taken_whatever_it_says(session, status):
    with serving(answering(answer(b"<html>thanks</html>", status))) as server:
        reply = post(session, server.url)

    assert (reply.status, reply.reason, reply.is_taken) == (int(status[:3]), "", True)


def test_the_bytes_go_out_as_they_were_signed(session):
    heard = []
    with serving(answering(answer(b""), heard=heard)) as server:
        post(session, server.url)

    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hook?key=address-canary HTTP/1.1\r\n")
    assert b"webhook-signature: v1,signature-canary" in head
    assert body == b'{"n":1}'


@pytest.mark.parametrize(
    ("status", "said", "reason"),
    [
        ("500 Oops", b"", "HTTP 500 Internal Server Error."),
        ("503 Away", b"back\n soon", "HTTP 503 Service Unavailable: back soon"),
        ("400 Bad", b'{"password": "password-canary"}', "HTTP 400 Bad Request: "),
        ("799 What", b"", "HTTP 799."),
        ("302 Found", b"", "HTTP 302. Redirects are not followed."),
    ],
)
def test_anything_else_is_not_taken_and_says_why(session, status, said, reason):
    with serving(answering(answer(said, status))) as server:
        reply = post(session, server.url)

    assert (reply.status, reply.is_taken) == (int(status[:3]), False)
    assert reply.reason.startswith(reason)
    assert "canary" not in reply.reason


def test_a_redirect_leads_nowhere(session):
    elsewhere = []
    with serving(answering(answer(b""), heard=elsewhere)) as other:
        redirect = answer(b"", "307 Temporary Redirect", f"Location: {other.url}/")
        with serving(answering(redirect)) as server:
            reply = post(session, server.url)

    assert (reply.status, elsewhere) == (307, [])


def test_the_receiver_may_say_when_to_come_again(session):
    with serving(answering(answer(b"", "429 Slow", "Retry-After: 120"))) as server:
        reply = post(session, server.url)

    assert (reply.status, reply.retry_after) == (429, 120)


def test_nobody_there_is_a_failure_without_a_status(session):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    reply = post(session, f"http://127.0.0.1:{port}")

    assert (reply.status, reply.is_taken) == (None, False)
    assert reply.reason.startswith("Stopped because the connection failed")
    assert "canary" not in reply.reason


def test_a_receiver_that_dribbles_is_left_at_the_deadline(session):
    def handler(visit: Visit) -> None:
        visit.request()
        visit.say(b"HTTP/1.1 200 OK\r\n")
        visit.drip(b"X-More: 1\r\n")

    began = monotonic()
    with serving(handler) as server:
        reply = post(session, server.url, timeout=0.4)

    assert (reply.status, reply.is_taken) == (None, False)
    assert reply.reason.startswith("Stopped at the deadline")
    assert monotonic() - began < 8


def test_a_200_whose_body_breaks_off_was_taken(session):
    broken = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf"
    with serving(answering(broken)) as server:
        reply = post(session, server.url)

    assert (reply.status, reply.is_taken) == (200, True)


def test_a_connection_is_kept_for_the_next_post(session):
    def handler(visit: Visit) -> None:
        for _ in range(3):
            visit.request()
            visit.say(answer(b"taken"))

    with serving(handler) as server:
        replies = [post(session, server.url) for _ in range(3)]

    assert [reply.status for reply in replies] == [200, 200, 200]
    assert server.connections == 1
