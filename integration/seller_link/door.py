"""Who may come in by a seller's link, in which language, and how often.

The link's secret is exchanged for a cookie of its path at once, so that it stands in no address
that is sent, and in no log.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.views import csrf
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from limits import RateLimitItemPerMinute

from booon_console import log_in
from booon_console.lib import clock
from booon_console.lib.digests import digest_of
from booon_console.lib.posted import lead_back
from integration.models import SellerLink
from integration.onboarding import seller_links

COOKIE, LANGUAGE_COOKIE = "booon_link", "booon_language"
LANGUAGES = (("en", "English"), ("hi", "हिन्दी"))
YEAR = 365 * 24 * 3600
# In each web process by itself, as at the log-in.
CODES_PER_ADDRESS = RateLimitItemPerMinute(20)
ACTS_PER_LINK = RateLimitItemPerMinute(30)


@dataclass(frozen=True)
class Visit:
    """Somebody with an open link."""

    link: SellerLink
    # The digest of what only this browser has.
    browser: str


def page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """In the visitor's language, kept by nobody, and named in no index."""

    @never_cache
    @sensitive_post_parameters()
    @wraps(view)
    def shown(request: HttpRequest, link_id: str) -> HttpResponse:
        with translation.override(language_of(request)):
            try:
                answer = view(request, link_id)
            except Http404:
                answer = is_missing(request, link_id)
        answer["X-Robots-Tag"] = "noindex"
        return answer

    return shown


def posted(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """An act: its address, opened by Back or loaded again, leads to the page where it stands."""

    @wraps(view)
    def guarded(request: HttpRequest, link_id: str) -> HttpResponse:
        if request.method != "POST":
            return lead_back(request, reverse("link", args=[link_id]))
        return view(request, link_id)

    return guarded


def inside(view: Callable[[HttpRequest, Visit], HttpResponse]) -> Callable[..., HttpResponse]:
    """For whoever has the link's cookie, while it is open; for others the page that asks."""

    @page
    @wraps(view)
    def opened(request: HttpRequest, link_id: str) -> HttpResponse:
        visit = visit_of(request, link_id)
        if visit is None:
            return ask(request, link_id)
        now = clock.now()
        if not visit.link.is_open(now):
            return has_ended(request, link_id)
        if request.method == "POST" and not may_act(visit.link):
            return too_often(request, link_id)
        seller_links.note_use(visit.link, now)
        return view(request, visit)

    return opened


def visit_of(request: HttpRequest, link_id: str) -> Visit | None:
    try:
        opened, browser = signing.loads(request.COOKIES.get(COOKIE, ""), salt=COOKIE)
    except (signing.BadSignature, ValueError):
        return None
    link = SellerLink.objects.select_related("seller").filter(pk=link_id).first()
    if link is None or opened != link.pk:
        return None
    return Visit(link, digest_of(browser))


def let_in(response: HttpResponse, link: SellerLink) -> None:
    response.set_cookie(
        COOKIE,
        signing.dumps([link.pk, secrets.token_urlsafe(16)], salt=COOKIE),
        expires=link.expires_at,
        path=link.path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        # Not Strict: the link is opened out of a mail or chat.
        samesite="Lax",
    )


def may_try_codes(request: HttpRequest) -> bool:
    return log_in.limiter.hit(CODES_PER_ADDRESS, "link", log_in.client_address(request))


def may_act(link: SellerLink) -> bool:
    return log_in.limiter.hit(ACTS_PER_LINK, "link", link.pk)


# Language --------------------------------------------------------------------------------------


def language_of(request: HttpRequest) -> str:
    """As it was chosen here, else as the browser says; English where it says neither of them."""
    chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
    first = request.headers.get("Accept-Language", "")[:2].lower()
    known = dict(LANGUAGES)
    return chosen if chosen in known else first if first in known else "en"


def choose_language(response: HttpResponse, code: str) -> None:
    if code in dict(LANGUAGES):
        response.set_cookie(
            LANGUAGE_COOKIE,
            code,
            max_age=YEAR,
            path="/link/",
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


# Pages for who is not in ------------------------------------------------------------------------


def ask(request: HttpRequest, link_id: str, *, is_wrong: bool = False) -> HttpResponse:
    """The same for every id, whether there is such a link or not."""
    status = 403 if is_wrong or request.method == "POST" else 200
    return show(request, "link/open.html", link_id, status=status, is_wrong=is_wrong)


def has_ended(request: HttpRequest, link_id: str) -> HttpResponse:
    """Only for whoever had its secret."""
    return show(request, "link/ended.html", link_id, status=410)


def too_often(request: HttpRequest, link_id: str) -> HttpResponse:
    answer = show(request, "link/busy.html", link_id, status=429)
    answer["Retry-After"] = "60"
    return answer


def is_missing(request: HttpRequest, link_id: str) -> HttpResponse:
    return show(request, "link/missing.html", link_id, status=404)


@page
def nothing_here(request: HttpRequest, link_id: str) -> HttpResponse:
    """For an address below the links' that is none of theirs."""
    return is_missing(request, "")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW, for staff's pages too."""
    if not request.path.startswith("/link/"):
        return csrf.csrf_failure(request, reason)
    match = request.resolver_match
    return not_sent(request, match.kwargs.get("link_id", "") if match else "")


@page
def not_sent(request: HttpRequest, link_id: str) -> HttpResponse:
    return show(request, "link/not_sent.html", link_id, status=403)


def show(
    request: HttpRequest, template: str, link_id: str, status: int = 200, **facts: Any
) -> HttpResponse:
    context = {"link_id": link_id, "languages": LANGUAGES, "here": translation.get_language()}
    return render(request, template, context | facts, status=status)
