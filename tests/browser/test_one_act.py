"""A form that is sent twice is one act; what is done and what is not is seen."""

from playwright.sync_api import Page, expect

from integration.demo.troubled_sellers import LEH

# Where the tick begins and how far it is drawn, against the edge of its own row.
TICK = """item => {
    const tick = getComputedStyle(item, "::before");
    return [tick.content, tick.textIndent, item.getBoundingClientRect().left]
}"""


# The policy takes no style from elsewhere; the page's own sheet may be changed.
HIDE_TICKS = """() => [...document.styleSheets].at(-1).insertRule(
    ".panels.path .steps li::before { visibility: hidden }"
)"""


def test_ticks_of_the_guided_path_stand_inside_of_their_column(page: Page) -> None:
    page.goto(f"/admin/sellers/location/?q={LEH}")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("link", name="The guided path").click()

    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        items = page.locator(".panels.path .steps li")
        seen = [items.nth(place).evaluate(TICK) for place in range(items.count())]
        assert {content.strip('"') for content, _, _ in seen} == {"✓", "○"}
        assert {indent for _, indent, _ in seen} == {"0px"}
        assert min(left for _, _, left in seen) >= 0


def test_tick_of_the_first_column_is_drawn(page: Page) -> None:
    """A picture of the tick's place is not one of the bare panel."""
    page.goto(f"/admin/sellers/location/?q={LEH}")
    page.locator("#result_list tbody th a").first.click()
    page.get_by_role("link", name="The guided path").click()
    item = page.locator(".panels.path .steps li").first
    item.scroll_into_view_if_needed()
    box = item.bounding_box()
    assert box is not None
    clip = {"x": box["x"], "y": box["y"], "width": 16, "height": 22}
    with_tick = page.screenshot(clip=clip)
    page.evaluate(HIDE_TICKS)

    assert page.screenshot(clip=clip) != with_tick


# Counted behind the page's own listener; nothing is really sent.
COUNT = """() => {
    window.sent = 0;
    window.addEventListener("submit", (event) => {
        if (!event.defaultPrevented) {
            window.sent += 1;
            event.preventDefault();
        }
    });
}"""


def test_second_click_sends_no_second_form(page: Page) -> None:
    page.goto("/o/BN-1006")
    page.evaluate(COUNT)
    page.get_by_role("button", name="Show it whole").click()
    button = page.get_by_role("button", name="Sent, waiting…")
    expect(button).to_have_attribute("aria-disabled", "true")

    button.click(force=True)

    assert page.evaluate("() => window.sent") == 1
