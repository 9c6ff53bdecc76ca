"""Locations: facts, how far onboarding is, and the webhook endpoints with their tokens."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_GET

from booon_console.lib import clock
from booon_console.lib.admin_parts import (
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
from integration.admin import held_tokens
from integration.admin.base import SellerFilter, posted
from integration.admin.holds import ReasonForm
from integration.admin.presence import ToldOfEachOther
from integration.admin.sellers.path_actions import TRY, PathDoors, path_url
from integration.admin.token_buttons import PERMISSION, token_buttons, token_version
from integration.models import (
    ApiCall,
    Drain,
    Event,
    Order,
    SyncJob,
    Topic,
    WebhookEndpoint,
    record_event,
)
from integration.monitoring import webhook_health
from integration.onboarding import checklist, flow, mistyped
from integration.onboarding.pastes import Paste
from integration.onboarding.progress import paths_of, registrations_of
from integration.sync import wakeup
from sellers.models import Location, LocationReason, LoginTrouble

ONBOARD, VIEW_ORDER = "sellers.change_location", "integration.view_order"
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
        return checklist.with_open_steps(queryset) if self.value() == "open" else queryset


@admin.register(Location)
class LocationAdmin(ToldOfEachOther, PathDoors):
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
    ordering = ["location_key"]
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
        may_issue = user.has_perm(PERMISSION)
        (path,) = paths_of(Location.objects.filter(pk=row.pk))
        endpoints = [
            (paste, token_buttons(paste.endpoint) if may_issue else []) for paste in path.pastes
        ]
        lines = webhook_health.health_of([paste.endpoint for paste in path.pastes], clock.now())
        return {
            "banner": row.blocked_message,
            "buttons": self.buttons(request, row),
            "path": path,
            "path_url": path_url(row),
            "endpoints": endpoints,
            "in_danger": [line for line in lines if line.is_in_danger],
            "failing": [line for line in lines if line.is_failing and not line.is_in_danger],
            "events": latest_events(row),
            "orders_url": listed(Order, seller=row.seller.code)
            if user.has_perm(VIEW_ORDER)
            else "",
            "calls_url": listed(ApiCall, q=row.location_key),
        }

    def buttons(self, request: HttpRequest, location: Location) -> list[Button]:
        label = "Check again" if location.is_live else "Continue onboarding"
        offered = (
            (ONBOARD, Button(label, self.url_of(location, "proceed"))),
            (TRY, Button("Test connection", self.url_of(location, "probe"))),
        )
        buttons = [button for permission, button in offered if request.user.has_perm(permission)]
        if request.user.has_perm(ONBOARD) and not mistyped.what_came_of(location):
            away = self.url_of(location, "remove")
            buttons.append(Button("Remove it: it was mistyped…", away, is_link=True))
        return buttons

    def get_urls(self) -> list[URLPattern]:
        return [
            self.door("proceed", self.proceed),
            self.door("remove", self.remove),
            self.door("token", self.issue_token),
            self.door("issued", self.issued_token),
            *self.path_doors(),
            *super().get_urls(),
        ]

    @posted
    def proceed(self, request: HttpRequest, object_id: str) -> HttpResponse:
        location = self.demand(request, object_id, ONBOARD)
        actor = request.user.get_username()
        with transaction.atomic():
            job = SyncJob.objects.of_location(location, SyncJob.Kind.LOCATION)
            sentence = "Asked for the next step of the onboarding."
            record_event(
                "onboarding", sentence, at=clock.now(), actor=actor, location=location, job=job
            )
            SyncJob.objects.want_location(location)
            wakeup.after_commit(Drain.Kind.OUTBOX)
        self.message_user(request, "The next step is asked for. Look again in a moment.")
        return HttpResponseRedirect(self.url_of(location))

    def remove(self, request: HttpRequest, object_id: str) -> HttpResponse:
        location = self.demand(request, object_id, ONBOARD)
        if sentence := mistyped.what_came_of(location):
            return self.stays(request, location, sentence)
        if mistyped.is_newest(location):
            return self.stays(request, location, mistyped.NEWEST)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self.removed(request, location, form.cleaned_data["reason"])
        title = f"Remove {location}"
        return self.page(request, "console/remove_location.html", location, title=title, form=form)

    def removed(self, request: HttpRequest, location: Location, reason: str) -> HttpResponse:
        try:
            mistyped.remove(location, reason, actor=request.user.get_username())
        except mistyped.Stays as stays:
            return self.stays(request, location, stays.sentence)
        self.message_user(request, f"Removed: {location}. It counts nowhere any more.")
        return HttpResponseRedirect(reverse("admin:sellers_seller_path", args=[location.seller_id]))

    def stays(self, request: HttpRequest, location: Location, sentence: str) -> HttpResponse:
        self.message_user(request, f"It was not removed. {sentence}", "warning")
        return HttpResponseRedirect(self.url_of(location))

    @posted
    def issue_token(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """`seen` is what the page showed: sending the form once more issues nothing."""
        location = self.demand(request, object_id, PERMISSION)
        topic = request.POST.get("topic")
        with transaction.atomic():
            endpoint = get_object_or_404(
                WebhookEndpoint.objects.select_for_update(no_key=True),
                location=location,
                topic=topic if topic in Topic else "",
            )
            if request.POST.get("seen") == token_version(endpoint):
                token = self.replace_token(request, location, endpoint)
                held_tokens.hold(request, {endpoint.pk: token})
        shown = self.url_of(location, "issued")
        return HttpResponseRedirect(f"{shown}?{urlencode({'topic': endpoint.topic})}")

    @method_decorator(require_GET)
    def issued_token(self, request: HttpRequest, object_id: str) -> HttpResponse:
        location = self.demand(request, object_id, PERMISSION)
        topic = request.GET.get("topic", Topic.INVENTORY)
        endpoint = get_object_or_404(
            WebhookEndpoint, location=location, topic=topic if topic in Topic else ""
        )
        token = held_tokens.held(request, [endpoint.pk]).get(endpoint.pk, "")
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
        issued = flow.issue_token(endpoint, overlap=OVERLAP if is_kept else None)
        if location.blocked_reason == LocationReason.TOKENS_NOT_ISSUED:
            flow.unblock(location)
        sentence = f"New token for the {endpoint.topic} webhook" + (
            f": {KEPT if is_kept else ENDED}." if had_one else "."
        )
        actor = request.user.get_username()
        record_event("token", sentence, at=clock.now(), actor=actor, location=location)
        return issued.token


def latest_events(location: Location) -> QuerySet[Event]:
    """Its own, without those of its orders."""
    own = Event.objects.filter(location=location, order=None)
    return own.order_by("-id")[:LATEST_EVENTS]
