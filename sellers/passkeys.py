"""Passkeys (WebAuthn) as a second factor: registered, asked for, told from others, removed.

The library checks what a device answers; which challenge, address and person it has to be of is
said here. https://www.w3.org/TR/webauthn-3/
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from time import time
from typing import Any, TypeVar

import webauthn
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.http.request import split_domain_port
from django.utils import timezone
from django.utils.crypto import salted_hmac
from webauthn import base64url_to_bytes
from webauthn.helpers import (
    bytes_to_base64url,
    generate_challenge,
    options_to_json_dict,
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from booon_console.fields import Undecipherable, reveal
from sellers import locks, second_factor
from sellers.models import Passkey, SecondFactor

CHALLENGE_LASTS = timedelta(minutes=5)
# What a browser sends is some 1,000 characters, or 3,000 with a long key.
LONGEST_ANSWER = 20_000
MOST = 10
# In the session: what the challenge is for, itself, and when it was made.
CHALLENGE = "passkey_challenge"
MAKE, USE = "make", "use"

NEEDS_A_NAME = "a passkey needs an address with a name, and this one is a number"
NEEDS_HTTPS = "a passkey needs https, or localhost"

Answer = TypeVar("Answer")


class NotHere(Exception):
    """The address that the browser is at can't have passkeys; the text says why."""


class Stale(Exception):
    """No challenge stands in this session for it, or its time is over. Nothing was compared."""


class Refused(Exception):
    """It is not the answer that was asked for."""


class WentBack(Refused):
    """The device's count of its answers is not above the last one: it may have been copied."""

    def __init__(self, passkey: Passkey) -> None:
        super().__init__()
        self.passkey = passkey


class Taken(Exception):
    """This passkey is registered already, or there are as many as there may be."""


class LastOne(Exception):
    """Without it nothing but spare codes would be left."""


# Where they are good ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """The address that the browser is at: what passkeys are bound to, and what it calls itself."""

    rp_id: str
    origin: str


def place_of(request: HttpRequest) -> Place:
    """Of a host that ALLOWED_HOSTS lets in. Raises NotHere."""
    name, port = split_domain_port(request.get_host())
    if is_number(name.strip("[]")):
        raise NotHere(NEEDS_A_NAME)
    if not request.is_secure() and name != "localhost" and not name.endswith(".localhost"):
        raise NotHere(NEEDS_HTTPS)
    # A browser leaves the usual port out, and a proxy may not.
    is_usual = port in ("", "443" if request.is_secure() else "80")
    return Place(name, f"{request.scheme}://{name}{'' if is_usual else f':{port}'}")


def is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def usable(factor: SecondFactor, place: Place) -> QuerySet[Passkey]:
    return Passkey.objects.filter(factor=factor, rp_id=place.rp_id).order_by("pk")


# Challenges ---------------------------------------------------------------------------------


def new_challenge(session: SessionBase, purpose: str) -> bytes:
    """One for each session: another one takes its place."""
    challenge = generate_challenge()
    session[CHALLENGE] = [purpose, bytes_to_base64url(challenge), time()]
    return challenge


def take_challenge(session: SessionBase, purpose: str) -> bytes:
    """It is gone from the session, whatever comes of it. Raises Stale."""
    kept, challenge, made = session.pop(CHALLENGE, None) or ("", "", 0)
    if kept != purpose or time() - made >= CHALLENGE_LASTS.total_seconds():
        raise Stale
    return base64url_to_bytes(challenge)


# What the browser is asked ------------------------------------------------------------------


def to_make(user: User, place: Place, challenge: bytes) -> dict[str, Any]:
    """What `navigator.credentials.create` takes, with bytes as base64url."""
    name = user.get_username()
    options = webauthn.generate_registration_options(
        rp_id=place.rp_id,
        rp_name=second_factor.ISSUER,
        # Says nothing of the person, and is the same each time: a device keeps one for each.
        user_id=salted_hmac("sellers.passkeys", str(user.pk), algorithm="sha256").digest(),
        user_name=name,
        challenge=challenge,
        timeout=milliseconds(),
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.PREFERRED,
            user_verification=UserVerificationRequirement.PREFERRED,
        ),
        exclude_credentials=described(
            Passkey.objects.filter(factor__user=user, rp_id=place.rp_id).order_by("pk")
        ),
    )
    return options_to_json_dict(options)


