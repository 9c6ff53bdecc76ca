"""A seller's guided path on one page, its webhook tokens, and the hand-out for the seller."""

from collections.abc import Collection
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET, require_POST

from booon_console import clock
from booon_console.admin_base import ConsoleAdmin
from booon_console.admin_parts import Button
from integration import onboarding
from integration.models import record_event
from sellers.admin.path_doors import TICK, TRY
from sellers.admin.progress import Path, paths_of
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
            tokens_button=self.tokens_button(seller, paths) if user.has_perm(ISSUE) else None,
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

    @method_decorator(require_POST)
    def tokens(self, request: HttpRequest, object_id: str) -> HttpResponse:
        seller = self.demand(request, object_id, ISSUE)
        return self.issued_page(request, seller, list(seller.locations.defer("token")))

    def issued_page(
        self, request: HttpRequest, seller: Seller, locations: Collection[Location]
    ) -> HttpResponse:
        """Each endpoint that has no token gets one, on this very answer and nowhere else."""
        user: Any = request.user
        may_issue = user.has_perm(ISSUE)
        tokens = issue(locations, actor=user.get_username()) if may_issue else {}
        found = paths_of(Location.objects.filter(pk__in=[each.pk for each in locations]))
        return self.page(
            request,
            "console/onboarded.html",
            seller,
            title=f"{seller.name}: onboarding",
            seller=seller,
            paths=[path.with_tokens(tokens) for path in found],
            may_issue=may_issue,
            has_tokens=bool(tokens),
            all_live=all(path.location.is_live for path in found),
            path_url=self.url_of(seller, "path"),
        )


def issue(locations: Collection[Location], *, actor: str) -> dict[str, str]:
    """The tokens made, by endpoint id."""
    tokens = {}
    for location in locations:
        for made in onboarding.issue_tokens(location):
            tokens[made.endpoint.pk] = made.token
            sentence = f"New token for the {made.endpoint.topic} webhook."
            record_event("token", sentence, at=clock.now(), actor=actor, location=location)
    return tokens
