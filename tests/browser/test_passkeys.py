"""A passkey in a real browser, with a device that Chromium plays: registered, used, removed."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.eyes import Eyes, watch
from tests.browser.looking import HEAVIEST, PHONE, look
from tests.browser.people import at_a_desk, page_at
from tests.browser.stage import Stage
from tests.browser.test_two_people import OWN, begin, hire

STEP, RENEW = "/admin/second-step/", "/admin/second-step/renew/"
PASSKEYS = "/admin/second-step/passkeys/"
SPARE = re.compile(r"^[A-H][A-Z2-7]{4}(-[A-Z2-7]{4}){3}$")
# https://chromedevtools.github.io/devtools-protocol/tot/WebAuthn/
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def of_this_machine(address: str) -> str:
    """The demo by a name: a number can have no passkeys."""
    return address.replace("127.0.0.1", "localhost")


@pytest.fixture
def at_a_name(browser: Browser, stage: Stage) -> Iterator[tuple[Page, Eyes]]:
    with at_a_desk(browser, of_this_machine(stage.console)) as page:
        eyes = watch(page)
        yield page, eyes
    assert eyes.seen == []


def plug_in(page: Page, **changed: Any) -> tuple[Any, str]:
    """A device of the browser's own, until the page is closed."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"options": DEVICE | changed}
    return session, session.send("WebAuthn.addVirtualAuthenticator", options)["authenticatorId"]


def log_in(page: Page, name: str) -> None:
    page.context.clear_cookies()
    page.goto("/admin/")
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(OWN)
    page.get_by_role("button", name="Log in").click()
    # Home or the second step: as a glob, either would be this page too, by its ?next=/admin/.
    page.wait_for_url(lambda url: "/admin/login/" not in url)


def register(page: Page, name: str) -> None:
    page.locator("#id_name").fill(name)
    page.get_by_role("button", name="Register a passkey").click()


def is_well(page: Page, eyes: Eyes, name: str) -> None:
    seen = look(page, eyes, name, 200)
    assert (seen.findings, seen.weight < HEAVIEST, seen.width) == ([], True, PHONE["width"]), name


def test_passkey_is_registered_used_and_removed(
    page: Page, at_a_name: tuple[Page, Eyes], stage: Stage
) -> None:
    hire(page, "meera")
    hers, eyes = at_a_name
    begin(hers, "meera")
    session, device = plug_in(hers)

    hers.goto(STEP)
    is_well(hers, eyes, "set up")
    hers.get_by_role("link", name="register a passkey").click()
    is_well(hers, eyes, "first passkey")
    register(hers, "Laptop")
    expect(hers.locator("li code")).to_have_text([SPARE] * 8)
    spare = hers.locator("li code").first.inner_text()
    [kept] = session.send("WebAuthn.getCredentials", {"authenticatorId": device})["credentials"]
    assert kept["rpId"] == "localhost"

    log_in(hers, "meera")
    hers.goto(f"{STEP}?next=/admin/integration/order/")
    is_well(hers, eyes, "second step")
    hers.get_by_role("button", name="Use a passkey").click()
    hers.wait_for_url(page_at("/admin/integration/order/"))

    hers.get_by_role("link", name="Second step").click()
    hers.get_by_label("Add or remove a passkey").check()
    is_well(hers, eyes, "renew")
    hers.get_by_role("button", name="Use a passkey").click()
    hers.wait_for_url(page_at(PASSKEYS))
    expect(hers.get_by_text("last used")).to_be_visible()
    # It keeps one for each person: another device makes the second.
    register(hers, "Again")
    expect(hers.get_by_text("has a passkey for you here already")).to_be_visible()
    is_well(hers, eyes, "device that has one")
    plug_in(hers, transport="usb", hasResidentKey=False)
    register(hers, "Security key")
    expect(hers.get_by_text("“Security key” is added")).to_be_visible()
    is_well(hers, eyes, "two passkeys")
    laptop = hers.get_by_role("listitem").filter(has_text="Laptop")
    laptop.locator("summary").click()
    is_well(hers, eyes, "before it is removed")
    laptop.get_by_role("button", name="Remove").click()
    expect(hers.get_by_text("“Laptop” is removed")).to_be_visible()

    log_in(hers, "meera")
    hers.goto(STEP)
    hers.get_by_label("Spare code").fill(spare)
    hers.get_by_role("button", name="Go on").click()
    hers.wait_for_url(page_at("/admin/"))
