"""Codes of an authenticator app (RFC 6238), and spare ones."""

import hashlib
import secrets
from base64 import b32decode, b32encode
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django_otp.oath import TOTP

from sellers.models import SecondFactor

SPARE_CODES = 8
ISSUER = "Booon console"


def of(user: User) -> SecondFactor:
    """Theirs; a new one, not yet confirmed, where there is none."""
    key = b32encode(secrets.token_bytes(20)).decode()
    factor, _is_new = SecondFactor.objects.get_or_create(user=user, defaults={"key": key})
    return factor


def address(factor: SecondFactor) -> str:
    """What the authenticator app reads from the picture. It holds the key."""
    label = quote(f"{ISSUER}:{factor.user.get_username()}")
    return f"otpauth://totp/{label}?secret={factor.key}&issuer={quote(ISSUER)}"


def is_locked(factor: SecondFactor) -> bool:
    """As many wrong codes as wrong passwords, and for as long."""
    since = timezone.now() - settings.AXES_COOLOFF_TIME
    is_recent = factor.wrong_at is not None and factor.wrong_at > since
    return factor.wrong >= settings.AXES_FAILURE_LIMIT and is_recent


def accepts(factor: SecondFactor, code: str) -> bool:
    """Whether this code is right, for once. Wrong ones are counted."""
    factor.refresh_from_db()
    if is_locked(factor):
        return False
    is_right = is_fresh(factor, code) or (bool(factor.confirmed_at) and spend(factor, code))
    rows = SecondFactor.objects.filter(pk=factor.pk)
    if is_right:
        rows.update(wrong=0)
    elif factor.wrong_at and factor.wrong_at < timezone.now() - settings.AXES_COOLOFF_TIME:
        rows.update(wrong=1, wrong_at=timezone.now())
    else:
        rows.update(wrong=F("wrong") + 1, wrong_at=timezone.now())
    return is_right


def is_fresh(factor: SecondFactor, code: str) -> bool:
    """The app's code of now, or of half a minute to either side, and not used before."""
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        return False
    totp = TOTP(b32decode(factor.key))
    now = totp.t()
    if not totp.verify(int(code), tolerance=1, min_t=factor.last_step + 1):
        return False
    step = now + totp.drift
    newer = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step)
    return newer.update(last_step=step) == 1


@transaction.atomic
def spend(factor: SecondFactor, code: str) -> bool:
    kept = SecondFactor.objects.select_for_update().get(pk=factor.pk)
    spent = digest_of(code)
    if spent not in kept.spare_digests:
        return False
    kept.spare_digests.remove(spent)
    kept.save(update_fields=["spare_digests"])
    return True


def confirm(factor: SecondFactor) -> list[str]:
    """From now on it is asked for. Returns the spare codes, which nobody can read again."""
    codes = [secrets.token_hex(5) for _ in range(SPARE_CODES)]
    digests = [digest_of(code) for code in codes]
    SecondFactor.objects.filter(pk=factor.pk).update(
        confirmed_at=timezone.now(), spare_digests=digests
    )
    return codes


def digest_of(code: str) -> str:
    return hashlib.sha256(code.encode(errors="backslashreplace")).hexdigest()
