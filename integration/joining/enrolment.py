"""A seller as Booon's staff give them: one check and one way in, for the command and the form."""

from typing import Any

from django.db import transaction
from rest_framework import serializers

from booon_console import clock
from integration import gateway, onboarding
from integration.models import SyncJob, record_event
from sellers.models import CODE, CarrierRegistration, Location, LocationReason, LoginTrouble, Seller


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
    rate_per_second = serializers.FloatField(required=False, min_value=0.01, max_value=1000)
    burst = serializers.IntegerField(required=False, min_value=1, max_value=10_000)
    daily_quota = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    locations = LocationIn(many=True, allow_empty=False)

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(set(data) - set(self.fields))
            if unknown:
                raise serializers.ValidationError(
                    {str(name): ["There is no such field."] for name in unknown}
                )
        return super().to_internal_value(data)

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
    soon as EasyEcom's cool-down allows.
    """
    known = Seller.objects.select_for_update(no_key=True).filter(code=given["code"]).first()
    seller = known or Seller(code=given["code"])
    changed = has_new_credentials(seller, given)
    for name in ("name", "api_username", "api_password", "rate_per_second", "burst", "daily_quota"):
        if name in given:
            setattr(seller, name, given[name])
    if "x_api_key" in given:
        seller.x_api_key = given["x_api_key"] or ""
    seller.save()
    locations = [take_in_location(seller, each, actor=actor) for each in given["locations"]]
    if known and changed:
        log_in_anew(seller)
    for location in locations:
        onboarding.want(location)
    return locations


def has_new_credentials(seller: Seller, given: dict[str, Any]) -> bool:
    return any(
        name in given and (given[name] or "") != getattr(seller, name)
        for name in ("api_username", "api_password", "x_api_key")
    )


def log_in_anew(seller: Seller) -> None:
    """New credentials: drop tokens and refusals, but never log in twice within the cool-down."""
    for location in seller.locations.select_for_update(no_key=True):
        started = location.login_started_at
        location.token = ""
        location.login_trouble = LoginTrouble.NONE
        location.next_login_at = started and started + gateway.LOGIN_COOL_DOWN
        if location.blocked_reason == LocationReason.CREDENTIALS_REFUSED:
            location.blocked_reason = LocationReason.ONBOARDING
            location.blocked_detail = ""
        location.save()
        blocked = SyncJob.objects.filter(location=location, error_code="credentials_refused")
        blocked.want()


def take_in_location(seller: Seller, given: dict[str, Any], *, actor: str) -> Location:
    location, is_new = Location.objects.get_or_create(
        location_key=given["location_key"], defaults={"seller": seller}
    )
    if is_new:
        record_event(
            "onboarding", "Onboarding begun.", at=clock.now(), actor=actor, location=location
        )
    registration = onboarding.registration_of(location)
    carrier = given.get("carrier")
    if carrier and registration.state == CarrierRegistration.State.NOT_SENT:
        registration.username = carrier["username"]
        registration.password = carrier["password"]
        registration.token = carrier.get("token", "")
        registration.save()
    return location
