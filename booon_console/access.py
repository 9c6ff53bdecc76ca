"""Who stays logged in, and for how long."""

from collections.abc import Callable
from time import time
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

PASSED = "second_step_of"
# What is for staff.
STAFFS = ("/admin/", "/o/")
# Where one gets without the second step: to it, and out.
OPEN = ("/admin/second-step/", "/admin/logout/", "/admin/login/")
# Somebody else chose the password.
MUST_CHANGE = "must_change_password"
PASSWORD_PAGE = "/admin/password_change/"
# How often a session that is in use is written anew.
NOTED_EVERY = 60


class PatienceMiddleware:
    """Ends a session that was idle too long, or that began too long ago.

    A page that refreshes itself is nobody's act: it keeps no session alive.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES:
            if request.user.is_authenticated:
                see(request, time())
            elif SESSION_KEY in request.session:
                # Of an account that is not active any more: it does not live again with it.
                request.session.flush()
        return self.get_response(request)


class SecondStepMiddleware:
    """No page of the admin before the second step (integration.admin.sellers.second_step)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.STAFF_MFA and is_half_way(request):
            query = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{OPEN[0]}?{query}")
        return self.get_response(request)


class GivenPasswordMiddleware:
    """No page of the admin before a password that somebody else chose was changed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_closed = request.path.startswith("/admin/") and not request.path.startswith(
            (*OPEN, PASSWORD_PAGE)
        )
        if is_closed and request.user.is_authenticated and request.session.get(MUST_CHANGE):
            return HttpResponseRedirect(PASSWORD_PAGE)
        return self.get_response(request)


def is_half_way(request: HttpRequest) -> bool:
    if not request.path.startswith(STAFFS) or request.path.startswith(OPEN):
        return False
    return request.user.is_authenticated and request.session.get(PASSED) != request.user.pk


def see(request: HttpRequest, now: float) -> None:
    session = request.session
    begun, seen = session.get("begun_at", 0), session.get("seen_at", 0)
    if now - seen > settings.SESSION_IDLE_SECONDS or now - begun > settings.SESSION_COOKIE_AGE:
        logout(request)
    elif now - seen > NOTED_EVERY and "HX-Request" not in request.headers:
        session["seen_at"] = now
