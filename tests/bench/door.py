"""The webhooks' door beside a bare Django view: requests a second, and CPU of the server a request.

Both are served by granian, one process, from one database, in turns of a few seconds.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.caller import post_for, post_request
from tests.faults.postgres import Postgres
from tests.integration.served import free_port, wait_for_port

VENDORS = ("postgresql", "sqlite")
SIZES = {"1 KB": 1_000, "50 KB": 50_000}
SEED = """
import django
django.setup()
from django.core.management import call_command
from tests.factories import endpoint_token, make_location
call_command("migrate", verbosity=0)
location = make_location()
endpoint = location.endpoints.get(topic="inventory")
print(endpoint.pk, location.pk, endpoint_token(location, "inventory"))
"""
TICK = os.sysconf("SC_CLK_TCK")
DOOR, BARE = "door", "bare"
APPLICATIONS = {DOOR: "booon_console.wsgi:application", BARE: "tests.bench.bare:application"}


@dataclass(frozen=True)
class Server:
    """One that listens, and the path that takes a delivery."""

    pid: int
    port: int
    path: str
    token: str

    def measured(self, body: bytes, seconds: float) -> "Turn":
        request = post_request(self.port, self.path, self.token, body)
        before = cpu_seconds(self.pid)
        answered, took = post_for(seconds, self.port, request)
        return Turn(answered / took, (cpu_seconds(self.pid) - before) * 1000 / answered)


@dataclass(frozen=True)
class Turn:
    per_second: float
    cpu_ms: float


@dataclass(frozen=True)
class Comparison:
    """The door's turns and the bare view's, each pair taken one after the other."""

    size: str
    pairs: list[tuple[Turn, Turn]]

    @property
    def ratio(self) -> float:
        return median(door.per_second / bare.per_second for door, bare in self.pairs)

    @property
    def cpu_ratio(self) -> float:
        return median(door.cpu_ms / bare.cpu_ms for door, bare in self.pairs)

    def medians(self, which: int) -> Turn:
        turns = [pair[which] for pair in self.pairs]
        return Turn(median(t.per_second for t in turns), median(t.cpu_ms for t in turns))


def compare(vendor: str, rounds: int, seconds: float) -> list[Comparison]:
    """On a database of its own, `postgresql` or `sqlite`."""
    with database(vendor) as url, servers(url) as by_name:
        bodies = {name: body_of(size) for name, size in SIZES.items()}
        for server in by_name.values():  # the first requests connect and import
            server.measured(bodies["1 KB"], 1.0)
        found: dict[str, list[tuple[Turn, Turn]]] = {name: [] for name in SIZES}
        for turn in range(rounds):
            for name, body in bodies.items():
                # Who goes first alternates.
                order = (DOOR, BARE) if turn % 2 else (BARE, DOOR)
                turns = {each: by_name[each].measured(body, seconds) for each in order}
                found[name].append((turns[DOOR], turns[BARE]))
        return [Comparison(name, pairs) for name, pairs in found.items()]


def body_of(size: int) -> bytes:
    """An Inventory Update of about that many bytes."""
    lines: list[dict[str, object]] = []
    body = b""
    while len(body) < size:
        lines.append({"sku": f"BN-{len(lines):06}", "inventory": len(lines), "location_key": "en1"})
        body = json.dumps({"inventoryData": lines}).encode()
    return body


def child_environ(url: str) -> dict[str, str]:
    """For processes on that database, as in production."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "booon_console.settings",
        "DATABASE_URL": url,
        "DEBUG": "false",
        "SECRET_KEY": "bench-" + "k" * 50,
        "FIELD_KEYS": "YmVuY2gtZmllbGQta2V5LTMyLWJ5dGVzLWxvbmctLS0=",
        "ALLOWED_HOSTS": "127.0.0.1",
        "PUBLIC_URL": "http://127.0.0.1:8000",
        "EASYECOM_BASE_URL": "http://127.0.0.1:9",
        "EASYECOM_CARRIER_ID": "7042",
        "EASYECOM_CARRIER_USERNAME": "bench",
        "EASYECOM_CARRIER_PASSWORD": "bench",
        "EASYECOM_MARKETPLACE_ID": "61",
        "BOOON_ENVIRONMENT": "bench",
        "STATE_FILE": str(Path(tempfile.gettempdir()) / f"booon-bench-{os.getpid()}.json"),
        "STAFF_MFA": "false",
        "LOG_LEVEL": "ERROR",
    }


def cpu_seconds(*roots: int) -> float:
    """Of these processes and all below them that live, user and system."""
    children, ticks = defaultdict(list), {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = (process / "stat").read_text().rpartition(") ")[2].split()
            children[int(fields[1])].append(int(process.name))
            ticks[int(process.name)] = int(fields[11]) + int(fields[12])
    found, left = 0, list(roots)
    while left:
        process_id = left.pop()
        found += ticks.get(process_id, 0)
        left += children[process_id]
    return found / TICK


@contextmanager
def database(vendor: str) -> Iterator[str]:
    if vendor == "postgresql":
        server = Postgres()
        try:
            yield server.url
        finally:
            server.remove()
    else:
        with tempfile.TemporaryDirectory(prefix="booon-bench-") as folder:
            yield f"sqlite:///{folder}/bench.sqlite3"


def told_by(module: str, vendor: str, *arguments: object) -> Any:
    """What that module prints as JSON in its last line, on an empty database."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    with database(vendor) as url:
        told = subprocess.run(
            command, env=child_environ(url), stdout=subprocess.PIPE, text=True, check=True
        )
    return json.loads(told.stdout.splitlines()[-1])


@contextmanager
def servers(url: str) -> Iterator[dict[str, Server]]:
    seeded = subprocess.run(
        [sys.executable, "-c", SEED],
        env=child_environ(url),
        capture_output=True,
        text=True,
        check=True,
    )
    endpoint, location, token = seeded.stdout.split()
    paths = {
        DOOR: f"/webhooks/easyecom/{endpoint}/inventory",
        BARE: f"/bare/{endpoint}/{location}/inventory",
    }
    with ExitStack() as stack:
        found = {}
        for name, application in APPLICATIONS.items():
            pid, port = stack.enter_context(granian(application, child_environ(url)))
            found[name] = Server(pid, port, paths[name], token)
        yield found


@contextmanager
def granian(application: str, environ: dict[str, str]) -> Iterator[tuple[int, int]]:
    """Its process and its port."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), application]
    nowhere = subprocess.DEVNULL
    child = subprocess.Popen(
        command, env=environ, stdout=nowhere, stderr=nowhere, start_new_session=True
    )
    try:
        wait_for_port(port, child)
        yield child.pid, port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
