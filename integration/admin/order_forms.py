"""What staff may say about an order."""

from typing import Any

from django import forms

from integration.entry.facts import ShipmentFacts


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


class OrderDoubtForm(forms.Form):
    """A person looked in EasyEcom, Failed Orders included, and the order is not there."""

    order_number = forms.CharField(label="The order number, typed again", max_length=64)
    reason = forms.CharField(
        min_length=10,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Where you looked. It stays on record with your name.",
    )

    def __init__(self, *args: Any, order_number: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.expected = order_number

    def clean_order_number(self) -> str:
        if self.cleaned_data["order_number"] != self.expected:
            raise forms.ValidationError("That is not this order's number.")
        return self.expected
