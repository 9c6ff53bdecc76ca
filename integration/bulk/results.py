"""What became of a bulk run's rows: read off their jobs and deliveries once these are at rest."""

from datetime import datetime
from typing import Any

from django.db.models import Case, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models import When as If

from integration.models import BulkItem, BulkRun, Delivery, OrderReason, SyncJob
from integration.sync import engine

Result = BulkItem.Result


def record_results(run: BulkRun, now: datetime) -> None:
    asked = run.items.filter(result=Result.ASKED)
    if run.kind == BulkRun.Kind.RETRY:
        record_retries(asked, now)
    else:
        record_replays(asked, now)


def record_retries(asked: QuerySet[BulkItem], now: datetime) -> None:
    """A job that is not due now has had its look; one that waits for a moment only has not."""
    resting = SyncJob.objects.filter(Q(due_at__isnull=True) | Q(due_at__gt=now))
    resting = resting.exclude(status=SyncJob.Status.RUNNING)
    passing = Q(status=SyncJob.Status.PENDING, error_code__in=engine.PASSING_CODES)
    at_rest = asked.filter(job__in=resting.exclude(passing))
    job = SyncJob.objects.filter(pk=OuterRef("job_id"))
    record_items(at_rest, job.annotate(result=result_of_job(), words=message_of_job()), now)


def result_of_job() -> Case:
    status = SyncJob.Status
    is_blocked = Q(order__isnull=False) & ~Q(order__blocked_reason="")
    return Case(
        If(Q(status=status.SUCCEEDED) & is_blocked, then=Value(Result.POSTPONED.value)),
        If(status=status.SUCCEEDED, then=Value(Result.DONE.value)),
        If(status=status.FAILED, then=Value(Result.FAILED.value)),
        If(status=status.IN_DOUBT, then=Value(Result.IN_DOUBT.value)),
        If(status=status.CANCELLED, then=Value(Result.LEFT.value)),
        default=Value(Result.POSTPONED.value),
    )


def message_of_job() -> Case:
    """The job's own; where it has nothing to do, what its order waits for."""
    labels = [
        If(error_message="", order__blocked_reason=reason, then=Value(reason.label))
        for reason in OrderReason
    ]
    return Case(*labels, default=F("error_message"))


def record_replays(asked: QuerySet[BulkItem], now: datetime) -> None:
    delivery = Delivery.objects.filter(pk=OuterRef("delivery_id"))
    at_rest = asked.exclude(delivery__status=Delivery.Status.STORED)
    result = Case(
        If(body_deleted_at__isnull=False, then=Value(Result.LEFT.value)),
        If(status=Delivery.Status.APPLIED, then=Value(Result.DONE.value)),
        If(status=Delivery.Status.PARTLY, then=Value(Result.PARTLY.value)),
        default=Value(Result.FAILED.value),
    )
    record_items(at_rest, delivery.annotate(result=result, words=F("reason_message")), now)


def record_items(items: QuerySet[BulkItem], of_row: QuerySet[Any], now: datetime) -> None:
    items.update(
        result=Subquery(of_row.values("result")[:1]),
        message=Subquery(of_row.values("words")[:1]),
        ended_at=now,
    )
