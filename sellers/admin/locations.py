"""Locations: facts, how far onboarding is, and the webhook endpoints with their tokens."""

from datetime import timedelta
from functools import partial
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from booon_console import clock
from booon_console.admin_parts import (
    Button,
    badge,
    first_sentence,
    link,
    link_to,
    listed,
    moment,
    one_of,
    yes_or_no,
)
from integration import jobs, onboarding
from integration.joining import declarations
from integration.models import ApiCall, Drain, Event, SyncJob, Topic, WebhookEndpoint, record_event
from sellers.admin.pastes import Paste
from sellers.admin.path_doors import TRY, PathDoors, path_url
from sellers.admin.progress import paths_of, registrations_of
from sellers.filters import SellerFilter
from sellers.models import Location, LocationReason, LoginTrouble

LATEST_EVENTS = 20
# EasyEcom has room for one token: so long it may take to paste the new one.
OVERLAP = timedelta(hours=48)
KEPT = "the old one is taken for 48 h more"
ENDED = "the old one is refused from now on"


class StepsFilter(admin.SimpleListFilter):
    """By whether something of its onboarding is still to be said or seen."""

    title = "steps"
    parameter_name = "steps"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Some are open")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return declarations.with_open_steps(queryset) if self.value() == "open" else queryset


@admin.register(Location)
class LocationAdmin(PathDoors):
    change_form_template = "console/location.html"
    list_display = [
        "location_key",
        "name",
        link("seller", "seller", "name"),
        "liveness",
        "reason",
        moment("token_issued_at", "log-in"),
    ]
    list_filter = [
        SellerFilter,
        yes_or_no("live", "live", "live_at__isnull", is_yes=False),
        one_of("blocked_reason", LocationReason.choices, "reason"),
        StepsFilter,
        one_of("login_trouble", LoginTrouble.choices, "log-in"),
    ]
    related = ("seller",)
    search_sources = ((Location, "location_key", "pk"), (Location, "company_id", "pk"))
    search_help_text = "The beginning of a location key or company id."
    is_short = True
    fields = [
        "location_key",
        link("seller", "Seller"),
        "name",
        "city",
        "company_id",
        "liveness",
        moment("live_at", "Live since"),
        moment("token_issued_at", "Logged in"),
        moment("token_expires_at", "The log-in ends"),
        "login_trouble",
        moment("next_login_at", "No log-in before"),
        "registration",
    ]

    @admin.display(description="live", ordering="live_at")
    def liveness(self, location: Location) -> str:
        return badge("good", "live") if location.is_live else badge("wait", "not live")

    @admin.display(description="reason")
    def reason(self, location: Location) -> str:
        return first_sentence(location.blocked_message)

    @admin.display(description="Carrier registration")
    def registration(self, location: Location) -> str:
        registration = registrations_of([location.location_key]).get(location.location_key)
        return link_to(registration, registration.get_state_display() if registration else "")

    def facts(self, request: HttpRequest, row: Location) -> dict[str, Any]:
        user: Any = request.user
        may_issue = user.has_perm("integration.issue_webhook_token")
        (path,) = paths_of(Location.objects.filter(pk=row.pk))
        endpoints = [
            (paste, self.issue_buttons(row, paste.endpoint) if may_issue else [])
            for paste in path.pastes
        ]
        return {
            "banner": row.blocked_message,
            "buttons": self.buttons(request, row),
            "path": path,
            "path_url": path_url(row),
            "endpoints": endpoints,
            "events": latest_events(row),
            "calls_url": listed(ApiCall, q=row.location_key),
        }

    def buttons(self, request: HttpRequest, location: Location) -> list[Button]:
        label = "Check again" if location.is_live else "Continue onboarding"
        offered = (
            ("sellers.change_location", Button(label, self.url_of(location, "proceed"))),
            (TRY, Button("Test connection", self.url_of(location, "probe"))),
        )
        return [button for permission, button in offered if request.user.has_perm(permission)]

    def issue_buttons(self, location: Location, endpoint: WebhookEndpoint) -> list[Button]:
        hidden = (("topic", endpoint.topic), ("seen", seen(endpoint)))
        url = self.url_of(location, "token")
        if not endpoint.token_digest:
            return [Button("Issue its token", url, hidden=hidden)]
        renewed = "The token that EasyEcom has is taken for 48 h more, beside the new one."
        leaked = (
            "The token that EasyEcom has is refused within a minute, until the new one is there."
        )
        return [
            Button("Renew the token", url, renewed, hidden),
            Button("It leaked: new token, end the old", url, leaked, (*hidden, ("old", "end"))),
        ]

    def get_urls(self) -> list[URLPattern]:
        return [
            self.door("proceed", self.proceed),
            self.door("token", self.issue_token),
            *self.path_doors(),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def proceed(self, request: HttpRequest, object_id: str) -> HttpResponse:
        location = self.demand(request, object_id, "sellers.change_location")
        actor = request.user.get_username()
        with transaction.atomic():
            job = onboarding.job_for(location, SyncJob.Kind.LOCATION)
            sentence = "Asked for the next step of the onboarding."
            record_event(
                "onboarding", sentence, at=clock.now(), actor=actor, location=location, job=job
            )
            onboarding.want(location)
            transaction.on_commit(partial(jobs.wake, Drain.Kind.OUTBOX))
        self.message_user(request, "The next step is asked for. Look again in a moment.")
        return HttpResponseRedirect(self.url_of(location))

    @method_decorator(require_POST)
    def issue_token(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """`seen` is what the page showed: sending the form once more issues nothing."""
        location = self.demand(request, object_id, "integration.issue_webhook_token")
        topic = request.POST.get("topic")
        with transaction.atomic():
            endpoint = get_object_or_404(
                WebhookEndpoint.objects.select_for_update(no_key=True),
                location=location,
                topic=topic if topic in Topic else "",
            )
            was_seen = request.POST.get("seen") == seen(endpoint)
            token = self.replace_token(request, location, endpoint) if was_seen else ""
        return self.page(
            request,
            "console/token.html",
            location,
            title=f"{endpoint.get_topic_display()} webhook of {location}",
            paste=Paste(endpoint, token),
            kept_until=endpoint.old_until,
        )

    def replace_token(
        self, request: HttpRequest, location: Location, endpoint: WebhookEndpoint
    ) -> str:
        had_one = bool(endpoint.token_digest)
        is_kept = had_one and request.POST.get("old") != "end"
        issued = onboarding.issue_token(endpoint, overlap=OVERLAP if is_kept else None)
        if location.blocked_reason == LocationReason.TOKENS_NOT_ISSUED:
            onboarding.unblock(location)
        sentence = f"New token for the {endpoint.topic} webhook" + (
            f": {KEPT if is_kept else ENDED}." if had_one else "."
        )
        actor = request.user.get_username()
        record_event("token", sentence, at=clock.now(), actor=actor, location=location)
        return issued.token


def seen(endpoint: WebhookEndpoint) -> str:
    return endpoint.token_issued_at.isoformat() if endpoint.token_issued_at else ""


def latest_events(location: Location) -> QuerySet[Event]:
    """Its own, without those of its orders."""
    own = Event.objects.filter(location=location, order=None)
    return own.order_by("-id")[:LATEST_EVENTS]
