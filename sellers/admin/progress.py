"""How far a location's onboarding is, and what the seller pastes into EasyEcom."""

from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse

from booon_console import clock
from integration import onboarding
from integration.models import Topic, WebhookEndpoint
from sellers.models import CarrierRegistration, Location

State = CarrierRegistration.State

# EasyEcom contract, section 7: what to choose in its Webhook Settings for each trigger.
TRIGGERS = {
    Topic.INVENTORY: ("Update Inventory", "Marketplace NA", "Action V1"),
    Topic.MANIFESTED: ("Manifested", "the marketplace (Booon)", "Action V2"),
}


@dataclass(frozen=True)
class Step:
    label: str
    is_done: bool
    note: str = ""


@dataclass(frozen=True, repr=False)
class Paste:
    """One webhook as it is to be entered in EasyEcom; `token` only at the moment it is made."""

    endpoint: WebhookEndpoint
    token: str = ""

    @property
    def url(self) -> str:
        return f"{settings.PUBLIC_URL}{self.endpoint.path}"

    @property
    def trigger(self) -> str:
        return TRIGGERS[Topic(self.endpoint.topic)][0]

    @property
    def marketplace(self) -> str:
        return TRIGGERS[Topic(self.endpoint.topic)][1]

    @property
    def action(self) -> str:
        return TRIGGERS[Topic(self.endpoint.topic)][2]


@dataclass(frozen=True)
class Report:
    """What came of onboarding one location."""

    location: Location
    steps: list[Step]
    pastes: list[Paste]

    @property
    def url(self) -> str:
        return reverse("admin:sellers_location_change", args=[self.location.pk])


def report_on(location: Location, *, issue: bool) -> Report:
    """With `issue`, an endpoint that has no token gets one, shown by this report alone."""
    issued = onboarding.issue_tokens(location) if issue else []
    location.refresh_from_db()
    tokens = {each.endpoint.pk: each.token for each in issued}
    pastes = [Paste(each, tokens.get(each.pk, "")) for each in endpoints_of(location)]
    return Report(location, steps_of(location), pastes)


def endpoints_of(location: Location) -> list[WebhookEndpoint]:
    return list(WebhookEndpoint.objects.filter(location=location).order_by("topic"))


def registration_of(location: Location) -> CarrierRegistration | None:
    """The registration as it stands; a page never makes one."""
    return (
        CarrierRegistration.objects.defer("password", "token")
        .filter(location_key=location.location_key, carrier_id=settings.EASYECOM_CARRIER_ID)
        .first()
    )


def steps_of(location: Location) -> list[Step]:
    """In the order in which they are taken."""
    registration = registration_of(location)
    state = registration.state if registration else State.NOT_SENT
    place = ", ".join(filter(None, [location.name, location.city]))
    company = f"company id {location.company_id}" if location.company_id else ""
    return [
        Step("Log-in", location.located_at is not None or has_token(location)),
        Step(
            "Found in Get Location",
            location.located_at is not None,
            " · ".join(filter(None, [place, company])),
        ),
        Step("Webhook addresses made", WebhookEndpoint.objects.filter(location=location).exists()),
        Step("Carrier registered", state == State.REGISTERED, State(state).label),
        Step("First product page read", location.catalog_seen_at is not None),
        Step("Live", location.is_live),
    ]


def has_token(location: Location) -> bool:
    """Asked of the database, so that the token itself is not read for a page."""
    expires = location.token_expires_at
    is_over = expires is not None and expires <= clock.now()
    return not is_over and Location.objects.filter(pk=location.pk).exclude(token="").exists()
