"""A browser on the demo's console. A word in its console, or a page that fails, fails the test."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.eyes import watch
from tests.browser.people import at_a_desk, chromium, signed_in
from tests.browser.stage import Stage, standing

# Of a machine that is busy; what stands on the page already waits for nothing.
expect.set_options(timeout=30_000)


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    with standing() as stage:
        yield stage


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def logged_in(browser: Browser, stage: Stage) -> Any:
    return signed_in(browser, stage)


@pytest.fixture
def page(browser: Browser, stage: Stage, logged_in: Any) -> Iterator[Page]:
    """Somebody logged in, at a desk."""
    with at_a_desk(browser, stage.console, logged_in) as page:
        eyes = watch(page)
        yield page
    assert eyes.seen == []
