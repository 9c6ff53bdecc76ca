"""Booon's API keys. A key is made here or by `manage.py create_api_key`, and not kept.

What it opens is given with it and stays: another scope is another key, and the old one revoked.
"""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from booon_console.lib import clock
from booon_console.lib.admin_parts import Button, badge, moment, plain
from integration.admin import held_tokens
from integration.admin.base import ReadOnlyAdmin, posted
from integration.admin.key_form import KeyForm
from integration.api.rate import most_of
from integration.models import ApiKey, make_key, record_event
from sellers.models import Seller

PERMISSION = "integration.change_apikey"
MAKE = "integration.add_apikey"


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnlyAdmin):
    seller_path = None
    change_form_template = "console/api_key.html"
    change_list_template = "console/api_keys.html"
    list_display = [
        "name",
        "standing",
        plain("scope", "sellers"),
        plain("powers", "opens"),
        moment("created_at", "created"),
        moment("last_used_at", "last used"),
        moment("expires_at", "ends"),
        moment("revoked_at", "revoked"),
    ]
    fields = [
        "name",
        "standing",
        plain("scope", "Sellers"),
        plain("powers", "Opens"),
        "limit",
        moment("created_at", "Created"),
        moment("last_used_at", "Last used"),
        moment("expires_at", "Ends"),
        moment("revoked_at", "Revoked"),
    ]
    ordering = ["name"]
    is_short = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiKey]:
        sellers = Prefetch("sellers", Seller.objects.only("code"))
        return super().get_queryset(request).defer("digest").prefetch_related(sellers)

    @admin.display(description="state")
    def standing(self, key: ApiKey) -> str:
        if key.revoked_at:
            return badge("", "revoked")
        return (
            badge("bad", "expired") if key.has_expired(timezone.now()) else badge("good", "valid")
        )

    @admin.display(description="Calls a minute")
    def limit(self, key: ApiKey) -> str:
        most = most_of(key)
        return f"{most:,}" if most else "no limit"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        url = reverse("admin:integration_apikey_make") if request.user.has_perm(MAKE) else ""
        return super().changelist_view(request, {"make_url": url} | (extra_context or {}))

    def facts(self, request: HttpRequest, row: ApiKey) -> dict[str, Any]:
        shown = {"key": held_tokens.held_key(request, row)}
        if row.revoked_at or not request.user.has_perm(PERMISSION):
            return shown
        warning = "Whoever uses this key is refused from then on. It can't be undone."
        return shown | {"buttons": [Button("Revoke", self.url_of(row, "revoke"), warning)]}

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.make)
        mine = [path("make/", view, name="integration_apikey_make")]
        return [*mine, self.door("revoke", self.revoke), *super().get_urls()]

    def make(self, request: HttpRequest) -> HttpResponse:
        if not request.user.has_perm(MAKE):
            raise PermissionDenied
        form = KeyForm(request.POST or None, user=request.user)
        if request.method == "POST" and form.is_valid():
            try:
                return self.made(request, form)
            except IntegrityError:
                form.add_error("name", "There is a key of this name already.")
        return self.page(request, "console/make_api_key.html", title="Make an API key", form=form)

    @transaction.atomic
    def made(self, request: HttpRequest, form: KeyForm) -> HttpResponse:
        """A key, and its page, which shows it for a while to whoever had it made."""
        row, key = make_key(**form.asked, now=clock.now(), actor=request.user.get_username())
        held_tokens.hold_key(request, row, key)
        return HttpResponseRedirect(self.url_of(row))

    @posted
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        key = self.demand(request, object_id, PERMISSION)
        now, actor = clock.now(), request.user.get_username()
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now):
            record_event("api_key", f"API key {key.name} revoked.", at=now, actor=actor)
        self.message_user(request, f"{key.name} is revoked.")
        return HttpResponseRedirect(self.url_of(key))
