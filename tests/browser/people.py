"""A browser, and somebody who is logged in at it."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.stage import Stage

DESK = (1280, 900)
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


def page_at(path: str) -> re.Pattern[str]:
    """That address itself: a glob is true of the log-in's page too, which ends in ?next=… of it."""
    return re.compile(f"^https?://[^/]+{re.escape(path)}$")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Debian's own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


def signed_in(browser: Browser, stage: Stage) -> Any:
    """The session's cookies: logging in once is enough."""
    with at_a_desk(browser, stage.console) as page:
        page.goto("/admin/")
        page.get_by_label("Username").fill(stage.user)
        page.get_by_label("Password").fill(stage.password)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(f"{stage.console}/admin/")
        return page.context.storage_state()


@contextmanager
def at_a_desk(
    browser: Browser,
    address: str,
    state: Any = None,
    size: tuple[int, int] = DESK,
    *,
    is_dark: bool = False,
) -> Iterator[Page]:
    context = browser.new_context(
        base_url=address,
        storage_state=state,
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if is_dark else "light",
        locale="en-IN",
        timezone_id="Asia/Kolkata",
        permissions=["clipboard-read", "clipboard-write"],
    )
    # Loaded machines are slow; what does not come is not there.
    context.set_default_timeout(60_000)
    yield context.new_page()
    context.close()
