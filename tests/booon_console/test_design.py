"""docs/design.md says what the stylesheet does."""

import re

import pytest
from django.conf import settings

DESIGN = (settings.BASE_DIR / "docs" / "design.md").read_text()
SHEET = (settings.BASE_DIR / "booon_console/static/console/console.css").read_text()
ROW = re.compile(r"^\| `(--[a-z-]+)` \| `(#[0-9a-f]+)` \| `(#[0-9a-f]+)` \| .+ \|$", re.MULTILINE)
TOKEN = re.compile(r"(--[a-z-]+): (#[0-9a-f]+);")
SIZE = re.compile(r"font-size: ([0-9.]+rem)")
SIZES = re.compile(r"^\| `([0-9.]+rem)` \|", re.MULTILINE)
# Said outside of the table, with its reason.
EXCEPTIONS = {"0.9rem"}
STATES = [f"--{state}{ground}" for state in ("good", "wait", "bad") for ground in ("", "-bg")]


def themes():
    """The tokens of the light theme, of a dark system, and of dark as somebody chose it."""
    blocks = re.findall(r"\{([^{}]*--link-fg[^{}]*)\}", SHEET)
    return [dict(TOKEN.findall(block)) for block in blocks[:3]]


def luminance(colour):
    """Relative, as WCAG 2 reckons it."""
    digits = colour.lstrip("#")
    shares = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (
        share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4 for share in shares
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_colours_named_are_those_of_the_sheet_in_both_themes():
    light, dark, chosen = themes()
    named = ROW.findall(DESIGN)

    assert {name for name, _, _ in named} >= set(STATES)
    assert dark == chosen
    for name, in_light, in_dark in named:
        assert (light[name], dark[name]) == (in_light, in_dark), name


def test_sizes_named_are_all_that_the_sheet_has():
    named = SIZES.findall(DESIGN)

    assert len(named) == len(set(named)) > 0
    assert set(SIZE.findall(SHEET)) == {*named, *EXCEPTIONS}


@pytest.mark.parametrize("state", ["good", "wait", "bad"])
def test_words_of_a_state_can_be_read_on_its_ground_in_both_themes(state):
    for theme in themes():
        lights = sorted(luminance(theme[name]) for name in (f"--{state}", f"--{state}-bg"))
        assert (lights[1] + 0.05) / (lights[0] + 0.05) >= 4.5
