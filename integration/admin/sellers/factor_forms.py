"""Forms of the second step: a code or a passkey that there is, and what is set up anew."""

from typing import Any

from django import forms
from django.http import HttpRequest

from integration.monitoring import staff_trail
from sellers import locks, passkeys, second_factor
from sellers.models import Passkey, SecondFactor

WRONG = "This code is not right, or was used before."
UNREADABLE = (
    "The console can't read the key of your app any more. Use a spare code, or have an Admin "
    "forget your second factor under Staff."
)
LOCKED = "Too many wrong codes. Try again in a quarter of an hour."
NO_CODE = "Give a code."
NO_PASSKEY = "This is no passkey of yours for this address."
NOT_MADE = "The console could not make sure of this passkey. Try again."
WENT_BACK = (
    "This passkey was refused: its device counts its uses, and the count went back, as that of a "
    "copy would. Log in another way, remove it, and tell an Admin."
)
TOO_LATE = "The console waits five minutes for a passkey, and for one answer. Try again."
SPARE, APP, PASSKEYS = "spare", "app", "passkeys"


class AnswerInput(forms.HiddenInput):
    """Written by a script. What was sent before is not there again: it is good for once."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=40,
        label="Code",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )


class FactorForm(CodeForm):
    """A code of the factor that there is, or what one of its passkeys answered."""

    passkey = forms.CharField(required=False, widget=AnswerInput)
    # The passkey that answered.
    used: Passkey | None = None

    def __init__(self, factor: SecondFactor, request: HttpRequest) -> None:
        super().__init__(request.POST if request.method == "POST" else None)
        self.factor, self.request = factor, request
        self.fields["code"].required = False
        self.fields["code"].label = "Code" if factor.has_app else "Spare code"

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        if data.get("passkey"):
            self.used = self.used_passkey(data["passkey"])
        elif code := data.get("code", "").replace(" ", ""):
            self.check_code(code)
        else:
            self.add_error("code", NO_CODE)
        return data

    def check_code(self, code: str) -> None:
        if second_factor.accepts(self.factor, code):
            return
        self.factor.refresh_from_db()
        staff_trail.record_wrong_code(self.factor)
        if self.factor.has_app and not second_factor.is_readable(self.factor):
            self.add_error("code", UNREADABLE)
        else:
            self.add_error("code", LOCKED if locks.is_locked(self.factor) else WRONG)

    def used_passkey(self, answer: str) -> Passkey:
        """Raises ValidationError."""
        try:
            place = passkeys.place_of(self.request)
            challenge = passkeys.take_challenge(self.request.session, passkeys.USE)
            return passkeys.accept(self.factor, answer, challenge, place)
        except passkeys.NotHere:
            raise forms.ValidationError(NO_PASSKEY) from None
        except passkeys.Stale:
            raise forms.ValidationError(TOO_LATE) from None
        except passkeys.WentBack as found:
            self.factor.refresh_from_db()
            staff_trail.record_count_that_went_back(found.passkey, self.factor)
            raise forms.ValidationError(WENT_BACK) from None
        except passkeys.Refused:
            self.factor.refresh_from_db()
            staff_trail.record_wrong_code(self.factor, "passkey")
            is_locked = locks.is_locked(self.factor)
            raise forms.ValidationError(LOCKED if is_locked else NO_PASSKEY) from None


class RenewalForm(FactorForm):
    """Needs a proof: who sits at somebody's open session makes it no account of their own."""

    what = forms.ChoiceField(label="What", widget=forms.RadioSelect, initial=SPARE)
    field_order = ["what", "code", "passkey"]

    def __init__(self, factor: SecondFactor, request: HttpRequest) -> None:
        super().__init__(factor, request)
        app = "Another app or phone" if factor.has_app else "An authenticator app as well"
        what: Any = self.fields["what"]
        what.choices = [
            (SPARE, "New spare codes; the old ones end"),
            (APP, app),
            (PASSKEYS, "Add or remove a passkey"),
        ]


class OfferForm(CodeForm):
    """A code of the key that is offered. Whoever gives it sees the key: nothing is counted."""

    step = 0

    def __init__(self, key: str, *args: Any) -> None:
        super().__init__(*args)
        self.key = key

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].replace(" ", "")
        step = second_factor.step_of(self.key, code)
        if step is None:
            raise forms.ValidationError(WRONG)
        self.step = step
        return code


class PasskeyForm(forms.Form):
    """A passkey that a device made, and what the person calls it."""

    name = forms.CharField(
        max_length=60,
        label="Name",
        help_text="Of the device that keeps it, such as “Phone” or “Blue security key”.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    passkey = forms.CharField(required=False, widget=AnswerInput)
    # What is kept of it, saved nowhere yet.
    made: Passkey

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST if request.method == "POST" else None)
        self.request = request

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if self.errors:
            return data
        try:
            place = passkeys.place_of(self.request)
            challenge = passkeys.take_challenge(self.request.session, passkeys.MAKE)
            self.made = passkeys.made(data.get("passkey", ""), challenge, place, data["name"])
        except passkeys.NotHere:
            raise forms.ValidationError(NOT_MADE) from None
        except passkeys.Stale:
            raise forms.ValidationError(TOO_LATE) from None
        except passkeys.Refused:
            raise forms.ValidationError(NOT_MADE) from None
        return data
