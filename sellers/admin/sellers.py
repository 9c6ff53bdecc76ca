"""Sellers. Adding one is onboarding it."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from booon_console import clock
from booon_console.admin_parts import Button, listed, moment
from booon_console.spoken import grouped
from integration import jobs, onboarding, outbox
from integration.admin import asks, quotas
from integration.joining import enrolment
from integration.models import Drain, Event, Hold, Order, Quota, SyncJob
from sellers import scope
from sellers.admin.forms import OnboardingForm, SellerForm
from sellers.admin.imports import SellerImports
from sellers.admin.progress import paths_of
from sellers.models import Location, Seller

# Below the patience of common proxies; what is not done by then goes on in the background.
FOREGROUND_SECONDS = 25
SEE_CALLS = "integration.view_quota"
NOTHING_LIVE = "No location of it is live, so there is nothing to compare."


@admin.register(Seller)
class SellerAdmin(SellerImports):
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
            (None, {"fields": ["code", "name", self.readonly_fields[-1]]}),
            ("Log-in at EasyEcom", {"fields": log_in}),
            ("Limits of the account", {"fields": ["rate_per_second", "burst", "daily_quota"]}),
        ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Seller]:
        live = Count("locations", filter=Q(locations__live_at__isnull=False))
        return super().get_queryset(request).annotate(live=live, known=Count("locations"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        may = {"may_import": self.may_import(request)}
        return super().changelist_view(request, may | (extra_context or {}))

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
            "calls": quotas.panels(seller) if asks.may(request, SEE_CALLS) else "",
            "hold": Hold.objects.over(seller.pk),
            "hold_url": hold_url(request, seller),
            "onboard_url": self.url_of(seller, "onboard"),
            "buttons": [Button("Compare with EasyEcom", self.url_of(seller, "reconcile"))]
            if asks.may(request, asks.RECONCILE)
            else [],
        }
        return super().render_change_form(request, context, *args, **kwargs)

    @transaction.atomic
    def save_model(self, request: HttpRequest, obj: Seller, form: SellerForm, change: bool) -> None:
        """New credentials are tried at once: refusals are forgotten, and waiting jobs wake."""
        given = form.credentials()
        stored = Seller.objects.select_for_update(no_key=True).get(pk=obj.pk)
        is_new_login = enrolment.has_new_credentials(stored, given)
        for name, value in given.items():
            setattr(obj, name, value)
        super().save_model(request, obj, form, change)
        if is_new_login:
            enrolment.log_in_anew(obj)
            for location in obj.locations.filter(live_at__isnull=True):
                onboarding.want(location)
        if form.changed_data:
            named = ", ".join(sorted(label_of(form, name) for name in form.changed_data))
            self.note(request, obj, f"Changed {named}.")
        transaction.on_commit(partial(jobs.wake, Drain.Kind.OUTBOX))

    def note(self, request: HttpRequest, seller: Seller, sentence: str) -> None:
        Event.objects.create(
            at=clock.now(),
            kind="seller",
            actor=request.user.get_username(),
            sentence=sentence[:500],
            seller=seller,
        )

    # Onboarding --------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        return [
            self.door("onboard", self.onboard),
            self.door("reconcile", self.reconcile),
            *self.path_pages(),
            *self.import_pages(),
            *super().get_urls(),
        ]

    @method_decorator(require_POST)
    def reconcile(self, request: HttpRequest, object_id: str) -> HttpResponse:
        seller = self.demand(request, object_id, asks.RECONCILE)
        count = asks.reconcile_seller(seller, actor=request.user.get_username())
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
            return self.onboarded_page(request, form)
        title = f"Onboard {seller.name}" if seller else "Onboard a seller"
        return self.page(request, "console/onboard.html", seller, title=title, form=form)

    def onboarded_page(self, request: HttpRequest, form: OnboardingForm) -> HttpResponse:
        """The tokens are on this very answer and nowhere else."""
        locations = enrolment.take_in(form.checked, actor=request.user.get_username())
        wanted = [onboarding.job_for(each, SyncJob.Kind.LOCATION).pk for each in locations]
        outbox.run(wanted, FOREGROUND_SECONDS)
        jobs.wake(Drain.Kind.OUTBOX)
        return self.issued_page(request, locations[0].seller, locations)


def hold_url(request: HttpRequest, seller: Seller) -> str:
    """The form that holds it, for whoever may."""
    if not asks.may(request, asks.HOLD):
        return ""
    return reverse("admin:integration_hold_set", query={"seller": seller.code})


def used_today(seller: Seller) -> int:
    quota: Quota | None = getattr(seller, "quota", None)
    return quota.used_today if quota and quota.day == timezone.localdate() else 0


def label_of(form: SellerForm, name: str) -> str:
    return str(form.fields[name].label or name.replace("_", " "))
