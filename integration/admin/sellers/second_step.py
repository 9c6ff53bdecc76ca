"""The second step of a log-in: a code of an authenticator app or a passkey, set up at the first."""

from io import BytesIO
from time import time
from typing import Any

import qrcode
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
from integration.admin.sellers.factor_forms import (
    APP,
    PASSKEYS,
    FactorForm,
    OfferForm,
    RenewalForm,
)
from integration.models import record_event
from integration.monitoring import staff_trail
from sellers import passkeys, second_factor, sessions
from sellers.models import Passkey, SecondFactor

# In the session: the key that is offered, encrypted, and when a code allowed for something else.
OFFERED, ALLOWED_AT = "offered_key", "another_app_at"
ALLOWED_SECONDS = 10 * 60
# What has a page of its own, once it is allowed.
PAGES = {APP: "second-step-another", PASSKEYS: "second-step-passkeys"}


@never_cache
@login_required(login_url="admin:login")
def second_step(request: HttpRequest) -> HttpResponse:
    """Asks for a code or a passkey; at the first time it sets the app up."""
    user = the_user(request)
    factor = second_factor.factor_of(user)
    if factor is None:
        return set_up(request, user)
    form = FactorForm(factor, request)
    if request.method != "POST" or not form.is_valid():
        return render_step(request, "console/second_step.html", factor, form=form)
    let_pass(request, user, form.used)
    return HttpResponseRedirect(onward(request))


def set_up(request: HttpRequest, user: User) -> HttpResponse:
    form = OfferForm(offered_key(request), request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render_step(
            request, "console/second_step.html", form=form, key=form.key, is_first=True
        )
    try:
        codes = second_factor.set_up(user, form.key, form.step)
    except second_factor.AlreadySet:
        return HttpResponseRedirect(request.get_full_path())
    return is_set(request, user, codes, f"Second factor of {user} set up.")


@never_cache
@login_required(login_url="admin:login")
def renew(request: HttpRequest) -> HttpResponse:
    """New spare codes, another app or passkeys, for who proves the factor that there is."""
    user, factor = passed(request)
    form = RenewalForm(factor, request)
    if request.method != "POST" or not form.is_valid():
        return render_step(request, "console/renew_factor.html", factor, form=form)
    what = form.cleaned_data["what"]
    if what in PAGES:
        request.session[ALLOWED_AT] = time()
        return redirect(PAGES[what])
    codes, name = second_factor.renew_spares(user), user.get_username()
    record_event("staff", f"Spare codes of {name} renewed.", at=clock.now(), actor=name)
    return render_step(request, "console/spare_codes.html", codes=codes)


@never_cache
@login_required(login_url="admin:login")
def another(request: HttpRequest) -> HttpResponse:
    """Sets up another app, once the factor of before was proved."""
    user, factor = passed(request)
    if not is_allowed(request):
        return redirect("second-step-renew")
    form = OfferForm(offered_key(request), request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render_step(request, "console/second_step.html", form=form, key=form.key)
    codes = second_factor.replace(user, form.key, form.step)
    done = "replaced" if factor.has_app else "has an app as well"
    return is_set(request, user, codes, f"Second factor of {user} {done}.")


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


def let_pass(request: HttpRequest, user: User, passkey: Passkey | None = None) -> None:
    request.session[PASSED] = user.pk
    request.session.cycle_key()
    staff_trail.record_second_step(user, passkey)


def is_set(request: HttpRequest, user: User, codes: list[str], sentence: str) -> HttpResponse:
    """What was set up counts from now on, and spare codes are shown."""
    for name in (OFFERED, ALLOWED_AT):
        request.session.pop(name, None)
    let_pass(request, user)
    record_change(request, user, sentence)
    return render_step(request, "console/spare_codes.html", codes=codes)


def record_change(request: HttpRequest, user: User, sentence: str) -> None:
    """It is written down, and the person's other sessions end."""
    name = user.get_username()
    record_event("staff", sentence, at=clock.now(), actor=name)
    ended = sessions.end_all(user, but=request.session.session_key)
    staff_trail.record_ended(user, ended, actor=name)


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


def render_step(
    request: HttpRequest, template: str, factor: SecondFactor | None = None, **facts: Any
) -> HttpResponse:
    """A page of the second step; with the factor, what is to be known of its passkeys."""
    context = admin.site.each_context(request) | {"title": "Second step"}
    context |= passkey_facts(request, factor) | {"onward": onward(request)} | facts
    return render(request, template, context)


def passkey_facts(request: HttpRequest, factor: SecondFactor | None) -> dict[str, Any]:
    """Those of this person, how many of them answer at this address, and why none can be had."""
    own = list(factor.passkeys.order_by("pk")) if factor else []
    try:
        here = passkeys.place_of(request).rp_id
    except passkeys.NotHere as reason:
        return {"factor": factor, "passkeys": own, "no_passkeys_here": str(reason)}
    usable = [passkey for passkey in own if passkey.rp_id == here]
    return {"factor": factor, "passkeys": own, "usable": usable, "here": here}


urlpatterns = [
    path("", second_step, name="second-step"),
    path("picture.svg", picture, name="second-step-picture"),
    path("renew/", renew, name="second-step-renew"),
    path("another/", another, name="second-step-another"),
]
