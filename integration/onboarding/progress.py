"""A location's guided path: what EasyEcom's answers prove, what a person says, what is to be seen.

What is proven makes it live (`integration.onboarding.flow`); the rest stays open until it is done.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import (
    BooleanField,
    ExpressionWrapper,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
)
from django.db.models.functions import Now

from integration.easyecom import Kind
from integration.models import ApiCall, Declaration, Delivery, SyncJob, WebhookEndpoint
from integration.onboarding.pastes import Paste
from integration.sync import location_names
from sellers.models import CarrierRegistration, Location

State = CarrierRegistration.State
OVER = Q(token_expires_at__isnull=False, token_expires_at__lte=Now())
PROOFS = (Kind.LOG_IN, Kind.GET_LOCATIONS, Kind.ADD_CARRIER, Kind.GET_PRODUCTS)


@dataclass(frozen=True)
class Step:
    """One thing that EasyEcom's answer proves, or does not yet."""

    label: str
    is_done: bool
    note: str = ""
    at: datetime | None = None
    until: datetime | None = None
    # The answer itself, while it is kept.
    call: ApiCall | None = None


@dataclass(frozen=True)
class Said:
    """One thing that only a person can say; `by` and `at` once somebody did."""

    what: str
    label: str
    by: str = ""
    at: datetime | None = None


@dataclass(frozen=True)
class Path:
    """One location on its way."""

    location: Location
    registration: CarrierRegistration | None
    steps: list[Step]
    said: list[Said]
    pastes: list[Paste]

    @property
    def is_in_doubt(self) -> bool:
        return self.registration is not None and self.registration.state == State.IN_DOUBT

    @property
    def may_be_mistyped(self) -> bool:
        """As far as is seen here: no log-in, and no carrier sent."""
        is_sent = self.registration is not None and self.registration.state != State.NOT_SENT
        return not (is_sent or self.location.token_issued_at or self.location.located_at)

    @property
    def left(self) -> int:
        """How many things are still to be proven, said or seen."""
        unheard = 2 - sum(paste.heard_at is not None for paste in self.pastes)
        return unheard + self.unsaid + sum(not step.is_done for step in self.steps)

    @property
    def unsaid(self) -> int:
        return sum(not each.by for each in self.said)

    def with_tokens(self, tokens: Mapping[str, str]) -> "Path":
        """With these webhook tokens, by endpoint id: they were made a moment ago."""
        pastes = [replace(each, token=tokens.get(each.endpoint.pk, "")) for each in self.pastes]
        return replace(self, pastes=pastes)


def paths_of(locations: QuerySet[Location]) -> list[Path]:
    """A fixed number of queries, however many locations. No secret is read."""
    found = list(
        locations.defer("token")
        .annotate(has_token=ExpressionWrapper(~Q(token="") & ~OVER, BooleanField()))
        .prefetch_related(Prefetch("endpoints", endpoints()), "declarations")
    )
    registrations = registrations_of([each.location_key for each in found])
    calls = proofs_of(found)
    return [
        path_of(each, registrations.get(each.location_key), calls.get(each.pk, {}))
        for each in found
    ]


def path_of(
    location: Location, registration: CarrierRegistration | None, calls: Mapping[str, ApiCall]
) -> Path:
    pastes = [Paste(each) for each in location.endpoints.all()]
    steps = steps_of(location, registration, pastes, calls)
    return Path(location, registration, steps, said_of(location), pastes)


def endpoints() -> QuerySet[WebhookEndpoint]:
    first = Delivery.objects.filter(endpoint=OuterRef("pk")).order_by("pk")
    first_at = Subquery(first.values("received_at")[:1])
    rows = WebhookEndpoint.objects.select_related("self_test").annotate(first_at=first_at)
    return rows.order_by("topic")


def registrations_of(keys: Collection[str]) -> dict[str, CarrierRegistration]:
    """As they stand, by location key; a page never makes one."""
    found = CarrierRegistration.objects.at(*keys).defer("password", "token")
    return {each.location_key: each for each in found}


def proofs_of(locations: Collection[Location]) -> dict[int, dict[str, ApiCall]]:
    """The latest answer of each kind that took a location on, by location."""
    rows = ApiCall.objects.filter(
        job__location__in=locations,
        job__kind__in=[SyncJob.Kind.LOCATION, SyncJob.Kind.PROBE],
        kind__in=PROOFS,
        outcome="done",
    )
    found: defaultdict[int, dict[str, ApiCall]] = defaultdict(dict)
    for call in rows.defer("request", "reply").order_by("pk"):
        found[call.location_id][call.kind] = call
    return found


def not_known_yet(location: Any) -> str:
    """What EasyEcom has not named of a location that it does not list; "" where it is all known."""
    if location.located_at is None:
        return ""
    missing = [what for fact, what in location_names.FACTS.items() if not getattr(location, fact)]
    return f"not known yet: {', '.join(missing)}" if missing else ""


def steps_of(
    location: Any,
    registration: CarrierRegistration | None,
    pastes: Sequence[Paste],
    calls: Mapping[str, ApiCall],
) -> list[Step]:
    """In the order in which they are taken."""
    state = State(registration.state if registration else State.NOT_SENT)
    is_registered = state is State.REGISTERED
    carrier = f"companyCarrierId {registration.company_carrier_id}" if registration else ""
    place = ", ".join(filter(None, [location.name, location.city]))
    company = f"company id {location.company_id}" if location.company_id else ""
    return [
        Step(
            "Log-in",
            location.has_token,
            at=location.token_issued_at,
            until=location.token_good_until,
            call=calls.get(Kind.LOG_IN),
        ),
        Step(
            "Get Location asked",
            location.located_at is not None,
            " · ".join(filter(None, [place, company, not_known_yet(location)])),
            location.located_at,
            call=calls.get(Kind.GET_LOCATIONS),
        ),
        Step(
            "Webhook addresses made",
            bool(pastes),
            at=min((each.endpoint.created_at for each in pastes), default=None),
        ),
        Step(
            "Carrier registered",
            is_registered,
            carrier if is_registered else state.label,
            registration.sent_at if registration else None,
            call=calls.get(Kind.ADD_CARRIER),
        ),
        Step(
            "First product page read",
            location.catalog_seen_at is not None,
            at=location.catalog_seen_at,
            call=calls.get(Kind.GET_PRODUCTS),
        ),
        Step("Live", location.is_live, at=location.live_at),
    ]


def said_of(location: Location) -> list[Said]:
    rows = {each.what: each for each in location.declarations.all()}
    return [
        Said(what, what.label, rows[what].by, rows[what].at)
        if what in rows
        else Said(what, what.label)
        for what in Declaration.What
    ]
