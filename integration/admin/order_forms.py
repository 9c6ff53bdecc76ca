"""What staff may say about an order."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from booon_console.lib.reasons import ReasonField
from integration.easyecom.plain_text import plain_code
from integration.easyecom.values import https_url
from integration.models import Order, same_awb
from integration.orders import damaged_awbs
from integration.orders.facts import ShipmentFacts
from integration.orders.resolution import Answer
from integration.orders.shipments import Replacement

NUMBER = r"^[0-9]{1,32}\Z"
NO_LINK = "Give an address that begins with https:// and holds no log-in."


class HttpsField(forms.URLField):
    """A link, refused where the API refuses it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            assume_scheme="https",
            max_length=1000,
            required=False,
            error_messages={"invalid": NO_LINK},
            **kwargs,
        )

    def to_python(self, value: Any) -> str:
        return plain_code(super().to_python(value) or "")

    def clean(self, value: Any) -> str:
        url: str = super().clean(value)
        if url and not https_url(url):
            raise forms.ValidationError(self.error_messages["invalid"])
        return url


class CodeField(forms.CharField):
    """Without marks that nobody sees, as the API takes it."""

    def to_python(self, value: Any) -> str:
        return plain_code(super().to_python(value) or "")


class ShipmentForm(forms.Form):
    """Courier and AWB for an order; EasyEcom gets them in their turn."""

    courier = CodeField(
        max_length=100,
        widget=forms.TextInput(attrs={"list": "couriers", "autocomplete": "off"}),
    )
    awb_number = CodeField(label="AWB number", max_length=100)
    label_url = HttpsField(
        label="Label URL", help_text="Left empty, the one that is there stays with its AWB."
    )
    invoice_url = HttpsField(
        label="Invoice URL", help_text="Left empty, the one that is there stays."
    )
    # The version that the form was drawn from; a form without it asks nobody.
    seen = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput)

    def clean_awb_number(self) -> str:
        typed: str = self.cleaned_data["awb_number"]
        damage = damaged_awbs.damage_of(typed)
        if damage:
            raise forms.ValidationError(damage)
        return typed

    # Somebody else gave others since the form was drawn.
    is_overtaken = False

    def overtake(self, sentence: str, *, seen: str) -> None:
        """Asks once more; sent again, it is meant."""
        self.add_error(None, sentence)
        self.data = {**dict(self.data.items()), "seen": seen}
        self.is_overtaken = True

    def facts(self) -> ShipmentFacts:
        given = self.cleaned_data
        return {
            "courier": given["courier"],
            "awb_number": given["awb_number"],
            "label_url": given["label_url"],
            "invoice_url": given["invoice_url"],
        }


class ReplaceAwbForm(ShipmentForm):
    """An AWB in the place of the one that EasyEcom has; which one that is gets typed."""

    replaces = forms.CharField(
        label="The AWB at EasyEcom, typed",
        max_length=100,
        help_text="The AWB number that is to give way, as it stands above.",
    )
    reason = ReasonField("How you know under which AWB the parcel travels. It stays on record.")

    def __init__(self, *args: Any, theirs: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.theirs = theirs

    def clean_replaces(self) -> str:
        typed: str = self.cleaned_data["replaces"]
        if not any(same_awb(typed, awb) for awb in self.theirs):
            raise forms.ValidationError("That is not the AWB at EasyEcom.")
        return typed

    def replacement(self) -> Replacement:
        return Replacement(self.cleaned_data["replaces"], self.cleaned_data["reason"])


class OrderWordForm(forms.Form):
    """What a person saw in EasyEcom, Failed Orders included; only what may be said is offered."""

    answer = forms.ChoiceField(label="What EasyEcom shows", widget=forms.RadioSelect)
    invoice_id = forms.RegexField(
        NUMBER,
        label="Its InvoiceID",
        required=False,
        help_text="Only if it is there. The shipment details go to this number.",
        error_messages={"invalid": "Digits only."},
    )
    order_id = forms.RegexField(
        NUMBER,
        label="Its OrderID",
        required=False,
        help_text="Only if it is there and EasyEcom shows it.",
        error_messages={"invalid": "Digits only."},
    )
    order_number = forms.CharField(label="The order number, typed again", max_length=64)
    reason = ReasonField("Where you looked and what you saw. It stays on record with your name.")

    def __init__(self, *args: Any, order: Order, words: Sequence[Answer], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = order.order_number
        answer = cast(forms.ChoiceField, self.fields["answer"])
        answer.choices = [(word.value, word.label) for word in words]
        if len(words) == 1:
            answer.initial = words[0]
        if Answer.THERE not in words:
            del self.fields["invoice_id"], self.fields["order_id"]

    def word(self) -> dict[str, Any]:
        """What was said, as `resolutions.settle_order` takes it."""
        given = self.cleaned_data
        ids = {name: given.get(name, "") for name in ("invoice_id", "order_id")}
        return {"word": Answer(given["answer"]), "reason": given["reason"], **ids}

    def clean_order_number(self) -> str:
        if self.cleaned_data["order_number"] != self.expected:
            raise forms.ValidationError("That is not this order's number.")
        return self.expected

    def clean(self) -> None:
        given = self.cleaned_data
        is_there = given.get("answer") == Answer.THERE
        number = given.get("invoice_id")
        if is_there and not number and "invoice_id" not in self.errors:
            self.add_error("invoice_id", "EasyEcom shows it in the order's details.")
        if given.get("answer") and not is_there and (number or given.get("order_id")):
            self.add_error("answer", "You give its number, so it is there. Which of the two is it?")
