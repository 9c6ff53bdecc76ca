"""The stock admin, dressed: grouped as people look for things, and what needs a person first."""

from typing import Any

from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils import timezone

from booon_console.admin_parts import NONE
from integration.front import attention, flowing
from integration.front.bands import bands

GROUPS = (
    ("Orders", ("Order", "SyncJob", "BulkRun", "ApiCall", "ErrorMessage", "KnownError")),
    ("Sellers", ("Seller", "Location", "CarrierRegistration")),
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
    ("Staff", ("User",)),
)


class ConsoleAdminSite(AdminSite):
    site_header = "Booon console"
    site_title = "Booon console"
    index_title = "Today"
    index_template = "console/index.html"
    enable_nav_sidebar = True
    site_url = None
    empty_value_display = NONE

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        today = self.today(request)
        if "HX-Request" in request.headers:
            frame = {**self.each_context(request), **today}
            return TemplateResponse(request, "console/_refreshed.html", frame)
        return super().index(request, today | (extra_context or {}))

    def today(self, request: HttpRequest) -> dict[str, Any]:
        """What moves of the front page."""
        charts = flowing.charts(request.user)
        return {
            "needs": attention.needs(request.user),
            "passing": attention.passing(request.user),
            "stages": flowing.stages(request.user),
            "charts": charts,
            "figures": flowing.figures(charts),
            "now": timezone.now(),
        }

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        context = super().each_context(request)
        return context | {"bands": bands() if context["has_permission"] else []}

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        apps = super().get_app_list(request, app_label)
        if app_label is not None:
            return apps
        models = {model["object_name"]: model for app in apps for model in app["models"]}
        groups = [
            group(title, [models.pop(name) for name in names if name in models])
            for title, names in GROUPS
        ]
        return [*filter(None, groups), *filter(None, [group("More", list(models.values()))])]


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
