"""Pictures of every step of a seller's own link, English and Hindi, on a phone: docs/screens/link/.

A seller with two locations walks it as it may go: fields are swapped, the password is wrong, the
log-in cools down, and all is done in the end. Selectors are of the markup: the words differ by
language.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page

from tests.browser.links import make_link
from tests.browser.looking import PHONE, photographed
from tests.browser.people import at_a_desk
from tests.browser.stage import Stage

LANGUAGES = {"en": "English", "hi": "हिन्दी"}
SHOP = {"code": "surat-sarees", "name": "Surat Sarees"}
PASSWORD = "a-woven-password"
# EasyEcom takes one log-in a minute for a location, and the console waits a little longer.
PATIENCE = 120_000


def pictures(browser: Browser, stage: Stage, state: Any) -> Iterator[tuple[str, bytes]]:
    """Names of files, and what they hold."""
    for language in LANGUAGES:
        code, keys = f"{SHOP['code']}-{language}", [f"{language}3381027700{n}" for n in (1, 2)]
        account = {"email": f"api@{code}.example", "password": PASSWORD}
        places = [
            {"location_key": key, "name": f"Surat {n}", "city": "Surat"}
            for n, key in enumerate(keys, start=1)
        ]
        stage.sandbox.tell("accounts", **account, locations=places, products=5)
        with at_a_desk(browser, stage.console, state) as desk:
            address = make_link(desk, code, SHOP["name"])
            if language == "en":
                yield "staff-1-link-made", photographed(desk)
            with phone(browser, stage) as seller:
                for step, picture in walk(seller, stage, address, language, account, keys):
                    yield f"{language}-{step}", picture
            if language == "en":
                desk.goto("/admin/integration/sellerlink/")
                yield "staff-2-how-far", photographed(desk)


@contextmanager
def phone(browser: Browser, stage: Stage) -> Iterator[Page]:
    context = browser.new_context(
        base_url=stage.console,
        viewport=PHONE,
        device_scale_factor=1,
        locale="en-IN",
        timezone_id="Asia/Kolkata",
    )
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def walk(
    page: Page,
    stage: Stage,
    address: str,
    language: str,
    account: dict[str, str],
    keys: list[str],
) -> Iterator[tuple[str, bytes]]:
    page.goto(address.split("#")[0])
    page.get_by_role("button", name=LANGUAGES[language]).click()
    yield "1-code", at(page, page.locator("header"))
    page.locator("#code").fill(address)
    press(page, page.locator("#open button"))
    yield "2-begin", at(page, page.locator("header"))
    yield "2-log-in", at(page, page.locator("#step-1 form"))
    give(page, keys[0], PASSWORD, account["email"])
    yield "3-fields-swapped", at(page, page.locator("#step-1 .note.bad"))
    give(page, account["email"], "not-their-password", "\n".join(keys))
    yield "4-log-in-refused", at(page, page.locator("#step-1"))
    give(page, "", PASSWORD, "")
    page.locator(".place[data-moves]").first.wait_for()
    yield "5-asked-again", at(page, page.locator("#progress"))
    page.locator(".place .proofs li:nth-child(4).yes").nth(1).wait_for()
    first = page.locator(".place").first
    yield "6-connected", at(page, first)
    drawing = first.locator("details", has=page.locator(".screen")).first
    drawing.locator("summary").click()
    yield "7-where-it-stands", at(page, first.locator(".todo"))
    for _ in range(6):
        press(page, page.locator("button[value=yes]").first)
    yield "8-said", at(page, page.locator(".todo").first)
    for n, key in enumerate(keys):
        hooks = page.locator(".place").nth(n).locator(".hook")
        for which, trigger in enumerate(("inventory", "manifested")):
            hook = hooks.nth(which)
            press(page, hook.locator("button:not(.copy)").first)
            hook.locator("code.once").wait_for()
            url, token = hook.locator("code").all_inner_texts()
            said = {"location_key": key, "trigger": trigger, "url": url, "token": token}
            stage.sandbox.tell("webhooks", **said)
            if (n, which) == (0, 0):
                yield "9-token", at(page, hook)
        stage.sandbox.tell("levels", location_key=key, sku="BN-0001", quantity=3)
    page.locator("#progress .done").wait_for()
    yield "10-first-webhook", at(page, page.locator(".hook").first)
    yield "11-all-done", at(page, page.locator("#progress"))


def give(page: Page, username: str, password: str, keys: str) -> None:
    form = page.locator("#step-1 form")
    form.locator("[name=api_username]").fill(username)
    form.locator("[name=api_password]").fill(password)
    form.locator("[name=location_keys]").fill(keys)
    press(page, form.locator("button.main"))


def press(page: Page, button: Locator) -> None:
    with page.expect_navigation():
        button.click()


def at(page: Page, place: Locator) -> bytes:
    """What the phone shows once one has scrolled there."""
    place.evaluate("(each) => each.scrollIntoView({ block: 'start' })")
    return photographed(page)
