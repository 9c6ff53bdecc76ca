"""Forms for sellers. Secrets go in and never come out: their fields are empty on every page."""

import re
from datetime import timedelta
from typing import Any

from django import forms

from booon_console.lib import clock
from booon_console.lib.reasons import ReasonField
from integration.onboarding import input_hints, sellers
from sellers.models import CarrierRegistration, Seller

# A second click, Back, or a page that was loaded again.
REPEATED_WITHIN = timedelta(hours=1)
PHONE = re.compile(r"\+?[0-9][0-9 ()/-]{4,30}")
UNCHANGED = "Leave it empty to keep what is stored."
# A seller's own columns, and where they are typed anew.
TYPED = {
    "api_username": "api_username",
    "api_password": "new_password",
    "x_api_key": "new_x_api_key",
}
# How an error of the serializer finds its field here.
FIELDS_OF = {"username": "carrier_username", "password": "carrier_password"}


class SecretField(forms.CharField):
    """Written, never shown: not even back to whoever typed it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["widget"] = forms.PasswordInput(
            render_value=False, attrs={"autocomplete": "new-password"}
        )
        super().__init__(strip=False, **{"required": False} | kwargs)


class SellerForm(forms.ModelForm):
    """A seller's own page."""

    new_password = SecretField(label="API password", max_length=254, help_text=UNCHANGED)
    new_x_api_key = SecretField(label="x-api-key", max_length=500, help_text=UNCHANGED)
    drop_x_api_key = forms.BooleanField(label="Remove the x-api-key", required=False)
    is_sure = forms.BooleanField(
        label="The log-in is right as it stands",
        required=False,
        help_text="Only where a part of it is marked as looking like something else.",
    )

    class Meta:
        model = Seller
        fields = [
            "name",
            "contact_name",
            "contact_phone",
            "api_username",
            "rate_per_second",
            "burst",
            "daily_quota",
        ]
        labels = {
            "contact_name": "Contact",
            "contact_phone": "Contact's phone",
            "api_username": "API user name",
            "rate_per_second": "Calls a second",
            "daily_quota": "Calls a day",
        }
        widgets = {"api_username": forms.TextInput(attrs={"autocomplete": "off", "size": 40})}

    def clean_contact_phone(self) -> str:
        phone: str = self.cleaned_data["contact_phone"].strip()
        if phone and not PHONE.fullmatch(phone):
            raise forms.ValidationError("A phone number has digits and blanks, as +91 98111 00000.")
        return phone

    def clean(self) -> dict[str, Any]:
        """New credentials are tried at once, so what looks wrong is asked about before."""
        data = self.cleaned_data
        typed = {name: data.get(field, "") for name, field in TYPED.items()}
        for (name, *_), message in input_hints.suspicions(typed | {"locations": []}):
            if TYPED[name] in self.changed_data and not data.get("is_sure"):
                self.add_error(TYPED[name], message)
        return data

    def credentials(self) -> dict[str, str]:
        """What was given anew, by the seller's own column names."""
        given = {"api_username": self.cleaned_data["api_username"]}
        if self.cleaned_data["new_password"]:
            given["api_password"] = self.cleaned_data["new_password"]
        if self.cleaned_data["new_x_api_key"] or self.cleaned_data["drop_x_api_key"]:
            given["x_api_key"] = self.cleaned_data["new_x_api_key"]
        return given


