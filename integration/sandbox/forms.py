"""The page's forms: each is a control call, made of what was typed."""

import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from integration.sandbox.switches import Switches
from integration.sandbox.world import World

Typed = dict[str, str]
Call = tuple[str, str, dict[str, Any]]

WHOLE_NUMBERS = {"quantity", "invoice_id", "products", "inventory", "times", "status"}
NUMBERS = {"mrp", "seconds"}
LONGEST_NUMBER = 9
PLAIN_NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")
# What the page shows of the whole: where a form leads back to.
SHOWN = ("seller", "location", "sku")
PLACE = ("location_key", "name", "city", "state")
TARGET = ("location_key", "order_number")


def call_of(world: World, path: str, typed: Typed) -> Call | None:
    """Method, path and body of the control call that a form stands for; None: no such form."""
    form = FORMS.get(path)
    if form is None:
        return None
    method, where, body_of = form
    given = {key: _value(key, value) for key, value in typed.items() if value}
    return method, where, body_of(world, given)


def _value(key: str, text: str) -> str | int | float:
    is_number = key in WHOLE_NUMBERS and text.isascii() and text.isdecimal()
    if is_number and len(text) <= LONGEST_NUMBER:
        return int(text)
    if key in NUMBERS and PLAIN_NUMBER.fullmatch(text):
        return float(text)
    return text


def _as_typed(world: World, given: dict[str, Any]) -> dict[str, Any]:
    return given


def _seller(world: World, given: dict[str, Any]) -> dict[str, Any]:
    """A seller with a location; a known one keeps its password unless another is typed."""
    place = {key: given.pop(key) for key in PLACE if key in given}
    return _with_password(world, given) | {"locations": [place] if place else []}


def _product(world: World, given: dict[str, Any]) -> dict[str, Any]:
    email = given.pop("email", "")
    return _with_password(world, {"email": email}) | {"products": [given]}


def _with_password(world: World, given: dict[str, Any]) -> dict[str, Any]:
    known = world.accounts.get(str(given.get("email", "")))
    return ({"password": known.password} if known else {}) | given


def _fault(world: World, given: dict[str, Any]) -> dict[str, Any]:
    match = {key: given.pop(key) for key in TARGET if key in given}
    return given | {"match": match}


def _habit(world: World, given: dict[str, Any]) -> dict[str, Any]:
    """One switch, its value as the default's type writes it."""
    name, text = str(given.get("name", "")), str(given.get("value", ""))
    default = next((each.default for each in fields(Switches) if each.name == name), None)
    value: Any = text
    if isinstance(default, bool):
        value = {"true": True, "false": False}.get(text.lower(), text)
    elif isinstance(default, int | float) and PLAIN_NUMBER.fullmatch(text):
        value = float(text) if isinstance(default, float) else int(float(text))
    return {name: value}


FORMS: dict[str, tuple[str, str, Callable[[World, dict[str, Any]], dict[str, Any]]]] = {
    "/page/levels": ("POST", "/sandbox/levels", _as_typed),
    "/page/manifest": ("POST", "/sandbox/manifest", _as_typed),
    "/page/webhooks": ("POST", "/sandbox/webhooks", _as_typed),
    "/page/order": ("POST", "/sandbox/order", _as_typed),
    "/page/away": ("POST", "/sandbox/away", _as_typed),
    "/page/sellers": ("POST", "/sandbox/accounts", _seller),
    "/page/products": ("POST", "/sandbox/accounts", _product),
    "/page/faults": ("POST", "/sandbox/faults", _fault),
    "/page/faults/end": ("DELETE", "/sandbox/faults", _as_typed),
    "/page/habits": ("POST", "/sandbox/settings", _habit),
}
