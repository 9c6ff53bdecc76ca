"""Who holds a job: one worker at a time, and only while its lease lasts."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from integration.models import Rest, SyncJob
from integration.sync import leases
from integration.sync.leases import LeaseLost
from tests.factories import make_order

Status = SyncJob.Status
pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def job() -> SyncJob:
    return make_order().sync_job


def test_claim_takes_the_lease_and_counts_the_try(job):
    (claimed,) = leases.claim([job.pk], timezone.now())

    assert (claimed.status, claimed.attempts, claimed.served) == (Status.RUNNING, 1, 1)
    assert claimed.lease_until > timezone.now() + timedelta(seconds=80)


@pytest.fixture
def others() -> list[SyncJob]:
    """Three more that are due, the one that waits longest made last."""
    jobs = [make_order().sync_job for _ in range(3)]
    now = timezone.now()
    for waits, job in zip((1, 1, 9), jobs, strict=True):
        job.due_at = now - timedelta(seconds=waits)
    SyncJob.objects.bulk_update(jobs, ["due_at"])
    return jobs


def rows():
    """Every column of every job, by its key."""
    return {row.pop("id"): row for row in SyncJob.objects.values()}


def later_than_made(**parts):
    """A moment that no row was written at."""
    return timezone.now() + timedelta(hours=1, **parts)


def test_claim_writes_what_it_says_into_the_jobs_it_takes_and_nothing_else(job, others):
    now = later_than_made()
    SyncJob.objects.update(wanted=3, attempts=5)
    first, second, third = others
    # Written last: whoever just reads on meets it last, though it was made before the second.
    SyncJob.objects.filter(pk=first.pk).update(correlation_id="asked-by")
    before = rows()

    claimed = leases.claim([first.pk, second.pk, third.pk], now)

    assert [each.pk for each in claimed] == [third.pk, first.pk, second.pk]
    taken = {
        "status": Status.RUNNING,
        "lease_token": claimed[0].lease_token,
        "lease_until": now + timedelta(seconds=90),
        "attempts": 6,
        "served": 3,
        "updated_at": now,
    }
    assert rows() == before | {each.pk: before[each.pk] | taken for each in others}


def test_renewal_of_one_leaves_those_that_were_claimed_with_it(job, others):
    mine, *_ = leases.claim([job.pk, *(each.pk for each in others)], timezone.now())
    before, later = rows(), later_than_made()

    leases.renew([mine], later)

    renewed = before[mine.pk] | {"lease_until": later + timedelta(seconds=90)}
    assert rows() == before | {mine.pk: renewed}


def test_renewal_of_several_leaves_all_others(job, others):
    """One that was claimed with them, one that another worker has, and one that was lost."""
    one, two, three = leases.claim([each.pk for each in others], timezone.now())
    (another,) = leases.claim([job.pk], timezone.now())
    SyncJob.objects.filter(pk=two.pk).update(lease_token=uuid4())
    before, later = rows(), later_than_made()

    leases.renew([one, two], later)

    renewed = before[one.pk] | {"lease_until": later + timedelta(seconds=90)}
    assert rows() == before | {one.pk: renewed}


@pytest.mark.parametrize("due_in", [None, 0, 30.5])
def test_release_writes_what_it_says_into_its_job_and_nothing_else(job, others, due_in):
    mine, *_ = leases.claim([job.pk, *(each.pk for each in others)], timezone.now())
    before, now = rows(), later_than_made()

    leases.release([(mine, Rest(Status.FAILED, due_in, "c" * 33, "m" * 501, 7))], now)

    rests = {
        "status": Status.FAILED,
        "due_at": None if due_in is None else now + timedelta(seconds=due_in),
        "lease_token": None,
        "lease_until": None,
        "error_code": "c" * 32,
        "error_message": "m" * 500,
        "setbacks": 7,
        "updated_at": now,
    }
    assert rows() == before | {mine.pk: before[mine.pk] | rests}


def test_job_that_was_asked_for_meanwhile_is_due_at_the_moment_of_its_release(job):
    (mine,) = leases.claim([job.pk], timezone.now())
    SyncJob.objects.want()
    now = later_than_made()

    leases.release([(mine, Rest(Status.SUCCEEDED))], now)

    job.refresh_from_db()
    assert job.due_at == now


@pytest.mark.parametrize(
    ("status", "rests"),
    [
        (Status.PENDING, Status.PENDING),
        (Status.IN_DOUBT, Status.IN_DOUBT),
        (Status.RUNNING, Status.PENDING),
    ],
)
@pytest.mark.parametrize("due_in", [None, 30])
def test_what_is_put_off_says_so_and_keeps_its_doubt(job, others, status, rests, due_in):
    if status == Status.RUNNING:
        leases.claim([job.pk], timezone.now())
    else:
        SyncJob.objects.filter(pk=job.pk).update(status=status)
    before, now = rows(), later_than_made()
    until = None if due_in is None else now + timedelta(seconds=due_in)

    put_off = leases.put_off(SyncJob.objects.filter(pk=job.pk), until, "c" * 33, "m" * 501, now)

    assert put_off == 1
    waits = {
        "status": rests,
        "due_at": until,
        "lease_token": None,
        "lease_until": None,
        "error_code": "c" * 32,
        "error_message": "m" * 500,
        "updated_at": now,
    }
    assert rows() == before | {job.pk: before[job.pk] | waits}


def test_second_claim_gets_nothing_while_the_lease_lasts(job):
    leases.claim([job.pk], timezone.now())

    assert leases.claim([job.pk], timezone.now()) == []


def test_job_that_is_not_due_is_not_claimed(job):
    SyncJob.objects.update(due_at=timezone.now() + timedelta(minutes=1))

    assert leases.claim([job.pk], timezone.now()) == []
    assert not leases.claimable(timezone.now()).exists()


def test_expired_lease_is_claimable_by_the_claim_query_itself(job):
    (first,) = leases.claim([job.pk], timezone.now())
    SyncJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    (second,) = leases.claim([job.pk], timezone.now())

    assert second.lease_token != first.lease_token
    assert second.attempts == 2


MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("ends_in", "is_claimed"),
    [(timedelta(seconds=29), False), (MOMENT, False), (timedelta(0), False), (-MOMENT, True)],
)
def test_lease_holds_until_its_end_and_not_a_moment_less(job, ends_in, is_claimed):
    now = timezone.now()
    leases.claim([job.pk], now)
    SyncJob.objects.update(lease_until=now + ends_in)

    assert bool(leases.claim([job.pk], now)) == is_claimed


@pytest.mark.parametrize(("due_in", "is_claimed"), [(MOMENT, False), (timedelta(0), True)])
def test_job_is_claimed_from_the_moment_that_it_is_due(job, due_in, is_claimed):
    now = timezone.now()
    SyncJob.objects.update(due_at=now + due_in)

    assert bool(leases.claim([job.pk], now)) == is_claimed


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED, Status.CANCELLED])
@pytest.mark.parametrize("ended", [None, timedelta(seconds=1)])
def test_job_at_rest_is_not_claimed(job, status, ended):
    """Not even where the end of an old lease still stands in its row."""
    until = None if ended is None else timezone.now() - ended
    SyncJob.objects.update(status=status, lease_until=until)

    assert leases.claim([job.pk], timezone.now()) == []


def test_whoever_lost_the_lease_can_neither_renew_nor_settle(job):
    (mine,) = leases.claim([job.pk], timezone.now())
    SyncJob.objects.update(lease_token=uuid4())

    assert leases.lock([mine]) == set()
    with pytest.raises(LeaseLost):
        leases.release([(mine, Rest(Status.SUCCEEDED))], timezone.now())


def test_job_whose_call_is_under_way_is_kept_and_a_lost_one_stays_lost(job):
    (mine,) = leases.claim([job.pk], timezone.now())
    later = timezone.now() + timedelta(seconds=60)

    leases.renew([mine], later)
    job.refresh_from_db()
    assert job.lease_until == later + timedelta(seconds=90)

    SyncJob.objects.update(lease_token=uuid4(), lease_until=later)
    leases.renew([mine], later)
    job.refresh_from_db()
    assert job.lease_until == later


def test_settled_job_rests_as_told(job):
    (mine,) = leases.claim([job.pk], timezone.now())
    now = timezone.now()

    leases.release([(mine, Rest(Status.PENDING, 30, "unreachable", "No answer.", 2))], now)

    job.refresh_from_db()
    assert (job.status, job.due_at) == (Status.PENDING, now + timedelta(seconds=30))
    assert (job.error_code, job.error_message, job.setbacks) == ("unreachable", "No answer.", 2)
    assert (job.lease_token, job.lease_until) == (None, None)


@pytest.mark.parametrize(
    ("rest", "status", "is_due"),
    [
        (Rest(Status.SUCCEEDED), Status.PENDING, True),
        (Rest(Status.FAILED), Status.PENDING, True),
        (Rest(Status.PENDING, 3600), Status.PENDING, True),
        (Rest(Status.IN_DOUBT), Status.IN_DOUBT, True),
        (Rest(Status.CANCELLED), Status.CANCELLED, False),
    ],
)
def test_what_was_asked_while_a_job_ran_is_not_lost(job, rest, status, is_due):
    (mine,) = leases.claim([job.pk], timezone.now())
    SyncJob.objects.filter(pk=job.pk).want()

    leases.release([(mine, rest)], timezone.now())

    job.refresh_from_db()
    assert job.status == status
    assert (job.due_at is not None and job.due_at <= timezone.now()) == is_due


def test_wanting_a_job_in_doubt_brings_its_look_up_forward_and_keeps_the_doubt(job):
    SyncJob.objects.update(status=Status.IN_DOUBT, due_at=None)

    SyncJob.objects.filter(pk=job.pk).want()

    job.refresh_from_db()
    assert job.status == Status.IN_DOUBT
    assert job.due_at <= timezone.now()


def test_wanting_a_cancelled_job_does_nothing(job):
    SyncJob.objects.update(status=Status.CANCELLED, due_at=None)

    assert SyncJob.objects.filter(pk=job.pk).want() == 0
