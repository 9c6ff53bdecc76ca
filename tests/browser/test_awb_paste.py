"""Columns that are pasted into the AWB desk's grid: what finds no row is named."""

from playwright.sync_api import Page, expect

PASTE = """(field, text) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    field.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true}));
}"""


def test_rows_of_no_order_here_are_named_and_a_heading_is_none(page: Page) -> None:
    page.goto("/admin/integration/order/awbs/")
    row = page.locator("#grid tbody tr").first
    order = row.locator('input[name="order_number"]').input_value()
    box = row.locator('input[name="awb_number"]')
    rows = f"Order number\tAWB\n{order.lower()}\t7701\nBN-9998\t7702\nBN-9999\t7703"

    box.evaluate(PASTE, rows)

    expect(box).to_have_value("7701")
    told = page.locator("#pasted")
    expect(told).to_contain_text("1 of 3 pasted rows are filled in.")
    expect(told).to_contain_text("Not among the orders of this page: BN-9998, BN-9999.")
