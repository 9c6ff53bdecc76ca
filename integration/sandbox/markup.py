"""HTML as nested values: what is not markup made here is escaped, without being asked to."""

from html import escape
from typing import Any

VOID = ("input", "link", "meta")


class Markup(str):
    """Text that is HTML already. Only ``el`` and ``join`` make it."""

    __slots__ = ()


def el(tag: str, /, *children: Any, **attributes: Any) -> Markup:
    """An element. ``class_`` and ``for_`` lose their underscore, None leaves an attribute out."""
    pairs = ((key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    head = tag + "".join(_attribute(key, value) for key, value in pairs)
    if tag in VOID:
        return Markup(f"<{head}>")
    return Markup(f"<{head}>{join(*children)}</{tag}>")


def join(*children: Any) -> Markup:
    return Markup("".join(_text(child) for child in children))


def _text(child: Any) -> str:
    if child is None:
        return ""
    if isinstance(child, list | tuple):
        return join(*child)
    return child if isinstance(child, Markup) else escape(str(child))


def _attribute(key: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    return f" {key}" if value is True else f' {key}="{escape(str(value))}"'
