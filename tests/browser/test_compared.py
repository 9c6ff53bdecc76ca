"""Several orders are ticked and compared with EasyEcom: one page shows what came of all of them."""

from playwright.sync_api import Page, expect

NUMBERS = ("BN-1007", "BN-2009", "BN-2017")
PHONE = {"width": 390, "height": 844}


def test_ticked_orders_are_compared_on_one_page_that_renews_itself(page: Page) -> None:
    page.goto("/admin/integration/order/?stage=awaiting_carrier")
    for number in NUMBERS:
        row = page.locator("#result_list tbody tr", has=page.get_by_role("link", name=number))
        row.get_by_role("checkbox").check()
    page.get_by_label("Action:").select_option("compare_selected")
    page.get_by_role("button", name="Go").click()
    page.wait_for_url("**/compared/**")

    # Nobody loads the page again.
    expect(page.locator("#compared .lead")).to_contain_text("2 of 3 to be looked at")
    rows = page.locator("#compared tbody tr")
    expect(rows).to_have_count(3)
    expect(rows.filter(has_text="BN-2009")).to_contain_text("EasyEcom holds another AWB")
    expect(rows.filter(has_text="BN-2017")).to_contain_text("cancelled")
    expect(rows.last).to_contain_text("BN-1007")
    expect(page.get_by_role("button", name="Compare again")).to_be_visible()

    page.set_viewport_size(PHONE)
    assert page.evaluate("() => document.scrollingElement.scrollWidth") == PHONE["width"]
