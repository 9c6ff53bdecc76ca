import os
import time
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from _pytest.runner import runtestprotocol
from django.db import connection

from booon_console import log_in
from tests import databases
from tests.receiver import Receiver, listening

# `ci` is what counts; `dev` is a first look.
hypothesis.settings.register_profile("ci", deadline=None)
hypothesis.settings.register_profile("dev", deadline=None, max_examples=20)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

# So many times longer does a test take while coverage is measured, on cores that are all busy.
TRACED = 3
# Seconds of the work by which the machine is measured.
CALMLY = 0.1
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup", "live_server"}


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--slow-from",
        type=float,
        default=None,
        metavar="SECONDS",
        help="fail what is not marked slow and takes longer",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what touches a database is worth another run.

    Files with slow tests go first, so that no core waits at the end for the other's last one.
    """
    with_slow = {item.path for item in items if is_marked(item, "slow")}
    items.sort(key=lambda item: item.path not in with_slow)
    if connection.vendor != "postgresql":
        return
    left_out = [item for item in items if not (is_about_rows(item) or is_marked(item, "postgres"))]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in set(left_out)]


def is_about_rows(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return is_marked(item, "django_db") or bool(DATABASE_FIXTURES & fixtures)


def is_marked(item: pytest.Item, name: str) -> bool:
    return item.get_closest_marker(name) is not None


def pace() -> float:
    """How many times longer this machine takes now than a calm one of two cores; at least 1.

    By how many are ready to run for each core, and by a piece of work whose time is known.
    """
    began = time.monotonic()
    sum(number * number for number in range(2_000_000))
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1), (time.monotonic() - began) / CALMLY)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """A test that is too slow and not marked so is tried again, and fails when it is still.

    A machine may be busy with something else for a moment, or for longer: the limit is of a core
    that this test has for itself.
    """
    limit = item.config.getoption("--slow-from")
    if limit is None or is_marked(item, "slow"):
        return None
    if item.config.pluginmanager.hasplugin("_cov"):
        limit *= TRACED
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    for tries_left in (2, 1, 0):
        reports = runtestprotocol(item, log=False, nextitem=nextitem)
        took = sum(report.duration for report in reports if report.when == "call")
        passed = all(report.passed for report in reports)
        if not passed or took <= limit or took <= (allowed := limit * pace()):
            break
        if not tries_left:
            call = next(report for report in reports if report.when == "call")
            call.outcome = "failed"
            call.longrepr = (
                f"It took {took:.1f} s, and {allowed:.1f} s is the most for a test that "
                "is not marked slow."
            )
    for report in reports:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
    return True


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, request: pytest.FixtureRequest
) -> Iterator[None]:
    """A copy of what was migrated once, in the place of pytest-django's own."""
    worker = getattr(request.config, "workerinput", {}).get("workerid", "alone")
    with django_db_blocker.unblock(), databases.own(worker), django_db_blocker.block():
        yield


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Rows that other connections see; deleted afterwards. For tests/races.py."""
    with django_db_blocker.unblock():
        try:
            with databases.emptied():
                yield
        finally:
            connection.close()


@pytest.fixture(autouse=True)
def forgotten_log_ins() -> None:
    """Tries to log in are counted in the process, and every test is a stranger."""
    log_in.limiter.storage.reset()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    with listening(settings) as receiver:
        yield receiver
