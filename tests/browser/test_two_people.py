"""Two people at one order are told of each other while they look."""

from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.browser.people import at_a_desk
from tests.browser.stage import Stage

ORDER = "BN-2016"
FIRST, OWN = "given-at-first-81", "chosen-by-herself-82"


def hire(page: Page, username: str) -> None:
    page.goto("/admin/auth/user/add/")
    page.get_by_label("Username").fill(username)
    page.locator("#id_password1").fill(FIRST)
    page.locator("#id_password2").fill(FIRST)
    page.get_by_label("First name").fill("Asha")
    page.get_by_label("Last name").fill("Rao")
    page.get_by_label("Role").select_option("Operator")
    page.get_by_label("all sellers").check()
    page.get_by_role("button", name="Save", exact=True).click()
    # The address that is filled in is under the list's too: who goes on from there is too early.
    page.wait_for_url("**/admin/auth/user/*/change/")


def begin(page: Page, username: str) -> None:
    """The first log-in, at which a password of one's own is chosen."""
    page.goto("/admin/")
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(FIRST)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url("**/password_change/")
    page.locator("#id_old_password").fill(FIRST)
    page.locator("#id_new_password1").fill(OWN)
    page.locator("#id_new_password2").fill(OWN)
    page.locator("#content [type=submit]").click()
    page.wait_for_url(lambda url: "/password_change/" not in url)


def test_two_at_one_order_see_each_other_named(
    page: Page, browser: Browser, stage: Stage, logged_in: Any
) -> None:
    hire(page, "asha")
    page.goto(f"/o/{ORDER}")
    here = page.get_by_text("Open here too:")
    with at_a_desk(browser, stage.console) as hers:
        begin(hers, "asha")
        hers.goto(f"/o/{ORDER}")

        expect(hers.get_by_text("Open here too:")).to_contain_text(stage.user)

    # She has closed hers, and it is heard of for a minute.
    expect(here).to_contain_text("Asha Rao")
    page.goto("/o/BN-2009")
    page.wait_for_load_state("networkidle")
    expect(here).to_have_count(0)
