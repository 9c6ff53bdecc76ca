"""The second step of a log-in: the code of an authenticator app, set up at the first time."""

from io import BytesIO
from time import time
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

from booon_console.access import PASSED
from booon_console.fields import Secret, Undecipherable, reveal, seal
from booon_console.lib import clock
from integration.models import record_event
from integration.monitoring import staff_trail
from sellers import locks, second_factor, sessions
from sellers.models import SecondFactor

WRONG = "This code is not right, or was used before."
UNREADABLE = (
    "The console can't read the key of your app any more. Use a spare code, or have an Admin "
    "forget your second factor under Staff."
)
LOCKED = "Too many wrong codes. Try again in a quarter of an hour."
# In the session: the key that is offered, encrypted, and when a code allowed for another app.
OFFERED, ALLOWED_AT = "offered_key", "another_app_at"
ALLOWED_SECONDS = 10 * 60
SPARE, APP = "spare", "app"


class CodeForm(forms.Form):
    code = forms.CharField(
        max_length=40,
        label="Code",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autofocus": True}),
    )


class FactorForm(CodeForm):
    """A code of the factor that there is."""

    def __init__(self, factor: SecondFactor, *args: Any) -> None:
        super().__init__(*args)
        self.factor = factor

    def clean_code(self) -> str:
        code: str = self.cleaned_data["code"].replace(" ", "")
        if not second_factor.accepts(self.factor, code):
            self.factor.refresh_from_db()
            staff_trail.record_wrong_code(self.factor)
            if not second_factor.is_readable(self.factor):
                raise forms.ValidationError(UNREADABLE)
            raise forms.ValidationError(LOCKED if locks.is_locked(self.factor) else WRONG)
        return code


class RenewalForm(FactorForm):
    """Needs a code: who sits at somebody's open session makes it no account of their own."""

    what = forms.ChoiceField(
        label="What",
        choices=[(SPARE, "New spare codes; the old ones end"), (APP, "Another app or phone")],
        widget=forms.RadioSelect,
        initial=SPARE,
    )
    field_order = ["what", "code"]


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


@never_cache
@login_required(login_url="admin:login")
def second_step(request: HttpRequest) -> HttpResponse:
    """Asks for a code; at the first time it sets the app up."""
    user = the_user(request)
    factor = second_factor.factor_of(user)
    if factor is None:
        return set_up(request, user)
    form = FactorForm(factor, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render_step(request, "console/second_step.html", form=form)
    let_pass(request, user)
    return HttpResponseRedirect(onward(request))


def set_up(request: HttpRequest, user: User) -> HttpResponse:
    form = OfferForm(offered_key(request), request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render_step(request, "console/second_step.html", form=form, key=form.key)
    try:
        codes = second_factor.set_up(user, form.key, form.step)
    except second_factor.AlreadySet:
        return HttpResponseRedirect(request.get_full_path())
    return is_set(request, user, codes, "set up")


@never_cache
@login_required(login_url="admin:login")
def renew(request: HttpRequest) -> HttpResponse:
    """New spare codes, or another app, for who gives a code of the factor that there is."""
    user, factor = passed(request)
    form = RenewalForm(factor, request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render_step(request, "console/renew_factor.html", form=form)
    if form.cleaned_data["what"] == APP:
        request.session[ALLOWED_AT] = time()
        return redirect("second-step-another")
    codes, name = second_factor.renew_spares(user), user.get_username()
    record_event("staff", f"Spare codes of {name} renewed.", at=clock.now(), actor=name)
    return render_step(request, "console/spare_codes.html", codes=codes, onward=onward(request))


@never_cache
@login_required(login_url="admin:login")
def another(request: HttpRequest) -> HttpResponse:
    """Sets up another app, once a code of the one of before was given."""
    user, _factor = passed(request)
    if not is_allowed(request):
        return redirect("second-step-renew")
    form = OfferForm(offered_key(request), request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render_step(request, "console/second_step.html", form=form, key=form.key)
    codes = second_factor.replace(user, form.key, form.step)
    return is_set(request, user, codes, "replaced")


@never_cache
@login_required(login_url="admin:login")
def picture(request: HttpRequest) -> HttpResponse:
    """The QR code of the key that is offered in this session."""
    user = the_user(request)
    if OFFERED not in request.session or (
        second_factor.factor_of(user) and not is_allowed(request)
    ):
        raise Http404
    drawn = BytesIO()
    offered = second_factor.address(user, offered_key(request))
    qrcode.make(offered, image_factory=SvgPathFillImage).save(drawn)
    return HttpResponse(drawn.getvalue(), content_type="image/svg+xml")


def offered_key(request: HttpRequest) -> str:
    """This session's own: who knew the first password too is offered another one."""
    try:
        return reveal(Secret("key that is offered", request.session[OFFERED]))
    except (KeyError, Undecipherable):
        key = second_factor.new_key()
        request.session[OFFERED] = seal(key)
        return key


def let_pass(request: HttpRequest, user: User) -> None:
    request.session[PASSED] = user.pk
    request.session.cycle_key()
    staff_trail.record_second_step(user)


def is_set(request: HttpRequest, user: User, codes: list[str], done: str) -> HttpResponse:
    """The key counts from now on: the person's other sessions end, and spare codes are shown."""
    for name in (OFFERED, ALLOWED_AT):
        request.session.pop(name, None)
    let_pass(request, user)
    name = user.get_username()
    record_event("staff", f"Second factor of {name} {done}.", at=clock.now(), actor=name)
    ended = sessions.end_all(user, but=request.session.session_key)
    staff_trail.record_ended(user, ended, actor=name)
    return render_step(request, "console/spare_codes.html", codes=codes, onward=onward(request))


def passed(request: HttpRequest) -> tuple[User, SecondFactor]:
    """Who has passed the second step in this session. Raises Http404."""
    user = the_user(request)
    factor = second_factor.factor_of(user)
    if factor is None or request.session.get(PASSED) != user.pk:
        raise Http404
    return user, factor


def is_allowed(request: HttpRequest) -> bool:
    return bool(time() - request.session.get(ALLOWED_AT, 0) < ALLOWED_SECONDS)


def the_user(request: HttpRequest) -> User:
    return User.objects.get(username=request.user.get_username())


def onward(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if is_ours else redirect("admin:index").url


def render_step(request: HttpRequest, template: str, **facts: Any) -> HttpResponse:
    context = admin.site.each_context(request) | {"title": "Second step"} | facts
    return render(request, template, context)


urlpatterns = [
    path("", second_step, name="second-step"),
    path("picture.svg", picture, name="second-step-picture"),
    path("renew/", renew, name="second-step-renew"),
    path("another/", another, name="second-step-another"),
]
