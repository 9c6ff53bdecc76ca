"""Who holds a sync job: claim by conditional UPDATE, renew, and come to rest.

A lease is a token and an end on the row. What follows from losing one is the engine's affair.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.db.models import Case, F, Q, QuerySet, Value, When

from integration.models import Rest, SyncJob, SyncJobs, many_rows

Status = SyncJob.Status


class LeaseLost(Exception):
    """Another worker has taken the job over: nothing of ours may be written."""


def claimable(now: datetime) -> SyncJobs:
    """What may be carried forward: due, and held by nobody. There is no other way to a claim."""
    # Spares work only; what a hold promises is kept by `gateway.prepare`.
    return due(now).unheld()


def due(now: datetime) -> SyncJobs:
    """Due, or left behind by a worker whose lease has ended."""
    waiting = Q(status__in=[Status.PENDING, Status.IN_DOUBT], due_at__lte=now)
    return SyncJob.objects.filter(waiting | Q(status=Status.RUNNING, lease_until__lt=now))


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


def lock(jobs: Collection[SyncJob]) -> set[int]:
    """The ids of those that are still held by whoever claimed them; locked until the transaction
    ends, in the order of their keys. Nothing may be written of the others."""
    tokens = {job.pk: job.lease_token for job in jobs}
    rows = SyncJob.objects.select_for_update(no_key=True).filter(pk__in=tokens).order_by("pk")
    return {pk for pk, token in rows.values_list("pk", "lease_token") if token == tokens[pk]}


def renew(jobs: Collection[SyncJob], now: datetime) -> None:
    """Hold on to jobs for one more call; one that was lost stays lost."""
    held = SyncJob.objects.filter(
        pk__in=[job.pk for job in jobs], lease_token__in={job.lease_token for job in jobs}
    )
    held.update(lease_until=now + timedelta(seconds=settings.SYNC_LEASE))


RESTING = (
    *("status", "status", "due_at", "due_at"),
    *("error_code", "error_message", "setbacks", "lease_token"),
)
# The values of a job that was asked for meanwhile, and of one that was not.
RESTS = """
    status = CASE WHEN kept.wanted > kept.served THEN given.column2 ELSE given.column3 END,
    due_at = CASE WHEN kept.wanted > kept.served THEN given.column4 ELSE given.column5 END,
    error_code = given.column6, error_message = given.column7, setbacks = given.column8,
    lease_token = NULL, lease_until = NULL, updated_at = %s
"""


def release(resting: Collection[tuple[SyncJob, Rest]], now: datetime) -> None:
    """Give each job back as its `Rest` says, or as due at once where someone asked meanwhile.

    Doubt stays doubt then, and a cancelled job cancelled. Raises LeaseLost.
    """
    if not resting:
        return
    rows = [(job.pk, *rests(rest, now), job.lease_token) for job, rest in resting]
    moment = SyncJob._meta.get_field("updated_at").get_db_prep_save(now, connection)
    released = many_rows.update_by(
        SyncJob,
        RESTING,
        rows,
        RESTS,
        only="kept.lease_token = given.column9",
        last=[moment],
    )
    if released != len(rows):
        raise LeaseLost


def rests(rest: Rest, now: datetime) -> tuple[object, ...]:
    """The columns of RESTING but for the last."""
    stays = rest.status in (Status.IN_DOUBT, Status.CANCELLED)
    due_at = None if rest.due_in is None else now + timedelta(seconds=rest.due_in)
    is_over = rest.status == Status.CANCELLED
    return (
        rest.status if stays else Status.PENDING,
        rest.status,
        None if is_over else now,
        None if is_over else due_at,
        rest.code[:32],
        rest.message[:500],
        rest.setbacks,
    )


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
