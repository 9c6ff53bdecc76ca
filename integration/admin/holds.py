"""Holds: what was stopped on purpose, by whom and why, and the two forms for it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from booon_console.lib.admin_parts import badge, link, moment, page_of, yes_or_no
from booon_console.lib.reasons import ReasonField
from integration.admin import actions
from integration.admin.base import ReadOnlyAdmin
from integration.models import Drain, Hold
from integration.sync import holds, wakeup
from sellers import scope
from sellers.models import Seller


class ReasonForm(forms.Form):
    reason = ReasonField("It stays on record with your name.")


class HoldForm(ReasonForm):
    """Staff who see some sellers only hold one of theirs."""

    seller = forms.ModelChoiceField(
        Seller.objects.none(), to_field_name="code", required=False, empty_label="Everything"
    )
    field_order = ["seller", "reason"]

    def __init__(self, *args: Any, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.fields["seller"]
        assert isinstance(chosen, forms.ModelChoiceField)
        named = Seller.objects.only("code", "name")
        chosen.queryset = scope.within(named, user, "pk")
        chosen.required = scope.is_limited(user)


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    change_form_template = "console/hold.html"
    change_list_template = "console/holds.html"
    list_display = [
        "whom",
        "standing",
        "reason",
        "set_by",
        moment("set_at", "held"),
        moment("released_at", "released"),
    ]
    list_filter = [
        yes_or_no("open", "Held", "released_at__isnull", yes="Still held", no="Released")
    ]
    related = ("seller",)
    ordering = ["-pk"]
    fields = [
        link("seller", "Seller"),
        "standing",
        "reason",
        "set_by",
        moment("set_at", "Held"),
        "released_by",
        moment("released_at", "Released"),
        "release_reason",
    ]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        may_release = request.user.has_perm(actions.HOLD)
        return [*self.list_display, "way_to_release"] if may_release else self.list_display

    @admin.display(description="act")
    def way_to_release(self, row: Hold) -> str:
        url = self.url_of(row, "release")
        return format_html('<a href="{}">Release…</a>', url) if row.is_open else ""

    @admin.display(description="what")
    def whom(self, row: Hold) -> str:
        return row.whom

    @admin.display(description="state")
    def standing(self, row: Hold) -> str:
        return badge("bad", "held") if row.is_open else badge("", "released")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        url = reverse("admin:integration_hold_set") if request.user.has_perm(actions.HOLD) else ""
        return super().changelist_view(request, {"set_url": url} | (extra_context or {}))

    def facts(self, request: HttpRequest, row: Hold) -> dict[str, Any]:
        may_release = row.is_open and request.user.has_perm(actions.HOLD)
        return {
            "banner": "Nothing goes out to EasyEcom for it." if row.is_open else "",
            "release_url": self.url_of(row, "release") if may_release else "",
        }

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.set_hold)
        mine = [path("set/", view, name="integration_hold_set")]
        return [*mine, self.door("release", self.release), *super().get_urls()]

    def set_hold(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(actions.HOLD):
            raise PermissionDenied
        named = {"seller": request.GET.get("seller", "")}
        form = HoldForm(request.POST or None, initial=named, user=request.user)
        if request.method == "POST" and form.is_valid():
            return self.held(request, form)
        return self.page(request, "console/set_hold.html", title="Hold", form=form)

    def held(self, request: HttpRequest, form: HoldForm) -> HttpResponse:
        said, actor = form.cleaned_data, request.user.get_username()
        try:
            row = holds.hold(said["seller"], said["reason"], actor=actor)
        except holds.AlreadyHeld:
            self.message_user(request, "It is held already; nothing was changed.", "warning")
            return HttpResponseRedirect(reverse(f"admin:{self.list_name}"))
        wakeup.after_commit(Drain.Kind.OUTBOX)
        self.message_user(
            request, "Held. Calls that are under way still come back; no other goes out."
        )
        return HttpResponseRedirect(page_of(row))

    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.demand(request, object_id, actions.HOLD)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self.released(request, row, form.cleaned_data["reason"])
        title = f"Release {row.whom}"
        return self.page(request, "console/release_hold.html", row, title=title, form=form)

    def released(self, request: HttpRequest, row: Hold, reason: str) -> HttpResponse:
        try:
            holds.release(row, reason, actor=request.user.get_username())
        except holds.AlreadyReleased:
            self.message_user(request, "It was released already.", "warning")
        else:
            for kind in (Drain.Kind.OUTBOX, Drain.Kind.ANNOUNCEMENTS):
                wakeup.after_commit(kind)
            self.message_user(request, "Released. What waited goes out in its turn.")
        return HttpResponseRedirect(self.url_of(row))
