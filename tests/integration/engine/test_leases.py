"""Who holds a job: one worker at a time, and only while its lease lasts."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from integration.engine import leases
from integration.engine.leases import LeaseLost
from integration.models import Rest, SyncJob
from tests.factories import make_order

Status = SyncJob.Status
pytestmark = pytest.mark.django_db


@pytest.fixture
def job() -> SyncJob:
    return make_order().sync_job


def test_claim_takes_the_lease_and_counts_the_try(job):
    (claimed,) = leases.claim([job.pk], timezone.now())

    assert (claimed.status, claimed.attempts, claimed.served) == (Status.RUNNING, 1, 1)
    assert claimed.lease_until > timezone.now() + timedelta(seconds=80)


def test_second_claim_gets_nothing_while_the_lease_lasts(job):
    leases.claim([job.pk], timezone.now())

    assert leases.claim([job.pk], timezone.now()) == []


def test_job_that_is_not_due_is_not_claimed(job):
    SyncJob.objects.update(due_at=timezone.now() + timedelta(minutes=1))

    assert leases.claim([job.pk], timezone.now()) == []
    assert not leases.has_due()


def test_expired_lease_is_claimable_by_the_claim_query_itself(job):
    (first,) = leases.claim([job.pk], timezone.now())
    SyncJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    (second,) = leases.claim([job.pk], timezone.now())

    assert second.lease_token != first.lease_token
    assert second.attempts == 2


@pytest.mark.parametrize("status", [Status.SUCCEEDED, Status.FAILED, Status.CANCELLED])
def test_job_at_rest_is_not_claimed(job, status):
    SyncJob.objects.update(status=status)

    assert leases.claim([job.pk], timezone.now()) == []


def test_whoever_lost_the_lease_can_neither_renew_nor_settle(job):
    (mine,) = leases.claim([job.pk], timezone.now())
    SyncJob.objects.update(lease_token=uuid4())

    with pytest.raises(LeaseLost):
        leases.renew(mine, timezone.now())
    with pytest.raises(LeaseLost):
        leases.settle(mine, Rest(Status.SUCCEEDED), timezone.now())


def test_job_whose_call_is_under_way_is_kept_and_a_lost_one_stays_lost(job):
    (mine,) = leases.claim([job.pk], timezone.now())
    later = timezone.now() + timedelta(seconds=60)

    leases.keep([mine], later)
    job.refresh_from_db()
    assert job.lease_until == later + timedelta(seconds=90)

    SyncJob.objects.update(lease_token=uuid4(), lease_until=later)
    leases.keep([mine], later)
    job.refresh_from_db()
    assert job.lease_until == later


def test_settled_job_rests_as_told(job):
    (mine,) = leases.claim([job.pk], timezone.now())
    now = timezone.now()

    leases.settle(mine, Rest(Status.PENDING, 30, "unreachable", "No answer.", 2), now)

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

    leases.settle(mine, rest, timezone.now())

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
