"""Wrong passwords and codes: whose they count against, and what forgets them."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from sellers import locks
from sellers.locks import OwnPasswordForm
from sellers.models import SecondFactor
from sellers.staff_models import LogInTries

pytestmark = pytest.mark.django_db

OLD, NEW = "right-password-canary", "another-password-canary"


@pytest.fixture
def asha():
    return User.objects.create_user("asha", password=OLD)


@pytest.fixture
def vik():
    return User.objects.create_user("vik", password=OLD)


def change(user, old, new=NEW):
    """The form as it was sent."""
    return OwnPasswordForm(user, {"old_password": old, "new_password1": new, "new_password2": new})


def wrong(user):
    """How many wrong passwords count against this name; 0 where none is known."""
    row = locks.tries_of(user.get_username()).first()
    return row.wrong if row else 0


# One's own password, changed at an open session ---------------------------------------------


def test_wrong_old_password_counts_against_ones_own_name_and_no_other(asha, vik):
    for tries in (1, 2):
        assert not change(asha, "guess").is_valid()
        assert (wrong(asha), wrong(vik), LogInTries.objects.count()) == (tries, 0, 1)


def test_right_old_password_forgets_ones_own_wrong_ones_and_no_others(asha, vik):
    for user in (asha, vik):
        change(user, "guess").is_valid()

    assert change(asha, OLD).is_valid()

    assert (wrong(asha), wrong(vik)) == (0, 1)


def test_after_five_wrong_ones_not_even_the_right_one_is_looked_at(asha, vik):
    for _ in range(locks.LIMIT):
        assert not change(asha, "guess").is_valid()

    for old in ("guess", OLD):
        with pytest.raises(locks.Locked):
            change(asha, old).is_valid()
    assert change(vik, OLD).is_valid()


def test_new_password_is_not_the_old_one(asha):
    form = change(asha, OLD, OLD)

    assert not form.is_valid()
    assert form.errors == {"new_password1": ["This is the old one. Choose another."]}


# Lifting a lock -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("passwords", "codes", "had_any"),
    [(0, 0, False), (1, 0, True), (0, 1, True), (0, 5, True), (5, 2, True)],
)
def test_lifting_forgets_the_wrong_passwords_and_codes_of_one_person(
    asha, vik, passwords, codes, had_any
):
    for user in (asha, vik):
        SecondFactor.objects.create(user=user, key="k", confirmed_at=timezone.now(), wrong=codes)
        for _ in range(passwords):
            locks.count_log_in(user.get_username())

    assert locks.lift(asha) == had_any

    assert (wrong(asha), wrong(vik)) == (0, passwords)
    assert dict(SecondFactor.objects.values_list("user", "wrong")) == {asha.pk: 0, vik.pk: codes}
    assert not locks.lift(asha)


# When it ends -------------------------------------------------------------------------------

QUARTER, MOMENT = timedelta(minutes=15), timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("count", "ago", "is_locked"),
    [
        (4, timedelta(0), False),
        (5, timedelta(0), True),
        (6, timedelta(0), True),
        (5, QUARTER - MOMENT, True),
        (5, QUARTER, False),
        (5, None, False),
    ],
)
def test_five_wrong_ones_lock_for_a_quarter_of_an_hour(monkeypatch, count, ago, is_locked):
    now = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: now)
    row = LogInTries(name="x", wrong=count, wrong_at=None if ago is None else now - ago)

    assert locks.is_locked(row) == is_locked
    assert not locks.is_locked(None)
