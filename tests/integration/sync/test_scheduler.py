"""Who goes next: no account crowds out another, and nothing is claimed without quota."""

from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from integration.models import SyncJob
from integration.monitoring import causes
from integration.sync import leases, rate_limit, scheduler
from integration.sync.scheduler import Scheduler
from tests.factories import make_location, make_order, make_seller

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


def test_account_never_has_more_than_eight_at_once_whoever_claimed_them():
    location = make_location()
    for _ in range(12):
        make_order(location)

    assert len(Scheduler().admit(64)) == 8
    assert Scheduler().admit(64) == []
    SyncJob.objects.filter(pk=SyncJob.objects.filter(status="running").first().pk).update(
        status="succeeded", lease_token=None, lease_until=None
    )
    assert len(Scheduler().admit(64)) == 1


def test_polling_gets_the_room_that_orders_left_and_no_more():
    for _ in range(2):
        make_order()
    for place in [make_location() for _ in range(4)]:
        SyncJob.objects.create(
            kind="stock", seller=place.seller, location=place, due_at=timezone.now()
        )

    admitted = Scheduler().admit(3)

    assert sorted(job.kind for job in admitted) == ["order", "order", "stock"]


def test_account_whose_calls_were_all_killed_goes_on_once_their_leases_end():
    location = make_location()
    orders = [make_order(location) for _ in range(9)]
    assert len(Scheduler().admit(64)) == 8

    SyncJob.objects.filter(status="running").update(lease_until=timezone.now())

    assert len(Scheduler().admit(64)) == 8
    assert SyncJob.objects.filter(order__in=orders, attempts=2).count() >= 7


@pytest.mark.parametrize("ended", [-1, 0, 1])
def test_running_job_is_under_way_or_left_behind_and_never_both(ended):
    job, now = make_order().sync_job, timezone.now()
    SyncJob.objects.update(
        status="running",
        lease_token="5" * 32,
        lease_until=now - timedelta(microseconds=ended),
    )

    assert scheduler.running_by_seller(now)[job.seller_id] == (0 if ended > 0 else 1)
    assert leases.claimable(now).exists() == (ended > 0)


def test_seller_without_quota_wastes_no_attempt_and_others_go_on():
    slow = make_location(seller=make_seller(rate_per_second=0.01, burst=1))
    orders_of_slow = [make_order(slow) for _ in range(3)]
    other = make_order()
    turnstile = Scheduler()

    jobs = turnstile.admit(64)

    assert turnstile.is_waiting
    assert other.sync_job.pk in {job.pk for job in jobs}
    assert SyncJob.objects.filter(order__in=orders_of_slow, attempts=1).count() == 1


def test_crowd_of_one_account_does_not_hide_the_other(monkeypatch):
    monkeypatch.setattr("integration.sync.scheduler.WINDOW", 10)
    crowd = make_location(seller=make_seller(burst=2, rate_per_second=0.01))
    for _ in range(20):
        make_order(crowd)
    other = make_order()
    turnstile = Scheduler()

    turnstile.admit(64)
    jobs = turnstile.admit(64)

    assert [job.pk for job in jobs] == [other.sync_job.pk]


def test_no_more_are_let_in_than_there_is_room_for():
    for _ in range(5):
        make_order()

    assert len(Scheduler().admit(3)) == 3


def test_door_without_anyone_before_it_is_not_waiting():
    turnstile = Scheduler()

    assert turnstile.admit(64) == []
    assert not turnstile.is_waiting


def test_account_that_can_not_be_reckoned_with_waits_alone_and_says_so(monkeypatch):
    monkeypatch.setattr("integration.sync.scheduler.WINDOW", 1)
    faulty, other = make_order().sync_job, make_order().sync_job
    taking = rate_limit.take

    def take(seller, *args, **options):
        if seller.pk == faulty.seller_id:
            raise OverflowError("date value out of range")
        return taking(seller, *args, **options)

    monkeypatch.setattr(rate_limit, "take", take)
    turnstile = Scheduler()

    assert turnstile.admit(64) == []
    assert turnstile.is_waiting
    assert [job.pk for job in turnstile.admit(64)] == [other.pk]
    faulty.refresh_from_db()
    assert (faulty.status, faulty.attempts) == ("pending", 0)
    assert faulty.error_message == (
        "A fault of the console's own with this account (OverflowError)."
    )
    assert faulty.due_at > timezone.now()
    [cause] = [cause for cause in causes.current_causes(timezone.now()) if cause.kind == "account"]
    assert cause.seller_id == faulty.seller_id
    assert faulty.seller.code in cause.sentence and "OverflowError" in cause.sentence


def test_database_that_is_away_is_nobodys_fault(monkeypatch):
    make_order()

    def take(*args, **options):
        raise OperationalError

    monkeypatch.setattr(rate_limit, "take", take)

    with pytest.raises(OperationalError):
        Scheduler().admit(64)
