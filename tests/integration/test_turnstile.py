"""Who goes next: no account crowds out another, and nothing is claimed without quota."""

from collections import Counter

import pytest

from integration.models import SyncJob
from integration.turnstile import Turnstile
from tests.factories import make_location, make_order, make_seller

pytestmark = pytest.mark.django_db


def test_account_never_has_more_than_eight_at_once():
    location = make_location()
    for _ in range(12):
        make_order(location)
    turnstile = Turnstile()

    first = turnstile.admit(Counter())

    assert len(first) == 8
    assert turnstile.admit(Counter({location.seller_id: 8})) == []
    assert len(turnstile.admit(Counter({location.seller_id: 6}))) == 2


def test_seller_without_quota_wastes_no_attempt_and_others_go_on():
    slow = make_location(seller=make_seller(rate_per_second=0.01, burst=1))
    orders_of_slow = [make_order(slow) for _ in range(3)]
    other = make_order()
    turnstile = Turnstile()

    jobs = turnstile.admit(Counter())

    assert turnstile.is_waiting
    assert other.sync_job.pk in {job.pk for job in jobs}
    assert SyncJob.objects.filter(order__in=orders_of_slow, attempts=1).count() == 1


def test_crowd_of_one_account_does_not_hide_the_other(monkeypatch):
    monkeypatch.setattr("integration.turnstile.WINDOW", 10)
    crowd = make_location(seller=make_seller(burst=2, rate_per_second=0.01))
    for _ in range(20):
        make_order(crowd)
    other = make_order()
    turnstile = Turnstile()

    turnstile.admit(Counter())
    jobs = turnstile.admit(Counter())

    assert [job.pk for job in jobs] == [other.sync_job.pk]


def test_all_threads_are_never_more_than_allowed(settings):
    settings.EASYECOM_IN_FLIGHT = 3
    for _ in range(5):
        make_order()

    assert len(Turnstile().admit(Counter())) == 3


def test_door_without_anyone_before_it_is_not_waiting():
    turnstile = Turnstile()

    assert turnstile.admit(Counter()) == []
    assert not turnstile.is_waiting
