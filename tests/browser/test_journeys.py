"""What staff come to the console for, done in a browser on the demo's data."""

import re

from playwright.sync_api import Page, expect

from integration.demo.data import KITCHEN
from integration.demo.troubled_sellers import KULLU, OUTLET
from tests.browser.files import orders
from tests.browser.stage import Stage

# The worker's pulse, EasyEcom's answers and a slow machine.
PATIENCE = 60_000
JOBS = 200
NUMBERS = [f"BN-7{number:03}" for number in range(JOBS)]


def wait_for_text(page: Page, text: str | re.Pattern[str]) -> None:
    """Load the page anew until it says so, as somebody would who waits for it."""
    for _ in range(60):
        if page.locator("#content").get_by_text(text).count():
            return
        page.wait_for_timeout(500)  # weak: between two looks, and the text ends it
        page.reload()
    expect(page.locator("#content").get_by_text(text).first).to_be_visible()


def search(page: Page, model: str, words: str) -> None:
    page.goto(f"/admin/{model}/")
    page.locator("#searchbar").fill(words)
    page.locator("#searchbar").press("Enter")
    page.wait_for_url(re.compile(r"q="))


def open_first(page: Page) -> None:
    page.locator("#result_list tbody th").first.get_by_role("link").click()
    page.wait_for_url(re.compile("/change/"))


def confirm(page: Page, button: str) -> None:
    """A button that takes a second click, under its warning."""
    ask = page.locator("details.ask", has_text=button)
    ask.locator("summary").click()
    ask.get_by_role("button", name=button).click()


def test_a_seller_is_onboarded_and_its_tokens_are_shown_once(page: Page, stage: Stage) -> None:
    account = {"email": "api@mysore-silks.example", "password": "a-silky-password"}
    place = {"location_key": "mys33810277456", "name": "Mysore Silks", "city": "Mysuru"}
    stage.sandbox.tell("accounts", **account, locations=[place], products=5)
    page.goto("/admin/")
    page.get_by_role("link", name="Sellers", exact=True).first.click()
    page.get_by_role("link", name="Onboard a seller").click()
    page.get_by_label("Code").first.fill("mysore-silks")
    page.get_by_label("Name:", exact=True).fill("Mysore Silks")
    page.get_by_label("API user name").fill(account["email"])
    page.get_by_label("API password").fill(account["password"])
    page.get_by_label("Location keys").fill(place["location_key"])
    page.get_by_role("button", name="Onboard").click()

    tokens = page.locator("code.once")
    expect(tokens.first).to_be_visible(timeout=PATIENCE)
    assert len({tokens.nth(place).inner_text() for place in range(tokens.count())}) >= 2
    expect(page.get_by_text("for a quarter of an hour").first).to_be_visible()
    page.get_by_role("link", name="What is still to be done").click()
    expect(page.locator("#content .badge.good", has_text="live").first).to_be_visible()
    expect(page.locator("code.once")).to_have_count(0)


def test_a_stuck_order_is_found_from_home_understood_and_mended(page: Page) -> None:
    page.goto("/admin/")
    need = page.locator("#today .needs li", has_text="refused the shipment details")
    need.get_by_role("link").first.click()
    page.get_by_role("link", name="BN-2008").click()
    why = page.locator(".why")
    expect(why).to_contain_text("Courier account is inactive for shipments above 500 g")

    why.get_by_text("Give carrier and AWB").click()
    page.get_by_label("Courier").fill("Blue Dart")
    page.get_by_label("AWB number").fill("BD-77120045")
    page.get_by_role("button", name="Save").click()

    wait_for_text(page, "Awaiting carrier → Carrier assigned")
    page.goto("/admin/integration/order/?blocked_reason=awb_rejected")
    expect(page.get_by_role("link", name="BN-2008")).to_have_count(0)


