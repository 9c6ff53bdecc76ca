"""The second step of a log-in: the code of an authenticator app, set up at the first time."""

from io import BytesIO
from typing import Any

import qrcode
from django import forms
from django.contrib import admin
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from qrcode.image.svg import SvgPathFillImage

from booon_console import clock
from booon_console.access import PASSED
from integration.models import record_event
from sellers import second_factor
from sellers.models import SecondFactor

WRONG = "This code is not right, or was used before."
LOCKED = "Too many wrong codes. Try again in a quarter of an hour."


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=16,
        label="Code",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )

    def __init__(self, factor: SecondFactor, *args: Any) -> None:
        super().__init__(*args)
        self.factor = factor

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].replace(" ", "")
        if not second_factor.accepts(self.factor, code):
            self.factor.refresh_from_db()
            raise forms.ValidationError(LOCKED if second_factor.is_locked(self.factor) else WRONG)
        return code


@never_cache
@login_required(login_url="admin:login")
def second_step(request: HttpRequest) -> HttpResponse:
    """Asks for a code. At the first time it shows the key before, and the spare codes after."""
    factor = second_factor.of(the_user(request))
    form = CodeForm(factor, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return shown(request, "console/second_step.html", form=form, factor=factor)
    request.session[PASSED] = factor.pk
    request.session.cycle_key()
    if factor.confirmed_at:
        return HttpResponseRedirect(onward(request))
    codes = second_factor.confirm(factor)
    name = request.user.get_username()
    record_event("staff", f"Second factor of {name} set up.", at=clock.now(), actor=name)
    return shown(request, "console/spare_codes.html", codes=codes, onward=onward(request))


@never_cache
@login_required(login_url="admin:login")
def picture(request: HttpRequest) -> HttpResponse:
    """The QR code, until it was used."""
    factor = second_factor.of(the_user(request))
    if factor.confirmed_at:
        raise Http404
    drawn = BytesIO()
    qrcode.make(second_factor.address(factor), image_factory=SvgPathFillImage).save(drawn)
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


def the_user(request: HttpRequest) -> User:
    return User.objects.get(username=request.user.get_username())


def onward(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if is_ours else redirect("admin:index").url


def shown(request: HttpRequest, template: str, **facts: Any) -> HttpResponse:
    context = admin.site.each_context(request) | {"title": "Second step"} | facts
    return render(request, template, context)


urlpatterns = [
    path("", second_step, name="second-step"),
    path("picture.svg", picture, name="second-step-picture"),
]
