"""Codes of an authenticator app: each works once, at its time, for its holder."""

from base64 import b32decode, b32encode
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django_otp.oath import totp

from booon_console.fields import reveal
from booon_console.lib.digests import digest_of
from sellers import second_factor
from sellers.models import SecondFactor

pytestmark = pytest.mark.django_db

# The first second of a step of 30.
START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
KEY = b32encode(b"twenty bytes of a key").decode()


def at(seconds=0, **parts):
    return time_machine.travel(START + timedelta(seconds=seconds, **parts), tick=False)


def factor(name="asha", key=KEY, **fields):
    user = User.objects.create_user(name)
    fields = {"confirmed_at": START - timedelta(days=9)} | fields
    return SecondFactor.objects.create(user=user, key=key, **fields)


def code(seconds=0, key=KEY):
    """What the app shows so many seconds after START."""
    moment = START.timestamp() + seconds
    return f"{totp(b32decode(key), t0=0, drift=int(moment // 30) - int(_now() // 30)):06}"


def _now():
    return datetime.now(UTC).timestamp()


@pytest.mark.parametrize(
    ("seconds", "is_right"),
    [(-31, False), (-30, True), (-1, True), (0, True), (29, True), (30, True), (59, True)],
)
def test_code_is_good_for_its_half_minute_and_one_to_either_side(seconds, is_right):
    """Asked at the last second of START's step."""
    with at(29):
        assert second_factor.accepts(factor(), code(seconds)) == is_right


def test_code_of_two_steps_ahead_is_too_early():
    with at(29):
        assert not second_factor.accepts(factor(), code(60))


def test_code_works_once_and_none_before_it_works_any_more():
    kept = factor()
    with at(0):
        assert second_factor.accepts(kept, code(0))
        assert not second_factor.accepts(kept, code(0))
        assert not second_factor.accepts(kept, code(-30))
        assert second_factor.accepts(kept, code(30))
        assert not second_factor.accepts(kept, code(0))


def test_code_of_another_is_no_code():
    other = factor("vik", key=b32encode(b"quite another key....").decode())
    with at(0):
        assert not second_factor.accepts(other, code(0))
        assert second_factor.accepts(factor(), code(0))


@pytest.mark.parametrize("mangled", ["{}0", "0{}", " {}", "{}x", "+{}"])
def test_code_has_six_digits_and_nothing_else(mangled):
    with at(0):
        assert not second_factor.accepts(factor(), mangled.format(code(0)))


# Locks -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wrong", "is_open"), [(3, True), (4, True), (5, False), (6, False)])
def test_five_wrong_codes_lock_and_four_do_not(wrong, is_open):
    kept = factor()
    with at(0):
        for _ in range(wrong):
            assert not second_factor.accepts(kept, "abcdef")
        assert second_factor.accepts(kept, code(0)) == is_open


@pytest.mark.parametrize(("seconds", "is_open"), [(899, False), (900, True), (901, True)])
def test_lock_lasts_a_quarter_of_an_hour(seconds, is_open):
    kept = factor(wrong=5, wrong_at=START)
    with at(seconds):
        assert second_factor.accepts(kept, code(seconds)) == is_open


def test_tries_while_it_is_locked_make_it_no_longer():
    kept = factor(wrong=5, wrong_at=START)
    with at(600):
        assert not second_factor.accepts(kept, "abcdef")
    with at(900):
        assert second_factor.accepts(kept, code(900))


def test_right_code_forgets_the_wrong_ones():
    kept = factor(wrong=4, wrong_at=START)
    with at(0):
        assert second_factor.accepts(kept, code(0))
    kept.refresh_from_db()
    assert kept.wrong == 0


@pytest.mark.parametrize(("minutes", "wrong"), [(14, 5), (16, 1)])
def test_wrong_codes_of_more_than_a_quarter_of_an_hour_ago_do_not_count(minutes, wrong):
    kept = factor(wrong=4, wrong_at=START)
    with at(minutes=minutes):
        second_factor.accepts(kept, "abcdef")
    kept.refresh_from_db()
    assert (kept.wrong, kept.wrong_at) == (wrong, START + timedelta(minutes=minutes))


def test_wrong_codes_of_one_lock_nobody_else():
    mine, other = factor(), factor("vik")
    with at(0):
        for _ in range(5):
            second_factor.accepts(mine, "abcdef")
        assert second_factor.accepts(other, code(0))


# Spare codes -----------------------------------------------------------------------------------


def with_spares(name="asha", **fields):
    kept = factor(name, **fields)
    return kept, second_factor.renew_spares(kept.user)


def test_each_spare_code_works_once_and_the_others_stay():
    kept, (first, second, *rest) = with_spares()
    with at(0):
        assert second_factor.accepts(kept, first)
        assert not second_factor.accepts(kept, first)
        assert second_factor.accepts(kept, second)
    kept.refresh_from_db()
    assert len(rest) == len(kept.spare_hashes) == 6


