"""How often somebody may guess. A try is counted first, and only then is anything compared.

So a burst of guesses compares no more than the limit, however many come at once
(docs/decisions/0052-locks-and-sessions.md).
"""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth.models import User
from django.db.models import Case, F, Q, QuerySet, When
from django.utils import timezone
from django.utils.crypto import salted_hmac

from booon_console.log_in import LogInForm
from sellers.models import SecondFactor
from sellers.staff_models import LogInTries

LIMIT = 5
COOL_OFF = timedelta(minutes=15)


class Locked(Exception):
    """Nobody may try this user name at the moment."""


class CountedLogInForm(LogInForm):
    """Counts against the user name, from wherever the password came. Raises Locked."""

    def clean(self) -> Any:
        name, password = (self.cleaned_data.get(field) for field in ("username", "password"))
        if name is None or not password:
            return super().clean()
        if not count_log_in(name):
            raise Locked
        try:
            data = super().clean()
        except forms.ValidationError:
            if is_locked(tries_of(name).first()):
                raise Locked from None
            raise
        tries_of(name).delete()
        return data


class OwnPasswordForm(AdminPasswordChangeForm):
    """Whoever sits at an open session may guess no more than at the log-in. Raises Locked."""

    def clean_old_password(self) -> str:
        name = self.user.get_username()
        if not count_log_in(name):
            raise Locked
        old: str = super().clean_old_password()
        tries_of(name).delete()
        return old

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("old_password") and data["old_password"] == data.get("new_password1"):
            self.add_error("new_password1", "This is the old one. Choose another.")
        return data


def count_log_in(name: str) -> bool:
    """Count a try at this user name. False where it may not be tried now."""
    if count_try(tries_of(name)):
        return True
    LogInTries.objects.bulk_create([LogInTries(name=digest_of_name(name))], ignore_conflicts=True)
    return count_try(tries_of(name))


def count_try(row: QuerySet[Any]) -> bool:
    """Count a try at what this row guards. False where it may not be tried now.

    One statement, so that none of those that come at once overlooks another.
    """
    now = timezone.now()
    is_past = Q(wrong_at__lte=now - COOL_OFF)
    counted = Case(When(is_past, then=1), default=F("wrong") + 1)
    may = row.filter(Q(wrong__lt=LIMIT) | is_past)
    return bool(may.update(wrong=counted, wrong_at=now, is_told=False))


def is_locked(row: LogInTries | SecondFactor | None) -> bool:
    return row is not None and row.wrong >= LIMIT and is_recent(row.wrong_at)


def is_recent(tried_at: datetime | None) -> bool:
    return tried_at is not None and tried_at > timezone.now() - COOL_OFF


def tell_once(row: QuerySet[Any]) -> bool:
    """Whether it is locked and nobody wrote that down yet: now the caller does."""
    return bool(row.filter(wrong__gte=LIMIT, is_told=False).update(is_told=True))


def lift(user: User) -> bool:
    """Forget wrong passwords and wrong codes. Returns whether there were any."""
    passwords, _ = tries_of(user.get_username()).delete()
    codes = SecondFactor.objects.filter(user=user, wrong__gt=0).update(wrong=0)
    return bool(passwords or codes)


def tries_of(name: str) -> QuerySet[LogInTries]:
    return LogInTries.objects.filter(name=digest_of_name(name))


def digest_of_name(name: str) -> str:
    return salted_hmac("sellers.locks", name, algorithm="sha256").hexdigest()
