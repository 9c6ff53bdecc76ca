"""A location's way to being live, and its log-in kept good from then on.

Log in → ask Get Location for its name → make its webhook endpoints → register the carrier, once in
its life → read the first product page → live.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from booon_console.fields import reveal
from booon_console.lib import clock
from booon_console.lib.digests import digest_of
from integration import easyecom
from integration.catalog import pull as catalog_pull
from integration.easyecom import Call, FoundLocation, Kind, Outcome, ProductPage
from integration.models import (
    Order,
    OrderReason,
    Rest,
    SyncJob,
    Topic,
    WebhookEndpoint,
    record_event,
)
from integration.onboarding import connection_test
from integration.sync import location_names, log_ins, outcome_reasons
from integration.sync.flows import AlreadySent
from sellers.models import TOKEN_RENEWAL, CarrierRegistration, Location, LocationReason

State = CarrierRegistration.State


def load(job: SyncJob) -> Location:
    """The location, locked until the transaction ends."""
    locations = Location.objects.select_for_update(of=("self",), no_key=True).select_related(
        "seller"
    )
    return locations.get(pk=job.location_id)


def registration_of(location: Location) -> CarrierRegistration:
    """The one row for this location key and Booon's carrier."""
    registration, _ = CarrierRegistration.objects.get_or_create(
        location_key=location.location_key, carrier_id=settings.EASYECOM_CARRIER_ID
    )
    return registration


def next_call(location: Location, now: datetime) -> Call | Rest:
    """The next step towards being live, or a renewed log-in."""
    registration = registration_of(location)
    if registration.state in (State.SENDING, State.IN_DOUBT):
        block(location, LocationReason.CARRIER_IN_DOUBT, registration.doubt_cause)
        return in_doubt(location)
    if not location.has_good_token(now):
        return log_ins.log_in_call(location)
    if location.located_at is None:
        return easyecom.get_locations()
    if registration.state == State.NOT_SENT:
        return add_carrier(location, registration)
    if location.catalog_seen_at is None:
        return easyecom.get_products()
    go_live(location, now)
    return Rest(SyncJob.Status.SUCCEEDED)


def add_carrier(location: Location, registration: CarrierRegistration) -> Call | Rest:
    """Raises Undecipherable."""
    username = registration.username or settings.EASYECOM_CARRIER_USERNAME
    password = reveal(registration.password) or settings.EASYECOM_CARRIER_PASSWORD
    if not (registration.carrier_id and username and password):
        return failed(location, LocationReason.CARRIER_NOT_CONFIGURED)
    token = reveal(registration.token)
    return easyecom.add_carrier(registration.carrier_id, username, password, token)


def begin(location: Location, call: Call, now: datetime) -> None:
    """Runs with the opening of the call's row. Raises AlreadySent: then the call is not made."""
    if call.kind is not Kind.ADD_CARRIER:
        return
    not_sent = CarrierRegistration.objects.at(location.location_key).filter(state=State.NOT_SENT)
    if not_sent.update(state=State.SENDING, sent_at=now, updated_at=now) != 1:
        raise AlreadySent


def settle(location: Location, kind: Kind, outcome: Outcome, now: datetime) -> Rest | None:
    """Write what EasyEcom's answer means. None: ask next_call again."""
    match kind, outcome:
        case Kind.ADD_CARRIER, _:
            return settle_registration(location, outcome, now)
        case Kind.LOG_IN, easyecom.Done():
            record_event("log_in", "Logged in at EasyEcom.", at=now, location=location)
            unblock(location)
        case Kind.GET_LOCATIONS, easyecom.Done(easyecom.Locations(locations)):
            return settle_location(location, locations, now)
        case Kind.GET_PRODUCTS, easyecom.Done(easyecom.ProductPage() as page):
            location.catalog_seen_at = now
            location.save(update_fields=["catalog_seen_at", "updated_at"])
            location_names.learn(location, "a product page", now, name=page.company_name)
            go_live(location, now)
            want_the_rest(location, page, now)
        case _, easyecom.Rejected(message):
            return failed(location, LocationReason.REFUSED, message)
        case _, outcome if not isinstance(outcome, easyecom.Done):
            reason = outcome_reasons.location_reason(outcome, location)
            block(location, reason, outcome_reasons.detail(outcome))
    return None


def settle_location(
    location: Location, found: tuple[FoundLocation, ...], now: datetime
) -> Rest | None:
    """Keep name, city and company id; Get Location's `api_token` was never read.

    A list without it is no trouble: the log-in with its key was the proof
    (docs/easyecom-contract.md#an-empty-list).
    """
    own = next((each for each in found if location.has_key(each.location_key)), None)
    if own is not None:
        location.name = own.name[:200]
        location.city = own.city[:100]
        location.company_id = own.company_id
    location.located_at = now
    location.save(update_fields=["name", "city", "company_id", "located_at", "updated_at"])
    for topic in Topic:
        WebhookEndpoint.objects.get_or_create(location=location, topic=topic)
    said = "Found in Get Location." if own else connection_test.NOT_LISTED
    record_event("located", said, at=now, location=location)
    return None


