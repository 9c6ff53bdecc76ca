"""`manage.py workers` as it runs: real processes, on a database of their own."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests.integration.conftest import CREATED
from tests.integration.processes import children, members, wait_for
from tests.integration.workers import SERVER, Workers, ask, drop, environment, new_database

pytestmark = [pytest.mark.slow, pytest.mark.postgres]

# A delivery to be judged, and an order that is not due yet.
SEED = """
import django
django.setup()
from django.core.management import call_command
from django.utils import timezone
from integration.models import Delivery, SyncJob
from tests.factories import make_location, make_order
call_command("migrate", verbosity=0)
location = make_location()
make_order(location, order_number="BN-1")
SyncJob.objects.update(due_at=None)
Delivery.objects.create(
    location=location, topic="inventory", body=b"{}", size=2, received_at=timezone.now()
)
"""

Start = Callable[..., "Workers"]


@pytest.fixture(scope="module")
def base_url(tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("workers")
    # Somebody else may run the tests on this server too.
    return f"{SERVER}_workers_{os.getpid()}" if SERVER else f"sqlite:///{folder}/workers"


@pytest.fixture(scope="module")
def seeded(base_url: str) -> Iterator[str]:
    url = new_database(f"{base_url}_seeded")
    command = [sys.executable, "-c", SEED]
    subprocess.run(command, cwd=settings.BASE_DIR, env=environment(url), check=True)
    yield url
    drop(url)


@pytest.fixture
def database_url(seeded: str) -> str:
    """Without the traces of workers that were killed."""
    ask(seeded, "DELETE FROM django_q_ormq")
    ask(seeded, "DELETE FROM integration_worker")
    ask(seeded, "UPDATE integration_drain SET queued_at = NULL, running_until = NULL")
    return seeded


@pytest.fixture
def start(database_url: str, tmp_path: Path) -> Iterator[Start]:
    """The first start of each test, as on a new host."""
    ask(database_url, "DELETE FROM integration_hold")
    ask(database_url, "DELETE FROM integration_changecounter")
    ask(database_url, "UPDATE integration_binding SET environment = '', watched_at = NULL")
    started: list[Workers] = []

    def start(*options: str, **more: str) -> Workers:
        more = {"STATE_FILE": str(tmp_path / "state.json")} | more
        started.append(Workers(database_url, *options, **more))
        return started[-1]

    yield start
    for workers in started:
        if not workers.process.stderr.closed:
            workers.end()
    # None of these is a reason to doubt the database.
    assert ask(database_url, "SELECT reason FROM integration_hold") == []


def test_sigterm_ends_it_cleanly_after_its_work(start: Start, database_url: str):
    ask(database_url, "UPDATE integration_delivery SET status = 'stored'")
    workers = start()
    group = workers.wait_for_beat()
    wait_for(lambda: ask(database_url, "SELECT status FROM integration_delivery") != [("stored",)])

    workers.process.terminate()

    assert workers.process.wait(60) == 0
    assert members(group) == []
    assert ask(database_url, "SELECT id FROM integration_worker") == []
    said = workers.end()
    assert "workers keep a queue cluster at work" in said
    assert "workers have stopped" in said
    assert "killed" not in said


def test_ctrl_c_ends_it_cleanly(start: Start):
    workers = start()
    group = workers.wait_for_beat()

    os.killpg(workers.process.pid, signal.SIGINT)

    assert workers.process.wait(60) == 0
    assert members(group) == []


def test_sigkill_leaves_nothing_behind(start: Start):
    workers = start()
    group = workers.wait_for_beat()

    workers.process.kill()

    wait_for(lambda: members(group) == [], seconds=10)


def test_stop_waits_for_the_call_under_way(start: Start, database_url: str):
    asked, answer = threading.Event(), threading.Event()

    class SlowEasyEcom(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.set()
            answer.wait(60)
            body = json.dumps(CREATED).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            return None

    with ThreadingHTTPServer(("127.0.0.1", 0), SlowEasyEcom) as easyecom:
        threading.Thread(target=easyecom.serve_forever, daemon=True).start()
        ask(database_url, "UPDATE integration_syncjob SET due_at = '2026-01-01 00:00:00'")
        workers = start(EASYECOM_BASE_URL=f"http://127.0.0.1:{easyecom.server_port}")
        wait_for(asked.is_set)

        workers.process.terminate()
        with pytest.raises(subprocess.TimeoutExpired):
            workers.process.wait(1)
        answer.set()

        assert workers.process.wait(60) == 0
        easyecom.shutdown()
    assert ask(database_url, "SELECT stage FROM integration_order") == [("awaiting_carrier",)]


def test_dead_or_silent_cluster_is_replaced(start: Start):
    workers = start("--silence", "15")
    first = workers.wait_for_beat()

    os.kill(workers.main(), signal.SIGKILL)
    second = workers.wait_for_another_than(first)

    # One of them holds the lock of the task queue, and takes it along.
    [sentinel] = children(workers.main())
    for worker in children(sentinel)[:4]:
        os.kill(worker, signal.SIGKILL)
    workers.wait_for_another_than(second)

    said = workers.end()
    assert "it died" in said
    assert "it is silent" in said


def test_two_on_a_host_share_the_work(start: Start):
    first, second = start(), start()

    wait_for(lambda: len(first.beats()) == 2)

    assert first.group() != second.group()


def test_database_without_migrations_is_refused(base_url: str):
    url = new_database(f"{base_url}_empty")
    workers = Workers(url)

    assert workers.process.wait(60) == 1
    assert "manage.py migrate" in workers.end()
    drop(url)


def test_they_tell_booons_receiver_what_changed(start: Start, database_url: str, receiver):
    ask(database_url, "DELETE FROM integration_change")
    ask(
        database_url,
        "INSERT INTO integration_change (type, at, seller_id, location_id, data)"
        " SELECT 'stock.updated', '2026-11-24 10:00:00', seller_id, id, '{\"sku\": \"KURTA\"}'"
        " FROM sellers_location",
    )

    start(BOOON_WEBHOOK_URL=receiver.url, BOOON_WEBHOOK_SECRET=receiver.secrets[0])
    wait_for(lambda: receiver.came, 30)

    (came,) = receiver.came
    assert (came.message.data["cursor"], came.message.data["data"]) == ("1", {"sku": "KURTA"})
    wait_for(lambda: ask(database_url, "SELECT outcome FROM integration_attempt") == [("told",)])
    assert ask(database_url, "SELECT cursor FROM integration_announcement") == []
