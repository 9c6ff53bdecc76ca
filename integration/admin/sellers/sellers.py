"""Sellers. Adding one is onboarding it."""

from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db import IntegrityError, transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from booon_console.lib.admin_parts import Button, listed, moment
from booon_console.lib.spoken import grouped
from integration.admin import actions, quotas
from integration.admin.base import posted
from integration.admin.presence import ToldOfEachOther
from integration.admin.sellers.board import SellerBoard
from integration.admin.sellers.forms import OnboardingForm, SellerForm
from integration.admin.sellers.imports import SellerImports
from integration.models import Alert, Drain, Hold, Order, Quota, SyncJob
from integration.onboarding import sellers
from integration.onboarding.progress import paths_of
from integration.sync import engine, postponing, wakeup
from sellers import scope
from sellers.models import Location, Seller

# Most of it is done by then; the rest goes on in the background, and the next page shows it.
FOREGROUND_SECONDS = 4
CONTACT = ("contact_name", "contact_phone")
SEE_CALLS = "integration.view_quota"
NOTHING_LIVE = "No location of it is live, so there is nothing to compare."


@admin.register(Seller)
class SellerAdmin(ToldOfEachOther, SellerBoard, SellerImports):
    form = SellerForm
    seller_path = "pk"
    change_form_template = "console/seller.html"
    change_list_template = "console/sellers.html"
    list_display = ["code", "name", "locations_live", "calls_today", "api_username", "rate"]
    search_sources = ((Seller, "code", "pk"), (Seller, "name", "pk"))
    is_short = True
    readonly_fields = ["code", "secrets", moment("created_at", "Since")]
    related = ("quota",)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        log_in = [
            "api_username",
            "new_password",
            "new_x_api_key",
            "drop_x_api_key",
            "is_sure",
            "secrets",
        ]
        if not self.has_change_permission(request, obj):
            log_in = ["api_username", "secrets"]
        return [
            (None, {"fields": ["code", "name", *CONTACT, self.readonly_fields[-1]]}),
            ("Log-in at EasyEcom", {"fields": log_in}),
            ("Limits of the account", {"fields": ["rate_per_second", "burst", "daily_quota"]}),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Seller]:
        live = Count("locations", filter=Q(locations__live_at__isnull=False))
        return super().get_queryset(request).annotate(live=live, known=Count("locations"))

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A new seller is in nobody's scope yet."""
        return super().has_add_permission(request) and not scope.is_limited(request.user)

    @admin.display(description="live locations")
    def locations_live(self, seller: Any) -> str:
        return f"{seller.live} of {seller.known}"

    @admin.display(description="calls today")
    def calls_today(self, seller: Seller) -> str:
        used, limit = grouped(used_today(seller)), seller.daily_quota
        return f"{used} of {grouped(limit)}" if limit else used

    @admin.display(description="a second")
    def rate(self, seller: Seller) -> str:
        return f"{seller.rate_per_second:g}, burst {seller.burst}"

    @admin.display(description="Stored")
    def secrets(self, seller: Seller) -> str:
        has_key = Seller.objects.filter(pk=seller.pk).exclude(x_api_key="").exists()
        return f"Password: set. x-api-key: {'set' if has_key else 'none'}."

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        seller = kwargs["obj"]
        context |= {
            "title": str(seller),
            "subtitle": None,
            "show_save_and_add_another": False,
            "orders_url": listed(Order, seller=seller.code),
            "paths": paths_of(Location.objects.filter(seller=seller)),
            "path_url": self.url_of(seller, "path"),
            "calls": quotas.panels(seller) if actions.may(request, SEE_CALLS) else "",
            "hold": Hold.objects.over(seller.pk),
            "trouble": Alert.objects.open().filter(kind=Alert.Kind.ACCOUNT, seller=seller).first(),
            "hold_url": hold_url(request, seller),
            "onboard_url": self.url_of(seller, "onboard"),
            "link_url": link_url(seller),
            "buttons": [Button("Compare with EasyEcom", self.url_of(seller, "reconcile"))]
            if actions.may(request, actions.RECONCILE)
            else [],
        }
        return super().render_change_form(request, context, *args, **kwargs)

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Seller, form: SellerForm, change: bool) -> None:
        """New credentials are tried at once: refusals are forgotten, and waiting jobs wake. With
        new limits all that waited for the old ones is due."""
        given = form.credentials()
        stored = Seller.objects.select_for_update(no_key=True).get(pk=obj.pk)
        is_new_login = sellers.has_new_credentials(stored, given)
        for name, value in given.items():
            setattr(obj, name, value)
        super().save_model(request, obj, form, change)
        if sellers.has_new_limits(stored, form.cleaned_data):
            postponing.resume(obj)
        if is_new_login:
            sellers.log_in_anew(obj)
            for location in obj.locations.filter(live_at__isnull=True):
                SyncJob.objects.want_location(location)
        changes = sellers.changes_of(stored, form.cleaned_data | given)
        sellers.record_changes(obj, changes, actor=request.user.get_username())
        wakeup.after_commit(Drain.Kind.OUTBOX)

    # Onboarding --------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        return [
            self.door("onboard", self.onboard),
            self.door("reconcile", self.reconcile),
            *self.path_pages(),
            *self.import_pages(),
            *self.board_pages(),
            *super().get_urls(),
        ]

    @posted
    def reconcile(self, request: HttpRequest, object_id: str) -> HttpResponse:
        seller = self.demand(request, object_id, actions.RECONCILE)
        count = actions.reconcile_seller(seller, actor=request.user.get_username())
        said = "Asked for. Orders and stock are compared in their turn." if count else NOTHING_LIVE
        self.message_user(request, said)
        return HttpResponseRedirect(self.url_of(seller))

    @method_decorator(sensitive_post_parameters())
    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            return super().add_view(request, form_url, extra_context)
        return self.onboarding_page(request, None)

    @method_decorator(sensitive_post_parameters())
    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return super().change_view(request, *args, **kwargs)

    @method_decorator(sensitive_post_parameters())
    def onboard(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return self.onboarding_page(
            request, self.demand(request, object_id, "sellers.change_seller")
        )

    def onboarding_page(self, request: HttpRequest, seller: Seller | None) -> HttpResponse:
        form = OnboardingForm(request.POST or None, seller=seller)
        if request.method == "POST" and form.is_valid():
            with suppress(IntegrityError):
                return self.take_in(request, form)
            # Another form was taken between our look and our save: this one's first click, or not.
            form = OnboardingForm(request.POST, seller=seller)
            if form.is_valid():
                return self.take_in(request, form)
        title = f"Onboard {seller.name}" if seller else "Onboard a seller"
        return self.page(request, "console/onboard.html", seller, title=title, form=form)

    def take_in(self, request: HttpRequest, form: OnboardingForm) -> HttpResponse:
        """Sent twice it is one act: the same seller, and the tokens of the first."""
        locations = sellers.take_in(form.checked, actor=request.user.get_username())
        wanted = [SyncJob.objects.of_location(each, SyncJob.Kind.LOCATION).pk for each in locations]
        engine.run(wanted, FOREGROUND_SECONDS)
        wakeup.wake(Drain.Kind.OUTBOX)
        self.issue_missing(request, locations)
        return HttpResponseRedirect(self.url_of(locations[0].seller, "onboarded"))


def hold_url(request: HttpRequest, seller: Seller) -> str:
    """The form that holds it, for whoever may."""
    if not actions.may(request, actions.HOLD):
        return ""
    return reverse("admin:integration_hold_set", query={"seller": seller.code})


def link_url(seller: Seller) -> str:
    """The form that makes a link for it."""
    return reverse("admin:integration_sellerlink_make", query={"seller": seller.code})


def used_today(seller: Seller) -> int:
    quota: Quota | None = getattr(seller, "quota", None)
    return quota.used_today if quota and quota.day == timezone.localdate() else 0