def to_use(passkeys: Iterable[Passkey], place: Place, challenge: bytes) -> dict[str, Any]:
    """What `navigator.credentials.get` takes, with bytes as base64url."""
    options = webauthn.generate_authentication_options(
        rp_id=place.rp_id,
        challenge=challenge,
        timeout=milliseconds(),
        allow_credentials=described(passkeys),
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    return options_to_json_dict(options)


def milliseconds() -> int:
    return int(CHALLENGE_LASTS / timedelta(milliseconds=1))


def described(passkeys: Iterable[Passkey]) -> list[PublicKeyCredentialDescriptor]:
    return [
        PublicKeyCredentialDescriptor(
            id=base64url_to_bytes(passkey.credential_id),
            transports=[
                AuthenticatorTransport(each) for each in passkey.transports.split(",") if each
            ],
        )
        for passkey in passkeys
    ]


# What the device answers --------------------------------------------------------------------


def read(how: Callable[..., Answer], *given: str, **named: Any) -> Answer:
    """What the library makes of it. Raises Refused."""
    if given and len(given[0]) > LONGEST_ANSWER:
        raise Refused
    try:
        return how(*given, **named)
    # Bytes of a stranger: beside its own errors the library lets those of all that it calls
    # through, and whatever it stumbles over is no answer.
    except Exception:
        raise Refused from None


def made(answer: str, challenge: bytes, place: Place, name: str) -> Passkey:
    """A passkey as the device says that it made it, saved nowhere yet. Raises Refused."""
    credential = read(parse_registration_credential_json, answer)
    proved = read(
        webauthn.verify_registration_response,
        credential=credential,
        expected_challenge=challenge,
        expected_rp_id=place.rp_id,
        expected_origin=place.origin,
    )
    transports = dict.fromkeys(each.value for each in credential.response.transports or [])
    return Passkey(
        name=name,
        credential_id=bytes_to_base64url(proved.credential_id),
        public_key=bytes_to_base64url(proved.credential_public_key),
        rp_id=place.rp_id,
        transports=",".join(transports),
        sign_count=proved.sign_count,
    )


def accept(factor: SecondFactor, answer: str, challenge: bytes, place: Place) -> Passkey:
    """The passkey of this person that answered. Until then it counts as a wrong code.

    Raises Refused, and of it WentBack.
    """
    row = SecondFactor.objects.filter(pk=factor.pk)
    if not locks.count_try(row):
        raise Refused
    credential = read(parse_authentication_credential_json, answer)
    named = usable(factor, place).filter(credential_id=bytes_to_base64url(credential.raw_id))
    passkey = named.first()
    if passkey is None:
        raise Refused
    try:
        public_key = base64url_to_bytes(reveal(passkey.public_key))
    except Undecipherable:
        raise Refused from None
    proved = read(
        webauthn.verify_authentication_response,
        credential=credential,
        expected_challenge=challenge,
        expected_rp_id=place.rp_id,
        expected_origin=place.origin,
        credential_public_key=public_key,
        # The library looks at it before the signature, so that anybody could say that it went back.
        credential_current_sign_count=0,
    )
    if not count_on(passkey, proved.new_sign_count):
        raise WentBack(passkey)
    row.update(wrong=0)
    return passkey


def count_on(passkey: Passkey, count: int) -> bool:
    """Whether the device's count went on, or it counts nothing; now it stands there.

    One statement, so that of two answers with one count a single one passes.
    """
    goes_on = Q(sign_count=0) if count == 0 else Q(sign_count__lt=count)
    row = Passkey.objects.filter(goes_on, pk=passkey.pk)
    return row.update(sign_count=count, used_at=timezone.now()) == 1


# Keeping them -------------------------------------------------------------------------------


def set_up(user: User, passkey: Passkey) -> list[str]:
    """The first factor of this person, without an app. Returns the spare codes.

    Raises Taken and second_factor.AlreadySet.
    """
    if is_known(passkey):
        raise Taken
    codes, hashes = second_factor.new_spares()
    try:
        with transaction.atomic():
            # Where code of before looks at it, no code is right: nobody has seen this key.
            passkey.factor = SecondFactor.objects.create(
                user=user, key=second_factor.new_key(), has_app=False, spare_hashes=hashes
            )
            passkey.save()
    except IntegrityError:
        raise second_factor.AlreadySet from None
    return codes


def add(factor: SecondFactor, passkey: Passkey) -> None:
    """Raises Taken."""
    if is_known(passkey) or factor.passkeys.count() >= MOST:
        raise Taken
    passkey.factor = factor
    try:
        with transaction.atomic():
            passkey.save()
    except IntegrityError:
        raise Taken from None


def is_known(passkey: Passkey) -> bool:
    return Passkey.objects.filter(credential_id=passkey.credential_id).exists()


@transaction.atomic
def remove(factor: SecondFactor, pk: int) -> Passkey | None:
    """The one that was removed; None where there is none of this person. Raises LastOne."""
    # Two that are removed at once must not both be the last but one.
    kept = SecondFactor.objects.select_for_update(no_key=True).filter(pk=factor.pk).first()
    passkey = Passkey.objects.filter(factor=kept, pk=pk).first() if kept else None
    if kept is None or passkey is None:
        return None
    if not kept.has_app and kept.passkeys.count() == 1:
        raise LastOne
    Passkey.objects.filter(pk=pk).delete()
    return passkey
