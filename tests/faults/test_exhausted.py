"""PostgreSQL has no connection left. Whoever asks is told so at once; nothing is lost.

F17 of docs/reliability.md#2-faults.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import psycopg
import pytest
import requests

from tests.faults import checker
from tests.faults.dramas import give, is_there, until
from tests.faults.postgres import Postgres
from tests.faults.stand import Stand, World, standing

# Longer than a drain looks, so that workers meet it too.
SECONDS = 20
# Seconds that no connection but the hoarders' was seen, and how long to wait for that.
QUIET, GIVES_UP = 2.0, 60.0
# Seconds. A page of the admin waits twice: its log asks once more who it is.
QUICK = {"webhook": 2.0, "api": 2.0, "admin": 4.0}
# Ends the console's own connections; the hoarders name themselves.
END_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE backend_type = 'client backend' AND application_name <> 'hoarder'"
)


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    with standing(World()) as stand:
        yield stand


@contextmanager
def hoarded(postgres: Postgres) -> Iterator[None]:
    """Every connection there is, the console's own included."""
    with ExitStack() as hoard:

        def take() -> psycopg.Connection | None:
            try:
                return hoard.enter_context(
                    psycopg.connect(postgres.url, autocommit=True, application_name="hoarder")
                )
            except psycopg.OperationalError:
                return None

        first = take()
        assert first is not None
        # Who is still logging in holds a place and is not listed yet: one look is not enough.
        quiet_since = None
        gives_up_at = time.monotonic() + GIVES_UP
        while quiet_since is None or time.monotonic() - quiet_since < QUIET:
            assert time.monotonic() < gives_up_at, "the console kept a connection"
            while take():
                quiet_since = None
            if first.execute(END_OTHERS).rowcount:
                quiet_since = None
            elif quiet_since is None:
                quiet_since = time.monotonic()
            time.sleep(0.02)
        yield


def asked(method: str, url: str, **more: object) -> tuple[int, str, float]:
    """Status, Retry-After and seconds."""
    began = time.monotonic()
    answer = requests.request(method, url, timeout=15, **more)  # type: ignore[arg-type]
    took = time.monotonic() - began
    return answer.status_code, answer.headers.get("Retry-After", ""), took


def test_without_connections_all_are_told_at_once_and_all_goes_on_afterwards(stand):
    before = give(stand)
    until(lambda: is_there(stand, before), "an order to be sent")
    console, key = stand.children.address, dict(stand.booon.session.headers)
    doors = {
        "webhook": ("POST", f"{console}/webhooks/easyecom/none/inventory", {"Access-Token": "x"}),
        "api": ("GET", f"{console}/api/v1/orders/", key),
        "admin": ("GET", f"{console}/admin/", {"Cookie": f"sessionid={'a' * 32}"}),
    }
    answers = {name: [] for name in doors}

    with hoarded(stand.postgres):
        stand.change_level(77)
        ends_at = time.monotonic() + SECONDS
        while time.monotonic() < ends_at:
            for name, (method, url, headers) in doors.items():
                answers[name].append(asked(method, url, headers=headers))
            time.sleep(0.5)

    for name in doors:
        assert {status for status, _, _ in answers[name]} == {503}, name
        assert all(retry_after for _, retry_after, _ in answers[name]), name
        assert max(took for _, _, took in answers[name]) < QUICK[name], name
    after = give(stand)
    until(lambda: is_there(stand, after), "an order to be sent")
    until(lambda: not stand.easyecom.waiting(), "the level to be delivered")
    until(lambda: not checker.findings(stand.booon.given, *stand.witness()), "all to be right")
