"""A seller as Booon's staff give them: one check and one way in, for the command and the form."""

import math
import re
from typing import Any

from django.db import transaction
from rest_framework import serializers

from booon_console.fields import Undecipherable, reveal
from booon_console.lib import clock
from integration.models import OrderReason, SyncJob, record_event
from integration.onboarding import flow
from integration.sync import log_ins, postponing
from sellers.models import (
    BURSTS,
    CODE,
    DAILY_QUOTAS,
    RATES,
    CarrierRegistration,
    Location,
    LocationReason,
    LoginTrouble,
    Seller,
)

SHOWN = {
    "name": "name",
    "contact_name": "contact",
    "contact_phone": "contact's phone",
    "api_username": "API user name",
    "rate_per_second": "calls a second",
    "burst": "burst",
    "daily_quota": "calls a day",
}
SECRET = {"api_password": "API password", "x_api_key": "x-api-key"}
# People put them below each other, or with commas between them.
BETWEEN_KEYS = re.compile(r"[\s,;]+")
LIMITS = ("rate_per_second", "burst", "daily_quota")
# What new credentials may end, on jobs and locations alike.
ABOUT_THE_LOG_IN = (LocationReason.CREDENTIALS_REFUSED, LocationReason.SECRET_UNREADABLE)


def typed_keys(words: str) -> list[str]:
    """The location keys in what somebody typed into one field."""
    return [key for key in BETWEEN_KEYS.split(words) if key]


class CarrierIn(serializers.Serializer[Any]):
    username = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=254, trim_whitespace=False)
    token = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, default="", trim_whitespace=False
    )


class LocationIn(serializers.Serializer[Any]):
    location_key = serializers.RegexField(
        # EasyEcom's to choose; every one seen has letters and digits only.
        r"^[!-~]{1,64}\Z",
        error_messages={"invalid": "A location key has no spaces, and at most 64 characters."},
    )
    carrier = CarrierIn(required=False, allow_null=True, default=None)


class SellerIn(serializers.Serializer[Any]):
    """The file of `onboard_seller`. Secrets go in here and never come out again."""

    code = serializers.RegexField(
        rf"^{CODE}\Z",
        error_messages={"invalid": "A code has letters, digits, dots, - and _, at most 64."},
    )
    name = serializers.CharField(max_length=200)
    api_username = serializers.CharField(max_length=254)
    api_password = serializers.CharField(max_length=254, trim_whitespace=False)
    x_api_key = serializers.CharField(
        max_length=500, required=False, allow_blank=True, allow_null=True
    )
    rate_per_second = serializers.FloatField(required=False, min_value=RATES[0], max_value=RATES[1])
    burst = serializers.IntegerField(required=False, min_value=BURSTS[0], max_value=BURSTS[1])
    daily_quota = serializers.IntegerField(
        required=False, allow_null=True, min_value=DAILY_QUOTAS[0], max_value=DAILY_QUOTAS[1]
    )
    locations = LocationIn(many=True, allow_empty=False)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError(
                    {str(name): ["There is no such field."] for name in unknown}
                )
        return super().to_internal_value(data)

    def validate_rate_per_second(self, rate: float) -> float:
        if not math.isfinite(rate):
            raise serializers.ValidationError("A valid number is required.")
        return rate

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        errors: dict[str, list[str]] = {}
        seen: set[str] = set()
        for index, location in enumerate(attrs["locations"]):
            key = location["location_key"]
            if key in seen:
                errors[f"locations.{index}.location_key"] = ["This key is given twice."]
            elif self.is_taken(key, attrs["code"]):
                errors[f"locations.{index}.location_key"] = ["Another seller has this key."]
            seen.add(key)
        if errors:
            raise serializers.ValidationError(errors)
        return attrs

    def is_taken(self, location_key: str, code: str) -> bool:
        others = Location.objects.exclude(seller__code=code)
        return others.filter(location_key=location_key).exists()


