"""Each webhook endpoint's health, and its token renewed with an overlap."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.timesince import timesince

from booon_console.lib import clock
from booon_console.lib.admin_parts import Button, ago, badge, link, moment, one_of, when
from integration.admin import actions
from integration.admin.base import ReadOnlyAdmin, SellerByLocation, posted
from integration.admin.long_lists import CappedChangeList
from integration.admin.token_buttons import PERMISSION, token_buttons
from integration.models import Delivery, ReadBack, Topic, WebhookEndpoint, record_event
from integration.monitoring import webhook_health
from integration.monitoring.webhook_health import Rung, WebhookHealth
from integration.onboarding import flow

LATEST = 20
ALL_REFUSED = "Nothing was taken since the last refusal. What EasyEcom tells there is lost."


class HealthFilter(admin.SimpleListFilter):
    """By the worst that is to be said of it, as in the list's column."""

    title = "health"
    parameter_name = "health"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [
            ("danger", "In danger"),
            ("failing", "Refuses all"),
            ("silent", "Silent"),
            ("refuses", "Refuses some"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        rows, now = WebhookEndpoint.objects.all(), clock.now()
        danger = Q(pk__in=webhook_health.in_danger(rows, now).values("pk"))
        failing = Q(pk__in=webhook_health.failing(rows, now).values("pk"))
        silent = Q(pk__in=webhook_health.silent(rows, now).values("pk"))
        refused = Q(pk__in=webhook_health.refused(rows, now).values("pk"))
        match self.value():
            case "danger":
                return queryset.filter(danger)
            case "failing":
                return queryset.filter(failing & ~danger)
            case "silent":
                return queryset.filter(silent & ~danger & ~failing)
            case "refuses":
                return queryset.filter(refused & ~danger & ~failing & ~silent)
        return queryset


class WebhookEndpointList(CappedChangeList):
    """The health of all rows of a page is asked for together."""

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        for line in webhook_health.health_of(self.result_list, clock.now()):
            line.endpoint.known_health = line  # type: ignore[attr-defined]


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    change_form_template = "console/webhook_endpoint.html"
    list_display = [link("location", "location"), "topic", "health", "heard", "refused", "token"]
    list_display_links = ["topic"]
    list_filter = [HealthFilter, one_of("topic", Topic.choices), SellerByLocation]
    related = ("location",)
    seller_path = "location__seller"
    ordering = ["location_id", "topic"]
    search_sources = (
        (WebhookEndpoint, "id", "pk"),
        (WebhookEndpoint, "location__location_key", "pk"),
    )
    search_help_text = "The beginning of a location key, or of an endpoint id as in its address."
    fields = [link("location", "Location"), "topic", "path", "health", "heard"]
    fields = [*fields, moment("token_issued_at", "Token issued"), "token"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[WebhookEndpointList]:
        return WebhookEndpointList

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        return super().get_queryset(request).defer("token_digest", "location__token")

    @admin.display(description="health")
    def health(self, endpoint: WebhookEndpoint) -> str:
        line = line_of(endpoint)
        if line.is_in_danger:
            return badge("bad", f"EasyEcom {line.verdict}" if line.verdict else "in danger")
        if line.is_failing:
            return badge("bad", "refuses all", ALL_REFUSED)
        if line.silence:
            return badge("bad", "silent", line.silence)
        if line.heard_at is None:
            return badge("wait", "nothing received")
        if line.is_taken_again:
            return badge("good", "taken again")
        return badge("wait", "refuses some") if line.refused else badge("good", "well")

    @admin.display(description="last received")
    def heard(self, endpoint: WebhookEndpoint) -> str:
        return when(line_of(endpoint).heard_at)

    @admin.display(description="refused in 24 h")
    def refused(self, endpoint: WebhookEndpoint) -> str:
        line = line_of(endpoint)
        if not line.refused:
            return "0"
        return format_html(
            '<meter min="0" max="{}" low="20" high="80" optimum="0" value="{}">{}</meter> {}',
            webhook_health.SWITCHED_OFF_AT,
            line.refused,
            line.refused,
            f"{line.refused:,} of {webhook_health.SWITCHED_OFF_AT}",
        )

    @admin.display(description="token")
    def token(self, endpoint: WebhookEndpoint) -> str:
        if not endpoint.token_issued_at:
            return badge("bad", "none issued")
        if endpoint.takes_old(line_of(endpoint).now):
            return badge("wait", "two are valid")
        return badge("good", "issued")

    def facts(self, request: HttpRequest, row: WebhookEndpoint) -> dict[str, Any]:
        line, gap = line_of(row), webhook_health.usual_gap(row)
        title = f"{row.get_topic_display()} webhook of {row.location}"
        latest = Delivery.objects.filter(endpoint=row).order_by("-pk").defer("body")
        return {
            "title": title,
            "crumb": title,
            "banner": banner_of(line),
            "banner_tone": "good" if line.is_taken_again else "bad",
            "buttons": self.buttons(request, row),
            "line": line,
            "lost": self.lost(request, line),
            "may_renew": request.user.has_perm(PERMISSION),
            "gap": short(gap) if gap is not None else "",
            "rungs": [
                (each, f"{each.over.total_seconds() / 3600:g} h", time_left(each, line))
                for each in line.rungs
            ],
            "latest": latest[:LATEST],
            "old": row if row.takes_old(line.now) else None,
        }

    def lost(self, request: HttpRequest, line: WebhookHealth) -> dict[str, Any]:
        """What was refused told something: what is done about it, and how it is asked for."""
        location = line.endpoint.location
        if line.lost_at is None or not location.is_live:
            return {}
        reads = ReadBack.objects.filter(location=location, asked_at__gt=line.lost_at)
        may_ask = actions.may(request, actions.RECONCILE)
        ask = reverse("admin:sellers_seller_reconcile", args=[location.seller_id])
        return {
            "is_stock": line.endpoint.topic == Topic.INVENTORY,
            "read_back": reads.order_by("-pk").first(),
            "button": Button("Compare this seller with EasyEcom", ask) if may_ask else None,
        }

    def buttons(self, request: HttpRequest, endpoint: WebhookEndpoint) -> list[Button]:
        if not request.user.has_perm(PERMISSION):
            return []
        buttons = token_buttons(endpoint)
        if endpoint.takes_old(clock.now()):
            warning = "Whoever still sends the old token is refused from then on, within a minute."
            buttons.append(Button("End the old token now", self.url_of(endpoint, "end"), warning))
        return buttons

    def get_urls(self) -> list[URLPattern]:
        return [self.door("end", self.end_old_token), *super().get_urls()]

    @posted
    def end_old_token(self, request: HttpRequest, object_id: str) -> HttpResponse:
        endpoint = self.demand(request, object_id, PERMISSION)
        if flow.end_old_token(endpoint):
            record_event(
                "token",
                f"The old token of the {endpoint.topic} webhook was ended.",
                at=clock.now(),
                actor=request.user.get_username(),
                location=endpoint.location,
            )
        self.message_user(request, "Only the new token is taken now.")
        return HttpResponseRedirect(self.url_of(endpoint))


def banner_of(line: WebhookHealth) -> str:
    if line.is_taken_again and line.heard_at and line.refused_at:
        return format_html(
            "Taken again: the last one was refused {}, and the last good one came {}. Whether "
            "EasyEcom forgets those that were refused is not known; here they count for a day.",
            ago(line.refused_at),
            ago(line.heard_at),
        )
    warns = f"EasyEcom {line.verdict}." if line.verdict else ""
    lost = ALL_REFUSED if line.is_failing else ""
    return " ".join(filter(None, [warns, lost, line.silence]))


def short(gap: timedelta) -> str:
    if gap < timedelta(minutes=1):
        return "less than a minute"
    return timesince(clock.now() - gap, clock.now(), depth=1)


def time_left(rung: Rung, line: WebhookHealth) -> str:
    if rung.at is None:
        return "not at this pace" if rung.used else "nothing refused"
    if rung.at <= line.now:
        return "reached"
    if line.is_taken_again:
        return "no more are refused"
    return f"in about {timesince(line.now, rung.at, depth=1)}"


def line_of(endpoint: WebhookEndpoint) -> WebhookHealth:
    """As the list found it; for a page of its own it is asked for now."""
    if not hasattr(endpoint, "known_health"):
        (line,) = webhook_health.health_of([endpoint], clock.now())
        endpoint.known_health = line  # type: ignore[attr-defined]
    found: WebhookHealth = endpoint.known_health  # type: ignore[attr-defined]
    return found
