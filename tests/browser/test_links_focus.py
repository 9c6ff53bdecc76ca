"""The pages on which staff make a seller's link: the focus stands where one goes on."""

from playwright.sync_api import Page, expect


def test_link_is_made_and_copied_by_the_keyboard_alone(page: Page) -> None:
    page.goto("/admin/integration/sellerlink/make/")
    expect(page.get_by_label("Seller:")).to_be_focused()
    for words in ("bagru-prints", "Bagru Prints"):
        page.keyboard.press("Tab")
        page.keyboard.type(words)
    page.keyboard.press("Enter")
    page.wait_for_url("**/change/**")

    made = page.locator("code.once").first
    expect(made).to_be_focused()
    page.keyboard.press("Control+C")

    assert page.evaluate("() => navigator.clipboard.readText()") == made.inner_text()
    assert made.inner_text().startswith("http")


def test_first_field_that_is_wrong_has_the_focus(page: Page) -> None:
    page.goto("/admin/integration/sellerlink/make/")
    page.get_by_label("Code:").fill("bagru-prints-2")
    page.keyboard.press("Enter")

    expect(page.get_by_label("Name:")).to_be_focused()
