"""A seller's rate limit: a burst, then a steady trickle, shared by all workers."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from integration.models import Quota
from integration.sync import rate_limit
from tests.factories import make_seller

pytestmark = pytest.mark.django_db

# Midnight in India, between the 23rd and the 24th.
MIDNIGHT = datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
MOMENT = timedelta(microseconds=1)


def used(seller):
    row = Quota.objects.get(seller=seller)
    return row.day, row.used_today, row.polled_today


def test_burst_is_granted_at_once_and_no_more():
    seller = make_seller(rate_per_second=5, burst=10)
    now = timezone.now()

    assert rate_limit.take(seller, 8, now) == 8
    assert rate_limit.take(seller, 8, now) == 2
    assert rate_limit.take(seller, 8, now) == 0


def test_calls_come_back_at_the_rate_with_five_per_cent_headroom():
    seller = make_seller(rate_per_second=5, burst=10)
    now = timezone.now()
    rate_limit.take(seller, 10, now)

    assert rate_limit.take(seller, 10, now + timedelta(seconds=1)) == 4
    assert rate_limit.take(seller, 100, now + timedelta(minutes=1)) == 10


def test_idle_hours_fill_the_bucket_once_and_no_more():
    seller = make_seller(rate_per_second=5, burst=10)
    now = timezone.now()
    rate_limit.take(seller, 1, now)

    later = now + timedelta(hours=8)

    assert rate_limit.take(seller, 100, later) == 10
    assert rate_limit.take(seller, 100, later) == 0


@pytest.mark.parametrize(
    ("burst", "polls"), [(1, 1), (2, 1), (3, 2), (10, 5), (11, 6)], ids=lambda each: str(each)
)
def test_polling_may_use_half_of_the_burst_and_at_least_one_call(burst, polls):
    seller = make_seller(rate_per_second=1, burst=burst)
    now = timezone.now()

    assert rate_limit.take(seller, 100, now, is_polling=True) == polls
    assert rate_limit.take(seller, 1, now, is_polling=True) == 0
    assert rate_limit.take(seller, 100, now) == burst - polls


@pytest.mark.parametrize("is_polling", [False, True])
def test_account_of_burst_one_makes_a_call_each_interval(is_polling):
    # With the headroom a call every two seconds.
    seller = make_seller(rate_per_second=0.5 / 0.95, burst=1)
    now = timezone.now()
    options = {"is_polling": is_polling}

    assert rate_limit.take(seller, 5, now, **options) == 1
    assert rate_limit.take(seller, 5, now + timedelta(seconds=2) - MOMENT, **options) == 0
    assert rate_limit.take(seller, 5, now + timedelta(seconds=2), **options) == 1
    assert rate_limit.take(seller, 5, now + timedelta(seconds=2), **options) == 0


def test_taker_that_another_overtook_takes_only_what_is_left(monkeypatch):
    seller = make_seller(rate_per_second=1, burst=3)
    now = timezone.now()
    reading, others = rate_limit.row_of, []

    def read(seller, now):
        row = reading(seller, now)
        if not others:
            others.append(seller)
            assert rate_limit.take(seller, 2, now) == 2
        return row

    monkeypatch.setattr(rate_limit, "row_of", read)

    assert rate_limit.take(seller, 3, now) == 1
    assert Quota.objects.get(seller=seller).used_today == 3


def test_a_refusal_says_when_one_call_may_go_out():
    seller = make_seller(rate_per_second=5, burst=1)
    now = timezone.now()
    rate_limit.take(seller, 1, now)

    ready = rate_limit.refusal(seller, now).until

    assert rate_limit.take(seller, 1, ready - timedelta(milliseconds=5)) == 0
    assert rate_limit.take(seller, 1, ready) == 1


def test_never_more_than_the_rate_over_any_ten_seconds():
    seller = make_seller(rate_per_second=5, burst=10)
    start = timezone.now()

    granted = sum(
        rate_limit.take(seller, 3, start + timedelta(milliseconds=100 * tick))
        for tick in range(100)
    )

    assert granted <= 10 + 5 * 10


@pytest.mark.parametrize(("retry_after", "wait"), [(30.0, 30), (None, 5)])
def test_429_pauses_the_whole_account(retry_after, wait):
    seller = make_seller()
    now = timezone.now()
    rate_limit.take(seller, 1, now)

    rate_limit.pause(seller.pk, retry_after, now)

    assert rate_limit.take(seller, 1, now + timedelta(seconds=wait - 1)) == 0
    assert rate_limit.refusal(seller, now).until == now + timedelta(seconds=wait)
    assert rate_limit.take(seller, 1, now + timedelta(seconds=wait + 1)) == 1


@pytest.mark.parametrize("is_polling", [False, True])
def test_pause_ends_at_its_moment_with_the_whole_burst(is_polling):
    seller = make_seller(rate_per_second=1, burst=4)
    now = timezone.now()
    rate_limit.take(seller, 4, now)

    rate_limit.pause(seller.pk, 60.0, now)

    until, share = now + timedelta(seconds=60), 2 if is_polling else 4
    assert rate_limit.refusal(seller, now, is_polling=is_polling).until == until
    assert rate_limit.take(seller, 9, until - MOMENT, is_polling=is_polling) == 0
    assert rate_limit.take(seller, 9, until, is_polling=is_polling) == share


@pytest.mark.parametrize(("later", "wait"), [(None, 600), (30.0, 600), (700.0, 700)])
def test_later_429_never_makes_a_pause_shorter(later, wait):
    """Calls that were under way when EasyEcom said how long are refused as well."""
    seller = make_seller()
    now = timezone.now()
    rate_limit.take(seller, 1, now)
    rate_limit.pause(seller.pk, 600.0, now)

    rate_limit.pause(seller.pk, later, now)

    assert rate_limit.refusal(seller, now).until == now + timedelta(seconds=wait)


def test_pause_of_one_account_is_nobody_elses():
    seller, other = make_seller(), make_seller()
    now = timezone.now()
    rate_limit.take(seller, 1, now)
    rate_limit.take(other, 1, now)

    rate_limit.pause(seller.pk, 30.0, now)

    assert rate_limit.take(other, 1, now) == 1


def test_calls_are_counted_by_the_indian_day():
    seller = make_seller()
    now = timezone.now()
    rate_limit.take(seller, 3, now)
    rate_limit.take(seller, 2, now)
    assert Quota.objects.get(seller=seller).used_today == 5

    rate_limit.take(seller, 1, now + timedelta(days=1))

    assert Quota.objects.get(seller=seller).used_today == 1


def test_call_that_was_not_made_is_given_back():
    seller = make_seller(rate_per_second=1, burst=1)
    now = timezone.now()
    rate_limit.take(seller, 1, now)

    rate_limit.give_back(seller.pk, now)

    assert rate_limit.take(seller, 1, now) == 1
    assert Quota.objects.get(seller=seller).used_today == 1


@pytest.mark.parametrize("is_polling", [False, True])
def test_call_of_before_midnight_that_is_given_back_after_it_is_none_of_the_new_days(is_polling):
    seller = make_seller(rate_per_second=1, burst=2)
    rate_limit.take(seller, 1, MIDNIGHT - MOMENT, is_polling=is_polling)
    assert used(seller) == (date(2026, 11, 23), 1, int(is_polling))

    rate_limit.give_back(seller.pk, MIDNIGHT, is_polling=is_polling)

    assert used(seller) == (date(2026, 11, 24), 0, 0)
    rate_limit.take(seller, 1, MIDNIGHT, is_polling=is_polling)
    assert used(seller) == (date(2026, 11, 24), 1, int(is_polling))


def test_new_day_begins_at_midnight_in_india():
    seller = make_seller(daily_quota=5)

    assert rate_limit.take(seller, 4, MIDNIGHT - MOMENT) == 4
    assert used(seller) == (date(2026, 11, 23), 4, 0)
    assert rate_limit.take(seller, 1, MIDNIGHT) == 1
    assert used(seller) == (date(2026, 11, 24), 1, 0)


def test_one_sellers_burst_takes_nothing_from_another():
    seller, other = make_seller(burst=1), make_seller(burst=1)
    now = timezone.now()
    rate_limit.take(seller, 1, now)

    assert rate_limit.take(other, 1, now) == 1


# The row, whole ------------------------------------------------------------------------------

# 12:00 in India; with the headroom a call each second.
NOON = datetime(2026, 11, 23, 6, 30, tzinfo=UTC)
EACH_SECOND = 1 / 0.95


def rows():
    """Every account's row, by its seller."""
    return {row["seller_id"]: row for row in Quota.objects.values()}


