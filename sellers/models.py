"""Who we serve: sellers, their EasyEcom locations, and each location's one carrier registration."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import OuterRef, Q
from django.utils import timezone

from booon_console.fields import EncryptedTextField
from sellers.staff_models import GivenPassword as GivenPassword
from sellers.staff_models import LogInTries as LogInTries
from sellers.staff_models import StaffSession as StaffSession

# An account's limits, in every door: reckoning with a bucket larger than these goes wrong.
RATES = (0.01, 1000.0)
BURSTS = (1, 10_000)
DAILY_QUOTAS = (1, 10_000_000)
CODE = r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
# Tokens live 90 days: docs/easyecom-contract.md#1-get-auth-token.
TOKEN_RENEWAL = timedelta(days=80)


def within(least: float, most: float) -> list[Callable[[Any], None]]:
    return [MinValueValidator(least), MaxValueValidator(most)]


class Seller(models.Model):
    """A merchant on Booon, and the API user of theirs at EasyEcom."""

    code = models.CharField(max_length=64, unique=True, validators=[RegexValidator(rf"^{CODE}\Z")])
    name = models.CharField(max_length=200)
    api_username = models.CharField(max_length=254)
    api_password = EncryptedTextField()
    x_api_key = EncryptedTextField(blank=True, default="")
    # Whom Booon's staff call.
    contact_name = models.CharField(max_length=200, blank=True, default="", db_default="")
    contact_phone = models.CharField(max_length=32, blank=True, default="", db_default="")
    rate_per_second = models.FloatField(default=5, validators=within(*RATES))
    burst = models.PositiveIntegerField(default=10, validators=within(*BURSTS))
    daily_quota = models.PositiveIntegerField(
        null=True, blank=True, validators=within(*DAILY_QUOTAS)
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="seller_rate_can_be_kept", condition=Q(rate_per_second__range=RATES)
            ),
            models.CheckConstraint(
                name="seller_burst_can_be_kept", condition=Q(burst__range=BURSTS)
            ),
            models.CheckConstraint(
                name="seller_daily_quota_can_be_kept",
                condition=Q(daily_quota=None) | Q(daily_quota__range=DAILY_QUOTAS),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.code})"


class LocationReason(models.TextChoices):
    """Why a location is not live, or not well. The labels are the sentences that people read."""

    ONBOARDING = "onboarding", "Onboarding is under way."
    CREDENTIALS_REFUSED = (
        "credentials_refused",
        "EasyEcom refuses this seller's log-in. Correct user name, password or location key.",
    )
    SECRET_UNREADABLE = (
        "secret_unreadable",
        "The console can't read what it needs to log in. Type it in again on the seller's page, or "
        "give the console its old key back.",
    )
    COOL_DOWN = (
        "cool_down",
        "EasyEcom allows one log-in a minute for a location. The next try comes by itself.",
    )
    CARRIER_NOT_CONFIGURED = (
        "carrier_not_configured",
        "Booon's carrier id, user name or password is not set, so nothing was registered.",
    )
    CARRIER_IN_DOUBT = (
        "carrier_in_doubt",
        "EasyEcom may have registered the carrier. It is never sent again by itself: "
        "a permitted person must look in EasyEcom's Carrier Master and say what is there.",
    )
    UNREACHABLE = "unreachable", "EasyEcom gave no usable answer. The next try comes by itself."
    RATE_LIMITED = "rate_limited", "EasyEcom's rate limit is reached. It goes on by itself."
    QUOTA_SPENT = (
        "quota_spent",
        "EasyEcom takes no more calls for this seller today. It goes on by itself.",
    )
    HELD = "held", "Held on purpose: the onboarding goes on once the hold is released."
    REFUSED = "refused", "EasyEcom refused a step of the onboarding."
    TOKENS_NOT_ISSUED = (
        "tokens_not_issued",
        "The webhook endpoints have no tokens yet. Open the location's page and issue them.",
    )


class LoginTrouble(models.TextChoices):
    """What went wrong with the last log-in or token, until a call with a token succeeds."""

    NONE = "", "—"
    COOL_DOWN = "cool_down", "Asked to wait"
    TOKEN_REFUSED = "token_refused", "Token refused; logging in again"
    REFUSED = "refused", "Refused"


class Location(models.Model):
    """One EasyEcom warehouse of a seller, known to EasyEcom by its location key."""

    seller = models.ForeignKey(Seller, on_delete=models.PROTECT, related_name="locations")
    location_key = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200, blank=True, default="")
    city = models.CharField(max_length=100, blank=True, default="")
    company_id = models.CharField(max_length=32, blank=True, default="", db_index=True)

    token = EncryptedTextField(blank=True, default="")
    token_issued_at = models.DateTimeField(null=True, blank=True, editable=False)
    token_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    login_started_at = models.DateTimeField(null=True, blank=True, editable=False)
    # No log-in starts before this moment: it is both the cool-down and the single flight.
    next_login_at = models.DateTimeField(null=True, blank=True, editable=False)
    login_trouble = models.CharField(
        max_length=16, choices=LoginTrouble, blank=True, default="", editable=False
    )

    located_at = models.DateTimeField(null=True, blank=True, editable=False)
    catalog_seen_at = models.DateTimeField(null=True, blank=True, editable=False)
    live_at = models.DateTimeField(null=True, blank=True, editable=False)
    blocked_reason = models.CharField(
        max_length=32, choices=LocationReason, blank=True, default=LocationReason.ONBOARDING
    )
    blocked_detail = models.CharField(max_length=500, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["seller_id", "location_key"]
        constraints = [
            models.CheckConstraint(
                name="live_location_was_found",
                condition=Q(live_at__isnull=True)
                | Q(located_at__isnull=False, catalog_seen_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name or 'Location'} ({self.location_key})"

    @property
    def is_live(self) -> bool:
        return self.live_at is not None

    @property
    def is_known(self) -> bool:
        """Whether EasyEcom has named it: one that it does not list is live without that."""
        return bool(self.name and self.city and self.company_id)

    def has_key(self, key: str) -> bool:
        """Whether EasyEcom means this one, in whatever letter case it writes the key."""
        return key.casefold() == self.location_key.casefold()

    @property
    def blocked_message(self) -> str:
        """The sentence for people, EasyEcom's own words at its end; "" when nothing is wrong."""
        if not self.blocked_reason:
            return ""
        return " ".join(
            filter(None, [LocationReason(self.blocked_reason).label, self.blocked_detail])
        )

    @property
    def token_good_until(self) -> datetime | None:
        """Day 80 of the last token, or its end if that is earlier."""
        if self.token_issued_at is None:
            return None
        return min(filter(None, [self.token_issued_at + TOKEN_RENEWAL, self.token_expires_at]))

    def has_good_token(self, now: datetime) -> bool:
        """True until day 80, or until EasyEcom refused the token or it ran out."""
        until = self.token_good_until
        return bool(self.token) and until is not None and now < until


