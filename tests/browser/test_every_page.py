"""Every page of the console, found by its links as a person would: light, dark, and how heavy."""

import re
from collections import deque
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.eyes import Eyes, watch
from tests.browser.links import make_link
from tests.browser.looking import HEAVIEST, PHONE, Look, look
from tests.browser.people import at_a_desk
from tests.browser.stage import Stage

LINKS = "() => [...document.links].map(link => link.pathname)"
KEY = re.compile(r"/(?=[^/]*\d)[^/]+(?=/)")
# Downloads and what ends the session.
LEFT_OUT = re.compile(r"/(logout|csv|template|evidence|results|jsi18n)/|\.csv$")
MOST_PAGES = 200


def kind_of(path: str) -> str:
    """The address without what names a row: one page of each kind is looked at."""
    return KEY.sub("/…", path)


def walk(page: Page, eyes: Eyes) -> Iterator[Look]:
    waiting, known = deque(["/admin/"]), {"/admin/"}
    while waiting and len(known) < MOST_PAGES:
        path = waiting.popleft()
        answer = page.goto(path)
        assert answer is not None
        yield look(page, eyes, path, answer.status)
        for link in page.evaluate(LINKS):
            is_ours = link.startswith("/admin/") and not LEFT_OUT.search(link)
            if is_ours and kind_of(link) not in known:
                known.add(kind_of(link))
                waiting.append(link)


def replay_in_one_run(page: Page) -> None:
    """What is parked stays so: its cause is still there."""
    page.goto("/admin/integration/delivery/?status=parked")
    page.get_by_role("button", name=re.compile("all that match")).click()
    page.get_by_label("Reason").fill("Is the cause of it still there?")
    page.get_by_role("button", name=re.compile("Replay these")).click()
    page.wait_for_url(re.compile("/bulkrun/"))


@pytest.fixture(scope="module")
def looks(browser: Browser, stage: Stage, logged_in: Any) -> dict[str, Look]:
    with at_a_desk(browser, stage.console, logged_in) as page:
        eyes = watch(page)
        replay_in_one_run(page)
        make_link(page, "patan-patola", "Patan Patola")
        looks = {kind_of(each.path): each for each in walk(page, eyes)}
    assert eyes.seen == []
    return looks


def test_every_list_and_a_page_of_each_is_reached_by_links(looks):
    lists = {
        urlsplit(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")).path
        for model in admin.site._registry
    }

    assert lists - set(looks) == set()
    assert [path for path in lists if not looks[path].rows] == []
    pages = [kind for kind in looks if kind.endswith("/change/")]
    assert [path for path in lists if not any(page.startswith(path) for page in pages)] == []
    assert {each.status for each in looks.values()} == {200}


def test_no_page_has_a_serious_barrier_in_light_or_dark(looks):
    assert {kind: look.findings for kind, look in looks.items() if look.findings} == {}


def test_no_page_weighs_more_than_300_kb(looks):
    heavy = {kind: look.weight for kind, look in looks.items() if look.weight > HEAVIEST}

    assert heavy == {}
    assert min(look.weight for look in looks.values()) > 1_000


def test_no_page_is_wider_than_a_phone(looks):
    wide = {kind: look.width for kind, look in looks.items() if look.width > PHONE["width"]}

    assert wide == {}


def before(cell: Locator) -> str:
    """What stands before its text as its label."""
    content: str = cell.evaluate("cell => getComputedStyle(cell, '::before').content")
    return content


@pytest.mark.parametrize(
    ("path", "state", "labelled"),
    [
        ("integration/syncjob/", "standing", "kind"),
        ("integration/delivery/", "standing", "received_at"),
        ("integration/apicall/", "outcome_badge", "took"),
        ("sellers/location/", "liveness", "seller"),
        ("integration/webhookendpoint/", None, "token"),
        ("integration/knownerror/", None, "tries"),
    ],
)
def test_label_is_left_out_where_the_badge_says_it(
    browser: Browser, stage: Stage, logged_in: Any, path: str, state: str | None, labelled: str
) -> None:
    with at_a_desk(browser, stage.console, logged_in, (390, 844)) as page:
        page.goto(f"/admin/{path}")
        row = page.locator("#result_list tbody tr").first
        assert before(row.locator(f".field-{labelled}")) != "none"
        if state is not None:
            expect(row.locator(f".field-{state} .badge")).to_be_visible()
            assert before(row.locator(f".field-{state}")) == "none"


def test_a_row_of_a_list_is_a_card_on_a_phone_and_a_row_at_a_desk(
    browser: Browser, stage: Stage, logged_in: Any
) -> None:
    with at_a_desk(browser, stage.console, logged_in, (390, 844)) as page:
        page.goto("/admin/integration/order/?stage=manifested")
        row = page.locator("#result_list tbody tr").first
        known = {
            cell.get_attribute("class"): cell.get_attribute("data-label")
            for cell in row.locator("td[data-label]").all()
        }
        assert known["field-location"] == "Location"
        assert known["field-awb"] == "AWB"
        # A manifested order waits for nothing.
        expect(row.locator(".field-reason")).to_be_hidden()
        page.get_by_role("checkbox", name="Select all").check()
        expect(row.get_by_role("checkbox")).to_be_checked()

        assert before(row.locator(".field-location")) == '"Location "'
        # A badge that says itself what it is.
        assert row.locator(".field-stage_shown").inner_text() == "Manifested"
        assert before(row.locator(".field-stage_shown")) == "none"

        page.set_viewport_size({"width": 1280, "height": 800})
        expect(row.locator(".field-reason")).to_be_visible()
        expect(page.get_by_role("columnheader", name="Location")).to_be_visible()