class OnboardingForm(forms.Form):
    """A seller with locations, as `enrolment.SellerIn` takes it."""

    code = forms.CharField(
        help_text="Short and lasting: Booon's API names the seller by it.", max_length=64
    )
    name = forms.CharField(max_length=200)
    api_username = forms.CharField(
        label="API user name",
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text="The user that the seller made for Booon in EasyEcom.",
    )
    api_password = SecretField(label="API password", max_length=254, required=True)
    x_api_key = SecretField(label="x-api-key", max_length=500)
    location_keys = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text="As EasyEcom shows them: one on each line, or with commas between them.",
        max_length=20_000,
    )
    rate_per_second = forms.FloatField(label="Calls a second", initial=5)
    burst = forms.IntegerField(help_text="Calls at once after a pause.", initial=10)
    daily_quota = forms.IntegerField(
        label="Calls a day", required=False, help_text="Counted and shown, not enforced."
    )
    carrier_username = forms.CharField(
        required=False, max_length=254, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    carrier_password = SecretField(max_length=254)
    carrier_token = SecretField(max_length=1000)

    groups = (
        ("The seller", ("code", "name")),
        ("Log-in at EasyEcom", ("api_username", "api_password", "x_api_key")),
        ("Locations", ("location_keys",)),
        ("Limits of the account", ("rate_per_second", "burst", "daily_quota")),
    )
    is_sure = forms.BooleanField(label="It is right as it stands", required=False)
    # Whether that is asked: something looks like something else.
    asks = False
    carrier_group = ("carrier_username", "carrier_password", "carrier_token")

    def __init__(self, *args: Any, seller: Seller | None = None, **kwargs: Any) -> None:
        self.seller = seller
        if seller is not None:
            kwargs["initial"] = {name: getattr(seller, name) for name in SHOWN}
            keys = seller.locations.values_list("location_key", flat=True)
            kwargs["initial"]["location_keys"] = "\n".join(keys)
        super().__init__(*args, **kwargs)
        if seller is not None:
            self.fields["code"].disabled = True
            for name in ("api_password", "x_api_key"):
                self.fields[name].required = False
                self.fields[name].help_text = UNCHANGED

    def grouped(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in self.groups]

    def carrier_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.carrier_group]

    def has_carrier_errors(self) -> bool:
        return any(field.errors for field in self.carrier_fields())

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"]
        known = Seller.objects.filter(code=code).first() if self.seller is None else None
        if known is not None and not self.is_repeated(known):
            raise forms.ValidationError(
                "There is a seller with this code. Onboard further locations from its page."
            )
        return code

    def is_repeated(self, seller: Seller) -> bool:
        """Whether this very form was sent a moment ago, and taken."""
        typed = {name: self.data.get(name, "") for name in ("api_username", "api_password")}
        typed["x_api_key"] = self.data.get("x_api_key", "")
        is_fresh = clock.now() - seller.created_at < REPEATED_WITHIN
        return is_fresh and not sellers.has_new_credentials(seller, typed)

    def clean(self) -> None:
        """The one check of `enrolment`, its errors on the fields here."""
        if self.errors:
            return
        seller_in = sellers.SellerIn(data=self.given())
        troubles = [] if self.cleaned_data["is_sure"] else self.suspicions()
        if seller_in.is_valid():
            self.checked: dict[str, Any] = seller_in.validated_data
            self.asks = bool(troubles)
        else:
            troubles += flat(seller_in.errors)
        # Read first: a field with an error has no cleaned value any more.
        keys = self.keys()
        for path, message in troubles:
            self.add_error(*self.placed(path, message, keys))
        # What may be a token is a secret like any other: not shown back to whoever pasted it.
        kept = [key for key in keys if input_hints.masked(key) == key]
        self.data = {**dict(self.data.items()), "location_keys": "\n".join(kept)}

    def suspicions(self) -> list[input_hints.Suspicion]:
        """Of what was typed now: what is stored was taken before."""
        typed = self.given() | {"api_password": self.cleaned_data["api_password"]}
        known = self.initial.get("location_keys", "").splitlines()
        return [
            (path, message)
            for path, message in input_hints.suspicions(typed)
            if path[0] != "locations" or self.keys()[int(path[1])] not in known
        ]

    def given(self) -> dict[str, Any]:
        data = self.cleaned_data
        given = {name: data[name] for name in SHOWN} | {
            "api_password": data["api_password"] or self.stored_password(),
            "locations": [{"location_key": key, "carrier": self.carrier()} for key in self.keys()],
        }
        if data["x_api_key"]:
            given["x_api_key"] = data["x_api_key"]
        return given

    def stored_password(self) -> str | None:
        """None where it has to be typed: there is none, or no key opens it."""
        return sellers.readable(self.seller, "api_password") if self.seller else None

    def carrier(self) -> dict[str, str] | None:
        carrier = {
            name: self.cleaned_data[f"carrier_{name}"] for name in ("username", "password", "token")
        }
        return carrier if any(carrier.values()) else None

    def keys(self) -> list[str]:
        return sellers.typed_keys(self.cleaned_data["location_keys"])

    def placed(
        self, path: tuple[str, ...], message: str, keys: list[str]
    ) -> tuple[str | None, str]:
        if path[0] != "locations":
            return (path[0] if path[0] in self.fields else None), message
        if "carrier" in path:
            return FIELDS_OF.get(path[-1], "carrier_token"), message
        named = keys[int(path[1])] if len(path) > 1 and path[1].isdigit() else ""
        return "location_keys", f"{input_hints.masked(named)}: {message}" if named else message


SHOWN = ("code", "name", "api_username", "rate_per_second", "burst", "daily_quota")


def flat(errors: Any, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    """A serializer's nested errors as (path, message); each message once."""
    if isinstance(errors, dict):
        pairs = [(tuple(str(name).split(".")), inner) for name, inner in errors.items()]
    elif any(isinstance(each, dict | list) for each in errors):
        pairs = [((str(index),), inner) for index, inner in enumerate(errors)]
    else:
        return [(path, str(message)) for message in errors]
    found = [each for step, inner in pairs for each in flat(inner, path + step)]
    return list(dict.fromkeys(found))


class CarrierDoubtForm(forms.Form):
    """What a person saw in EasyEcom's Carrier Master."""

    answer = forms.ChoiceField(
        label="In EasyEcom's Carrier Master, for this location",
        choices=[
            ("there", "There: Booon's carrier is listed"),
            ("not_there", "Not there: send it once more"),
        ],
        widget=forms.RadioSelect,
    )
    company_carrier_id = forms.RegexField(
        r"^[0-9]{1,32}\Z",
        label="Its companyCarrierId",
        required=False,
        help_text="Only if it is there.",
        error_messages={"invalid": "Digits only."},
    )
    location_key = forms.CharField(label="The location key, typed again", max_length=64)
    reason = ReasonField("What you saw and where. It stays on record with your name.")

    def __init__(self, *args: Any, registration: CarrierRegistration, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.registration = registration

    def clean_location_key(self) -> str:
        key: str = self.cleaned_data["location_key"]
        if key != self.registration.location_key:
            raise forms.ValidationError("That is not this location's key.")
        return key

    def clean_company_carrier_id(self) -> str:
        number: str = self.cleaned_data["company_carrier_id"]
        if number == str(self.registration.carrier_id):
            raise forms.ValidationError("That is the id of Booon's carrier, not of its entry here.")
        return number

    def clean(self) -> None:
        answer = self.cleaned_data.get("answer")
        number = self.cleaned_data.get("company_carrier_id")
        if answer == "there" and not number:
            self.add_error("company_carrier_id", "EasyEcom shows a number beside the carrier.")
        if answer == "not_there" and number:
            self.add_error("answer", "You give its number, so it is there. Which of the two is it?")
