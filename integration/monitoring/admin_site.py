"""The stock admin, dressed: grouped as people look for things, and what needs a person first."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse, reverse_lazy
from django.utils import timezone

from booon_console import log_in
from booon_console.access import MUST_CHANGE, PASSED
from booon_console.lib import clock
from booon_console.lib.admin_parts import NONE
from booon_console.lib.posted import lead_back
from booon_console.version import VERSION
from integration.monitoring import saved_views, staff_trail
from integration.monitoring.front_page import attention, throughput, word_page, words
from integration.monitoring.front_page.banners import banners
from sellers import locks, scope

# Pages of their own among the lists: their names there, and who works at them.
PAGES = {
    "AwbDesk": ("AWB desk", "admin:integration_order_awbs", "integration.change_shipmentdetails"),
    "SellerBoard": ("Board", "admin:sellers_seller_board", "sellers.view_seller"),
}
GROUPS = (
    ("Orders", ("Order", "AwbDesk", "SyncJob", "BulkRun", "ApiCall", "ErrorMessage", "KnownError")),
    ("Sellers", ("Seller", "SellerBoard", "SellerLink", "Location", "CarrierRegistration")),
    ("Webhooks", ("WebhookEndpoint", "Delivery", "Refusal", "MissedDelivery")),
    ("Catalog", ("Product", "Listing", "UnmappedSku", "ProductPull")),
    (
        "Stock",
        (
            "StockLevel",
            "Drift",
            "ReadBack",
        ),
    ),
    ("Booon", ("Change", "Announcement", "Attempt", "Receiver", "Event", "ApiKey")),
    ("Machine room", ("Worker", "Hold", "Alert", "Quota")),
    ("Staff", ("User", "StaffSession")),
)


class OwnPassword(PasswordChangeView):
    """It needs the old one, and ends one's other sessions."""

    form_class = locks.OwnPasswordForm
    success_url = reverse_lazy("admin:index")

    def form_valid(self, form: Any) -> HttpResponse:
        answer = super().form_valid(form)
        self.request.session.pop(MUST_CHANGE, None)
        staff_trail.record_own_password(form.user, but=self.request.session.session_key)
        said = "Your password is changed. Where you were logged in besides, you are no more."
        messages.success(self.request, said)
        return answer


def posted_from_the_front_page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that takes a POST alone, of no row: a GET leads to the front page."""

    def guarded(request: HttpRequest, **named: Any) -> HttpResponse:
        if request.method != "POST":
            return lead_back(request, reverse("admin:index"))
        return view(request, **named)

    return guarded


class ConsoleAdminSite(AdminSite):
    site_header = "Booon console"
    site_title = "Booon console"
    index_title = "Today"
    index_template = "console/index.html"
    enable_nav_sidebar = True
    site_url = None
    empty_value_display = NONE

    login_form = locks.CountedLogInForm

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method != "POST":
            return super().login(request, extra_context)
        try:
            with log_in.turn(request):
                answer = super().login(request, extra_context)
        except log_in.Busy:
            context = self.each_context(request) | {"title": "Try again in a minute"}
            answer = render(request, "console/busy.html", context, status=429)
            answer["Retry-After"] = "60"
            return answer
        except locks.Locked:
            return self.locked_out(request)
        if answer.status_code == 302:
            log_in.remember_browser(request, answer)
            staff_trail.record_log_in(request.user)
        else:
            staff_trail.record_failure(request.POST.get("username", ""))
        return answer

    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        if request.method in ("GET", "HEAD"):
            return lead_back(request, reverse("admin:index"))
        if request.method == "POST" and request.user.is_authenticated:
            staff_trail.record_log_out(request.user)
        return super().logout(request, extra_context)

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        context = self.each_context(request) | (extra_context or {})
        if request.session.get(MUST_CHANGE):
            context["title"] = "Choose a password that only you know"
            # Until then no other page opens.
            context["is_nav_sidebar_enabled"] = False
        try:
            return OwnPassword.as_view(extra_context=context)(request)
        except locks.Locked:
            return self.locked_out(request)

    def locked_out(self, request: HttpRequest) -> HttpResponse:
        """The same page whether there is such a user or not."""
        staff_trail.record_lock(request.POST.get("username") or request.user.get_username())
        minutes = int(locks.COOL_OFF / timedelta(minutes=1))
        context = self.each_context(request) | {"title": "Try again later", "minutes": minutes}
        return render(request, "console/locked_out.html", context, status=429)

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        today = self.today(request)
        if "HX-Request" in request.headers:
            frame = {**self.each_context(request), **today}
            return TemplateResponse(request, "console/_refreshed.html", frame)
        return super().index(request, today | (extra_context or {}))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        back = posted_from_the_front_page(word_page.take_back)
        return [
            path("work/", self.admin_view(self.set_aside), name="set_aside"),
            path("work/back/", self.admin_view(back), name="take_back"),
            *(
                path(f"views/{route}", self.admin_view(posted_from_the_front_page(view)), name=name)
                for route, view, name in saved_views.PAGES
            ),
            # It looks for a row by whatever stands in the address, and leads to no page of ours.
            *(each for each in super().get_urls() if getattr(each, "name", None) != "view_on_site"),
        ]

    def set_aside(self, request: HttpRequest) -> HttpResponse:
        return word_page.page(request, self.each_context(request))

    def today(self, request: HttpRequest) -> dict[str, Any]:
        """What moves of the front page."""
        charts, now = throughput.charts(request.user), clock.now()
        sees_all = not scope.is_limited(request.user)
        work = words.work_list(attention.needs(request.user), now, sees_all=sees_all)
        return {
            "work": work,
            "may_set_aside": request.user.has_perm(words.PERMISSION),
            "sees_all_sellers": sees_all,
            "kpis": throughput.days(request.user, now),
            "passing": attention.passing(request.user),
            "stages": throughput.stages(request.user),
            "charts": charts,
            "figures": throughput.figures(charts),
            "now": timezone.now(),
        }

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        is_in = context["has_permission"]
        has_passed = is_in and request.session.get(PASSED) == request.user.pk
        is_whole = has_passed or (is_in and not settings.STAFF_MFA)
        return context | {
            # They hold what staff wrote of a hold: nothing for a stolen password.
            "banners": banners() if is_whole else [],
            "version": VERSION if is_in else "",
            "has_second_step": has_passed,
        }

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        models = {model["object_name"]: model for app in apps for model in app["models"]}
        models |= own_pages(request)
        mark_here(models.values(), request.path)
        groups = [
            group(title, [models.pop(name) for name in names if name in models])
            for title, names in GROUPS
        ]
        return [*filter(None, groups), *filter(None, [group("More", list(models.values()))])]


def own_pages(request: HttpRequest) -> dict[str, Any]:
    """Those that this person works at."""
    return {
        key: {"name": name, "object_name": key, "admin_url": reverse(page), "view_only": True}
        for key, (name, page, permission) in PAGES.items()
        if request.user.has_perm(permission)
    }


def mark_here(models: Iterable[dict[str, Any]], address: str) -> None:
    """One of them at most is where the person is: a page under a list's address is not the list."""
    found = [each for each in models if each["admin_url"] and address.startswith(each["admin_url"])]
    if found:
        max(found, key=lambda each: len(each["admin_url"]))["is_here"] = True


def group(title: str, models: list[Any]) -> dict[str, Any] | None:
    """One box of the front page; its heading leads to its first list."""
    if not models:
        return None
    return {
        "name": title,
        "app_label": title.lower().replace(" ", "-"),
        "app_url": models[0]["admin_url"],
        "has_module_perms": True,
        "models": models,
    }
