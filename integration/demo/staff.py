"""What staff do in the demo's admin, by its own pages."""

import re

from integration.demo.doors import Door
from integration.demo.journey import ADMIN_NAME, Journey
from integration.demo.telling import expect


def log_in(journey: Journey) -> Door:
    browser = Door(journey.console.address)
    browser.ask("GET", "/admin/login/", 200)
    form = {"username": ADMIN_NAME, "password": journey.admin_password}
    press(browser, "/admin/login/?next=/admin/", "/admin/", **form)
    return browser


def press(browser: Door, path: str, leads_to: str, **form: str) -> None:
    """A button of a page that was opened before."""
    csrf = {"csrfmiddlewaretoken": browser.session.cookies["csrftoken"]}
    reply = browser.ask("POST", path, 302, data=form | csrf, allow_redirects=False)
    expect(reply.headers["Location"] == leads_to, f"{leads_to} next", reply.headers["Location"])


def row_of(browser: Door, model: str, words: str) -> str:
    """The id of the one row that this search of a list finds."""
    page = browser.ask("GET", f"/admin/{model}/", 200, params={"q": words}).text
    found = set(re.findall(rf"/admin/{model}/(\d+)/change/", page))
    expect(len(found) == 1, f"one row for {words}", sorted(found))
    return found.pop()
