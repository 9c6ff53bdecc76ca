"""The one search box by keyboard: from anywhere, through what it shows, and away again."""

import re

from playwright.sync_api import Browser, Page, expect

from tests.browser.eyes import closed, grave_findings, watch
from tests.browser.stage import Stage


def test_box_is_reached_walked_and_left_by_keys(page: Page) -> None:
    page.goto("/admin/sellers/seller/")
    page.keyboard.press("/")
    box = page.locator("#find")
    expect(box).to_be_focused()
    page.keyboard.type("bn-200")
    links = page.locator("#found a")
    expect(links.first).to_be_visible()

    page.keyboard.press("ArrowDown")
    expect(links.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(links.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(box).to_be_focused()
    expect(links).to_have_count(0)


def test_ctrl_k_and_enter_open_the_order(page: Page) -> None:
    page.goto("/admin/integration/delivery/")
    page.keyboard.press("Control+k")
    page.keyboard.type("bn-2009")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/order/[0-9]+/change/"))
    expect(page.locator("#content h1")).to_have_text("BN-2009")
    # The keys are free again: nothing is typed into a box.
    page.keyboard.press("j")
    expect(page.locator("#find")).to_have_value("")


def test_typed_address_leads_to_the_order(page: Page) -> None:
    page.goto("/o/bn-2009")

    expect(page.locator("#content h1")).to_have_text("BN-2009")


def test_page_of_hits_and_what_is_shown_while_typing_have_no_barrier(page: Page) -> None:
    eyes = watch(page)
    page.goto("/admin/find/?q=BN-20")
    expect(page.locator("#content .hits a").first).to_be_visible()
    page.locator("#find").fill("BN-20")
    page.locator("#find").press("0")
    expect(page.locator("#found a").first).to_be_visible()

    with closed(eyes):
        findings = grave_findings(page)

    assert (findings, eyes.seen) == ([], [])


def test_box_is_a_form_where_there_is_no_script(
    browser: Browser, stage: Stage, logged_in: dict
) -> None:
    context = browser.new_context(
        base_url=stage.console, storage_state=logged_in, java_script_enabled=False
    )
    page = context.new_page()
    page.goto("/admin/")
    page.locator("#find").fill("bn-2009")
    page.locator("#find").press("Enter")

    expect(page.locator("#content h1")).to_have_text("BN-2009")
    context.close()
