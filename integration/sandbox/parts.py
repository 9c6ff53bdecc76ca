"""What the panels are made of."""

from datetime import datetime
from typing import Any

from integration.sandbox import when
from integration.sandbox.markup import Markup, el

Row = dict[str, Any]


def panel(key: str, title: str, note: str, *children: Any, wide: bool = False) -> Markup:
    head = el("h2", title)
    hint = el("p", note, class_="note") if note else None
    return el("section", head, hint, *children, id=key, class_="wide" if wide else None)


def columns(text: str) -> list[tuple[str, bool]]:
    """Headings split at bars; ``#`` says that numbers stand below."""
    return [(name.strip("# "), "#" in name) for name in text.split("|")]


def table(heads: list[tuple[str, bool]], rows: list[Markup]) -> Markup:
    """A table that scrolls within its panel."""
    heads_row = [
        el("th", name, scope="col", class_="number" if is_number else None)
        for name, is_number in heads
    ]
    inner = el("table", el("thead", el("tr", heads_row)), el("tbody", rows))
    return el("div", inner, class_="scroll", tabindex="0", role="group")


def empty(*text: Any) -> Markup:
    return el("p", *text, class_="empty")


def number(value: Any) -> Markup:
    return el("td", value, class_="number")


def form(action: str, *children: Any, class_: str | None = None) -> Markup:
    return el("form", *children, method="post", action=f"/page/{action}", class_=class_)


def field(label: str, control: Markup) -> Markup:
    return el("label", el("span", label), control)


def choice(name: str, options: list[str]) -> Markup:
    return el("select", [el("option", one, value=one) for one in options], name=name)


def age(moment: str) -> str:
    seconds = int((when.now() - datetime.fromisoformat(moment)).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