def in_use(**fields):
    """An account of 100 calls a day, of which some are used; and another that shall stay as is."""
    make = {"rate_per_second": EACH_SECOND, "burst": 10, "daily_quota": 100}
    seller, other = make_seller(**make), make_seller(**make)
    for each in (other, seller):
        Quota.objects.create(
            seller=each,
            **{"full_at": NOON, "day": date(2026, 11, 23), "used_today": 7, "polled_today": 3}
            | fields,
        )
    return seller


def later(seconds):
    return NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("before", "wanted", "is_polling", "granted", "changed"),
    [
        ({}, 2, False, 2, {"full_at": later(2), "used_today": 9}),
        ({}, 99, False, 10, {"full_at": later(10), "used_today": 17}),
        ({}, 2, True, 2, {"full_at": later(2), "used_today": 9, "polled_today": 5}),
        ({"full_at": later(4)}, 99, False, 6, {"full_at": later(10), "used_today": 13}),
        ({"full_at": later(-40)}, 1, False, 1, {"full_at": later(1), "used_today": 8}),
        ({"full_at": later(10)}, 1, False, 0, {}),
        ({}, 0, False, 0, {}),
        (
            {"day": date(2026, 11, 22), "used_today": 99, "polled_today": 15},
            1,
            True,
            1,
            {"full_at": later(1), "day": date(2026, 11, 23), "used_today": 1, "polled_today": 1},
        ),
        # Slow from 80 on: the next poll when the day's last 14 are spread over the twelve hours.
        (
            {"used_today": 80},
            5,
            True,
            1,
            {
                "full_at": later(1),
                "used_today": 81,
                "polled_today": 4,
                "polls_at": NOON + timedelta(hours=12) / 12,
            },
        ),
    ],
)
def test_taking_writes_what_was_granted_and_nothing_else(
    before, wanted, is_polling, granted, changed
):
    seller = in_use(**before)
    kept = rows()

    assert rate_limit.take(seller, wanted, NOON, is_polling=is_polling) == granted

    assert rows() == kept | {seller.pk: kept[seller.pk] | changed}


