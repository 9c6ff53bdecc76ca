"""Who goes next: no account crowds out another, and nothing is claimed without quota."""

import pytest
from cryptography.fernet import Fernet

from integration.engine.turnstile import Turnstile
from integration.models import SyncJob
from tests.factories import make_location, make_order, make_seller

pytestmark = pytest.mark.django_db


def test_account_never_has_more_than_eight_at_once_whoever_claimed_them():
    location = make_location()
    for _ in range(12):
        make_order(location)

    assert len(Turnstile().admit(64)) == 8
    assert Turnstile().admit(64) == []
    SyncJob.objects.filter(pk=SyncJob.objects.filter(status="running").first().pk).update(
        status="succeeded", lease_token=None, lease_until=None
    )
    assert len(Turnstile().admit(64)) == 1


def test_seller_without_quota_wastes_no_attempt_and_others_go_on():
    slow = make_location(seller=make_seller(rate_per_second=0.01, burst=1))
    orders_of_slow = [make_order(slow) for _ in range(3)]
    other = make_order()
    turnstile = Turnstile()

    jobs = turnstile.admit(64)

    assert turnstile.is_waiting
    assert other.sync_job.pk in {job.pk for job in jobs}
    assert SyncJob.objects.filter(order__in=orders_of_slow, attempts=1).count() == 1


def test_crowd_of_one_account_does_not_hide_the_other(monkeypatch):
    monkeypatch.setattr("integration.engine.turnstile.WINDOW", 10)
    crowd = make_location(seller=make_seller(burst=2, rate_per_second=0.01))
    for _ in range(20):
        make_order(crowd)
    other = make_order()
    turnstile = Turnstile()

    turnstile.admit(64)
    jobs = turnstile.admit(64)

    assert [job.pk for job in jobs] == [other.sync_job.pk]


def test_no_more_are_let_in_than_there_is_room_for():
    for _ in range(5):
        make_order()

    assert len(Turnstile().admit(3)) == 3


def test_door_without_anyone_before_it_is_not_waiting():
    turnstile = Turnstile()

    assert turnstile.admit(64) == []
    assert not turnstile.is_waiting


def test_account_whose_log_in_no_key_opens_waits_alone(settings, monkeypatch):
    monkeypatch.setattr("integration.engine.turnstile.WINDOW", 1)
    lost_key = settings.FIELD_KEYS[0]
    unreadable = make_order().sync_job
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    other = make_order().sync_job
    turnstile = Turnstile()

    assert turnstile.admit(64) == []
    assert turnstile.is_waiting
    assert [job.pk for job in turnstile.admit(64)] == [other.pk]
    unreadable.refresh_from_db()
    assert (unreadable.status, unreadable.attempts) == ("pending", 0)

    settings.FIELD_KEYS.append(lost_key)
    assert [job.pk for job in Turnstile().admit(64)] == [unreadable.pk]