class CarrierRegistrations(models.QuerySet["CarrierRegistration"]):
    """Of Booon's carrier, which is what EASYECOM_CARRIER_ID says now."""

    def at(self, *location_keys: str | OuterRef) -> Self:
        return self.filter(carrier_id=settings.EASYECOM_CARRIER_ID, location_key__in=location_keys)

    def registered(self) -> Self:
        return self.filter(state=CarrierRegistration.State.REGISTERED)


class CarrierRegistration(models.Model):
    """The once-per-location Add Carrier Credentials. Never deleted.

    Keyed by the location key itself and not by our row, so that a location deleted and made
    anew meets the same guard (docs/easyecom-contract.md#once-per-location).
    """

    class State(models.TextChoices):
        NOT_SENT = "not_sent", "Not sent"
        SENDING = "sending", "Being sent"
        REGISTERED = "registered", "Registered"
        IN_DOUBT = "in_doubt", "In doubt"

    location_key = models.CharField(max_length=64)
    carrier_id = models.PositiveBigIntegerField()
    state = models.CharField(max_length=16, choices=State, default=State.NOT_SENT)
    company_carrier_id = models.CharField(max_length=32, blank=True, default="")
    username = models.CharField(max_length=254, blank=True, default="")
    password = EncryptedTextField(blank=True, default="")
    token = EncryptedTextField(blank=True, default="")
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)
    doubt_since = models.DateTimeField(null=True, blank=True, editable=False)
    doubt_cause = models.CharField(max_length=500, blank=True, default="", editable=False)
    decided_by = models.CharField(max_length=150, blank=True, default="", editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = CarrierRegistrations.as_manager()

    class Meta:
        ordering = ["location_key"]
        permissions = [("resolve_carrier_doubt", "Can say whether a carrier in doubt is there")]
        constraints = [
            models.UniqueConstraint(
                fields=["location_key", "carrier_id"], name="one_registration_per_location"
            ),
            models.CheckConstraint(
                name="registered_has_carrier_id",
                condition=~Q(state="registered") | ~Q(company_carrier_id=""),
            ),
            models.CheckConstraint(
                name="carrier_doubt_has_a_beginning",
                condition=~Q(state="in_doubt") | Q(doubt_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"Carrier {self.carrier_id} at {self.location_key}: {self.get_state_display()}"


class StaffScope(models.Model):
    """The sellers that one member of staff sees. Without such a row they see all of them.

    Not "no sellers named means all": a scope whose last seller goes would then open everything.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="scope"
    )
    sellers = models.ManyToManyField(Seller, blank=True, related_name="+")

    def __str__(self) -> str:
        return f"Sellers of {self.user}"


class SecondFactor(models.Model):
    """The key in a staff member's authenticator app, of which a code was given; their passkeys.

    `last_step` is the newest 30 seconds whose code was used: no code works twice. Spare codes, for
    the day the phone is lost, are hashed as passwords are, by their slots. Who has passkeys alone
    has a key that nobody has seen.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="second_factor",
    )
    key = EncryptedTextField()
    confirmed_at = models.DateTimeField(default=timezone.now)
    last_step = models.BigIntegerField(default=0)
    spare_hashes = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))
    wrong = models.PositiveIntegerField(default=0)
    wrong_at = models.DateTimeField(null=True, blank=True)
    is_told = models.BooleanField(default=False, db_default=False)
    has_app = models.BooleanField(default=True, db_default=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"Second factor of {self.user}"


class Passkey(models.Model):
    """A key that a device of a staff member keeps to itself; here is what its answers are told by.

    It answers at the address it was made at alone (`rp_id`, a host without port). `credential_id`
    is base64url; the public key is hidden from dumps and changed by nobody without FIELD_KEYS.
    """

    factor = models.ForeignKey(SecondFactor, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=60)
    # https://www.w3.org/TR/webauthn-3/#credential-id has 1,023 bytes at most.
    credential_id = models.CharField(max_length=1364)
    public_key = EncryptedTextField()
    rp_id = models.CharField(max_length=253)
    # How the browser reaches the device, in its own words: "internal,hybrid".
    transports = models.CharField(max_length=100, blank=True, default="", db_default="")
    sign_count = models.BigIntegerField(default=0, db_default=0)
    made_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["credential_id"], name="passkey_is_one_persons"),
        ]

    def __str__(self) -> str:
        return self.name