@pytest.mark.parametrize("is_polling", [False, True])
def test_giving_back_takes_one_call_off_and_nothing_else(is_polling):
    seller = in_use(full_at=later(4), polls_at=later(60))
    kept = rows()

    rate_limit.give_back(seller.pk, NOON, is_polling=is_polling)

    back = {"full_at": later(3), "used_today": 6, "polled_today": 2 if is_polling else 3}
    assert rows() == kept | {seller.pk: kept[seller.pk] | back}


@pytest.mark.parametrize(
    ("before", "retry_after", "of_the_day", "changed"),
    [
        ({}, None, False, {"paused_until": later(5)}),
        ({}, 0, False, {"paused_until": later(5)}),
        ({}, 1, False, {"paused_until": later(1)}),
        ({"paused_until": later(9)}, 30, False, {"paused_until": later(30)}),
        ({"paused_until": later(90)}, 30, False, {}),
        ({}, None, True, {"paused_until": later(5), "refused_until": MIDNIGHT}),
        ({"used_today": 99}, 30, False, {"paused_until": later(30)}),
        ({"used_today": 100}, 30, False, {"paused_until": later(30), "spent_until": later(900)}),
        ({"used_today": 100}, 901, False, {"paused_until": later(901), "spent_until": later(901)}),
        (
            {"used_today": 100},
            90_000,
            False,
            {"paused_until": later(90_000), "spent_until": MIDNIGHT},
        ),
    ],
)
def test_pause_writes_how_long_and_nothing_else(before, retry_after, of_the_day, changed):
    seller = in_use(**before)
    kept = rows()

    rate_limit.pause(seller.pk, retry_after, NOON, of_the_day=of_the_day)

    assert rows() == kept | {seller.pk: kept[seller.pk] | changed}


def test_429_of_an_account_that_nobody_took_a_call_of_writes_nothing():
    rate_limit.pause(make_seller().pk, 30, NOON)

    assert rows() == {}


SAID = "EasyEcom says that the day's calls are used (Limit Exceeded)."
FREE_AGAIN = "Free again at 00:00 IST on 24 November"


@pytest.mark.parametrize(
    ("row", "is_polling", "expected"),
    [
        ({}, False, (NOON, "rate_limited", "The quota is used up.")),
        ({"full_at": later(10)}, False, (later(1), "rate_limited", "The quota is used up.")),
        ({"full_at": later(10)}, True, (later(6), "rate_limited", "The quota is used up.")),
        ({"paused_until": later(30)}, False, (later(30), "rate_limited", "The quota is used up.")),
        (
            {"refused_until": later(60)},
            False,
            (later(60), "quota_spent", f"{SAID} Tried again at 12:01 IST on 23 November."),
        ),
        ({"refused_until": NOON}, False, (NOON, "rate_limited", "The quota is used up.")),
        (
            {"used_today": 100, "spent_until": later(60)},
            False,
            (
                later(60),
                "quota_spent",
                f"The day's 100 calls are used. {FREE_AGAIN}; tried before that, at "
                "12:01 IST on 23 November.",
            ),
        ),
        (
            {"used_today": 95},
            True,
            (
                MIDNIGHT,
                "quota_spent",
                "95% of the day's calls at EasyEcom are used: the rest is for orders. "
                f"{FREE_AGAIN}.",
            ),
        ),
        (
            {"used_today": 15, "polled_today": 15},
            True,
            (
                MIDNIGHT,
                "quota_spent",
                f"Polling's 15 calls of the day at EasyEcom are used. {FREE_AGAIN}.",
            ),
        ),
        (
            {"used_today": 80, "polls_at": later(3600)},
            True,
            (
                later(3600),
                "quota_slowed",
                "80% of the day's calls at EasyEcom are used, so polling is slow. The next "
                "polling call goes out at 13:00 IST on 23 November.",
            ),
        ),
        (
            {"used_today": 12, "polled_today": 12, "polls_at": later(3600)},
            True,
            (
                later(3600),
                "quota_slowed",
                "80% of the day's calls for polling at EasyEcom are used, so polling is slow. The "
                "next polling call goes out at 13:00 IST on 23 November.",
            ),
        ),
        (
            {"used_today": 80, "polls_at": later(3600)},
            False,
            (NOON, "rate_limited", "The quota is used up."),
        ),
    ],
)
def test_refusal_says_why_and_until_when(row, is_polling, expected):
    seller = in_use(**row)

    refusal = rate_limit.refusal(seller, NOON, is_polling=is_polling)

    assert (refusal.until, refusal.code, refusal.message) == expected
    assert refusal.is_of_the_day == (expected[1] != "rate_limited")
