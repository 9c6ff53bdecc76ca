"""Who stays logged in, and who may not try for a while.

A wrong password counts against its user name, from wherever it came: behind a proxy all addresses
look alike, and many machines may guess at one name (docs/decisions/0024).
"""

from collections.abc import Callable
from datetime import timedelta
from time import time
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

PASSED = "second_step_of"
# Where one gets without the second step: to it, and out.
OPEN = ("/admin/second-step/", "/admin/logout/", "/admin/login/")
# How often a session that is in use is written anew.
NOTED_EVERY = 60


class PatienceMiddleware:
    """Ends a session that was idle too long, or that began too long ago.

    A page that refreshes itself is nobody's act: it keeps no session alive.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            see(request, time())
        return self.get_response(request)


class SecondStepMiddleware:
    """No page of the admin before the second step (sellers.admin.second_step)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.STAFF_MFA and is_half_way(request):
            query = urlencode({"next": request.get_full_path()})
            return HttpResponseRedirect(f"{OPEN[0]}?{query}")
        return self.get_response(request)


def is_half_way(request: HttpRequest) -> bool:
    if not request.path.startswith("/admin/") or request.path.startswith(OPEN):
        return False
    return request.user.is_authenticated and request.session.get(PASSED) != request.user.pk


def see(request: HttpRequest, now: float) -> None:
    session = request.session
    begun, seen = session.get("begun_at", now), session.get("seen_at", now)
    if now - seen > settings.SESSION_IDLE_SECONDS or now - begun > settings.SESSION_COOKIE_AGE:
        logout(request)
    elif "begun_at" not in session:
        session.update({"begun_at": now, "seen_at": now})
    elif now - seen > NOTED_EVERY and "HX-Request" not in request.headers:
        session["seen_at"] = now


def no_address(request: HttpRequest) -> None:
    """No address is kept with a failed log-in: see above."""


def locked_out(request: HttpRequest, *_: object) -> HttpResponse:
    """The same page whether there is such a user or not."""
    minutes = int(settings.AXES_COOLOFF_TIME / timedelta(minutes=1))
    context = admin.site.each_context(request) | {"title": "Try again later", "minutes": minutes}
    return render(request, "console/locked_out.html", context, status=429)
