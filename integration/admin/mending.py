"""What EasyEcom refused is mended on the order's page: the form, what it points at, what became of
it. The body goes through the same door as Booon's own (`api.views.orders.parse_order`).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer

from integration import easyecom
from integration.admin.masking import WHOLE
from integration.api.answers import OrderAnswer
from integration.api.bodies import OrderBody
from integration.api.errors import flattened
from integration.api.views.orders import orders_to_show, parse_order
from integration.catalog import near_skus, sku_mapping
from integration.easyecom.plain_text import plain_code
from integration.easyecom.states_and_countries import INDIA, country_named, states_of_india
from integration.models import Order, OrderRevision
from integration.orders import revisions
from integration.orders.intake import Given

LABELS = WHOLE | {"line1": "Street", "line2": "Street, second line"}
ADDRESSES = {"shipping_address": "Shipping address", "billing_address": "Billing address"}
# Ladakh (2019), Telangana (2014) and Dadra and Nagar Haveli and Daman and Diu (2020) are young.
OLDER_STATES = (
    "Where EasyEcom refuses a state's name of today, it may list the state of before: for Ladakh "
    "Jammu and Kashmir, for Telangana Andhra Pradesh."
)
COD = "payment.collectable_amount"
GSTIN = "buyer_gstin"
# What a refusal speaks of, and the field that it is likely to mean; the first that fits.
HINTS = (
    (re.compile(r"\bstates?\b", re.I), ("state",)),
    (re.compile(r"\b(pin ?codes?|postal|zip)\b", re.I), ("pincode",)),
    (re.compile(r"\b(phone|mobile|contact)\b", re.I), ("phone",)),
    (re.compile(r"\bcity\b", re.I), ("city",)),
    (re.compile(r"\be-?mail\b", re.I), ("email",)),
    (re.compile(r"\baddress\b", re.I), ("line1",)),
    (near_skus.ABOUT_SKUS, ("sku",)),
    (re.compile(r"\bcollectable|\bcod\b", re.I), ("collectable_amount",)),
    (re.compile(r"\bprice\b", re.I), ("unit_price",)),
    (re.compile(r"\bgst(in|_?number)?\b", re.I), (GSTIN,)),
)


# Behind a SKU's field its buttons: each names a SKU that takes the place of what was typed.
NEAR = ".near"
MISSING = "EasyEcom's catalog has no such product."


class SkuField(forms.CharField):
    """With SKUs of the catalog that are near to what stands in it, where that has no product."""

    near: near_skus.Offered = []


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together; `said` is what EasyEcom says of them."""

    title: str
    fields: list[forms.BoundField]
    said: str = ""


