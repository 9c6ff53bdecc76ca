"""What a new API key shall open: the same choices as `manage.py create_api_key` has."""

from typing import Any

from django import forms
from django.conf import settings

from integration.models import ApiKey, Area
from integration.models.keys import LONGEST_NAME, MOST_CALLS, MOST_DAYS
from sellers import scope
from sellers.models import Seller


class KeyForm(forms.Form):
    """Staff who see some sellers only make keys for theirs."""

    name = forms.CharField(
        max_length=LONGEST_NAME, help_text="Who will use it. It stands in the timeline of orders."
    )
    sellers = forms.ModelMultipleChoiceField(
        Seller.objects.none(),
        to_field_name="code",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="It sees and touches their things only. None ticked: all sellers, for good.",
    )
    areas = forms.MultipleChoiceField(
        choices=Area.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Opens",
        help_text="None ticked: everything.",
    )
    is_read_only = forms.BooleanField(required=False, label="Reads only")
    days = forms.IntegerField(
        min_value=0, max_value=MOST_DAYS, help_text="It ends after so many. 0: it does not end."
    )
    calls_per_minute = forms.IntegerField(min_value=0, max_value=MOST_CALLS, required=False)

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["sellers"]
        assert isinstance(chosen, forms.ModelMultipleChoiceField)
        named = Seller.objects.only("code", "name").order_by("code")
        chosen.queryset = scope.within(named, user, "pk")
        if scope.is_limited(user):
            chosen.required = True
            chosen.help_text = "It sees and touches their things only."
        self.fields["days"].initial = settings.API_KEY_DAYS
        limit = settings.API_CALLS_PER_MINUTE
        usual = f"{limit:,}" if limit else "no limit"
        self.fields["calls_per_minute"].help_text = f"Left empty: {usual}. 0: no limit."

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if not name.isprintable():
            raise forms.ValidationError("It has a character that can't be printed.")
        if ApiKey.objects.filter(name=name).exists():
            raise forms.ValidationError("There is a key of this name already.")
        return name

    @property
    def asked(self) -> dict[str, Any]:
        """What `make_key` takes."""
        said = dict(self.cleaned_data)
        return said | {"sellers": list(said["sellers"]) or None}
