"""What may be typed in the search box beside what is looked for: an act, or where to go.

Each leads to the page where it is done and confirmed. Nobody is offered what they may not do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.auth.models import User
from django.http import HttpRequest
from django.urls import reverse

from booon_console.lib import parts
from booon_console.lib.admin_parts import listed, page_of
from integration.admin import actions
from integration.admin.finding import hits
from integration.admin.finding.hits import Hit
from integration.admin.order_shipment import SHIPMENT
from integration.models import Hold, Order, OrderReason, Stage
from sellers import scope
from sellers.models import Seller

MOST = 5
GO = ("go to ", "go ", "open ")


@dataclass(frozen=True, slots=True)
class Place:
    """A list as people call it."""

    words: str
    url: Callable[[], str]
    permission: str = hits.VIEW_ORDER


PLACES = (
    Place("Failed Orders", lambda: listed(Order, stage=Stage.AWAITING_CARRIER)),
    Place("Orders late for their AWB", lambda: listed(Order, blocked_reason=OrderReason.AWB_LATE)),
    Place("Refused orders", lambda: listed(Order, blocked_reason=OrderReason.REJECTED)),
    Place("AWB conflicts", lambda: listed(Order, blocked_reason=OrderReason.AWB_CONFLICT)),
    Place(
        "Figures of a month, a week or any period: the sellers' board, a report",
        lambda: reverse("admin:sellers_seller_board"),
        hits.VIEW_SELLER,
    ),
    Place("Colleagues, their roles and rights", lambda: listed(User), "auth.view_user"),
    Place(
        "Orders to retry, many at once",
        lambda: listed(Order, blocked_reason=OrderReason.REJECTED),
        actions.RETRY,
    ),
    Place(
        "Import orders",
        lambda: reverse("admin:integration_order_import"),
        "integration.import_order",
    ),
    Place("Onboard a seller", lambda: reverse("admin:sellers_seller_add"), "sellers.add_seller"),
    Place(
        "Onboard from a file", lambda: reverse("admin:sellers_seller_import"), "sellers.add_seller"
    ),
)


def commands(request: HttpRequest, words: str) -> list[Hit]:
    """Acts and places, as far as they are typed."""
    typed = " ".join(words.split()).casefold()
    place = next((typed[len(go) :] for go in GO if typed.startswith(go)), typed)
    verb, _, rest = typed.partition(" ")
    acts = VERBS[verb](request.user, rest) if verb in VERBS and rest else ()
    return [*acts, *places(request, place)][: 2 * MOST]


def places(request: HttpRequest, typed: str) -> Iterator[Hit]:
    """Lists whose name has all these words."""
    if len(typed) < 3:
        return
    for name, url in all_places(request):
        if all(word in name.casefold() for word in typed.split()):
            yield Hit(f"Go to {name}", url, is_exact=name.casefold() == typed)


def all_places(request: HttpRequest) -> Iterator[tuple[str, str]]:
    user: Any = request.user
    for place in PLACES:
        if user.has_perm(place.permission):
            yield place.words, place.url()
    for group in admin.site.get_app_list(request):
        for model in group["models"]:
            if model["admin_url"]:
                yield str(model["name"]), model["admin_url"]


# Acts: what may be done to what is named -------------------------------------------------------


def sellers_named(user: Any, words: str) -> list[Seller]:
    found = scope.within(Seller.objects.order_by("name"), user, "pk")
    terms = hits.terms_of(words)
    return list(found.filter(parts.holds(["code", "name"], terms))[:MOST]) if terms else []


def orders_named(user: Any, words: str) -> list[Hit]:
    terms = hits.terms_of(words)
    return hits.order_hits(user, hits.order_reasons(user, terms))[:MOST] if terms else []


def hold(user: Any, words: str) -> Iterator[Hit]:
    if user.has_perm(actions.HOLD):
        for seller in sellers_named(user, words):
            url = reverse("admin:integration_hold_set", query={"seller": seller.code})
            yield Hit(f"Hold {seller.name}…", url, about=seller.code)


def release(user: Any, words: str) -> Iterator[Hit]:
    if user.has_perm(actions.HOLD):
        for held in Hold.objects.open().filter(seller__in=sellers_named(user, words)):
            yield Hit(f"Release {held.seller}…", page_of(held), about=held.reason)


def onboard(user: Any, words: str) -> Iterator[Hit]:
    for seller in sellers_named(user, words) if user.has_perm("sellers.change_seller") else ():
        url = reverse("admin:sellers_seller_path", args=[seller.pk])
        yield Hit(f"Onboarding of {seller.name}", url, about=seller.code)


def retry(user: Any, words: str) -> Iterator[Hit]:
    if user.has_perm(actions.RETRY):
        for hit in orders_named(user, words):
            yield Hit(f"Retry {hit.label} on its page", hit.url, about=hit.about)


def give_awb(user: Any, words: str) -> Iterator[Hit]:
    if user.has_perm(SHIPMENT):
        for hit in orders_named(user, words):
            yield Hit(f"Carrier and AWB of {hit.label}", f"{hit.url}#id_courier", about=hit.about)


VERBS: dict[str, Callable[[Any, str], Iterator[Hit]]] = {
    "hold": hold,
    "release": release,
    "onboard": onboard,
    "retry": retry,
    "awb": give_awb,
}
