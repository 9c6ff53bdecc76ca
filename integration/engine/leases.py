"""Who holds a sync job: claim by conditional UPDATE, renew, and come to rest.

A lease is a token and an end on the row. What follows from losing one is the engine's affair.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db.models import Case, DateTimeField, F, Q, QuerySet, Value, When

from booon_console import clock
from integration.models import Rest, SyncJob, SyncJobs

Status = SyncJob.Status


class LeaseLost(Exception):
    """Another worker has taken the job over: nothing of ours may be written."""


def claimable(now: datetime) -> SyncJobs:
    """What may be carried forward: due, and held by nobody. There is no other way to a claim."""
    return due(now).unheld()


def due(now: datetime) -> SyncJobs:
    """Due, or left behind by a worker whose lease has ended."""
    waiting = Q(status__in=[Status.PENDING, Status.IN_DOUBT], due_at__lte=now)
    return SyncJob.objects.filter(waiting | Q(status=Status.RUNNING, lease_until__lt=now))


def has_due() -> bool:
    return claimable(clock.now()).exists()


def claim(ids: Collection[int], now: datetime) -> list[SyncJob]:
    """Take these jobs for one lease and count the try; those that another got first are left."""
    token = uuid4()
    claimable(now).filter(pk__in=ids).update(
        status=Status.RUNNING,
        lease_token=token,
        lease_until=now + timedelta(seconds=settings.SYNC_LEASE),
        attempts=F("attempts") + 1,
        served=F("wanted"),
        updated_at=now,
    )
    return list(SyncJob.objects.filter(lease_token=token).order_by("due_at", "pk"))


def renew(job: SyncJob, now: datetime) -> None:
    """Hold on to the job for one more call. Raises LeaseLost."""
    held = SyncJob.objects.filter(pk=job.pk, lease_token=job.lease_token)
    if held.update(lease_until=now + timedelta(seconds=settings.SYNC_LEASE)) != 1:
        raise LeaseLost


def keep(jobs: Collection[SyncJob], now: datetime) -> None:
    """Hold on to jobs whose calls are still under way; one that was lost stays lost."""
    held = SyncJob.objects.filter(
        pk__in=[job.pk for job in jobs], lease_token__in={job.lease_token for job in jobs}
    )
    held.update(lease_until=now + timedelta(seconds=settings.SYNC_LEASE))


def settle(job: SyncJob, rest: Rest, now: datetime) -> None:
    """Give the job back as `rest` says, or as due at once where someone asked meanwhile.

    Doubt stays doubt then, and a cancelled job cancelled. Raises LeaseLost.
    """
    asked = Q(wanted__gt=F("served"))
    stays = rest.status in (Status.IN_DOUBT, Status.CANCELLED)
    due_at = None if rest.due_in is None else now + timedelta(seconds=rest.due_in)
    is_over = rest.status == Status.CANCELLED
    resting = Value(due_at, output_field=DateTimeField())
    held = SyncJob.objects.filter(pk=job.pk, lease_token=job.lease_token)
    given_back = held.update(
        status=Case(
            When(asked, then=Value(rest.status if stays else Status.PENDING)),
            default=Value(rest.status),
        ),
        due_at=None if is_over else Case(When(asked, then=Value(now)), default=resting),
        lease_token=None,
        lease_until=None,
        error_code=rest.code[:32],
        error_message=rest.message[:500],
        setbacks=rest.setbacks,
        updated_at=now,
    )
    if given_back != 1:
        raise LeaseLost


def put_off(
    jobs: QuerySet[SyncJob], until: datetime | None, code: str, message: str, now: datetime
) -> int:
    """Due jobs that nobody holds come again later, and say why. Returns how many.

    One whose worker ended is nobody's any more; what it left open is seen to at the next claim.
    """
    doubtful = When(status=Status.IN_DOUBT, then=Value(Status.IN_DOUBT))
    return jobs.update(
        status=Case(doubtful, default=Value(Status.PENDING)),
        due_at=until,
        lease_token=None,
        lease_until=None,
        error_code=code[:32],
        error_message=message[:500],
        updated_at=now,
    )
