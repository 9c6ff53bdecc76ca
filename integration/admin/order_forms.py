"""What staff may say about an order."""

from collections.abc import Sequence
from typing import Any, cast

from django import forms

from integration.doubt.resolutions import Word
from integration.entry.facts import ShipmentFacts
from integration.models import Order

NUMBER = r"^[0-9]{1,32}\Z"


class HttpsField(forms.URLField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            assume_scheme="https",
            max_length=1000,
            required=False,
            error_messages={"invalid": "Give an address that begins with https://."},
            **kwargs,
        )

    def clean(self, value: Any) -> str:
        url: str = super().clean(value)
        if url and not url.startswith("https://"):
            raise forms.ValidationError(self.error_messages["invalid"])
        return url


class ShipmentForm(forms.Form):
    """Courier and AWB for an order; EasyEcom gets them in their turn."""

    courier = forms.CharField(max_length=100)
    awb_number = forms.CharField(label="AWB number", max_length=100)
    label_url = HttpsField(label="Label URL")
    invoice_url = HttpsField(label="Invoice URL")

    def facts(self) -> ShipmentFacts:
        given = self.cleaned_data
        return {
            "courier": given["courier"],
            "awb_number": given["awb_number"],
            "label_url": given["label_url"],
            "invoice_url": given["invoice_url"],
        }


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
    reason = forms.CharField(
        min_length=10,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Where you looked and what you saw. It stays on record with your name.",
    )

    def __init__(self, *args: Any, order: Order, words: Sequence[Word], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = order.order_number
        answer = cast(forms.ChoiceField, self.fields["answer"])
        answer.choices = [(word.value, word.label) for word in words]
        if len(words) == 1:
            answer.initial = words[0]
        if Word.THERE not in words:
            del self.fields["invoice_id"], self.fields["order_id"]

    def word(self) -> dict[str, Any]:
        """What was said, as `resolutions.settle_order` takes it."""
        given = self.cleaned_data
        ids = {name: given.get(name, "") for name in ("invoice_id", "order_id")}
        return {"word": Word(given["answer"]), "reason": given["reason"], **ids}

    def clean_order_number(self) -> str:
        if self.cleaned_data["order_number"] != self.expected:
            raise forms.ValidationError("That is not this order's number.")
        return self.expected

    def clean(self) -> None:
        given = self.cleaned_data
        is_there = given.get("answer") == Word.THERE
        number = given.get("invoice_id")
        if is_there and not number and "invoice_id" not in self.errors:
            self.add_error("invoice_id", "EasyEcom shows it in the order's details.")
        if given.get("answer") and not is_there and (number or given.get("order_id")):
            self.add_error("answer", "You give its number, so it is there. Which of the two is it?")
