"""What a browser says about a page: its console, failed requests, weight, axe's findings."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Error, Page, Response

GRAVE = ("serious", "critical")
WEIGHT = """() => [
    ...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")
].reduce((sum, each) => sum + each.encodedBodySize, 0)"""
AXE = Axe()
ONLY_COLOURS = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}


@dataclass
class Eyes:
    """What should not have been seen; the content policy's complaints are in the console too."""

    seen: list[str] = field(default_factory=list)
    are_open: bool = True

    def console(self, message: ConsoleMessage) -> None:
        if self.are_open and message.type in ("error", "warning"):
            self.seen.append(f"console: {message.text}")

    def error(self, error: Error) -> None:
        self.seen.append(f"script: {error.message}")

    def response(self, response: Response) -> None:
        if self.are_open and response.status >= 400:
            self.seen.append(f"{response.status}: {response.url}")


def watch(page: Page) -> Eyes:
    eyes = Eyes()
    page.on("console", eyes.console)
    page.on("pageerror", eyes.error)
    page.on("response", eyes.response)
    return eyes


@contextmanager
def closed(eyes: Eyes) -> Iterator[None]:
    """Axe sets styles and fetches style sheets of its own, which is none of the page's doing."""
    eyes.are_open = False
    yield
    eyes.are_open = True


def weight_of(page: Page) -> int:
    """Bytes over the wire for the page and all it needs, as if nothing were cached."""
    weight: int = page.evaluate(WEIGHT)
    return weight


def grave_findings(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    """What axe calls serious or critical, with the first places of each."""
    results = AXE.run(page, options=options or {"resultTypes": ["violations"]})
    return [
        f"{each['id']} ({each['impact']}): {[node['target'] for node in each['nodes'][:3]]}"
        for each in results.response["violations"]
        if each["impact"] in GRAVE
    ]
