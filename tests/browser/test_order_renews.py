"""An order's page tells the truth while somebody looks: after an act it renews itself until the
order rests, and keeps what they are at."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.browser.people import at_a_desk
from tests.browser.stage import Stage

# Refused for a product without tax rate: Retry is refused again.
REFUSED = "BN-2016"
# So long that the page is there before EasyEcom's answer.
SLOW_SECONDS = 4
PATIENCE = 60_000


@pytest.fixture
def slow_easyecom(stage: Stage) -> Iterator[None]:
    stage.sandbox.tell("settings", latency_seconds=SLOW_SECONDS)
    yield
    stage.sandbox.tell("settings", latency_seconds=0)


def retry(page: Page) -> None:
    page.goto(f"/o/{REFUSED}")
    page.get_by_role("button", name="Retry").click()
    page.wait_for_url("**/change/")


def test_retry_is_seen_at_once_and_its_outcome_without_loading_anew(
    page: Page, slow_easyecom: None
) -> None:
    loads: list[str] = []
    page.on("load", lambda loaded: loads.append(loaded.url))
    retry(page)
    expect(page.get_by_text("Trying now…")).to_be_visible()
    expect(page.get_by_role("heading", name="What stood in its way until now")).to_be_visible()
    loads.clear()

    expect(page.get_by_role("heading", name="Why is it stuck?")).to_be_visible(timeout=PATIENCE)

    expect(page.get_by_text("Trying now…")).to_have_count(0)
    expect(page.get_by_text("Retry asked for.").first).to_be_visible()
    assert loads == []


def test_what_is_typed_meanwhile_stays_with_its_focus(page: Page, slow_easyecom: None) -> None:
    retry(page)
    page.get_by_label("AWB number").fill("7701")

    expect(page.get_by_role("heading", name="Why is it stuck?")).to_be_visible(timeout=PATIENCE)

    expect(page.get_by_label("AWB number")).to_be_focused()
    expect(page.get_by_label("AWB number")).to_have_value("7701")


def test_focus_on_a_button_that_is_gone_stays_in_its_part(page: Page) -> None:
    page.goto(f"/o/{REFUSED}")
    url = page.url
    withdraw = page.locator("#do-withdraw")
    page.route(url, lambda route: route.fulfill(body='<div id="live" tabindex="-1">Done</div>'))
    withdraw.focus()
    page.evaluate(
        "url => htmx.ajax('GET', url, {source: '#live', target: '#live', swap: 'outerHTML'})", url
    )

    expect(page.get_by_text("Done", exact=True)).to_be_focused()


def test_page_that_renews_itself_leads_to_the_log_in_once_the_session_has_ended(page: Page) -> None:
    page.goto(f"/o/{REFUSED}")
    page.context.clear_cookies()

    page.evaluate("() => htmx.ajax('GET', location.pathname, {source: '#live', target: '#live'})")

    page.wait_for_url("**/admin/login/**")
    expect(page.get_by_label("Password")).to_be_visible()


def test_without_a_script_the_page_says_to_load_it_again(
    browser, stage, logged_in, slow_easyecom
) -> None:
    context = browser.new_context(
        base_url=stage.console, storage_state=logged_in, java_script_enabled=False
    )
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"/o/{REFUSED}")
    page.get_by_role("button", name="Retry").click()

    # By its place: Playwright passes over a noscript's words.
    expect(page.locator(".moving noscript p")).to_be_visible()
    expect(page.get_by_text("This page renews itself until it is done.")).to_be_hidden()
    while page.get_by_role("heading", name="Why is it stuck?").count() == 0:
        page.reload()
    expect(page.get_by_role("button", name="Retry")).to_be_visible()
    context.close()


def test_awb_is_typed_at_the_desk_on_a_phone_without_scrolling_sideways(
    browser, stage, logged_in
) -> None:
    with at_a_desk(browser, stage.console, logged_in, (390, 844)) as phone:
        phone.goto("/admin/")
        phone.get_by_role("link", name="Open the AWB desk").first.click()
        boxes = phone.locator('#grid input[name="awb_number"]')
        expect(boxes.first).to_be_visible()
        for place in range(boxes.count()):
            box = boxes.nth(place).bounding_box()
            assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= 390