class MendForm(forms.Form):
    """An order's addresses, SKUs, prices, amount to collect and GSTIN, named as the API names
    them. `chosen` are near SKUs by the field that each goes into, and `data` was typed beside."""

    def __init__(self, data: Any, *, order: Order, chosen: Mapping[str, str] | None = None) -> None:
        # With one chosen nothing is to be saved yet, so nothing is said of what is wrong.
        typed = data.dict() | chosen if chosen else {}
        super().__init__(None if chosen else data, initial=typed)
        self.order = order
        # As Booon would read it and give it back; what an answer adds is no part of a body.
        answer = OrderAnswer(orders_to_show().get(pk=order.pk)).data
        shown: Any = easyecom.loads(JSONRenderer().render(answer))
        self.body = {name: shown[name] for name in map(str, OrderBody().fields)}
        for name in ("ordered_at", "expected_delivery_at"):
            # Answers leave the parts of a second out.
            moment = getattr(order, name)
            self.body[name] = moment and moment.isoformat()
        self.lines: list[Any] = self.body["lines"]
        named = [line["sku"] for line in self.lines]
        self.skus = near_skus.offered_skus(order.seller_id, named)
        self.add_fields()
        likely = self.likely_fields()
        focus = [name for name in chosen or () if name in self.fields]
        for name in [*focus, *likely][:1]:
            self.fields[name].widget.attrs["autofocus"] = True
        self.likely = set(likely)

    def add_fields(self) -> None:
        for address in ADDRESSES:
            for name, value in (self.body[address] or {}).items():
                self.add(f"{address}.{name}", LABELS.get(name, name), value)
            self.offer_states(address)
        typed = [self.typed_sku(place) for place in range(len(self.lines))]
        missing = sku_mapping.without_product(self.order.seller_id, set(typed))
        for place, line in enumerate(self.lines):
            self.add_sku(f"lines.{place}.sku", line["sku"])
            if typed[place] and typed[place] in missing:
                self.mark_missing(f"lines.{place}.sku", typed[place])
            self.add(f"lines.{place}.unit_price", "Unit price", line["unit_price"])
        if self.order.payment_mode == Order.Payment.COD:
            self.add(COD, "To collect (COD)", self.body["payment"]["collectable_amount"])
        self.add(GSTIN, "GSTIN", self.body[GSTIN])
        self.fields["reason"] = forms.CharField(
            label="Why",
            min_length=5,
            max_length=300,
            initial=f"EasyEcom refused it: {'; '.join(self.order.refusal_words)}"[:300],
            help_text="It stays on record with your name.",
        )
        self.fields["seen"] = forms.IntegerField(
            widget=forms.HiddenInput, initial=self.order.revision
        )

    def typed_sku(self, place: int) -> str:
        """What stands in a line's field: of a form that comes back what was typed."""
        typed = (self.data or self.initial).get(f"lines.{place}.sku")
        return self.lines[place]["sku"] if typed is None else plain_code(typed)

    def has_other_skus(self) -> bool:
        return any(name.endswith(".sku") for name in self.changed_data)

    def add_sku(self, name: str, value: str) -> None:
        self.fields[name] = SkuField(
            label="SKU",
            required=False,
            initial=value,
            max_length=500,
            widget=forms.TextInput(attrs={"list": "skus"}),
        )

    def mark_missing(self, name: str, sku: str) -> None:
        """A list that is offered shows what fits the text in the field, which near SKUs do not."""
        field = self.fields[name]
        assert isinstance(field, SkuField)
        field.help_text = MISSING
        field.near = near_skus.near_to(sku, self.skus)

    def add(self, name: str, label: str, value: str) -> None:
        # The body's own rules say what is wrong with it.
        self.fields[name] = forms.CharField(
            label=label, required=False, initial=value, max_length=500
        )

    def offer_states(self, address: str) -> None:
        """Of an address in India: as they are called, and as the order has it now."""
        given = self.body[address] or {}
        if "state" not in given or country_named(given.get("country") or "") != INDIA:
            return
        names = list(dict.fromkeys([given["state"], *states_of_india()]))
        field = self.fields[f"{address}.state"]
        field.widget = forms.Select(choices=[(name, name or "—") for name in names])
        field.help_text = OLDER_STATES

    def likely_fields(self) -> list[str]:
        """What the refusal is likely to be about; of lines those that it names."""
        of_lines = {place for place, line in enumerate(self.lines) if self.said_of(line)}
        found: list[str] = []
        for words in self.order.refusal_words:
            meant = next((names for pattern, names in HINTS if pattern.search(words)), ())
            found += [
                name
                for name in self.fields
                if name.rpartition(".")[2] in meant
                and (not of_lines or name.split(".")[1] in map(str, of_lines))
            ]
        return found or [f"lines.{place}.sku" for place in sorted(of_lines)]

    def said_of(self, line: dict[str, Any]) -> str:
        return said_of(self.order, line["line_id"], line["sku"])

    def groups(self) -> Iterator[Group]:
        def starting(prefix: str) -> list[forms.BoundField]:
            return [self[name] for name in self.fields if name.startswith(prefix)]

        for place, line in enumerate(self.lines):
            title = f"Line {line['line_id']}: {line['quantity']} × {line['name'] or line['sku']}"
            yield Group(
                title,
                starting(f"lines.{place}."),
                self.said_of(line),
            )
        if COD in self.fields:
            yield Group("Money", [self[COD]])
        for address, title in ADDRESSES.items():
            if fields := starting(f"{address}."):
                yield Group(title, fields)
        yield Group("Buyer's GST number", [self[GSTIN]])

    def sorted_groups(self) -> list[Group]:
        """Where the trouble is likely to be comes first."""

        def is_unlikely(group: Group) -> bool:
            return not any(field.name in self.likely for field in group.fields)

        return sorted(self.groups(), key=is_unlikely)

    def given(self) -> Given | None:
        """The whole order with what was typed, read as Booon's own; None marks what is wrong."""
        for path, value in self.cleaned_data.items():
            if path not in ("reason", "seen"):
                put(self.body, path.split("."), value)
        try:
            return parse_order(self.order.seller, self.order.order_number, self.body)
        except ValidationError as problem:
            for path, sentence in flattened(problem.detail):
                is_shown = path in self.fields
                self.add_error(
                    path if is_shown else None, sentence if is_shown else f"{path}: {sentence}"
                )
        return None


def chosen_skus(posted: Mapping[str, str]) -> dict[str, str]:
    """Near SKUs that a button was pressed for, by the field that each goes into."""
    return {
        name.removesuffix(NEAR): sku
        for name, sku in posted.items()
        if name.startswith("lines.") and name.endswith(f".sku{NEAR}")
    }


def missing_skus(order: Order, given: Given) -> list[str]:
    """Those that EasyEcom's catalog does not have, where it was read."""
    named = {line["sku"] for line in given.facts["lines"]}
    return sorted(sku_mapping.without_product(order.seller_id, named))


def said_of(order: Order, line_id: str, sku: str) -> str:
    """EasyEcom's words about a line, found by its id, else by its SKU."""
    said = order.blocked_lines
    by_id = [each["message"] for each in said if each["line_id"] == line_id]
    by_sku = [
        each["message"]
        for each in said
        if not each["line_id"] and each["sku"].casefold() == sku.casefold()
    ]
    return "; ".join(by_id or by_sku)


def put(body: Any, path: list[str], value: str) -> None:
    """A text that is empty is a field that is not there."""
    *way, name = path
    for step in way:
        body = body[int(step)] if isinstance(body, list) else body[step]
    if value == "":
        body.pop(name, None)
    else:
        body[name] = value


@dataclass(frozen=True, slots=True)
class Shown:
    """One revision as its page shows it: what it changed, a buyer's facts only where one may."""

    row: OrderRevision
    changes: list[tuple[str, str, str]]


def revisions_of(order: Order, *, whole: bool) -> list[Shown]:
    """The latest first; nothing where an order was never changed."""
    rows = list(order.revisions.order_by("number"))
    shown = []
    for before, row in zip(rows, rows[1:], strict=False):
        changes = [
            (
                revisions.words_of(each.path),
                *((each.before, each.after) if whole or not each.is_private else ("•••", "•••")),
            )
            for each in revisions.differences(before.body, row.body)
        ]
        shown.append(Shown(row, changes))
    return shown[::-1]
