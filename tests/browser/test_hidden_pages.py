"""Pages that no link leads to: what a button shows, what a form says that was filled in wrongly,
and what somebody sees who is not logged in."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from integration.demo.data import KITCHEN
from integration.demo.troubled_sellers import KULLU, LEH
from integration.onboarding.csv_file import COLUMNS
from tests.browser.eyes import Eyes, watch
from tests.browser.files import orders
from tests.browser.links import make_link, upload_sellers
from tests.browser.looking import HEAVIEST, PHONE, look
from tests.browser.people import at_a_desk
from tests.browser.screens import found
from tests.browser.stage import Stage

Go = Callable[[Page], Any]


def press(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(name)).first.click()


def submit(page: Page) -> None:
    page.locator("#content input[type=submit]").first.click()


def order(number: str, *links: str) -> Go:
    return found("integration/order", number, *links)


def wrong_shipment(page: Page) -> None:
    order("BN-2008")(page)
    page.get_by_label("Label URL").fill("ftp://labels.example/1.pdf")
    page.get_by_role("button", name="Save").click()


def buyer(page: Page) -> None:
    order("BN-2005")(page)
    press(page, "Show it whole")


def nothing_said_of_an_order(page: Page) -> None:
    order("BN-2005", "Say what EasyEcom shows")(page)
    submit(page)


def nothing_said_of_a_registration(page: Page) -> None:
    page.goto(f"/admin/sellers/carrierregistration/?q={KULLU}")
    page.get_by_role("link", name=KULLU).first.click()
    page.get_by_role("link", name=re.compile("Say what")).first.click()
    submit(page)


def orders_with_faults(page: Page) -> None:
    page.goto("/admin/integration/order/import/")
    file = orders(KITCHEN, "MASALA-S", ["BN-8001", "not a number", "BN-8002"])
    upload(page, file)


def sellers_with_faults(page: Page) -> None:
    page.goto("/admin/sellers/seller/import/")
    rows = {
        "api_username": "api@ujjain.example",
        "api_password": "a-password",
        # As long as an Account Token, which no location key is.
        "location_key": "0f3c" * 16,
    }
    cells = ("ujjain", "Ujjain Prints", *rows.values())
    columns = ("code", "name", *rows)
    assert set(columns) <= set(COLUMNS)
    upload(page, "\n".join(",".join(line) for line in (columns, cells, ("bad code!",))).encode())


def upload(page: Page, file: bytes) -> None:
    page.locator("input[type=file]").set_input_files(
        {"name": "rows.csv", "mimeType": "text/csv", "buffer": file}
    )
    submit(page)


def rehearsal(page: Page) -> None:
    page.goto("/admin/integration/delivery/?status=parked")
    page.locator("#result_list tbody th a").first.click()
    press(page, "Replay…")


def empty_hold(page: Page) -> None:
    page.goto("/admin/integration/hold/set/")
    submit(page)


def release_without_a_reason(page: Page) -> None:
    page.goto("/admin/integration/hold/")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("link", name=re.compile("Release")).first.click()
    submit(page)


def nobody_onboarded(page: Page) -> None:
    page.goto("/admin/sellers/seller/")
    page.get_by_role("link", name="Onboard a seller").click()
    page.get_by_role("button", name="Onboard").click()


def token_shown_once(page: Page) -> None:
    page.goto(f"/admin/sellers/location/?q={LEH}")
    page.locator("#result_list tbody th a").first.click()
    ask = page.locator("details.ask", has_text="Renew the token").first
    ask.locator("summary").click()
    ask.get_by_role("button", name="Renew the token").click()


def key_without_a_name(page: Page) -> None:
    page.goto("/admin/integration/apikey/make/")
    submit(page)


def key_shown_once(page: Page) -> None:
    page.goto("/admin/integration/apikey/")
    page.get_by_role("link", name="Make a key").click()
    page.locator("#id_name").fill("A reader of stock")
    page.get_by_label("Stock, products, listings").check()
    page.get_by_label("Reads only").check()
    submit(page)
    assert page.locator("code.once").inner_text().startswith("booon_")


def link_for_nobody(page: Page) -> None:
    page.goto("/admin/integration/sellerlink/make/")
    submit(page)


def link_shown_once(page: Page) -> None:
    make_link(page, "pochampally", "Pochampally Ikat")


def sellers_without_a_name(page: Page) -> None:
    upload_sellers(page, "code,name\nchanderi,\n")


def links_just_made(page: Page) -> None:
    upload_sellers(page, "code,name\nchanderi,Chanderi House\nmaheshwari,Maheshwari Weaves\n")
    page.get_by_role("heading", name="Maheshwari Weaves").wait_for()


def nothing_said_of_a_line(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_role("link", name=re.compile("^Set aside: ")).first.click()
    page.get_by_label("Set aside").select_option("date")
    submit(page)


def line_that_rests(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_role("link", name=re.compile("^Set aside: ")).last.click()
    page.get_by_label("Set aside").select_option("hour")
    page.get_by_label("Reason").fill("The seller is on the phone.")
    submit(page)
    page.locator("details.resting summary").click()


def second_step_at_a_number(page: Page) -> None:
    page.goto("/admin/second-step/")
    assert page.get_by_text("No passkey can be registered at this address").is_visible()


def passkeys_at_a_number(page: Page) -> None:
    page.goto("/admin/second-step/passkeys/")
    assert page.get_by_role("button", name="Register a passkey").count() == 0


def reason_missing_in_a_run(page: Page) -> None:
    page.goto("/admin/integration/delivery/?status=parked")
    press(page, "all that match")
    page.locator("form", has=page.get_by_label("Reason")).evaluate("form => form.noValidate = true")
    press(page, "Replay these")


SHOWN: dict[str, Go] = {
    go.__name__: go
    for go in (
        wrong_shipment,
        buyer,
        nothing_said_of_an_order,
        nothing_said_of_a_registration,
        orders_with_faults,
        sellers_with_faults,
        rehearsal,
        empty_hold,
        release_without_a_reason,
        nobody_onboarded,
        token_shown_once,
        key_without_a_name,
        key_shown_once,
        link_for_nobody,
        link_shown_once,
        sellers_without_a_name,
        links_just_made,
        nothing_said_of_a_line,
        line_that_rests,
        second_step_at_a_number,
        passkeys_at_a_number,
        reason_missing_in_a_run,
    )
}


@pytest.fixture
def desk(browser: Browser, stage: Stage, logged_in: Any) -> Iterator[tuple[Page, Eyes]]:
    with at_a_desk(browser, stage.console, logged_in) as page:
        eyes = watch(page)
        yield page, eyes
    assert eyes.seen == []


@pytest.mark.parametrize("name", SHOWN)
def test_page_that_a_button_shows_has_no_barrier(desk: tuple[Page, Eyes], name: str) -> None:
    page, eyes = desk
    SHOWN[name](page)
    page.wait_for_load_state()

    seen = look(page, eyes, name, 200)

    assert (seen.findings, seen.weight < HEAVIEST, seen.width) == ([], True, PHONE["width"])


@pytest.fixture
def stranger(browser: Browser, stage: Stage) -> Iterator[Page]:
    with at_a_desk(browser, stage.console) as page:
        yield page


def wrong_password(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill("somebody-else")
    page.get_by_label("Password").fill("not-the-password")
    page.get_by_role("button", name="Log in").click()


def locked_out(page: Page) -> None:
    for _ in range(6):
        wrong_password(page)
    assert "Try again later" in page.title()


def nowhere(page: Page) -> None:
    page.goto("/nowhere/")


@pytest.mark.parametrize("go", [wrong_password, locked_out, nowhere], ids=lambda go: go.__name__)
def test_page_of_a_stranger_has_no_barrier(stranger: Page, go: Go) -> None:
    eyes = watch(stranger)
    go(stranger)

    seen = look(stranger, eyes, go.__name__, 200)

    assert (seen.findings, seen.width) == ([], PHONE["width"])
    assert not [each for each in eyes.seen if each.startswith("script")]
