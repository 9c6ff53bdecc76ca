"""In which browsers staff are logged in: everybody's own, and all for those who manage staff."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from booon_console.lib.admin_parts import NONE, Button, badge, moment, plain
from integration.admin.base import ReadOnlyAdmin, posted
from integration.monitoring import staff_trail
from sellers import scope
from sellers.models import StaffSession

OWN = "sellers.view_own_staffsession"
MANAGES = "auth.change_user"
THIS_ONE = "This is the session you are in. Log out to end it."
SHOWN_OF_BROWSER = 60


@admin.register(StaffSession)
class StaffSessionAdmin(ReadOnlyAdmin):
    list_display = [
        "person",
        "ending",
        moment("seen_at", "last seen"),
        moment("made_at", "logged in"),
        plain("address", "address"),
        "browser",
    ]
    fields = [
        "person",
        moment("made_at", "Logged in"),
        moment("seen_at", "Last seen"),
        plain("address", "Address"),
        plain("agent", "Browser"),
    ]
    related = ("user",)
    ordering = ["-pk"]
    search_sources = ((StaffSession, "user__username", "pk"),)
    search_help_text = "The beginning of a user name, case as it is."

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(OWN) or super().has_view_permission(request, obj)

    def in_scope(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """Everybody's own; those of all for who sees all sellers and manages staff."""
        sees_all = super().has_view_permission(request) and not scope.is_limited(request.user)
        return rows.exclude(user=None) if sees_all else rows.filter(user=request.user.pk)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        if shown := getattr(answer, "context_data", {}).get("cl"):
            for row in shown.result_list:
                row.is_this = is_this(request, row)
                row.end_url = self.url_of(row, "end") if self.may_end(request, row) else ""
        return answer

    @admin.display(description="who")
    def person(self, row: StaffSession) -> str:
        return str(row.user)

    @admin.display(description="browser")
    def browser(self, row: StaffSession) -> str:
        is_long = len(row.agent) > SHOWN_OF_BROWSER
        return f"{row.agent[:SHOWN_OF_BROWSER]}…" if is_long else row.agent or NONE

    @admin.display(description="")
    def ending(self, row: Any) -> str | SafeString:
        """The list's own form carries the button, and with it the token."""
        if row.is_this:
            return badge("good", "this one", THIS_ONE)
        if not row.end_url:
            return NONE
        return format_html(
            '<button type="submit" class="button" formaction="{}">End</button>', row.end_url
        )

    def may_end(self, request: HttpRequest, row: Any) -> bool:
        """One's own others; those of people whom one may change."""
        if is_this(request, row):
            return False
        is_above = row.user.is_superuser and not request.user.is_superuser
        manages = request.user.has_perm(MANAGES) and not scope.is_limited(request.user)
        return bool(row.user_id == request.user.pk or (manages and not is_above))

    def facts(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        if is_this(request, row):
            return {"banner": THIS_ONE, "banner_tone": "wait"}
        button = Button("End", self.url_of(row, "end"))
        return {"buttons": [button] if self.may_end(request, row) else []}

    def get_urls(self) -> list[URLPattern]:
        return [self.door("end", self.end), *super().get_urls()]

    @posted
    def end(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.demand(request, object_id, OWN)
        if is_this(request, row):
            self.message_user(request, THIS_ONE, "warning")
        elif not self.may_end(request, row):
            raise PermissionDenied
        else:
            row.delete()
            staff_trail.record_ended(row.user, 1, actor=request.user.get_username())
            self.message_user(request, f"{row} is ended.")
        return HttpResponseRedirect(reverse(f"admin:{self.list_name}"))


def is_this(request: HttpRequest, row: StaffSession) -> bool:
    """Whether it is the session that asks."""
    return bool(row.session_key == request.session.session_key)
