"""For whom a link is made."""

from typing import Any

from django import forms

from booon_console.lib.tables import BadFile
from integration.onboarding import link_file
from sellers import scope
from sellers.models import Seller


class LinkForm(forms.Form):
    """For a seller of the list, or for a new one, which staff of some sellers can't name."""

    seller = forms.ModelChoiceField(
        Seller.objects.none(),
        to_field_name="code",
        required=False,
        empty_label="A new seller",
        help_text="Who has one already loses it with the new one.",
    )
    code = forms.CharField(
        max_length=64,
        required=False,
        help_text="Of a new seller. Short and lasting: Booon's API names the seller by it.",
    )
    name = forms.CharField(
        max_length=200, required=False, help_text="Of a new seller. It stands on their page."
    )
    may_change_log_in = forms.BooleanField(
        label="May change the log-in of live locations",
        required=False,
        help_text=(
            "Of a seller who is live: whoever has the link can then lead their orders into another "
            "EasyEcom account. Only where the API user or its password has to change."
        ),
    )

    def __init__(self, *args: Any, user: Any, may_add: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["seller"]
        assert isinstance(chosen, forms.ModelChoiceField)
        named = Seller.objects.only("code", "name").order_by("code")
        chosen.queryset = scope.within(named, user, "pk")
        if not may_add:
            chosen.required = True
            del self.fields["code"], self.fields["name"]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if "seller" in self.errors or data.get("seller"):
            return data
        code, name = data.get("code", ""), data.get("name", "")
        if "code" in self.fields and Seller.objects.filter(code=code).exists():
            self.add_error("code", "There is a seller with this code. Choose it above.")
        elif "code" in self.fields and (said := link_file.trouble_of(code, name, None)):
            field, _, message = said.partition(": ")
            self.add_error(field if field in self.fields else None, message or said)
        return data

    @property
    def asked(self) -> dict[str, Any]:
        """What `seller_links.make` takes."""
        data, seller = self.cleaned_data, self.cleaned_data["seller"]
        return {
            "seller": seller,
            "code": seller.code if seller else data["code"],
            "name": seller.name if seller else data["name"],
            "may_change_log_in": data["may_change_log_in"],
        }


class LinksForm(forms.Form):
    """A file of sellers."""

    file = forms.FileField(
        label="CSV file",
        error_messages={"required": "Choose a file.", "empty": "The file is empty."},
        help_text=(
            f"In UTF-8, with the columns code and name: a row for each seller, at most "
            f"{link_file.MOST_LINKS}. A code that is known keeps its name."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv"}),
    )

    def clean_file(self) -> list[link_file.Named]:
        try:
            return link_file.parse(self.cleaned_data["file"].read())
        except BadFile as problem:
            raise forms.ValidationError(str(problem)) from None
