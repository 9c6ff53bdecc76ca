"""What a seller types in. A password goes in and never comes out; nor what may be one."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from integration.onboarding import input_hints, seller_links, sellers
from integration.seller_link.words import hint
from sellers.models import CarrierRegistration, Location, Seller

NOT_FREE = gettext_lazy(
    "This Location Key can't be used here. Copy it once more from EasyEcom; if it is the same, "
    "tell Booon."
)
TOO_MANY = gettext_lazy("These are more locations than this link takes. Tell Booon.")
PLAIN = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}


def text(**more: str) -> forms.TextInput:
    return forms.TextInput(attrs=PLAIN | more)


class LogInForm(forms.Form):
    """API user, password and Location Keys, as `sellers.SellerIn` takes them."""

    use_required_attribute = False
    api_username = forms.CharField(
        label=gettext_lazy("API Username"), max_length=254, widget=text(inputmode="email")
    )
    api_password = forms.CharField(
        label=gettext_lazy("Password of the API user"),
        max_length=254,
        strip=False,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "new-password"}),
    )
    location_keys = forms.CharField(
        label=gettext_lazy("Location Key"),
        help_text=gettext_lazy(
            "Several locations: one key on each line, or with commas between them."
        ),
        widget=forms.Textarea(attrs=PLAIN | {"rows": 3}),
        max_length=2000,
    )
    is_sure = forms.BooleanField(label=gettext_lazy("It is right as it stands"), required=False)
    # Whether that is asked: something looks like something else.
    asks = False

    def __init__(
        self, *args: Any, seller: Seller | None, code: str, name: str, may_give_log_in: bool
    ) -> None:
        super().__init__(*args)
        self.seller, self.code, self.name = seller, code, name
        self.known = keys_of(seller)
        if not may_give_log_in:
            del self.fields["api_username"], self.fields["api_password"]
        elif seller is not None:
            # A name that is left out stays, as the password does: neither is shown.
            for field in ("api_username", "api_password"):
                self.fields[field].required = False
                self.fields[field].help_text = _("Leave it empty to keep what is stored.")
        if self.known:
            self.fields["location_keys"].required = False

    def clean_location_keys(self) -> str:
        keys = sellers.typed_keys(self.cleaned_data["location_keys"])
        if len(set(keys) | set(self.known)) > seller_links.MOST_LOCATIONS:
            raise forms.ValidationError(str(TOO_MANY))
        if len(set(keys)) < len(keys):
            raise forms.ValidationError(_("A key is given twice."))
        for key in set(keys) - set(self.known):
            check_is_new_here(key, self.known)
            check_free(key)
        return "\n".join(keys)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        keys = sellers.typed_keys(data.get("location_keys", ""))
        if not data.get("is_sure"):
            self.look_for_swapped(keys)
        if not self.errors:
            seller_in = sellers.SellerIn(data=self.given())
            if seller_in.is_valid():
                self.checked: dict[str, Any] = seller_in.validated_data
            else:
                self.add_error(None, _("Something of this can't be right. Look at it again."))
        # What may be a token is a secret like any other: not shown back to whoever pasted it.
        kept = [key for key in keys if input_hints.masked(key) == key]
        self.data = {**dict(self.data.items()), "location_keys": "\n".join(kept)}
        return data

    def look_for_swapped(self, keys: list[str]) -> None:
        username = self.cleaned_data.get("api_username", "")
        password = self.cleaned_data.get("api_password", "")
        found = [
            ("api_username", input_hints.about_username(username)),
            ("api_password", input_hints.about_password(password, [username, *keys])),
            *(("location_keys", input_hints.about_key(key)) for key in keys),
        ]
        for field, sentence in found:
            if sentence and field not in self.errors:
                self.asks = True
                self.add_error(field, hint(sentence))

    def given(self) -> dict[str, Any]:
        """What is left empty stays as it is stored; None where no key opens that."""
        data, seller = self.cleaned_data, self.seller
        keys = sellers.typed_keys(data.get("location_keys", "")) or self.known
        stored = sellers.readable(seller, "api_password") if seller else None
        return {
            "code": self.code,
            "name": seller.name if seller else self.name,
            "api_username": data.get("api_username") or (seller.api_username if seller else ""),
            "api_password": data.get("api_password") or stored,
            "locations": [{"location_key": key} for key in keys],
        }


class KeyForm(forms.Form):
    """Another Location Key in the place of one that was mistyped."""

    use_required_attribute = False
    location_key = forms.CharField(
        label=gettext_lazy("Location Key"), max_length=200, widget=text()
    )
    is_sure = forms.BooleanField(label=gettext_lazy("It is right as it stands"), required=False)
    asks = False

    def __init__(self, data: Any = None, *, location: Location) -> None:
        # What stands there, to mend a letter of it; but not what may be a secret.
        key = location.location_key
        before = {"location_key": key} if input_hints.masked(key) == key else {}
        super().__init__(data, prefix=f"at{location.pk}", initial=before)
        self.location = location

    def clean_location_key(self) -> str:
        keys = sellers.typed_keys(self.cleaned_data["location_key"])
        if len(keys) != 1:
            raise forms.ValidationError(_("One Location Key belongs here."))
        if keys[0] == self.location.location_key:
            raise forms.ValidationError(_("This is the key that stands there already."))
        check_free(keys[0], self.location)
        return keys[0]

    def clean(self) -> dict[str, Any]:
        key = self.cleaned_data.get("location_key", "")
        sentence = input_hints.about_key(key)
        if sentence and not self.cleaned_data.get("is_sure"):
            self.asks = True
            self.add_error("location_key", hint(sentence))
        if input_hints.masked(key) != key:
            self.data = {}
        return self.cleaned_data


def keys_of(seller: Seller | None) -> list[str]:
    if seller is None:
        return []
    return list(seller.locations.order_by("pk").values_list("location_key", flat=True))


def check_is_new_here(key: str, known: list[str]) -> None:
    """One of the seller's own in other letters is corrected where it stands. Raises
    ValidationError."""
    for written in known:
        if written.casefold() == key.casefold():
            said = _("This location is given already, as %(key)s. Correct its key further down.")
            raise forms.ValidationError(said % {"key": written})


def check_free(key: str, instead_of: Location | None = None) -> None:
    """One sentence for whatever is wrong with it: whose it is tells nobody. EasyEcom minds no
    letter case, so one key in two spellings would be one location. Raises ValidationError."""
    field = sellers.LocationIn(data={"location_key": key})
    used = Location.objects.filter(location_key__iexact=key)
    if instead_of is not None:
        used = used.exclude(pk=instead_of.pk)
    registered = CarrierRegistration.objects.filter(location_key__iexact=key)
    # One that was never sent guards nothing: it may be of the key that was mistyped here.
    not_sent = CarrierRegistration.State.NOT_SENT
    other_case = registered.exclude(location_key=key).exclude(state=not_sent)
    if not field.is_valid() or used.exists() or other_case.exists():
        raise forms.ValidationError(str(NOT_FREE))
