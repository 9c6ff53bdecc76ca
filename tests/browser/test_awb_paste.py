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


def test_first_courier_of_a_pasted_column_is_no_heading(page: Page) -> None:
    page.goto("/admin/integration/order/awbs/")
    boxes = page.locator('#grid input[name="courier"]')

    boxes.first.evaluate(PASTE, "Delhivery\nDTDC")

    expect(boxes.nth(0)).to_have_value("Delhivery")
    expect(boxes.nth(1)).to_have_value("DTDC")
    expect(page.locator("#pasted")).to_have_text("2 of 2 pasted rows are filled in.")


def test_heading_of_a_column_of_couriers_is_left_out(page: Page) -> None:
    page.goto("/admin/integration/order/awbs/")
    box = page.locator('#grid input[name="courier"]').first

    box.evaluate(PASTE, "Courier\nDelhivery")

    expect(box).to_have_value("Delhivery")
    expect(page.locator("#pasted")).to_have_text("1 of 1 pasted rows are filled in.")


def test_rows_below_the_last_order_are_named(page: Page) -> None:
    page.goto("/admin/integration/order/awbs/")
    box = page.locator('#grid input[name="awb_number"]').last

    box.evaluate(PASTE, "7701\n7702\n7703")

    expect(box).to_have_value("7701")
    expect(page.locator("#pasted")).to_have_text(
        "1 of 3 pasted rows are filled in. There is no order left on this page for: 7702, 7703."
    )


def test_order_that_is_pasted_twice_keeps_its_first_row_and_is_named(page: Page) -> None:
    page.goto("/admin/integration/order/awbs/")
    row = page.locator("#grid tbody tr").first
    order = row.locator('input[name="order_number"]').input_value()
    box = row.locator('input[name="awb_number"]')

    box.evaluate(PASTE, f"{order}\t7701\n{order}\t7702")

    expect(box).to_have_value("7701")
    expect(page.locator("#pasted")).to_contain_text(
        f"left as the first of their rows has it: {order}."
    )
