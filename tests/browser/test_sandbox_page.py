"""The sandbox's page with seventy locations: short, by phone too, and axe finds nothing grave."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect

from integration.sandbox.server import Sandbox
from tests.browser.eyes import closed, grave_findings, watch
from tests.browser.people import DESK, at_a_desk
from tests.integration.sandbox.helpers import account, calling

PHONE = (390, 844)
LOCATIONS = 70
# Pixels.
HIGHEST, HIGHEST_BY_PHONE = 2000, 3500


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        for seller in range(7):
            places = [
                {"location_key": f"ne{seller}{n:09d}", "name": f"Warehouse {seller}-{n}"}
                for n in range(LOCATIONS // 7)
            ]
            email = f"ops{seller}@seller.example"
            if seller:
                sandbox.tell("accounts", email=email, password="p", products=30, locations=places)
            else:
                sandbox.tell("accounts", **account(locations=places))
            for place in places:
                for trigger in ("inventory", "manifested"):
                    hook = {"url": "http://127.0.0.1:9/hook", "token": "t", "trigger": trigger}
                    sandbox.tell("webhooks", location_key=place["location_key"], **hook)
        sandbox.tell("settings", cool_down_seconds=0)
        with calling(sandbox.address) as caller:
            for n in range(LOCATIONS // 7):
                caller.authorize(f"ne0{n:09d}")
                caller.ship(f"SHIPPED-{n}")
                caller.create(f"FAILED-{n}")
        for kind in ("create_order", "find_order", "assign_awb"):
            sandbox.tell(
                "faults", kind=kind, fault="status", match={"location_key": "ne0000000000"}
            )
        yield sandbox


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("is_dark", [False, True])
def test_page_of_seventy_locations_is_short_and_nothing_is_wrong_with_it(
    browser: Browser, sandbox: Sandbox, size: tuple[int, int], is_dark: bool
) -> None:
    with at_a_desk(browser, sandbox.address, size=size, is_dark=is_dark) as page:
        eyes = watch(page)
        page.goto("/")
        assert "FAILED-9" in page.content() and "SHIPPED-9" in page.content()
        height, width = page.evaluate(
            "[document.documentElement.scrollHeight, document.documentElement.scrollWidth]"
        )

        assert width <= size[0]
        assert height <= (HIGHEST if size == DESK else HIGHEST_BY_PHONE)
        for summary in page.locator("summary").all():
            summary.click()
        with closed(eyes):
            assert grave_findings(page) == []
        assert eyes.seen == []


def test_fault_is_made_by_hand_for_one_location(browser: Browser, sandbox: Sandbox) -> None:
    with at_a_desk(browser, sandbox.address) as page:
        page.goto("/")
        shown = page.get_by_role("form", name="What is shown")
        shown.get_by_role("combobox", name="Location").select_option("ne3000000003")
        page.get_by_role("button", name="Show", exact=True).click()
        assert "location=ne3000000003" in urlsplit(page.url).query
        page.get_by_text("Faults and habits").click()
        page.locator("select[name=fault]").select_option("drop")
        fault = page.locator("form[action='/page/faults']")
        fault.locator("select[name=location_key]").select_option("ne3000000003")
        page.get_by_role("button", name="Make fault").click()

        faults = page.get_by_role("group", name="Faults")
        expect(faults.get_by_text("Warehouse 3-3 ne3000000003")).to_be_visible()
