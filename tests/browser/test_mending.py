"""The form that mends what EasyEcom refused: a near SKU is put into its field, and what stands in a
field is typed over."""

from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.stage import Stage

# EasyEcom's catalog has TAWA-S to TAWA-XL.
UNKNOWN, NEAR = "TAWA-XXL", "TAWA-XL"
SELECTED = "field => field.value.slice(field.selectionStart, field.selectionEnd)"


def open_form(page: Page) -> None:
    page.goto("/o/BN-2006")
    first = page.locator(".findings .first .button.default")
    expect(first).to_have_text("Mend it and send again…")
    first.click()


def test_field_is_entered_with_its_text_selected(page: Page) -> None:
    open_form(page)
    sku, price = page.get_by_label("SKU:", exact=True), page.get_by_label("Unit price")
    city = page.get_by_label("City").first

    # Where the trouble is likely to be: nobody has clicked anything yet.
    expect(sku).to_be_focused()
    assert sku.evaluate(SELECTED) == UNKNOWN
    price.click()
    sku.click()
    assert sku.evaluate(SELECTED) == UNKNOWN
    # A second click is to put the cursor somewhere.
    sku.click()
    assert sku.evaluate(SELECTED) == ""
    # What is likely to be right is corrected, not typed over.
    city.click()
    assert city.evaluate(SELECTED) == ""


def test_near_sku_is_put_into_the_field_with_a_button_and_enter_saves(page: Page) -> None:
    open_form(page)
    sku = page.get_by_label("SKU:", exact=True)

    page.get_by_role("button", name=f"Use {NEAR}", exact=True).click()

    expect(page.locator(".near")).to_have_count(0)
    expect(sku).to_have_value(NEAR)
    expect(sku).to_be_focused()
    sku.fill(UNKNOWN)
    reason = page.get_by_label("Why")
    reason.fill("x")
    reason.press("Enter")
    # It was to be saved, and no near SKU was taken.
    expect(page.locator(".errornote")).to_contain_text("Nothing was saved")
    expect(sku).to_have_value(UNKNOWN)


def test_near_sku_is_had_without_a_script(browser: Browser, stage: Stage, logged_in: Any) -> None:
    context = browser.new_context(
        base_url=stage.console, storage_state=logged_in, java_script_enabled=False
    )
    page = context.new_page()

    open_form(page)
    page.get_by_role("button", name=f"Use {NEAR}", exact=True).click()

    expect(page.get_by_label("SKU:", exact=True)).to_have_value(NEAR)
    context.close()
