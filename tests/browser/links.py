"""Sellers' links, as staff make them."""

from playwright.sync_api import Page


def make_link(page: Page, code: str, name: str) -> str:
    """The link's address, as staff copy it."""
    page.goto("/admin/integration/sellerlink/")
    page.get_by_role("link", name="Make a link…").click()
    page.locator("#id_code").fill(code)
    page.locator("#id_name").fill(name)
    page.locator("#content input[type=submit]").click()
    return page.locator("code.once").first.inner_text()


def upload_sellers(page: Page, text: str) -> None:
    """A file of sellers who are each to get a link."""
    page.goto("/admin/integration/sellerlink/")
    page.get_by_role("link", name="Links from a file…").click()
    file = {"name": "sellers.csv", "mimeType": "text/csv", "buffer": text.encode()}
    page.locator("input[type=file]").set_input_files(file)
    page.locator("#content input[type=submit]").click()
