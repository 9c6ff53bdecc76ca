"""A seller onboards two locations by their own link: on a phone, without a script, and in Hindi."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.eyes import closed, grave_findings, watch
from tests.browser.links import make_link
from tests.browser.looking import HEAVIEST, WIDTH
from tests.browser.people import at_a_desk
from tests.browser.stage import Stage

PHONE = {"width": 360, "height": 740}
PATIENCE = 60_000
ACCOUNT = {"email": "api@surat-sarees.example", "password": "a-woven-password"}
KEYS = ("su33810277001", "su33810277002")


@contextmanager
def phone(browser: Browser, stage: Stage, *, has_scripts: bool) -> Iterator[Page]:
    context = browser.new_context(
        base_url=stage.console,
        viewport=PHONE,
        locale="en-IN",
        timezone_id="Asia/Kolkata",
        java_script_enabled=has_scripts,
    )
    context.set_default_timeout(PATIENCE)
    yield context.new_page()
    context.close()


def fits(page: Page) -> None:
    """No wider than the phone."""
    width = page.locator("main").evaluate(WIDTH)
    assert width <= PHONE["width"]


@pytest.mark.slow
def test_seller_onboards_two_locations_on_a_phone_without_a_script(
    page: Page, browser: Browser, stage: Stage
) -> None:
    places = [
        {"location_key": key, "name": f"Surat {n}", "city": "Surat"}
        for n, key in enumerate(KEYS, start=1)
    ]
    stage.sandbox.tell("accounts", **ACCOUNT, locations=places, products=5)
    address, secret = make_link(page, "surat-sarees", "Surat Sarees").split("#")

    with phone(browser, stage, has_scripts=False) as seller:
        seller.goto(address)
        seller.get_by_label("Code").fill(secret)
        seller.get_by_role("button", name="Open").click()
        expect(
            seller.get_by_role("heading", name="Connect Surat Sarees with Booon")
        ).to_be_visible()
        assert secret not in seller.url

        seller.get_by_label("API Username").fill(KEYS[0])
        seller.get_by_label("Password of the API user").fill(ACCOUNT["password"])
        seller.get_by_label("Location Key").fill("\n".join(KEYS))
        seller.get_by_role("button", name="Send to Booon").click()
        expect(seller.get_by_text("Are two fields swapped?")).to_be_visible()
        seller.get_by_label("API Username").fill(ACCOUNT["email"])
        seller.get_by_label("Password of the API user").fill(ACCOUNT["password"])
        seller.get_by_role("button", name="Send to Booon").click()

        look_until(seller, "Surat 2")
        look_until(seller, "EasyEcom took the log-in")
        for _ in range(6):
            seller.get_by_role("button", name="It is done").first.click()
            seller.wait_for_load_state()
        hook = seller.locator(".hook").first
        hook.get_by_role("button", name="Make the token").click()
        seller.wait_for_load_state()
        hook = seller.locator(".hook", has=seller.locator("code.once"))
        url, token = hook.locator("code").all_inner_texts()
        fits(seller)

        said = {"location_key": KEYS[0], "trigger": "inventory", "url": url, "token": token}
        stage.sandbox.tell("webhooks", **said)
        stage.sandbox.tell("levels", location_key=KEYS[0], sku="BN-0001", quantity=3)
        look_until(seller, re.compile("The first webhook reached us .* ago"))

    page.reload()
    expect(page.locator("#content")).to_contain_text("Surat 1")


def look_until(page: Page, text: str | re.Pattern[str]) -> None:
    """As somebody without a script would: look again until it is there."""
    for _ in range(60):
        if page.locator("main").get_by_text(text).count():
            return
        page.wait_for_timeout(500)  # weak: between two looks, and the text ends it
        page.reload()
    expect(page.locator("main").get_by_text(text).first).to_be_visible()


@pytest.mark.slow
def test_script_opens_the_link_and_clears_its_secret(
    page: Page, browser: Browser, stage: Stage
) -> None:
    address = make_link(page, "kota-doria", "Kota Doria")

    with phone(browser, stage, has_scripts=True) as seller:
        eyes = watch(seller)
        sent = []
        seller.on("request", lambda request: sent.append(request.url))
        seller.goto(address)
        heading = seller.get_by_role("heading", name="Connect Kota Doria with Booon")
        expect(heading).to_be_visible()

        assert not [url for url in (*sent, seller.url) if address.split("#")[1] in url]
        seller.get_by_role("button", name="हिन्दी").click()
        hindi = seller.get_by_role("heading", name="Kota Doria को Booon से जोड़ें")
        expect(hindi).to_be_visible()
        assert eyes.seen == []


@pytest.mark.slow
def test_page_renews_itself_while_a_drawing_is_looked_at(
    page: Page, browser: Browser, stage: Stage
) -> None:
    account = {"email": "api@ikat-house.example", "password": "a-woven-password"}
    places = [{"location_key": "ik33810277001", "name": "Ikat 1", "city": "Surat"}]
    stage.sandbox.tell("accounts", **account, locations=places, products=5)
    address = make_link(page, "ikat-house", "Ikat House")

    with (
        phone(browser, stage, has_scripts=True) as seller,
        phone(browser, stage, has_scripts=True) as other_device,
    ):
        eyes = watch(seller)
        seller.goto(address)
        seller.get_by_label("API Username").fill(account["email"])
        seller.get_by_label("Password of the API user").fill(account["password"])
        seller.get_by_label("Location Key").fill(places[0]["location_key"])
        seller.get_by_role("button", name="Send to Booon").click()
        channel = seller.locator(".todo li").first
        unfold = channel.locator("summary")
        unfold.click()
        other_device.goto(address)
        other_device.get_by_role("button", name="It is done").first.click()
        other_device.wait_for_load_state()

        expect(channel.get_by_text("Done", exact=True)).to_be_visible()
        expect(channel.locator(".screen")).to_be_visible()
        expect(unfold).to_be_focused()
        assert eyes.seen == []


@pytest.mark.slow
def test_what_somebody_typed_is_not_renewed_away(
    page: Page, browser: Browser, stage: Stage
) -> None:
    account = {"email": "api@zari-works.example", "password": "a-woven-password"}
    stage.sandbox.tell("accounts", **account, locations=[], products=5)
    address = make_link(page, "zari-works", "Zari Works")

    with phone(browser, stage, has_scripts=True) as seller:
        seller.clock.install()
        asked = []
        seller.on("request", lambda request: asked.append(request.url))
        seller.goto(address)
        seller.get_by_label("API Username").fill(account["email"])
        seller.get_by_label("Password of the API user").fill(account["password"])
        seller.get_by_label("Location Key").fill("zw33810277009")
        seller.get_by_role("button", name="Send to Booon").click()
        place = seller.locator(".place")
        place.locator("summary", has_text="mistyped").click()
        field = place.get_by_label("Location Key")
        expect(field).to_have_value("zw33810277009")

        field.fill("zw33810277008")
        seller.locator("h1").click()
        asked.clear()
        seller.clock.run_for(20_000)
        assert not [url for url in asked if url.endswith("/state/")]

        field.fill("zw33810277009")
        seller.locator("h1").click()
        with seller.expect_request("**/state/"):
            seller.clock.run_for(20_000)


@pytest.mark.slow
@pytest.mark.parametrize("language", ["English", "हिन्दी"])
def test_pages_of_a_link_have_no_barrier(
    page: Page, browser: Browser, stage: Stage, language: str
) -> None:
    address = make_link(page, "bandhani-bazaar", "Bandhani Bazaar")

    with phone(browser, stage, has_scripts=True) as seller:
        eyes = watch(seller)
        seller.goto(address.split("#")[0])
        seller.get_by_role("button", name=language).click()
        check(seller, eyes)
        seller.goto(address)
        seller.reload()
        expect(seller.locator("#log-in")).to_be_visible()
        check(seller, eyes)
        with at_a_desk(browser, stage.console) as desk:
            desk.goto(address)
            expect(desk.locator("#log-in")).to_be_visible()
            assert grave_findings(desk) == []
        assert eyes.seen == []


def check(page: Page, eyes: object) -> None:
    fits(page)
    weight = page.evaluate(
        "() => performance.getEntriesByType('resource').reduce((s, e) => s + e.encodedBodySize, 0)"
    )
    assert weight < HEAVIEST
    with closed(eyes):  # type: ignore[arg-type]
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert grave_findings(page) == []
    page.emulate_media(color_scheme="light")
