"""Passkeys of the one who is logged in: registered, removed, and what the browser asks for them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import User
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import redirect
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from integration.admin.sellers.factor_forms import PasskeyForm
from integration.admin.sellers.second_step import (
    is_allowed,
    is_set,
    passed,
    record_change,
    render_step,
    the_user,
)
from sellers import passkeys, second_factor
from sellers.models import SecondFactor

TAKEN = f"This passkey is registered already, or you have {passkeys.MOST}."
LAST_ONE = "It is the last one, and you have no app. Add another passkey or an app first."


@never_cache
@login_required(login_url="admin:login")
def page(request: HttpRequest) -> HttpResponse:
    """Registers a passkey, and lists those that there are with a button that removes each."""
    user, factor = allowed(request)
    if not is_open(request, factor):
        return redirect("second-step-renew")
    form = PasskeyForm(request)
    if request.method != "POST" or not form.is_valid():
        return shown(request, factor, form)
    try:
        return registered(request, user, factor, form)
    except passkeys.Taken:
        form.add_error(None, TAKEN)
        return shown(request, factor, form)
    except second_factor.AlreadySet:
        return redirect("second-step")


def shown(request: HttpRequest, factor: SecondFactor | None, form: PasskeyForm) -> HttpResponse:
    return render_step(request, "console/passkeys.html", factor, form=form, title="Passkeys")


def registered(
    request: HttpRequest, user: User, factor: SecondFactor | None, form: PasskeyForm
) -> HttpResponse:
    """Raises passkeys.Taken and second_factor.AlreadySet."""
    sentence = f"Passkey “{form.made}” of {user} added."
    if factor is None:
        return is_set(request, user, passkeys.set_up(user, form.made), sentence)
    passkeys.add(factor, form.made)
    record_change(request, user, sentence)
    said = f"“{form.made}” is added. Where you were logged in besides, you are no more."
    messages.success(request, said)
    return HttpResponseRedirect(request.get_full_path())


@never_cache
@login_required(login_url="admin:login")
@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    user, factor = allowed(request)
    if factor is None:
        raise Http404
    if not is_open(request, factor):
        return redirect("second-step-renew")
    try:
        gone = passkeys.remove(factor, pk)
    except passkeys.LastOne:
        messages.error(request, LAST_ONE)
        return redirect("second-step-passkeys")
    if gone is None:
        raise Http404
    record_change(request, user, f"Passkey “{gone}” of {user} removed.")
    said = f"“{gone}” is removed. Where you were logged in besides, you are no more."
    messages.success(request, said)
    return redirect("second-step-passkeys")


@never_cache
@login_required(login_url="admin:login")
@require_POST
def to_make(request: HttpRequest) -> HttpResponse:
    """A new challenge, and all that the browser needs to have a passkey made."""
    user, factor = allowed(request)
    if not is_open(request, factor):
        raise Http404
    place = place_of(request)
    challenge = passkeys.new_challenge(request.session, passkeys.MAKE)
    return JsonResponse(passkeys.to_make(user, place, challenge))


@never_cache
@login_required(login_url="admin:login")
@require_POST
def to_use(request: HttpRequest) -> HttpResponse:
    """A new challenge, and the passkeys of this person that may answer it."""
    factor, place = second_factor.factor_of(the_user(request)), place_of(request)
    usable = list(passkeys.usable(factor, place)) if factor else []
    if not usable:
        raise Http404
    challenge = passkeys.new_challenge(request.session, passkeys.USE)
    return JsonResponse(passkeys.to_use(usable, place, challenge))


def allowed(request: HttpRequest) -> tuple[User, SecondFactor | None]:
    """Who has no factor yet, or has passed the second step in this session. Raises Http404."""
    user = the_user(request)
    return passed(request) if second_factor.factor_of(user) else (user, None)


def is_open(request: HttpRequest, factor: SecondFactor | None) -> bool:
    """Whether the factor was proved a moment ago, where there is one."""
    return factor is None or is_allowed(request)


def place_of(request: HttpRequest) -> passkeys.Place:
    """Raises Http404."""
    try:
        return passkeys.place_of(request)
    except passkeys.NotHere:
        raise Http404 from None


urlpatterns = [
    path("", page, name="second-step-passkeys"),
    path("make/", to_make, name="second-step-passkey-make"),
    path("use/", to_use, name="second-step-passkey-use"),
    path("<int:pk>/remove/", remove, name="second-step-passkey-remove"),
]
