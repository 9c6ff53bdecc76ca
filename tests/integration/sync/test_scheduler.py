"""Who goes next: no account crowds out another, and nothing is claimed without quota."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.utils import timezone
from structlog.testing import capture_logs

from integration.models import SyncJob
from integration.monitoring import causes
from integration.sync import leases, postponing, rate_limit, scheduler
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


NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
LATER = NOW + timedelta(seconds=30)


def stock_job(location, **fields):
    return SyncJob.objects.create(
        kind="stock",
        seller=location.seller,
        location=location,
        **{"due_at": timezone.now()} | fields,
    )


def test_orders_and_polling_of_one_account_are_eight_together():
    seller = make_seller()
    for _ in range(6):
        make_order(make_location(seller=seller))
        stock_job(make_location(seller=seller))

    kinds = [job.kind for job in Scheduler().admit(64)]

    assert (kinds.count("order"), kinds.count("stock")) == (6, 2)


def test_whoever_is_due_longest_goes_first_and_the_lower_key_of_two():
    jobs = [make_order().sync_job for _ in range(4)]
    past = timezone.now() - timedelta(hours=1)
    for place, job in zip((2, 1, 1, 0), jobs, strict=True):
        SyncJob.objects.filter(pk=job.pk).update(due_at=past + timedelta(minutes=place))

    due = Scheduler().due_by_seller(False, Counter(), timezone.now())

    ids = [job.pk for job in jobs]
    assert list(due.values()) == [[ids[3]], [ids[1]], [ids[2]], [ids[0]]]


def test_drain_for_some_jobs_lets_in_no_others():
    location = make_location()
    one, _, three = (make_order(location).sync_job for _ in range(3))

    jobs = Scheduler(only=[one.pk, three.pk]).admit(64)

    assert sorted(job.pk for job in jobs) == [one.pk, three.pk]
    assert Scheduler(only=[]).admit(64) == []


def test_fault_of_an_account_is_logged_and_sets_aside_only_what_the_drain_is_for(monkeypatch):
    location = make_location()
    asked, other = (make_order(location).sync_job for _ in range(2))

    def take(*_, **__):
        raise OverflowError("canary")

    monkeypatch.setattr(rate_limit, "take", take)

    with capture_logs() as logs:
        assert Scheduler(only=[asked.pk]).admit(64) == []

    [told] = [each for each in logs if each["event"] == "account_fault"]
    assert (told["log_level"], told["seller"], told["fault"]) == (
        "error",
        location.seller_id,
        "OverflowError",
    )
    assert "take" in str(told["frames"])
    assert "canary" not in str(told)
    said = dict(SyncJob.objects.values_list("pk", "error_code"))
    assert (said[asked.pk] != "", said[other.pk]) == (True, "")


@pytest.fixture
def put_off(monkeypatch):
    """Who was sent home, and how."""
    calls = []

    def note(seller_id, now, **how):
        calls.append((seller_id, now, how))
        return False

    monkeypatch.setattr(postponing, "put_off", note)
    return calls


@pytest.mark.parametrize("is_polling", [False, True])
@pytest.mark.parametrize(
    ("is_of_the_day", "granted", "goes_home", "waits", "is_shut"),
    [
        (True, 0, True, False, False),
        # Some of it was granted: the rest is asked for again.
        (True, 1, False, True, False),
        (False, 0, False, True, True),
        (False, 1, False, True, True),
    ],
)
def test_account_out_of_quota_waits_at_the_door_or_goes_home_for_the_day(
    monkeypatch, put_off, is_polling, is_of_the_day, granted, goes_home, waits, is_shut
):
    seller, asked = make_seller(), []
    refusal = SimpleNamespace(until=LATER, is_of_the_day=is_of_the_day)

    def refused(of, now, *, is_polling):
        asked.append((of, now, is_polling))
        return refusal

    monkeypatch.setattr(rate_limit, "refusal", refused)
    door = Scheduler(only=[7])
    door.sellers[seller.pk] = seller

    door.turn_away(seller, granted, is_polling, NOW)

    assert asked == [(seller, NOW, is_polling)]
    how = {"is_polling": is_polling, "only": [7]}
    assert put_off == ([(seller.pk, NOW, how)] if goes_home else [])
    assert (seller.pk in door.sellers) is (not goes_home)
    assert door.is_waiting is waits
    assert door.closed_until == ({(seller.pk, is_polling): LATER} if is_shut else {})


def test_account_whose_door_is_shut_is_left_out_until_it_opens(monkeypatch):
    job = make_order().sync_job
    now = timezone.now()
    door = Scheduler()
    door.closed_until = {(job.seller_id, False): now + timedelta(seconds=30)}

    monkeypatch.setattr(scheduler.clock, "now", lambda: now)
    assert (door.admit(64), door.is_waiting) == ([], True)
    monkeypatch.setattr(scheduler.clock, "now", lambda: now + timedelta(seconds=30))
    assert [each.pk for each in door.admit(64)] == [job.pk]
    assert door.is_waiting is False
