"""The samples for nginx and Caddy: run with them where they are installed, before a stand-in."""

import getpass
import http.client
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
from django.conf import settings

from tests.deploy import DEPLOY
from tests.integration.processes import wait_for
from tests.integration.served import free_port

NGINX = (DEPLOY / "nginx/booon-console.conf").read_text()
CADDY = (DEPLOY / "caddy/Caddyfile").read_text()
TAKEN = settings.FILE_UPLOAD_MAX_MEMORY_SIZE


def megabytes(text: str) -> int:
    return int(re.sub(r"\D", "", text)) * 1_000_000


def test_samples_let_a_file_of_orders_pass_and_bound_what_is_larger():
    [body] = re.findall(r"client_max_body_size (\d+m);", NGINX)
    [of_caddy] = re.findall(r"max_size (\d+MB)", CADDY)

    assert TAKEN < megabytes(body) == megabytes(of_caddy) < 2 * TAKEN


def test_samples_buffer_bodies_end_those_that_stall_and_wait_for_readers():
    assert "proxy_request_buffering on;" in NGINX
    assert "client_body_timeout 30s;" in NGINX
    assert int(re.findall(r"proxy_read_timeout (\d+)s;", NGINX)[0]) > 20
    assert "request_buffers 6MB" in CADDY
    assert "read_body 30s" in CADDY
    assert int(re.findall(r"response_header_timeout (\d+)s", CADDY)[0]) > 20


class Console(BaseHTTPRequestHandler):
    """Answers with the headers that came, once it has read the body."""

    protocol_version = "HTTP/1.1"
    came: list[tuple[str, dict[str, str], int]] = []

    def do_POST(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        Console.came.append((self.path, dict(self.headers), length))
        self.rfile.read(length)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, format: str, *args: object) -> None: ...


@contextmanager
def console() -> Iterator[int]:
    Console.came = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Console) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_port
        finally:
            server.shutdown()


def nginx_before(upstream: int, port: int, folder: Path) -> list[str]:
    """nginx with the sample, without TLS: its two listening lines name one port of this test."""
    text = NGINX.replace("server 127.0.0.1:8000 ", f"server 127.0.0.1:{upstream} ")
    text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    text = text.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    text = re.sub(r"^ *ssl_.*\n", "", text, flags=re.M)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"user {getpass.getuser()};\ndaemon off;\npid {folder}/pid;\n"
        "error_log stderr;\nevents {}\n"
        f"http {{\naccess_log off;\n{temporary}{text}}}\n"
    )
    return ["nginx", "-e", "stderr", "-p", str(folder), "-c", str(folder / "nginx.conf")]


def caddy_before(upstream: int, port: int, folder: Path) -> list[str]:
    text = CADDY.replace("{$CONSOLE_HOST:console.example.com}", f"http://127.0.0.1:{port}")
    text = text.replace("{$CONSOLE_WEB:127.0.0.1:8000}", f"127.0.0.1:{upstream}")
    text = text.replace("\tservers {", "\tadmin off\n\tpersist_config off\n\tservers {", 1)
    (folder / "Caddyfile").write_text(text)
    command = ["caddy", "run", "--adapter", "caddyfile", "--config"]
    return [*command, str(folder / "Caddyfile")]


PROXIES = {"nginx": nginx_before, "caddy": caddy_before}


@pytest.fixture(params=PROXIES)
def proxy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    port = free_port()
    with console() as upstream:
        command = PROXIES[request.param](upstream, port, tmp_path)
        child = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            wait_for(lambda: answers(port), 10)
            yield f"http://127.0.0.1:{port}"
        finally:
            child.terminate()
            child.wait(timeout=10)


def answers(port: int) -> bool:
    with closing(socket.socket()) as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0


def test_proxy_passes_what_the_console_takes_and_stops_what_is_larger(proxy):
    def sent(size: int) -> int:
        return requests.post(f"{proxy}/webhooks/", data=b"x" * size, timeout=10).status_code

    assert sent(TAKEN) == 200
    assert sent(7_000_000) == 413


def test_proxy_says_host_scheme_and_address_itself(proxy):
    headers = {"X-Forwarded-Proto": "gopher"}
    requests.get(f"{proxy}/api/v1/orders/", headers=headers, timeout=10)

    [(_, came, _)] = Console.came
    assert came["X-Forwarded-For"] == "127.0.0.1"
    assert came["X-Forwarded-Proto"] in {"http", "https"}
    assert came["Host"] in proxy


def test_proxy_keeps_the_figures_inside(proxy):
    assert requests.get(f"{proxy}/metrics", timeout=10).status_code == 404
    assert Console.came == []


def test_proxy_takes_a_body_in_whole_before_the_console_hears_of_it(proxy):
    address = proxy.removeprefix("http://")
    stalled = http.client.HTTPConnection(address, timeout=10)
    stalled.putrequest("POST", "/admin/login/")
    stalled.putheader("Content-Length", "1000")
    stalled.endheaders(b"csrf")
    time.sleep(0.5)  # weak: what must not come can't be waited for

    assert Console.came == []
    stalled.send(b"x" * 996)
    assert stalled.getresponse().status == 200
    stalled.close()


@pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed")
@pytest.mark.parametrize("proxy", ["nginx"], indirect=True)
def test_nginx_bounds_the_log_ins_of_one_address_and_nothing_else(proxy):
    tried = [requests.post(f"{proxy}/admin/login/", timeout=10).status_code for _ in range(40)]

    assert tried[:20] == [200] * 20
    assert 429 in tried
    assert requests.get(f"{proxy}/admin/login/", timeout=10).status_code == 200
    assert requests.post(f"{proxy}/webhooks/", timeout=10).status_code == 200
