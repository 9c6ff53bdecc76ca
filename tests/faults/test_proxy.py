"""The fault proxy: EasyEcom gets a request or not, and the caller hears what the fault says."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from integration.sandbox.server import Sandbox
from tests.faults.proxy import FAULTS, WITHOUT_EASYECOM, Proxy

LOG_IN = {"email": "api@north.test", "password": "password-canary", "location_key": "en-1"}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        account = {"email": LOG_IN["email"], "password": LOG_IN["password"]}
        sandbox.tell("settings", cool_down_seconds=0)
        sandbox.tell("accounts", **account, locations=[{"location_key": "en-1"}])
        yield sandbox


@pytest.fixture
def proxy(sandbox: Sandbox) -> Iterator[Proxy]:
    proxy = Proxy(sandbox.address).start()
    yield proxy
    proxy.stop()


def log_in(proxy: Proxy) -> requests.Response:
    return requests.post(f"{proxy.address}/access/token", json=LOG_IN, timeout=1)


def asked(sandbox: Sandbox) -> int:
    return len(sandbox.ask("ledger")["lines"])


def test_call_without_a_fault_passes_as_it_is(proxy, sandbox):
    assert log_in(proxy).json()["data"]["token"]["jwt_token"]
    assert asked(sandbox) == 1


@pytest.mark.parametrize("fault", FAULTS)
def test_fault_is_met_once_and_easyecom_hears_of_it_only_where_it_says_so(proxy, sandbox, fault):
    proxy.plan.add("log_in", fault)

    said = heard(proxy)

    assert said == SAID[fault]
    assert asked(sandbox) == (fault not in WITHOUT_EASYECOM)
    assert proxy.plan.met == {fault: 1}
    assert log_in(proxy).status_code == 200


SAID: dict[str, Any] = {
    "lost": "ConnectionError",
    "unanswered": "ConnectionError",
    "cut": "ChunkedEncodingError",
    "truncated": "ChunkedEncodingError",
    "dripped": "too slow",
    "html": (200, "text/html"),
    "swapped": (200, "application/json"),
    "busy": (503, "text/html"),
    "limited": (429, "application/json"),
}


def heard(proxy: Proxy) -> Any:
    began = time.monotonic()
    try:
        answer = log_in(proxy)
    except requests.RequestException as problem:
        return type(problem).__name__
    if time.monotonic() - began > 1:
        return "too slow"
    return answer.status_code, answer.headers["Content-Type"]
