"""Stock read-back: asks EasyEcom for its levels and hands them to the inbox as a delivery.

It writes no level itself. Each page takes its delivery's id, its arrival number, before it asks,
so that a webhook that comes in while EasyEcom answers counts as newer. When which location is read
is for `rounds` to say, and `drift` compares what comes.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from django.db.models import F, QuerySet

from integration import easyecom
from integration.easyecom import Call, Kind, Level, Outcome
from integration.engine import pages
from integration.models import Delivery, ReadBack, Rest, SyncJob, Topic

load = pages.load


def next_call(job: SyncJob, now: datetime) -> Call | Rest:
    call = pages.page_call(job, easyecom.get_inventory())
    if isinstance(call, Rest) and call.status == SyncJob.Status.FAILED:
        give_up(job, now)
    return call


def begin(job: SyncJob, call: Call, now: datetime) -> None:
    """Take the arrival number; one left over from a try that never ended is closed."""
    if call.kind is not Kind.GET_INVENTORY:
        return
    close(job)
    if not job.next_page:
        begin_read_back(job, now)
    delivery = Delivery.objects.create(
        location=job.location,
        topic=Topic.INVENTORY,
        source=Delivery.Source.RECONCILED,
        status=Delivery.Status.ASKED,
        correlation_id=job.correlation_id,
        received_at=now,
    )
    job.arrival = delivery.pk
    job.save(update_fields=["arrival"])


def settle(job: SyncJob, kind: Kind, outcome: Outcome, now: datetime) -> Rest | None:
    match outcome:
        case easyecom.Done(easyecom.InventoryPage() as page):
            count = hand_in(job, page.levels, now)
            open_read_back(job).update(pages=F("pages") + 1, levels=F("levels") + count)
            return turn(job, page.next_target, now)
        case easyecom.Rejected(message):
            close(job)
            give_up(job, now)
            return Rest(SyncJob.Status.FAILED, None, "refused", message)
        case easyecom.Done():
            return None
    close(job)
    return None


def hand_in(job: SyncJob, levels: Iterable[Level], now: datetime) -> int:
    """EasyEcom answers for the whole account; each location's own read-back takes its own lines.

    Returns how many those are.
    """
    own = [level for level in levels if level.location_key in ("", job.location.location_key)]
    lines = [{"sku": level.sku, "inventory": level.quantity} for level in own]
    body = json.dumps({"inventoryData": lines}, separators=(",", ":")).encode()
    asked(job).update(
        status=Delivery.Status.STORED if lines else Delivery.Status.EMPTY,
        body=body,
        size=len(body),
        received_at=now,
    )
    return len(lines)


def turn(job: SyncJob, next_target: str | None, now: datetime) -> Rest | None:
    rest = pages.turn(job, next_target)
    if rest is not None:
        open_read_back(job).update(ended_at=now, arrival=job.arrival)
    return rest


def asked(job: SyncJob) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=job.arrival or 0, status=Delivery.Status.ASKED)


def close(job: SyncJob) -> None:
    """The number was taken and no answer will come under it."""
    asked(job).update(status=Delivery.Status.EMPTY)


def open_read_back(job: SyncJob) -> QuerySet[ReadBack]:
    return ReadBack.objects.filter(location=job.location_id, ended_at=None)


def begin_read_back(job: SyncJob, now: datetime) -> None:
    """The one that was asked for, or one that nobody wrote down: the first, or a person's retry."""
    if open_read_back(job).update(begun_at=now, pages=0, levels=0):
        return
    is_first = not ReadBack.objects.filter(location=job.location_id).exists()
    ReadBack.objects.create(
        location=job.location,
        cause=ReadBack.Cause.FIRST if is_first else ReadBack.Cause.PERSON,
        asked_at=now,
        begun_at=now,
    )


def give_up(job: SyncJob, now: datetime) -> None:
    """The page is refused for good: the next read-back starts at the first one again."""
    job.next_page = ""
    job.save(update_fields=["next_page"])
    open_read_back(job).update(ended_at=now)
