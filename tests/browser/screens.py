"""`make screens`: pictures of the console's main pages over the demo's data, in docs/screens/."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from playwright.sync_api import Browser, Page

from tests.browser import link_screens
from tests.browser.links import make_link
from tests.browser.looking import photographed
from tests.browser.people import at_a_desk, chromium, signed_in
from tests.browser.stage import standing

FOLDER = settings.BASE_DIR / "docs" / "screens"
DESK, PHONE = (1280, 800), (390, 844)
# Longer pages are cut: the picture is of what they are about.
TALLEST = 1600


def opened(path: str) -> Callable[[Page], object]:
    return lambda page: page.goto(path)


def found(model: str, words: str, *further: str) -> Callable[[Page], None]:
    """The page of the row that a search finds; then the links named."""

    def go(page: Page) -> None:
        page.goto(f"/admin/{model}/?q={words}")
        page.locator("#result_list tbody tr th a, #result_list tbody tr td a").first.click()
        for link in further:
            page.get_by_role("link", name=re.compile(link)).first.click()
        page.wait_for_load_state()

    return go


def mending(number: str) -> Callable[[Page], None]:
    """The form of a refused order. Opening it is written down."""

    def go(page: Page) -> None:
        page.goto(f"/o/{number}")
        page.get_by_role("button", name="Mend it and send again…").click()
        page.wait_for_load_state()

    return go


def seller_link(page: Page) -> None:
    """As the seller finds it."""
    page.goto(make_link(page, "lucknow-chikan", "Lucknow Chikan"))
    page.locator("#log-in").wait_for()


@dataclass(frozen=True)
class Screen:
    name: str
    go: Callable[[Page], object]
    size: tuple[int, int] = DESK
    is_dark: bool = False


SCREENS = (
    Screen("home", opened("/admin/")),
    Screen("home-dark", opened("/admin/"), is_dark=True),
    Screen("home-phone", opened("/admin/"), size=PHONE),
    Screen("orders", opened("/admin/integration/order/")),
    Screen("order", found("integration/order", "BN-2009")),
    Screen("mend", mending("BN-2006")),
    Screen("mend-phone-dark", mending("BN-2006"), size=PHONE, is_dark=True),
    Screen("awb-desk", opened("/admin/integration/order/awbs/")),
    Screen("awb-desk-phone", opened("/admin/integration/order/awbs/"), size=PHONE),
    Screen("order-phone", found("integration/order", "BN-2007"), size=PHONE),
    Screen(
        "onboarding", found("sellers/seller", "himalaya-woollens", "^Onboarding|still to be done")
    ),
    Screen("seller-link-phone", seller_link, size=PHONE),
    Screen("registration-in-doubt", opened("/admin/sellers/carrierregistration/?state=in_doubt")),
    Screen("deliveries-dark", opened("/admin/integration/delivery/?status=parked"), is_dark=True),
    Screen("webhook-endpoints", opened("/admin/integration/webhookendpoint/")),
    Screen("errors", opened("/admin/integration/errormessage/")),
    Screen("stock-dark", found("integration/stocklevel", "KADHAI-S"), is_dark=True),
    Screen("quota", opened("/admin/integration/quota/")),
    Screen("orders-phone", opened("/admin/integration/order/"), size=PHONE),
    Screen("order-dark", found("integration/order", "BN-2009"), is_dark=True),
    Screen("awb-desk-dark", opened("/admin/integration/order/awbs/"), is_dark=True),
    Screen("import-orders", opened("/admin/integration/order/import/")),
    Screen("sellers", opened("/admin/sellers/seller/")),
    Screen("seller", found("sellers/seller", "anand-textiles")),
    Screen("sellers-board", opened("/admin/sellers/seller/board/?when=today")),
    Screen(
        "sellers-board-phone-dark",
        opened("/admin/sellers/seller/board/?when=today"),
        size=PHONE,
        is_dark=True,
    ),
    Screen("import-sellers", opened("/admin/sellers/seller/import/")),
    Screen("location", found("sellers/location", "blr29488101841")),
    Screen("location-phone", found("sellers/location", "blr29488101841"), size=PHONE),
    Screen("missed-deliveries", opened("/admin/integration/misseddelivery/weeks/")),
    Screen("changes", opened("/admin/integration/change/")),
    Screen("events-dark", opened("/admin/integration/event/"), is_dark=True),
    Screen("staff", opened("/admin/auth/user/add/")),
    Screen("holds", opened("/admin/integration/hold/")),
    Screen("find", opened("/admin/find/?q=BN-20")),
)


def take(browser: Browser, address: str, state: dict, screen: Screen) -> bytes:
    with at_a_desk(browser, address, state, screen.size, is_dark=screen.is_dark) as page:
        screen.go(page)
        page.wait_for_load_state("networkidle")
        width = screen.size[0]
        height = page.evaluate("() => document.documentElement.scrollHeight")
        height = min(height, TALLEST)
        # What stands at the window's foot stands at the picture's.
        page.set_viewport_size({"width": width, "height": height})
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        return photographed(page, clip=clip, captureBeyondViewport=True)


def main() -> None:
    (FOLDER / "link").mkdir(parents=True, exist_ok=True)
    with standing() as stage, chromium() as browser:
        state = signed_in(browser, stage)
        for screen in SCREENS:
            picture = take(browser, stage.console, state, screen)
            (FOLDER / f"{screen.name}.webp").write_bytes(picture)
        for name, picture in link_screens.pictures(browser, stage, state):
            (FOLDER / "link" / f"{name}.webp").write_bytes(picture)


if __name__ == "__main__":
    main()