@transaction.atomic
def take_in(given: dict[str, Any], *, actor: str) -> list[Location]:
    """Save a checked seller and ask for each location's next step. Safe to repeat.

    Returns the locations named, in their order. Credentials that changed are tried at once, as
    soon as EasyEcom's cool-down allows; what waited for other limits is due.
    """
    known = Seller.objects.select_for_update(no_key=True).filter(code=given["code"]).first()
    seller = known or Seller(code=given["code"])
    changed = has_new_credentials(seller, given)
    has_limits = has_new_limits(seller, given)
    changes = changes_of(seller, given) if known else ""
    for name in ("name", "api_username", "api_password", *LIMITS):
        if name in given:
            setattr(seller, name, given[name])
    if "x_api_key" in given:
        seller.x_api_key = given["x_api_key"] or ""
    seller.save()
    record_changes(seller, changes, actor=actor)
    locations = [take_in_location(seller, each, actor=actor) for each in given["locations"]]
    if known and changed:
        log_in_anew(seller)
    if known and has_limits:
        postponing.resume(seller)
    for location in locations:
        SyncJob.objects.want_location(location)
    return locations


def has_new_credentials(seller: Seller, given: dict[str, Any]) -> bool:
    """What is stored and can't be read counts as other than what is given."""
    return any(
        name in given and (given[name] or "") != readable(seller, name)
        for name in ("api_username", "api_password", "x_api_key")
    )


def has_new_limits(seller: Seller, given: dict[str, Any]) -> bool:
    """What is not given stays as it is."""
    return any(name in given and given[name] != getattr(seller, name) for name in LIMITS)


def changes_of(seller: Seller, given: dict[str, Any]) -> str:
    """What `given` changes of a seller, before and after; secrets are named only."""
    shown = [
        f"{label} {written(getattr(seller, name))} → {written(given[name])}"
        for name, label in SHOWN.items()
        if name in given and given[name] != getattr(seller, name)
    ]
    secret = [
        label
        for name, label in SECRET.items()
        if name in given and (given[name] or "") != readable(seller, name)
    ]
    return "; ".join([*shown, *secret])


def written(value: Any) -> str:
    return (
        "none" if value in (None, "") else f"{value:g}" if isinstance(value, float) else str(value)
    )


def record_changes(seller: Seller, changes: str, *, actor: str) -> None:
    if changes:
        record_event("seller", f"Changed {changes}.", at=clock.now(), actor=actor, seller=seller)


def readable(seller: Seller, name: str) -> str | None:
    """What is stored; None where no key opens it."""
    try:
        return reveal(getattr(seller, name))
    except Undecipherable:
        return None


def log_in_anew(seller: Seller) -> None:
    """New credentials: drop tokens and refusals, but never log in twice within the cool-down."""
    for location in seller.locations.select_for_update(no_key=True).order_by("pk"):
        log_in_anew_at(location)


def log_in_anew_at(location: Location) -> None:
    started = location.login_started_at
    location.token = ""
    location.login_trouble = LoginTrouble.NONE
    location.next_login_at = started and started + log_ins.COOL_DOWN
    if location.blocked_reason in ABOUT_THE_LOG_IN:
        location.blocked_reason = LocationReason.ONBOARDING
        location.blocked_detail = ""
    location.save()
    about = (*ABOUT_THE_LOG_IN, OrderReason.ACCESS_FORBIDDEN)
    blocked = SyncJob.objects.filter(location=location, error_code__in=about)
    blocked.want()


def take_in_location(seller: Seller, given: dict[str, Any], *, actor: str) -> Location:
    location, is_new = Location.objects.get_or_create(
        location_key=given["location_key"], defaults={"seller": seller}
    )
    if is_new:
        record_event(
            "onboarding", "Onboarding begun.", at=clock.now(), actor=actor, location=location
        )
    registration = flow.registration_of(location)
    carrier = given.get("carrier")
    if carrier and registration.state == CarrierRegistration.State.NOT_SENT:
        registration.username = carrier["username"]
        registration.password = carrier["password"]
        registration.token = carrier.get("token", "")
        registration.save()
    return location
