"""What staff's log-ins leave in the events; never what was typed."""

from typing import Any

from django.contrib.auth.models import User
from limits import RateLimitItemPerMinute

from booon_console import log_in
from booon_console.lib import clock
from integration.models import record_event
from sellers import locks, sessions
from sellers.models import GivenPassword, Passkey, SecondFactor

# Names that nobody has are tried without end: that somebody does so is told once a minute.
STRANGERS = RateLimitItemPerMinute(1)


def record_log_in(user: Any) -> None:
    record_event("staff_log_in", "Logged in.", at=clock.now(), actor=user.get_username())


def record_log_out(user: Any) -> None:
    record_event("staff_log_out", "Logged out.", at=clock.now(), actor=user.get_username())


def record_second_step(user: User, passkey: Passkey | None = None) -> None:
    by = f" with the passkey “{passkey}”" if passkey else ""
    sentence = f"Second step passed{by}."
    record_event("second_step", sentence, at=clock.now(), actor=user.get_username())


def record_failure(name: str) -> None:
    """A wrong password; the lock bounds how many. Names of no account are not repeated."""
    if "\x00" not in name and User.objects.filter(username=name).exists():
        record_event("staff_failed", f"Log-in of {name} failed.", at=clock.now())
    elif log_in.limiter.hit(STRANGERS, "strangers"):
        record_event("staff_failed", "Log-in failed: no such account.", at=clock.now())


def record_lock(name: str) -> None:
    """Once for each lock, and of accounts only: any other name may be a password."""
    if User.objects.filter(username=name).exists() and locks.tell_once(locks.tries_of(name)):
        record_event("staff_locked", f"Log-in of {name} locked: wrong passwords.", at=clock.now())


def record_wrong_code(factor: SecondFactor, what: str = "code") -> None:
    """Whoever guesses knows the password. A lock is told once, and bounds how many these are."""
    if not locks.is_locked(factor):
        sentence = f"Second step of {factor.user} failed: wrong {what}."
        record_event("staff_failed", sentence, at=clock.now())
    tell_lock(factor)


def record_count_that_went_back(passkey: Passkey, factor: SecondFactor) -> None:
    """Each time: its signature was right, so that nobody else brings this about."""
    sentence = f"Passkey “{passkey}” of {factor.user} refused: its count went back. A copy of it?"
    record_event("staff_failed", sentence, at=clock.now())
    tell_lock(factor)


def tell_lock(factor: SecondFactor) -> None:
    if locks.tell_once(SecondFactor.objects.filter(pk=factor.pk)):
        sentence = f"Second step of {factor.user} locked: wrong codes after the right password."
        record_event("staff_locked", sentence, at=clock.now())


def record_ended(user: User, count: int, *, actor: str) -> None:
    """Sessions that somebody or something ended before their time."""
    if count:
        words = "Session" if count == 1 else f"{count} sessions"
        record_event("session_ended", f"{words} of {user} ended.", at=clock.now(), actor=actor)


def record_own_password(user: User, *, but: str | None) -> None:
    """Somebody changed their own password: their sessions end, but the one of that key."""
    GivenPassword.objects.filter(user=user).delete()
    name = user.get_username()
    record_event("staff", f"{name} changed their own password.", at=clock.now(), actor=name)
    record_ended(user, sessions.end_all(user, but=but), actor=name)
