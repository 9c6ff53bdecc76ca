"""A seller's guided path on one page, its webhook tokens, and the hand-out for the seller."""

from collections.abc import Collection
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import pluralize
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET

from booon_console.lib import clock
from booon_console.lib.admin_parts import Button
from integration.admin import held_tokens
from integration.admin.base import ConsoleAdmin, posted
from integration.admin.sellers.path_actions import TICK, TRY, run_self_test
from integration.models import WebhookEndpoint, record_event
from integration.models.reasons import PASSING_AT_LOCATIONS
from integration.onboarding import flow
from integration.onboarding.progress import Path, paths_of
from sellers.models import Location, Seller

ISSUE = "integration.issue_webhook_token"
SEE = "sellers.view_seller"


class SellerPaths(ConsoleAdmin):
    """What the seller's admin stands on."""

    def path_pages(self) -> list[URLPattern]:
        return [
            self.door("path", self.path_page),
            self.door("handout", self.handout),
            self.door("tokens", self.tokens),
            self.door("onboarded", self.onboarded),
            self.door("pasted", self.pasted),
            self.door("selftests", self.self_tests),
        ]

    @method_decorator(require_GET)
    def path_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        seller = self.demand(request, object_id, SEE)
        paths = paths_of(Location.objects.filter(seller=seller))
        user: Any = request.user
        return self.page(
            request,
            "console/path.html",
            seller,
            title="Onboarding",
            paths=paths,
            left=sum(path.left for path in paths),
            is_moving=any(is_under_way(path.location) for path in paths),
            here=self.url_of(seller, "path"),
            tokens_button=self.tokens_button(seller, paths) if user.has_perm(ISSUE) else None,
            tests_button=self.tests_button(seller, paths) if user.has_perm(TRY) else None,
            may_tick=user.has_perm(TICK),
            may_try=user.has_perm(TRY),
            may_change=self.has_change_permission(request),
            onboard_url=self.url_of(seller, "onboard"),
            handout_url=self.url_of(seller, "handout"),
        )

    def tokens_button(self, seller: Seller, paths: Collection[Path]) -> Button | None:
        pastes = [paste for path in paths for paste in path.pastes]
        if all(paste.endpoint.token_digest for paste in pastes):
            return None
        return Button("Issue the missing tokens, with the hand-out", self.url_of(seller, "tokens"))

    def tests_button(self, seller: Seller, paths: Collection[Path]) -> Button | None:
        if not any(path.pastes for path in paths):
            return None
        return Button("Send all self-tests", self.url_of(seller, "selftests"))

    @posted
    def self_tests(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One after another, and no more after one that fails: all go through PUBLIC_URL."""
        seller = self.demand(request, object_id, TRY)
        rows = WebhookEndpoint.objects.filter(location__seller=seller)
        endpoints = rows.select_related("location").defer("location__token")
        came_in = 0
        for endpoint in endpoints.order_by("location_id", "topic"):
            test, sentence = run_self_test(endpoint, actor=request.user.get_username())
            if test.trouble:
                self.message_user(request, f"{endpoint.location}: {sentence}", messages.WARNING)
                break
            came_in += 1
        if came_in:
            said = f"{came_in} self-test{pluralize(came_in)} came in through PUBLIC_URL."
            self.message_user(request, said, messages.SUCCESS)
        return HttpResponseRedirect(self.url_of(seller, "path"))

    @method_decorator(require_GET)
    def handout(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """What the seller does, to print. No token is on it: those are shown once, elsewhere."""
        seller = self.demand(request, object_id, SEE)
        return self.page(
            request,
            "console/handout.html",
            seller,
            title="Hand-out for the seller",
            seller=seller,
            paths=paths_of(Location.objects.filter(seller=seller)),
        )

    @posted
    def tokens(self, request: HttpRequest, object_id: str) -> HttpResponse:
        seller = self.demand(request, object_id, ISSUE)
        self.issue_missing(request, list(seller.locations.defer("token")))
        return HttpResponseRedirect(self.url_of(seller, "onboarded"))

    def issue_missing(self, request: HttpRequest, locations: Collection[Location]) -> None:
        """Each endpoint that has no token gets one, for whoever may have that done."""
        user: Any = request.user
        if not user.has_perm(ISSUE):
            return
        with transaction.atomic():
            held_tokens.hold(request, issue(locations, actor=user.get_username()))

    @method_decorator(require_GET)
    def onboarded(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """How far its locations are, renewed while that goes on, with the tokens just made."""
        seller = self.demand(request, object_id, SEE)
        user: Any = request.user
        found = paths_of(Location.objects.filter(seller=seller))
        ids = [paste.endpoint.pk for path in found for paste in path.pastes]
        tokens = held_tokens.held(request, ids) if user.has_perm(ISSUE) else {}
        is_part = "HX-Request" in request.headers
        return self.page(
            request,
            "console/_onboarded.html" if is_part else "console/onboarded.html",
            seller,
            title=f"{seller.name}: onboarding",
            seller=seller,
            paths=[path.with_tokens(tokens) for path in found],
            may_issue=user.has_perm(ISSUE),
            has_tokens=bool(tokens),
            is_moving=any(is_under_way(path.location) for path in found),
            all_live=all(path.location.is_live for path in found),
            path_url=self.url_of(seller, "path"),
            correct_url=(
                self.url_of(seller, "onboard") if self.has_change_permission(request) else ""
            ),
            here=self.url_of(seller, "onboarded"),
            pasted_url=self.url_of(seller, "pasted"),
            tokens_button=self.tokens_button(seller, found) if user.has_perm(ISSUE) else None,
        )

    @posted
    def pasted(self, request: HttpRequest, object_id: str) -> HttpResponse:
        seller = self.demand(request, object_id, ISSUE)
        held_tokens.forget(request)
        self.message_user(request, "The tokens are not shown any more.")
        return HttpResponseRedirect(self.url_of(seller, "path"))


def is_under_way(location: Location) -> bool:
    """Whether it goes on by itself, within a minute or so."""
    return not location.is_live and location.blocked_reason in PASSING_AT_LOCATIONS


def issue(locations: Collection[Location], *, actor: str) -> dict[str, str]:
    """The tokens made, by endpoint id."""
    tokens = {}
    for location in locations:
        for made in flow.issue_tokens(location):
            tokens[made.endpoint.pk] = made.token
            sentence = f"New token for the {made.endpoint.topic} webhook."
            record_event("token", sentence, at=clock.now(), actor=actor, location=location)
    return tokens
