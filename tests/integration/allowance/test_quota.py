"""A seller's rate limit: a burst, then a steady trickle, shared by all workers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from integration.allowance import quota
from integration.models import Quota
from tests.factories import make_seller

pytestmark = pytest.mark.django_db


def test_burst_is_granted_at_once_and_no_more():
    seller = make_seller(rate_per_second=5, burst=10)
    now = timezone.now()

    assert quota.take(seller, 8, now) == 8
    assert quota.take(seller, 8, now) == 2
    assert quota.take(seller, 8, now) == 0


def test_calls_come_back_at_the_rate_with_five_per_cent_headroom():
    seller = make_seller(rate_per_second=5, burst=10)
    now = timezone.now()
    quota.take(seller, 10, now)

    assert quota.take(seller, 10, now + timedelta(seconds=1)) == 4
    assert quota.take(seller, 100, now + timedelta(minutes=1)) == 10


def test_ready_at_says_when_one_call_may_go_out():
    seller = make_seller(rate_per_second=5, burst=1)
    now = timezone.now()
    quota.take(seller, 1, now)

    ready = quota.ready_at(seller, now)

    assert quota.take(seller, 1, ready - timedelta(milliseconds=5)) == 0
    assert quota.take(seller, 1, ready) == 1


def test_never_more_than_the_rate_over_any_ten_seconds():
    seller = make_seller(rate_per_second=5, burst=10)
    start = timezone.now()

    granted = sum(
        quota.take(seller, 3, start + timedelta(milliseconds=100 * tick)) for tick in range(100)
    )

    assert granted <= 10 + 5 * 10


@pytest.mark.parametrize(("retry_after", "wait"), [(30.0, 30), (None, 5)])
def test_429_pauses_the_whole_account(retry_after, wait):
    seller = make_seller()
    now = timezone.now()
    quota.take(seller, 1, now)

    quota.pause(seller.pk, retry_after, now)

    assert quota.take(seller, 1, now + timedelta(seconds=wait - 1)) == 0
    assert quota.ready_at(seller, now) == now + timedelta(seconds=wait)
    assert quota.take(seller, 1, now + timedelta(seconds=wait + 1)) == 1


def test_calls_are_counted_by_the_indian_day():
    seller = make_seller()
    now = timezone.now()
    quota.take(seller, 3, now)
    quota.take(seller, 2, now)
    assert Quota.objects.get(seller=seller).used_today == 5

    quota.take(seller, 1, now + timedelta(days=1))

    assert Quota.objects.get(seller=seller).used_today == 1


def test_call_that_was_not_made_is_given_back():
    seller = make_seller(rate_per_second=1, burst=1)
    now = timezone.now()
    quota.take(seller, 1, now)

    quota.give_back(seller.pk, now)

    assert quota.take(seller, 1, now) == 1
    assert Quota.objects.get(seller=seller).used_today == 1


def test_one_sellers_burst_takes_nothing_from_another():
    seller, other = make_seller(burst=1), make_seller(burst=1)
    now = timezone.now()
    quota.take(seller, 1, now)

    assert quota.take(other, 1, now) == 1
