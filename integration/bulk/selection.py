"""A filtered list becomes a bulk run: its ids are written down, with what is known of each.

One statement writes them all, so that ten thousand take no longer than a page does.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F, IntegerField, OuterRef, Q, QuerySet, Subquery, Value

from integration.bulk import forecast
from integration.models import BulkItem, BulkRun, Delivery, SyncJob, record_event
from sellers.models import Seller

MOST = 10_000
NOT_REPLAYED = (Delivery.Status.STORED, Delivery.Status.ASKED, Delivery.Status.EMPTY)


class TooMany(Exception):
    """The list is longer than a run may be. Nothing was written."""


def jobs(found: QuerySet[SyncJob], *, filters: str, actor: str, now: datetime) -> BulkRun | None:
    """A run over those of these jobs that stand still. None where there are none.

    Raises TooMany.
    """
    blocked = Q(order__isnull=False) & ~Q(order__blocked_reason="")
    is_well = Q(status=SyncJob.Status.SUCCEEDED) & ~blocked
    rows = found.exclude(status=SyncJob.Status.CANCELLED).exclude(is_well)
    columns = {"seller_id": F("seller_id"), "job_id": F("pk"), **forecast.of_job()}
    return freeze(BulkRun.Kind.RETRY, rows, columns, filters, actor, now)


def deliveries(
    found: QuerySet[Delivery], *, filters: str, actor: str, now: datetime
) -> BulkRun | None:
    """The same of deliveries that were judged and whose body is kept. Raises TooMany."""
    rows = found.filter(body_deleted_at__isnull=True).exclude(status__in=NOT_REPLAYED)
    of_row = {"seller_id": F("location__seller_id"), "delivery_id": F("pk")}
    columns = {**of_row, **forecast.of_delivery()}
    return freeze(BulkRun.Kind.REPLAY, rows, columns, filters, actor, now)


@transaction.atomic
def freeze(
    kind: BulkRun.Kind,
    rows: QuerySet[Any],
    columns: Mapping[str, Any],
    filters: str,
    actor: str,
    now: datetime,
) -> BulkRun | None:
    rows = rows.order_by().select_related(None).defer(None)
    size = rows[: MOST + 1].count()
    if size > MOST:
        raise TooMany
    if not size:
        return None
    run = BulkRun.objects.create(kind=kind, filters=filters[:500], frozen_by=actor, frozen_at=now)
    run.size = record_items(run, rows, columns)
    run.save(update_fields=["size"])
    run.sellers.set(Seller.objects.filter(pk__in=run.items.values("seller")))
    record_event("bulk", f"{run}: prepared.", at=now, actor=actor)
    return run


def record_items(run: BulkRun, rows: QuerySet[Any], columns: Mapping[str, Any]) -> int:
    """Returns how many."""
    fixed = {
        "run_id": Value(run.pk, output_field=IntegerField()),
        "result": Value(BulkItem.Result.WAITING.value),
        "message": Value(""),
    }
    # Under names of their own: a row has columns called like some of these.
    values = {f"item_{name}": value for name, value in {**fixed, **columns}.items()}
    chosen = rows.annotate(**values).order_by("pk").values_list(*values)
    select, given = chosen.query.sql_with_params()
    quoted = connection.ops.quote_name
    names = ", ".join(quoted(name) for name in [*fixed, *columns])
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {quoted(BulkItem._meta.db_table)} ({names}) {select}", given)
        return int(cursor.rowcount)


@transaction.atomic
def reckon_anew(run: BulkRun, now: datetime) -> bool:
    """What is to be expected of a retry that was not started yet, as things are by now. False where
    it was started meanwhile."""
    frozen = BulkRun.objects.filter(pk=run.pk, kind=BulkRun.Kind.RETRY, state=BulkRun.State.FROZEN)
    if not frozen.update(frozen_at=now):
        return False
    columns = {f"item_{name}": value for name, value in forecast.of_job().items()}
    jobs: QuerySet[Any] = SyncJob.objects.filter(pk=OuterRef("job_id")).annotate(**columns)
    run.items.update(outlook=Subquery(jobs.values("item_outlook")[:1]))
    return True