def settle_registration(location: Location, outcome: Outcome, now: datetime) -> Rest | None:
    """Only NotSent is ever sent again; all but success is in doubt:
    docs/easyecom-contract.md#once-per-location.
    """
    sending = CarrierRegistration.objects.at(location.location_key).filter(state=State.SENDING)
    match outcome:
        case easyecom.Done(easyecom.CarrierRegistered(company_carrier_id)):
            sending.update(
                state=State.REGISTERED, company_carrier_id=company_carrier_id, updated_at=now
            )
            record_event("registered", "Carrier registered.", at=now, location=location)
        case easyecom.NotSent():
            sending.update(state=State.NOT_SENT, sent_at=None, updated_at=now)
            block(location, LocationReason.UNREACHABLE)
        case _:
            cause = outcome.sentence[:500]
            sending.update(state=State.IN_DOUBT, doubt_since=now, doubt_cause=cause, updated_at=now)
            block(location, LocationReason.CARRIER_IN_DOUBT, cause)
            record_event(
                "in_doubt", f"Carrier registration in doubt. {cause}", at=now, location=location
            )
            return in_doubt(location)
    return None


def go_live(location: Location, now: datetime) -> None:
    """All five held. Its waiting orders become due."""
    if location.is_live:
        unblock(location)
        return
    location.live_at = now
    location.save(update_fields=["live_at", "updated_at"])
    unblock(location)
    record_event("live", "The location is live.", at=now, location=location)
    reasons = (OrderReason.LOCATION_NOT_LIVE, OrderReason.CARRIER_NOT_REGISTERED)
    waiting = Order.objects.filter(location=location, blocked_reason__in=reasons)
    ids = list(waiting.values_list("pk", flat=True))
    waiting.update(blocked_reason="", blocked_detail="", updated_at=now)
    SyncJob.objects.filter(order__in=ids).want()


def want_the_rest(location: Location, page: ProductPage, now: datetime) -> None:
    """In the background: the catalog's other pages, and the stock levels once."""
    pull = SyncJob.objects.of_location(location, SyncJob.Kind.PRODUCTS)
    if catalog_pull.start_with(pull, page, now):
        SyncJob.objects.filter(pk=pull.pk).want()
    SyncJob.objects.filter(pk=SyncJob.objects.of_location(location, SyncJob.Kind.STOCK).pk).want()


def want_renewals() -> int:
    """Ask for a log-in wherever the token is past day 80. Returns how many."""
    old = clock.now() - TOKEN_RENEWAL
    due = Location.objects.filter(live_at__isnull=False, token_issued_at__lte=old)
    return SyncJob.objects.filter(kind=SyncJob.Kind.LOCATION, location__in=due).want()


TOKEN_COLUMNS = ["token_digest", "token_issued_at", "old_digest", "old_until", "old_used_at"]


@dataclass(frozen=True, slots=True, repr=False)
class IssuedToken:
    """A webhook token in plain: shown once by whoever asked for it, and kept nowhere."""

    endpoint: WebhookEndpoint
    token: str


def issue_tokens(location: Location) -> list[IssuedToken]:
    """Give a token to each endpoint of the location that has none."""
    with transaction.atomic():
        bare = WebhookEndpoint.objects.select_for_update(no_key=True).filter(
            location=location, token_digest=""
        )
        issued = [issue_token(endpoint) for endpoint in bare]
        without = Location.objects.filter(
            pk=location.pk, blocked_reason=LocationReason.TOKENS_NOT_ISSUED
        )
        without.update(blocked_reason="", blocked_detail="")
    return issued


def new_token() -> str:
    """One that no spreadsheet takes for a formula: sheets of many are copied from."""
    token = secrets.token_urlsafe(32)
    return new_token() if token.startswith("-") else token


def issue_token(endpoint: WebhookEndpoint, *, overlap: timedelta | None = None) -> IssuedToken:
    """A new token. The one before is taken for `overlap` more; without it, no longer."""
    token, now = new_token(), clock.now()
    is_kept = overlap is not None and bool(endpoint.token_digest)
    endpoint.old_digest = endpoint.token_digest if is_kept else ""
    endpoint.old_until = now + overlap if is_kept and overlap else None
    endpoint.old_used_at = None
    endpoint.token_digest = digest_of(token)
    endpoint.token_issued_at = now
    endpoint.save(update_fields=TOKEN_COLUMNS)
    return IssuedToken(endpoint, token)


def end_old_token(endpoint: WebhookEndpoint) -> bool:
    """False where there was none."""
    endpoints = WebhookEndpoint.objects.filter(pk=endpoint.pk).exclude(old_digest="")
    return endpoints.update(old_digest="", old_until=None) == 1


def block(location: Location, reason: LocationReason | str, detail: str = "") -> None:
    if (location.blocked_reason, location.blocked_detail) != (reason, detail[:500]):
        location.blocked_reason, location.blocked_detail = reason, detail[:500]
        location.save(update_fields=["blocked_reason", "blocked_detail", "updated_at"])


def unblock(location: Location) -> None:
    """Nothing is wrong; a location on its way says so, and a live one that lacks its tokens."""
    if not location.is_live:
        block(location, LocationReason.ONBOARDING)
    elif WebhookEndpoint.objects.filter(location=location, token_digest="").exists():
        block(location, LocationReason.TOKENS_NOT_ISSUED)
    else:
        block(location, "")


def failed(location: Location, reason: LocationReason, detail: str = "") -> Rest:
    """Only a person can mend this."""
    block(location, reason, detail)
    return Rest(SyncJob.Status.FAILED, None, reason, location.blocked_message[:500])


def in_doubt(location: Location) -> Rest:
    return Rest(
        SyncJob.Status.IN_DOUBT,
        None,
        LocationReason.CARRIER_IN_DOUBT,
        location.blocked_message[:500],
    )
