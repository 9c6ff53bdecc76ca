"""The sandbox as a server: HTTP/1.1 with keep-alive, on loopback only."""

import ipaddress
import socket
import threading
from typing import Any, Self

from integration.sandbox.control import control
from integration.sandbox.dispatch import Dispatcher
from integration.sandbox.handler import BaseServer, Handler
from integration.sandbox.world import World

# Until the answer to whoever sends it away is out.
TO_ANSWER = 0.2


class NotLoopback(ValueError):
    """The address asked for is open to others."""


class Server(BaseServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 512

    def __init__(self, host: str, port: int, world: World) -> None:
        is_v6 = ipaddress.ip_address(host).version == 6
        self.address_family = socket.AF_INET6 if is_v6 else socket.AF_INET
        self.world = world
        self.stopped = threading.Event()
        self.dispatcher = Dispatcher(world, self.stopped)
        self.connections: set[socket.socket] = set()
        self.connections_lock = threading.Lock()
        super().__init__((host, port), Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self.connections_lock:
            self.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self.connections_lock:
            self.connections.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that are kept alive, so that nobody talks to a stopped sandbox."""
        with self.connections_lock:
            for connection in self.connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue


class Sandbox:
    """A whole EasyEcom in this process. Port 0 takes a free one; it can be used with ``with``."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        host = "127.0.0.1" if host == "localhost" else host
        if not _is_loopback(host):
            raise NotLoopback(f"{host} is not a loopback address")
        self.world = World()
        self.world.leave = self.go_away
        self.ended = threading.Event()
        self._open(host, port)

    def _open(self, host: str, port: int) -> None:
        self.server = Server(host, port, self.world)
        self.thread = threading.Thread(target=self._serve, name="sandbox", daemon=True)

    @property
    def address(self) -> str:
        host, port = str(self.server.server_address[0]), self.server.server_address[1]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def start(self) -> Self:
        self.world.webhooks.start()
        self.thread.start()
        return self

    def stop(self) -> None:
        self.ended.set()
        self._close()
        self.world.webhooks.stop()

    def _close(self) -> None:
        self.server.stopped.set()
        if self.thread.is_alive():
            self.server.shutdown()
            self.thread.join(timeout=5)
        self.server.server_close()
        self.server.hang_up()

    def go_away(self, seconds: float) -> None:
        """Out of reach for so long, then back as it was. Whoever asked for it still hears so."""
        threading.Thread(target=self._be_away, args=(seconds,), daemon=True).start()

    def _be_away(self, seconds: float) -> None:
        host, port = str(self.server.server_address[0]), self.server.server_address[1]
        if self.ended.wait(TO_ANSWER):
            return
        self._close()
        if not self.ended.wait(seconds):
            self._open(host, port)
            self.thread.start()

    def tell(self, path: str, method: str = "POST", **body: Any) -> dict[str, Any]:
        """A control call without HTTP: ``tell("levels", location_key=…, sku=…, quantity=3)``."""
        status, answer = control(self.world, method, f"/sandbox/{path}", body, body)
        if status != 200:
            raise ValueError(answer["error"])
        return answer

    def ask(self, path: str, **query: Any) -> dict[str, Any]:
        """A control read without HTTP: ``ask("state", parts="orders")``."""
        return self.tell(path, "GET", **{key: str(value) for key, value in query.items()})

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _serve(self) -> None:
        self.server.serve_forever(poll_interval=0.01)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
