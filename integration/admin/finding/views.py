"""The pages of the one search box, and `/o/BN-2009`, which leads to the order.

What is typed comes by POST: it may be a buyer's number or name, and addresses are kept by many.
Looking for a buyer is for whoever may read them, and is written down.
"""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET

from booon_console.lib import clock
from booon_console.lib.posted import lead_back
from integration.admin.finding import hits
from integration.admin.finding.commands import commands
from integration.admin.finding.hits import Found
from integration.admin.finding.near import near
from integration.admin.order_shipment import BUYER
from integration.models import record_event
from integration.orders import buyer_digests
from integration.orders.buyer_digests import NAME, PHONE

LIVE_MOST = 8
ACTS = "Do, or go to"
# 64 hex digits; anything else is no digest.
DIGEST_LENGTH = 64


def find(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return asked(request)
    if digest := request.GET.get("buyer", ""):
        return of_buyer(request, digest)
    words = request.GET.get("q", "")
    return answered(request, words, everything(request, words))


def asked(request: HttpRequest) -> HttpResponse:
    """Codes stand in the next page's address; a buyer's number or name never does."""
    words = request.POST.get("q", "").strip()
    found = everything(request, words)
    digits = buyer_digests.typed_number(words)
    # What is something else is not looked for as a name: each such look is written down.
    name = "" if found.count else buyer_digests.typed_name(words)
    if found.one is None and (digits or name) and request.user.has_perm(BUYER):
        if digits:
            return by_buyer(request, PHONE, digits, digits, found)
        return by_buyer(request, NAME, name, words, found)
    if digits or name or not words:
        return answered(request, words, found)
    url = found.one.url if found.one else reverse("find", query={"q": words})
    return HttpResponseRedirect(url)


def by_buyer(
    request: HttpRequest, column: str, plain: str, words: str, found: Found
) -> HttpResponse:
    digests = buyer_digests.digests(column, plain)
    orders = hits.by_digests(request.user, column, digests)
    record_search(request, column, digests, plain)
    if not found.count and len(orders) > 1:
        return HttpResponseRedirect(reverse("find", query={"buyer": digests[0]}))
    found.add("Orders", orders, hits.MOST_OF_BUYER)
    return answered(request, words, found)


def record_search(request: HttpRequest, column: str, digests: list[str], plain: str) -> None:
    """On the timeline of each order that it led to; else by itself."""
    what, actor = hits.BUYERS[column], request.user.get_username()
    orders = list(hits.of_buyers(request.user, column, digests)[: hits.MOST])
    said = f"It was looked for by the {what[0].lower()}{what[1:]}."
    for order in orders:
        record_event("buyer_search", said, at=clock.now(), actor=actor, order=order)
    if not orders:
        ending = f" that ends in {plain[-2:]}" if column == PHONE else ""
        said = f"A {what[0].lower()}{what[1:]}{ending} was looked for, and not found."
        record_event("buyer_search", said, at=clock.now(), actor=actor)


def of_buyer(request: HttpRequest, digest: str) -> HttpResponse:
    found = Found()
    if request.user.has_perm(BUYER) and len(digest) == DIGEST_LENGTH:
        for column in hits.BUYERS:
            orders = hits.by_digests(request.user, column, [digest])
            found.add("Orders", orders, hits.MOST_OF_BUYER)
    return page(request, "console/find.html", words="", found=found, is_of_buyer=True, near=[])


def everything(request: HttpRequest, words: str) -> Found:
    found = hits.find(request.user, words)
    # Acts last: who types a code means the thing.
    found.add(ACTS, commands(request, words))
    return found


def answered(request: HttpRequest, words: str, found: Found) -> HttpResponse:
    if found.one:
        return HttpResponseRedirect(found.one.url)
    is_asked = bool(words.strip())
    may_read_buyers = request.user.has_perm(BUYER)
    return page(
        request,
        "console/find.html",
        words=words,
        found=found,
        near=near(request.user, words) if is_asked and not found.count else [],
        is_asked=is_asked,
        is_too_short=is_asked and not hits.terms_of(words),
        where=hits.WHERE,
        may_read_buyers=may_read_buyers,
    )


def live(request: HttpRequest) -> HttpResponse:
    """While it is typed: never by a buyer, since each such look is written down."""
    if request.method != "POST":
        return lead_back(request, reverse("find"))
    words = request.POST.get("q", "")
    found = everything(request, words)
    shown = {name: group[:LIVE_MOST] for name, group in found.groups.items()}
    cut = {name for name, group in found.groups.items() if len(group) > LIVE_MOST}
    may_be_buyer = buyer_digests.typed_number(words) or buyer_digests.typed_name(words)
    return page(
        request,
        "console/_found.html",
        found=Found(shown, cut),
        words=words,
        is_live=bool(hits.terms_of(words)),
        is_buyer=bool(may_be_buyer) and request.user.has_perm(BUYER),
    )


@require_GET
def order_by_number(request: HttpRequest, number: str) -> HttpResponse:
    """Whoever knows the number can write the address."""
    url = reverse("find", query={"q": number.rstrip("/")})
    if request.user.has_perm(hits.VIEW_ORDER):
        named = hits.terms_of(number.rstrip("/"))
        exact = [hit for hit in orders_of(request.user, named) if hit.is_exact]
        if len(exact) == 1:
            url = exact[0].url
    return HttpResponseRedirect(url)


def orders_of(user: Any, terms: list[str]) -> list[hits.Hit]:
    return hits.order_hits(user, hits.order_reasons(user, terms)) if terms else []


def page(request: HttpRequest, template: str, **context: Any) -> HttpResponse:
    frame = {**admin.site.each_context(request), "title": "Search", **context}
    answer = TemplateResponse(request, template, frame)
    add_never_cache_headers(answer)
    return answer


urlpatterns = [
    path("", admin.site.admin_view(find), name="find"),
    path("live/", admin.site.admin_view(live), name="find-live"),
]
