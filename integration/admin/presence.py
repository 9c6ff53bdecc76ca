"""Two people at one page are told of each other, before either changes anything."""

from typing import Any

from django.contrib.auth import get_permission_codename
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache

from booon_console.lib import clock
from integration.admin.base import ConsoleAdmin, posted
from integration.models import OpenPage


class ToldOfEachOther(ConsoleAdmin):
    """A row's page says who else has it open, and renews that while it is looked at."""

    def get_urls(self) -> list[URLPattern]:
        return [self.door("others", self.others), *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_others"
        others = {"others_url": reverse(name, args=[object_id]) if object_id else ""}
        return super().changeform_view(request, object_id, form_url, others | (extra_context or {}))

    @method_decorator(never_cache)
    @posted
    def others(self, request: HttpRequest, object_id: str) -> HttpResponse:
        sees = f"{self.opts.app_label}.{get_permission_codename('view', self.opts)}"
        row = self.demand(request, object_id, sees)
        user: Any = request.user
        page, now = f"{row._meta.label_lower}:{row.pk}", clock.now()
        OpenPage.see(page, user.pk, now)
        return render(
            request, "console/_others.html", {"others": OpenPage.of_others(page, user.pk, now)}
        )
