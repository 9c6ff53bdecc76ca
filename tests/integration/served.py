"""granian as a child process on loopback, with a database of its own that is read from outside."""

import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

SEED = """
import django
django.setup()
from django.core.management import call_command
from tests.factories import endpoint_token, make_location
call_command("migrate", verbosity=0)
location = make_location()
print(location.endpoints.get(topic="inventory").pk, endpoint_token(location, "inventory"))
"""
PATIENCE = 60
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass
class Server:
    """Where it listens, an endpoint to post to, and its rows."""

    pid: int
    port: int
    database: str
    endpoint_id: str
    token: str

    @property
    def path(self) -> str:
        return f"/webhooks/easyecom/{self.endpoint_id}/inventory"

    def bodies(self) -> list[bytes]:
        rows = query(self.database, "SELECT body FROM integration_delivery ORDER BY id")
        return [bytes(body) for (body,) in rows]

    def refusals(self) -> dict[str, int]:
        return dict(
            query(self.database, "SELECT cause, sum(count) FROM integration_refusal GROUP BY 1")
        )

    def head(self, *lines: str | bytes, token: str | None = None) -> bytes:
        """The beginning of a POST, up to the empty line."""
        wanted: list[str | bytes] = [
            f"POST {self.path} HTTP/1.1",
            f"Host: 127.0.0.1:{self.port}",
            f"Access-Token: {self.token if token is None else token}",
            *lines,
        ]
        raw = [line if isinstance(line, bytes) else line.encode() for line in wanted]
        return b"\r\n".join(raw) + b"\r\n\r\n"

    def call(self, *pieces: bytes) -> bytes:
        """Send these, one after another, and return the whole answer."""
        with self.connection() as caller:
            for piece in pieces:
                caller.sendall(piece)
            return answer(caller)

    def connection(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE)


def answer(caller: socket.socket) -> bytes:
    """Up to the end of the body that the answer announces; "100 Continue" is no answer yet."""
    received = b""
    while b"\r\n\r\n" not in received.removeprefix(CONTINUE):
        piece = caller.recv(65536)
        if not piece:
            return received
        received += piece
    head, _, body = received.removeprefix(CONTINUE).partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length:")
    )
    while len(body) < length and (piece := caller.recv(65536)):
        body += piece
    return head + b"\r\n\r\n" + body


def status(reply: bytes) -> int:
    return int(reply.split(b" ", 2)[1])


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    with own_database(folder) as url:
        environ = os.environ | {"TEST_DATABASE_URL": url, "LOG_LEVEL": "ERROR"}
        seeded = subprocess.run(
            [sys.executable, "-c", SEED], env=environ, capture_output=True, text=True, check=True
        )
        endpoint_id, token = seeded.stdout.split()
        port = free_port()
        command = [
            str(Path(sys.executable).with_name("granian")),
            *("--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port)),
            "booon_console.wsgi:application",
        ]
        with (folder / "granian.log").open("wb") as log:
            child = subprocess.Popen(
                command, env=environ, stdout=log, stderr=log, start_new_session=True
            )
        try:
            wait_for_port(port, child)
            yield Server(child.pid, port, url, endpoint_id, token)
        finally:
            # The group: a worker of granian's outlives its parent.
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def free_port() -> int:
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_for_port(port: int, child: subprocess.Popen[Any]) -> None:
    ends_at = time.monotonic() + PATIENCE
    while time.monotonic() < ends_at:
        assert child.poll() is None, "the web server ended"
        with closing(socket.socket()) as caller:
            caller.settimeout(0.2)
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return
    raise TimeoutError("the web server does not listen")


@contextmanager
def own_database(folder: Path) -> Iterator[str]:
    """A fresh database of the same kind as the tests' own."""
    url = os.environ["DATABASE_URL"]
    if not url.startswith("postgres"):
        yield f"sqlite:///{folder / 'served.sqlite3'}"
        return
    server, _, name = url.rpartition("/")
    mine = f"{name}_served_{secrets.token_hex(4)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{mine}"')
        try:
            yield f"{server}/{mine}"
        finally:
            connection.execute(f'DROP DATABASE "{mine}" WITH (FORCE)')


def query(url: str, sql: str) -> list[tuple[Any, ...]]:
    if url.startswith("postgres"):
        with psycopg.connect(url) as connection:
            return list(connection.execute(sql))
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=PATIENCE)) as connection:
        return list(connection.execute(sql))
