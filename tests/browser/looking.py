"""One page as a browser sees it: light and dark, and how heavy."""

import base64
from dataclasses import dataclass

from playwright.sync_api import Page

from tests.browser.eyes import ONLY_COLOURS, Eyes, closed, grave_findings, weight_of

# Colours change over a moment.
AT_REST = "() => document.getAnimations().length === 0"
HEAVIEST = 300_000
PHONE = {"width": 390, "height": 844}
# A list's own box counts too: what has to be scrolled sideways in it is not seen.
WIDTH = """() => Math.max(
    document.scrollingElement.scrollWidth,
    ...[...document.querySelectorAll(".results")].map(box => box.offsetLeft + box.scrollWidth),
)"""


QUALITY = 70


def photographed(page: Page, **more: object) -> bytes:
    """What is seen, as WebP; `more` is of Chromium's Page.captureScreenshot."""
    camera = page.context.new_cdp_session(page)
    options = {"format": "webp", "quality": QUALITY} | more
    return base64.b64decode(camera.send("Page.captureScreenshot", options)["data"])


@dataclass
class Look:
    path: str
    status: int
    weight: int
    rows: int
    findings: list[str]
    # Of the whole page on a screen of PHONE's width, in pixels.
    width: int


def look(page: Page, eyes: Eyes, path: str, status: int) -> Look:
    """Dark pages differ from light ones by their colours alone."""
    weight = weight_of(page)
    with closed(eyes):
        findings = grave_findings(page)
        page.emulate_media(color_scheme="dark")
        page.wait_for_function(AT_REST)
        findings += [f"dark: {each}" for each in grave_findings(page, ONLY_COLOURS)]
    page.emulate_media(color_scheme="light")
    desk = page.viewport_size
    page.set_viewport_size(PHONE)
    width = page.evaluate(WIDTH)
    page.set_viewport_size(desk)
    rows = page.locator("#result_list tbody tr").count()
    return Look(path, status, weight, rows, findings, width)
