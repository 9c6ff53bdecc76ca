"""Webhooks to Booon: what waits to be sent, how each try went, how its receiver does."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest

from booon_console.lib.admin_parts import NONE, badge, link, moment, one_of, plain
from booon_console.lib.search import capped_count, render_count
from booon_console.lib.spoken import grouped
from integration.admin import actions as admin_actions
from integration.admin.base import ReadOnlyAdmin, SellerFilter
from integration.admin.labels import outcome_of, state_of, thing_of
from integration.feed import announcements
from integration.models import Announcement, Attempt, Change, ChangeCounter, Receiver

STATES: dict[str, tuple[str, dict[str, Any]]] = {
    "next": ("Next of its key", {"due_at__isnull": False}),
    "behind": ("Behind another", {"due_at": None, "given_up_at": None}),
    "given_up": ("Given up", {"given_up_at__isnull": False}),
}
ANSWERS: dict[str, tuple[str, dict[str, Any]]] = {
    "none": ("None", {"http_status": None}),
    **{f"{n}xx": (f"{n}xx", {"http_status__range": (n * 100, n * 100 + 99)}) for n in (2, 3, 4, 5)},
}
MOST_KEYS = 20


class SellerByChange(SellerFilter):
    """For rows that name a change only."""

    def of_sellers(self, queryset: QuerySet[Any], ids: list[int]) -> QuerySet[Any]:
        return queryset.filter(change__seller__in=ids)


class Named(admin.SimpleListFilter):
    """By lookups that go by a name."""

    named: dict[str, tuple[str, dict[str, Any]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, label) for name, (label, _) in self.named.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        _, lookup = self.named.get(self.value() or "", ("", {}))
        return queryset.filter(**lookup)


class ByState(Named):
    title, parameter_name, named = "state", "state", STATES


class ByAnswer(Named):
    title, parameter_name, named = "HTTP status", "answer", ANSWERS


class OfChange(ReadOnlyAdmin):
    """Rows about a change, that can be sent to Booon again."""

    seller_path = "change__seller"
    related = ("change__seller", "change__location", "change__order")
    actions = ["resend"]

    @admin.display(description="of")
    def thing(self, row: Announcement | Attempt) -> str:
        return thing_of(row.change)

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return admin_actions.may(request, admin_actions.RESEND)

    @admin.action(description="Resend to Booon", permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        changes = Change.objects.filter(pk__in=queryset.order_by().values("change"))
        self.message_user(request, admin_actions.resend(changes, actor=request.user.get_username()))


@admin.register(Announcement)
class AnnouncementAdmin(OfChange):
    list_display = [
        link("change", "change"),
        "thing",
        "state",
        "tries",
        moment("due_at", "next try"),
        moment("gives_up_at", "gives up"),
    ]
    list_display_links = ["state"]
    list_filter = [ByState, SellerByChange]
    ordering = ["cursor"]
    search_sources = ((Announcement, "change__order__order_number", "pk"),)
    search_help_text = "The beginning of an order number."
    fields = [
        link("change", "Change"),
        "thing",
        "state",
        "tries",
        moment("due_at", "Next try"),
        moment("gives_up_at", "Gives up"),
        moment("given_up_at", "Given up"),
    ]

    @admin.display(description="state")
    def state(self, row: Announcement) -> str:
        return state_of(row)


@admin.register(Attempt)
class AttemptAdmin(OfChange):
    list_display = [
        moment("at", "at"),
        link("change", "change"),
        "thing",
        plain("number", "try"),
        "came_of_it",
        plain("http_status", "HTTP"),
        "took",
        "reason",
    ]
    list_filter = [one_of("outcome", Attempt.Outcome.choices), ByAnswer, SellerByChange]
    ordering = ["-id"]
    search_sources = (
        (Attempt, "webhook_id", "pk"),
        (Attempt, "change__order__order_number", "pk"),
    )
    search_help_text = "The beginning of a webhook id or an order number."
    fields = [
        "webhook_id",
        link("change", "Change"),
        "thing",
        plain("number", "Try"),
        "came_of_it",
        plain("http_status", "HTTP status"),
        "took",
        "reason",
        moment("at", "At"),
    ]

    @admin.display(description="outcome")
    def came_of_it(self, row: Attempt) -> str:
        return outcome_of(row)

    @admin.display(description="took")
    def took(self, row: Attempt) -> str:
        return f"{grouped(row.elapsed_ms)} ms"


@admin.register(Receiver)
class ReceiverAdmin(ReadOnlyAdmin):
    seller_path = None
    is_short = True
    change_list_template = "console/receivers.html"
    change_form_template = "console/receiver.html"
    list_display = [
        "name",
        "address",
        "standing",
        plain("failures", "failed in a row"),
        moment("probe_at", "next probe"),
    ]
    fields = [
        "address",
        "standing",
        plain("failures", "Failed in a row"),
        moment("opened_at", "Fails since"),
        moment("probe_at", "Next probe"),
        "behind",
    ]
    ordering = ["name"]

    @admin.display(description="address")
    def address(self, row: Receiver) -> str:
        """Its host alone: receivers want keys in the query, and some in the path."""
        parts = urlsplit(settings.BOOON_WEBHOOK_URL)
        path = "/…" if parts.path not in ("", "/") else parts.path
        return f"{parts.scheme}://{parts.netloc}{path}" if parts.netloc else NONE

    @admin.display(description="state")
    def standing(self, row: Receiver) -> str:
        if not announcements.is_wanted():
            return badge("", "no address set")
        if row.opened_at:
            return badge("bad", "failing", "One change at a time is tried, until one is taken.")
        return badge("wait", "fails at times") if row.failures else badge("good", "well")

    @admin.display(description="not taken up yet")
    def behind(self, row: Receiver) -> str:
        return f"{grouped(max(ChangeCounter.objects.current().last - row.taken_up, 0))} changes"

    def facts(self, request: HttpRequest, row: Receiver) -> dict[str, Any]:
        given_up = Announcement.objects.filter(given_up_at__isnull=False)
        return {
            "title": "Booon's receiver",
            "waiting": render_count(capped_count(Announcement.objects.waiting())),
            "given_up": render_count(capped_count(given_up)),
            "keys": [(first, thing_of(first.change), state_of(first)) for first in longest_due()],
            "most": MOST_KEYS,
        }


def longest_due() -> QuerySet[Announcement]:
    """The first of each key, as they come next; `behind` is how many wait for it."""
    under = Announcement.objects.waiting().filter(key=OuterRef("key"), due_at=None)
    counted = under.order_by().values("key").annotate(count=Count("pk")).values("count")
    firsts = Announcement.objects.filter(due_at__isnull=False).order_by("due_at", "cursor")
    related = firsts.select_related("change__order", "change__location")
    shown = related.defer("change__location__token").annotate(behind=Subquery(counted))
    return shown[:MOST_KEYS]
