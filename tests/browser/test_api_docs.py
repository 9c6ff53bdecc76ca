"""The API's description in a browser: as dark as the admin is."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.eyes import watch
from tests.browser.people import at_a_desk
from tests.browser.stage import Stage

BRIGHTNESS = "() => getComputedStyle(document.documentElement).backgroundColor"


def is_dark(page: Page) -> bool:
    page.goto("/api/docs/")
    expect(page.get_by_text("Give an order, or change it")).to_be_visible()
    red, green, blue = page.evaluate(BRIGHTNESS).strip("rgba()").split(",")[:3]
    has_ground = page.evaluate(BRIGHTNESS) != "rgba(0, 0, 0, 0)"
    return has_ground and int(red) + int(green) + int(blue) < 300


@pytest.mark.parametrize("system_is_dark", [True, False])
@pytest.mark.parametrize(("chosen", "dark"), [("auto", None), ("dark", True), ("light", False)])
def test_description_is_dark_where_the_admin_is(
    browser: Browser, stage: Stage, system_is_dark: bool, chosen: str, dark: bool | None
) -> None:
    with at_a_desk(browser, stage.console, is_dark=system_is_dark) as page:
        eyes = watch(page)
        page.goto("/admin/login/")
        page.evaluate(f"localStorage.setItem('theme', '{chosen}')")

        assert is_dark(page) == (system_is_dark if dark is None else dark)
        assert eyes.seen == []


def test_theme_that_is_chosen_in_the_admin_is_taken_over(page: Page) -> None:
    before = is_dark(page)
    page.goto("/admin/")
    page.get_by_role("button", name="Toggle theme").first.click()

    assert is_dark(page) != before
