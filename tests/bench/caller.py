"""Sixteen keep-alive connections that post as fast as they are answered, on one thread."""

import selectors
import socket
import time
from contextlib import ExitStack

CONNECTIONS = 16
READ = 65536


def post_for(seconds: float, port: int, request: bytes) -> tuple[int, float]:
    """How many were answered 200, and in how many seconds. Raises AssertionError for another."""
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        callers = [stack.enter_context(connected(port)) for _ in range(CONNECTIONS)]
        began = time.monotonic()
        for caller in callers:
            selector.register(caller, selectors.EVENT_READ)
            caller.sendall(request)
        answered, under_way = 0, len(callers)
        while under_way:
            for key, _ in selector.select():
                caller = key.fileobj
                assert isinstance(caller, socket.socket)
                check_answer(caller)
                answered += 1
                if time.monotonic() - began < seconds:
                    caller.sendall(request)
                else:
                    selector.unregister(caller)
                    under_way -= 1
        return answered, time.monotonic() - began


def connected(port: int) -> socket.socket:
    caller = socket.create_connection(("127.0.0.1", port), timeout=30)
    caller.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return caller


def check_answer(caller: socket.socket) -> None:
    """Both answer `{"received": true}`: nothing else ends so."""
    answer = caller.recv(READ)
    while answer and not answer.endswith(b'{"received": true}'):
        more = caller.recv(READ)
        assert more, answer
        answer += more
    assert answer.startswith(b"HTTP/1.1 200 "), answer


def post_request(port: int, path: str, token: str, body: bytes) -> bytes:
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: 127.0.0.1:{port}",
        "User-Agent: EasyEcom",
        "Content-Type: application/json",
        f"Access-Token: {token}",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body