def test_a_registration_in_doubt_is_resolved_and_its_order_goes_out(
    page: Page, stage: Stage
) -> None:
    carriers = stage.sandbox.part("carriers")
    there = next(each for each in carriers if each["location_key"] == KULLU)
    page.goto("/admin/")
    page.locator("#today").get_by_role("link", name=re.compile("registration", re.I)).first.click()
    page.get_by_role("link", name=KULLU).first.click()
    page.get_by_role("link", name=re.compile("Say what|resolve", re.I)).first.click()
    page.get_by_label("There: Booon's carrier is listed").check()
    page.get_by_label("Its companyCarrierId").fill(str(there["company_carrier_id"]))
    page.get_by_label("The location key, typed again").fill(KULLU)
    page.get_by_label("Reason").fill("Seen in Carrier Master, first line.")
    page.locator("#content input[type=submit]").click()

    search(page, "integration/order", "BN-2001")
    open_first(page)
    wait_for_text(page, "Received → Awaiting carrier")


def test_two_hundred_failed_jobs_are_retried_in_one_run(page: Page, stage: Stage) -> None:
    give_speed(page, KITCHEN.code)
    refusal = {"code": 400, "message": "Masala dabba is blocked for this channel", "data": []}
    fault = {"kind": "create_order", "fault": "body", "body": refusal, "times": JOBS}
    stage.sandbox.tell("faults", **fault, match={"account": KITCHEN.email})
    import_orders(page)
    page.goto("/admin/integration/syncjob/?status=failed&seller=" + KITCHEN.code)
    wait_for_text(page, re.compile(r"\b20[0-9] sync jobs"))

    page.get_by_role("button", name=re.compile("all that match")).click()
    page.get_by_label("Reason").fill("EasyEcom unblocked the masala dabba.")
    page.get_by_role("button", name=re.compile("Retry these")).click()

    bar = page.locator("#progress progress")
    expect(bar).to_be_visible()
    page.wait_for_function(
        "() => { const bar = document.querySelector('#progress progress');"
        " return bar && bar.max >= 200 && bar.value === bar.max }",
        timeout=3 * PATIENCE,
    )
    expect(page.locator("#progress")).to_contain_text(re.compile("20[0-9] of 20[0-9]"))


def give_speed(page: Page, code: str) -> None:
    search(page, "sellers/seller", code)
    open_first(page)
    page.get_by_label("Calls a second").fill("100")
    page.get_by_label("Burst").fill("100")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator(".messagelist .success")).to_be_visible()


def import_orders(page: Page) -> None:
    page.goto("/admin/integration/order/")
    page.get_by_role("link", name="Import orders").click()
    file = orders(KITCHEN, "MASALA-S", NUMBERS)
    page.locator("input[type=file]").set_input_files(
        {"name": "orders.csv", "mimeType": "text/csv", "buffer": file}
    )
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("button", name=re.compile(r"Import \d+ orders?")).click(timeout=PATIENCE)
    expect(page.get_by_text("This is what became of each order")).to_be_visible(timeout=PATIENCE)


def test_a_parked_delivery_is_replayed_after_its_preview(page: Page) -> None:
    page.goto("/admin/integration/delivery/?status=parked")
    open_first(page)
    page.get_by_role("button", name="Replay…").click()
    expect(page.get_by_role("heading", name="What a replay would change")).to_be_visible()
    expect(page.locator("#content")).to_contain_text(re.compile("park", re.I))
    page.get_by_role("button", name="Replay it").click()

    page.wait_for_url(re.compile("/change/"))
    wait_for_text(page, re.compile("replay", re.I))


def test_a_token_is_rotated_while_the_old_one_is_still_taken(page: Page, stage: Stage) -> None:
    key = OUTLET.keys[0]
    search(page, "sellers/location", key)
    open_first(page)
    page.locator("details.ask", has_text="Renew the token").first.locator("summary").click()
    page.locator("details.ask[open]").get_by_role("button", name="Renew the token").click()
    token = page.locator("code.once").inner_text()
    url = page.locator("dl.paste code").first.inner_text()
    page.get_by_role("button", name="Copy").last.click()
    assert page.evaluate("() => navigator.clipboard.readText()") == token

    stage.sandbox.tell("webhooks", location_key=key, trigger="inventory", url=url, token=token)
    stage.sandbox.tell("levels", location_key=key, sku="KURTA-INDIGO", quantity=17)

    search(page, "integration/stocklevel", "KURTA-INDIGO")
    wait_for_text(page, re.compile("^17$"))
    search(page, "integration/webhookendpoint", key)
    open_first(page)
    expect(page.get_by_text("Two tokens are valid")).to_be_visible()
