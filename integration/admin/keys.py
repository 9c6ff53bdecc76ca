"""Booon's API keys. A key is made by `manage.py create_api_key`, which prints it once.

Its scope is given with it and stays: another scope is another key, and the old one revoked.
"""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from booon_console import clock
from booon_console.admin_base import ReadOnlyAdmin
from booon_console.admin_parts import Button, badge, moment, plain
from integration.models import ApiKey, record_event
from sellers.models import Seller

PERMISSION = "integration.change_apikey"


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    seller_path = None
    change_list_template = "console/api_keys.html"
    list_display = [
        "name",
        "standing",
        plain("scope", "opens"),
        moment("created_at", "created"),
        moment("last_used_at", "last used"),
        moment("revoked_at", "revoked"),
    ]
    fields = [
        "name",
        "standing",
        plain("scope", "Opens"),
        moment("created_at", "Created"),
        moment("last_used_at", "Last used"),
        moment("revoked_at", "Revoked"),
    ]
    ordering = ["name"]
    is_short = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        sellers = Prefetch("sellers", Seller.objects.only("code"))
        return super().get_queryset(request).defer("digest").prefetch_related(sellers)

    @admin.display(description="state")
    def standing(self, key: ApiKey) -> str:
        return badge("", "revoked") if key.revoked_at else badge("good", "valid")

    def facts(self, request: HttpRequest, row: ApiKey) -> dict[str, Any]:
        may_revoke = request.user.has_perm(PERMISSION)
        if row.revoked_at or not may_revoke:
            return {}
        warning = "Whoever uses this key is refused from then on. It can't be undone."
        return {"buttons": [Button("Revoke", self.url_of(row, "revoke"), warning)]}

    def get_urls(self) -> list[URLPattern]:
        return [self.door("revoke", self.revoke), *super().get_urls()]

    @method_decorator(require_POST)
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.demand(request, object_id, PERMISSION)
        now, actor = clock.now(), request.user.get_username()
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            record_event("api_key", f"API key {key.name} revoked.", at=now, actor=actor)
        self.message_user(request, f"{key.name} is revoked.")
        return HttpResponseRedirect(self.url_of(key))
