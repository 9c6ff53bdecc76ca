"""A tiny EasyEcom of raw sockets on loopback, for what only a real connection can do."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Handler = Callable[["Visit"], None]


class Visit:
    """One accepted connection, told in bytes."""

    def __init__(self, sock: socket.socket, over: threading.Event) -> None:
        self.sock = sock
        self.over = over

    def request(self) -> bytes:
        """Read one whole request: head and as many bytes as it announces."""
        got = b""
        while b"\r\n\r\n" not in got:
            got += self._more()
        head, _, rest = got.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")),
            0,
        )
        while len(rest) < length:
            rest += self._more()
        return head + b"\r\n\r\n" + rest

    def _more(self) -> bytes:
        piece = self.sock.recv(65_536)
        if not piece:
            raise ConnectionError("the client hung up")
        return piece

    def say(self, *pieces: bytes) -> None:
        for piece in pieces:
            self.sock.sendall(piece)

    def drip(self, piece: bytes) -> None:
        """Repeat a piece, one every 20 ms, until the client hangs up or the test is over."""
        while not self.over.wait(0.02):
            self.sock.sendall(piece)

    def reset(self) -> None:
        """Hang up with a RST instead of a FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()


class Server:
    """Hands each connection to the handler, and keeps every request that a handler read."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.over = threading.Event()
        self.requests: list[bytes] = []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.threads = [threading.Thread(target=self._listen)]
        self.threads[0].start()

    def _listen(self) -> None:
        while True:
            sock, _ = self.listener.accept()
            if self.over.is_set():
                sock.close()
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=[sock])
            self.threads.append(thread)
            thread.start()

    def _serve(self, sock: socket.socket) -> None:
        with sock:
            sock.settimeout(5)
            try:
                self.handler(Visit(sock, self.over))
            except OSError:
                return

    def close(self) -> None:
        self.over.set()
        socket.create_connection(self.listener.getsockname()).close()
        for thread in self.threads:
            thread.join()
        self.listener.close()


@contextmanager
def serving(handler: Handler) -> Iterator[Server]:
    server = Server(handler)
    try:
        yield server
    finally:
        server.close()


def answer(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body
