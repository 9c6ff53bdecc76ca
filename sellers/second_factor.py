"""Codes of an authenticator app (RFC 6238), and spare ones."""

import secrets
from base64 import b32decode, b32encode
from collections.abc import Mapping
from urllib.parse import quote

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django_otp.oath import TOTP

from booon_console.fields import Undecipherable, reveal
from booon_console.lib.digests import digest_of
from booon_console.log_in import let_connection_go
from sellers import locks
from sellers.models import SecondFactor

# Each code begins with its own, so that one hash is reckoned and not all of them.
SPARE_SLOTS = "ABCDEFGH"
SPARE_BYTES = 10
ISSUER = "Booon console"


class AlreadySet(Exception):
    """Somebody set up the second factor of this account meanwhile."""


def factor_of(user: User) -> SecondFactor | None:
    return SecondFactor.objects.filter(user=user).first()


def is_readable(factor: SecondFactor) -> bool:
    """Whether a code of the app can be checked: where no key opens it, only a spare one helps."""
    try:
        reveal(factor.key)
    except Undecipherable:
        return False
    return True


# Codes of the app ---------------------------------------------------------------------------


def new_key() -> str:
    return b32encode(secrets.token_bytes(20)).decode()


def address(user: User, key: str) -> str:
    """What the authenticator app reads from the picture. It holds the key."""
    label = quote(f"{ISSUER}:{user.get_username()}")
    return f"otpauth://totp/{label}?secret={key}&issuer={quote(ISSUER)}"


def step_of(key: str, code: str, after: int = 0) -> int | None:
    """The half minute whose code this is: now or one to either side, and later than `after`."""
    if not (code.isascii() and code.isdigit() and len(code) == 6):
        return None
    totp = TOTP(b32decode(key))
    now: int = totp.t()
    return now + totp.drift if totp.verify(int(code), tolerance=1, min_t=after + 1) else None


def accepts(factor: SecondFactor, code: str) -> bool:
    """Whether this code is right, for once. Until it is found right it counts as a wrong one."""
    row = SecondFactor.objects.filter(pk=factor.pk)
    if not locks.count_try(row):
        return False
    factor.refresh_from_db()
    is_right = is_fresh(factor, code) or spend(factor, code)
    if is_right:
        row.update(wrong=0)
    return is_right


def is_fresh(factor: SecondFactor, code: str) -> bool:
    """The app's code, not used before."""
    if not factor.has_app or not is_readable(factor):
        return False
    step = step_of(str(reveal(factor.key)), code, factor.last_step)
    newer = SecondFactor.objects.filter(pk=factor.pk, last_step__lt=step or 0)
    return newer.update(last_step=step) == 1


# Spare codes --------------------------------------------------------------------------------


def spend(factor: SecondFactor, code: str) -> bool:
    """Whether it is a spare code; it is none any more then. Holds no connection while it hashes."""
    let_connection_go()
    slot = slot_of(factor.spare_hashes, code)
    return slot is not None and take_out(factor, slot)


def slot_of(hashes: Mapping[str, str], code: str) -> str | None:
    """The slot of the hash that fits. Codes of release 0.1 have none: numbers stand for theirs."""
    plain = code.replace("-", "").upper()
    for slot, hashed in hashes.items():
        if slot.isdigit():
            if check_password(digest_of(code.lower()), hashed):
                return slot
        elif plain.startswith(slot) and check_password(plain, hashed):
            return slot
    return None


@transaction.atomic
def take_out(factor: SecondFactor, slot: str) -> bool:
    kept = SecondFactor.objects.select_for_update(no_key=True).filter(pk=factor.pk).first()
    if kept is None or kept.spare_hashes.get(slot) != factor.spare_hashes[slot]:
        return False
    del kept.spare_hashes[slot]
    kept.save(update_fields=["spare_hashes"])
    return True


def new_spares() -> tuple[list[str], dict[str, str]]:
    """Codes to be shown once, and what is kept of them. Holds no connection while it hashes."""
    let_connection_go()
    codes = {slot: slot + random_letters() for slot in SPARE_SLOTS}
    return list(map(grouped, codes.values())), {
        slot: make_password(code) for slot, code in codes.items()
    }


def random_letters() -> str:
    return b32encode(secrets.token_bytes(SPARE_BYTES)).decode()


def grouped(code: str) -> str:
    """As it is easily read off paper."""
    return "-".join([code[:5], *(code[at : at + 4] for at in range(5, len(code), 4))])


# Setting it up ------------------------------------------------------------------------------


def set_up(user: User, key: str, step: int) -> list[str]:
    """From now on it is asked for. Returns the spare codes, which nobody can read again.

    Raises AlreadySet.
    """
    codes, hashes = new_spares()
    try:
        with transaction.atomic():
            SecondFactor.objects.create(user=user, key=key, last_step=step, spare_hashes=hashes)
    except IntegrityError:
        raise AlreadySet from None
    return codes


def replace(user: User, key: str, step: int) -> list[str]:
    """Another app in the place of the one of before, with spare codes of its own.

    Passkeys stay; who had those alone has an app too from now on.
    """
    codes, hashes = new_spares()
    SecondFactor.objects.filter(user=user).update(
        key=key,
        last_step=step,
        spare_hashes=hashes,
        confirmed_at=timezone.now(),
        wrong=0,
        has_app=True,
    )
    return codes


def renew_spares(user: User) -> list[str]:
    """New spare codes in the place of those of before."""
    codes, hashes = new_spares()
    SecondFactor.objects.filter(user=user).update(spare_hashes=hashes)
    return codes