def test_spare_code_has_eighty_bits_and_is_taken_as_people_type_it():
    kept, codes = with_spares()
    assert all(len(code.replace("-", "")) == 1 + 80 / 5 for code in codes)
    with at(0):
        assert second_factor.accepts(kept, codes[0].lower())
        assert second_factor.accepts(kept, codes[1].replace("-", ""))


def test_one_hash_is_reckoned_for_a_code_and_none_for_what_is_of_no_slot(monkeypatch):
    kept, codes = with_spares()
    reckoned = []
    real = second_factor.check_password
    monkeypatch.setattr(
        second_factor, "check_password", lambda *given: reckoned.append(given) or real(*given)
    )
    with at(0):
        assert second_factor.accepts(kept, codes[3])
        assert not second_factor.accepts(kept, "123456")
    assert len(reckoned) == 1


def test_spare_code_of_another_is_no_code():
    mine, (other, (spare, *_)) = factor(), with_spares("vik")
    with at(0):
        assert not second_factor.accepts(mine, spare)
        assert second_factor.accepts(other, spare)


def test_renewing_ends_the_old_ones():
    kept, (old, *_) = with_spares()
    new, *_ = second_factor.renew_spares(kept.user)
    with at(0):
        assert not second_factor.accepts(kept, old)
        assert second_factor.accepts(kept, new)


def test_code_that_was_renewed_while_it_was_compared_is_none(monkeypatch):
    kept, (old, *_) = with_spares()
    real = second_factor.slot_of

    def slot_of(*given):
        second_factor.renew_spares(kept.user)
        return real(*given)

    monkeypatch.setattr(second_factor, "slot_of", slot_of)
    with at(0):
        assert not second_factor.accepts(kept, old)


def test_code_of_release_0_1_works_once():
    """Its bare digest was hashed by migration 0013."""
    kept = factor(spare_hashes={"0": make_password(digest_of("01234abcde"))})
    with at(0):
        assert not second_factor.accepts(kept, "91234abcde")
        assert second_factor.accepts(kept, "01234ABCDE")
        assert not second_factor.accepts(kept, "01234abcde")


@pytest.mark.parametrize("hashing", ["make_password", "check_password"])
def test_no_connection_is_held_while_a_spare_code_is_hashed(monkeypatch, hashing):
    kept, (spare, *_) = with_spares()
    kept.refresh_from_db()
    done, real = [], getattr(second_factor, hashing)
    monkeypatch.setattr(second_factor, "let_connection_go", lambda: done.append("let go"))
    monkeypatch.setattr(
        second_factor, hashing, lambda *given: done.append("hashed") or real(*given)
    )

    if hashing == "make_password":
        second_factor.renew_spares(kept.user)
    else:
        assert second_factor.spend(kept, spare)

    assert (done[0], done.count("let go"), "hashed" in done) == ("let go", 1, True)


def test_where_no_key_opens_it_only_a_spare_code_helps(settings):
    kept, (spare, *_) = with_spares()
    with at(0):
        settings.FIELD_KEYS = ["b3RoZXItZmllbGQta2V5LW9mLTMyLWJ5dGVzLS0tLS0="]
        kept.refresh_from_db()
        assert not second_factor.is_readable(kept)
        assert not second_factor.accepts(kept, code(0))
        assert second_factor.accepts(kept, spare)


def test_another_app_takes_the_place_of_the_one_before_and_of_nobody_elses():
    """Its first code is spent, and wrong codes for the one before are forgotten."""
    other_key = second_factor.new_key()
    kept, (old_spare, *_) = with_spares(wrong=4, wrong_at=START)
    vik, _ = with_spares("vik")
    vik_before = SecondFactor.objects.values().get(pk=vik.pk)
    step = int(START.timestamp()) // 30
    with at(0):
        spares = second_factor.replace(kept.user, other_key, step)

        kept.refresh_from_db()
        found = (reveal(kept.key), kept.last_step, kept.confirmed_at, kept.wrong)
        assert found == (other_key, step, START, 0)
        for wrong in (code(0), code(0, other_key), old_spare):
            assert not second_factor.accepts(kept, wrong)
        assert second_factor.accepts(kept, code(30, other_key))
        assert second_factor.accepts(kept, spares[0])
    assert SecondFactor.objects.values().get(pk=vik.pk) == vik_before


def test_new_spare_codes_are_ones_own_and_leave_the_app_as_it_is():
    kept, _ = factor(last_step=7), factor("vik")
    before = {row["user_id"]: row for row in SecondFactor.objects.values()}

    second_factor.renew_spares(kept.user)

    after = {row["user_id"]: row for row in SecondFactor.objects.values()}
    assert len(after[kept.pk].pop("spare_hashes")) == len(second_factor.SPARE_SLOTS)
    before[kept.pk].pop("spare_hashes")
    assert after == before


def test_every_key_is_another():
    first, other = second_factor.new_key(), second_factor.new_key()

    assert first != other
    assert len(b32decode(first)) == 20
