"""Carrier registrations: facts, and a permitted person's word where one is in doubt."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern

from booon_console.lib.admin_parts import badge, link_to, listed, moment, one_of
from integration.admin.base import ReadOnlyAdmin
from integration.admin.sellers.forms import CarrierDoubtForm
from integration.models import ApiCall, Drain
from integration.onboarding import carrier_resolution
from integration.sync import wakeup
from sellers import scope
from sellers.models import CarrierRegistration, Location

State = CarrierRegistration.State
TONES = {State.REGISTERED: "good", State.IN_DOUBT: "bad", State.SENDING: "wait"}
PERMISSION = "sellers.resolve_carrier_doubt"


@admin.register(CarrierRegistration)
class CarrierRegistrationAdmin(ReadOnlyAdmin):
    change_form_template = "console/registration.html"
    list_display = [
        "location_key",
        "standing",
        "company_carrier_id",
        moment("doubt_since", "in doubt since"),
        "decided_by",
    ]
    list_filter = [one_of("state", State.choices)]
    search_sources = ((CarrierRegistration, "location_key", "pk"),)
    search_help_text = "The beginning of a location key."
    is_short = True
    fields = [
        "location_key",
        "location",
        "carrier_id",
        "standing",
        "company_carrier_id",
        "credentials",
        moment("sent_at", "Sent"),
        moment("doubt_since", "In doubt since"),
        "doubt_cause",
        "decided_by",
    ]

    def in_scope(self, request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        """By the key: a registration outlives the location's row."""
        if not scope.is_limited(request.user):
            return rows
        places = scope.within(Location.objects.all(), request.user, "seller")
        return rows.filter(location_key__in=places.values("location_key"))

    @admin.display(description="state", ordering="state")
    def standing(self, registration: CarrierRegistration) -> str:
        state = State(registration.state)
        return badge(TONES.get(state, ""), state.label)

    @admin.display(description="Location")
    def location(self, registration: CarrierRegistration) -> str:
        key = registration.location_key
        return link_to(Location.objects.defer("token").filter(location_key=key).first())

    @admin.display(description="Credentials")
    def credentials(self, registration: CarrierRegistration) -> str:
        return "Of its own, set." if registration.username else "Booon's own."

    def facts(self, request: HttpRequest, row: CarrierRegistration) -> dict[str, Any]:
        if row.state != State.IN_DOUBT:
            return {}
        may_resolve = request.user.has_perm(PERMISSION)
        return {
            "banner": f"EasyEcom may have registered this carrier. {row.doubt_cause}",
            "resolve_url": self.url_of(row, "resolve") if may_resolve else "",
        }

    def get_urls(self) -> list[URLPattern]:
        return [self.door("resolve", self.resolve), *super().get_urls()]

    def resolve(self, request: HttpRequest, object_id: str) -> HttpResponse:
        registration = self.demand(request, object_id, PERMISSION)
        form = CarrierDoubtForm(request.POST or None, registration=registration)
        if request.method == "POST" and form.is_valid():
            return self.settle(request, registration, form.cleaned_data)
        key = registration.location_key
        return self.page(
            request,
            "console/resolve_carrier.html",
            registration,
            title=f"Is the carrier there? {key}",
            form=form,
            place=Location.objects.defer("token").filter(location_key=key).first(),
            calls_url=listed(ApiCall, q=key),
        )

    def settle(
        self, request: HttpRequest, registration: CarrierRegistration, said: dict[str, str]
    ) -> HttpResponse:
        actor = request.user.get_username()
        try:
            if said["answer"] == "there":
                carrier_resolution.carrier_is_there(
                    registration, said["company_carrier_id"], actor=actor, reason=said["reason"]
                )
            else:
                carrier_resolution.carrier_is_not_there(
                    registration, actor=actor, reason=said["reason"]
                )
        except carrier_resolution.AlreadySettled:
            self.message_user(request, "It was settled already; nothing was changed.", "warning")
        else:
            wakeup.after_commit(Drain.Kind.OUTBOX)
            self.message_user(request, "Noted. The onboarding goes on from here.")
        return HttpResponseRedirect(self.url_of(registration))
