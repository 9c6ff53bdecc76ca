"""Stock read-back: asks EasyEcom for its levels and hands them to the inbox as a delivery.

It writes no level itself. Each page takes its delivery's id, its arrival number, before it asks,
so that a webhook that comes in while EasyEcom answers counts as newer. When which location is read
is for `schedule` to say, and `drift` compares what comes. Rows that can't be read are counted and
named on the read-back, and what EasyEcom no longer shows anywhere is told as 0 (decision 44).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import F, QuerySet

from integration import easyecom
from integration.easyecom import BadLine, Call, Kind, Level, Outcome
from integration.models import Delivery, ReadBack, Rest, SyncJob, Topic, gone_levels
from integration.sync import paging
from sellers.models import Location

# So many of the rows that can't be read are named on the read-back.
MOST_NAMED = 100

load = paging.load


def next_call(job: SyncJob, now: datetime) -> Call | Rest:
    call = paging.page_call(job, easyecom.get_inventory())
    if isinstance(call, Rest) and call.status == SyncJob.Status.FAILED:
        give_up(job, now)
    return call


def begin(job: SyncJob, call: Call, now: datetime) -> None:
    """Take the arrival number; one left over from a try that never ended is closed."""
    if call.kind is not Kind.GET_INVENTORY:
        return
    close(job)
    if not job.next_page:
        start_read_back(job, now)
    job.arrival = take_number(job, now)
    job.save(update_fields=["arrival"])


def take_number(job: SyncJob, now: datetime) -> int:
    """A place in the order of arrival for what EasyEcom is about to say."""
    delivery = Delivery.objects.create(
        location=job.location,
        topic=Topic.INVENTORY,
        source=Delivery.Source.RECONCILED,
        status=Delivery.Status.ASKED,
        correlation_id=job.correlation_id,
        received_at=now,
    )
    return delivery.pk


def settle(job: SyncJob, kind: Kind, outcome: Outcome, now: datetime) -> Rest | None:
    match outcome:
        case easyecom.Done(easyecom.InventoryPage() as page):
            count = hand_in(job, page.levels, now)
            open_read_back(job).update(pages=F("pages") + 1, levels=F("levels") + count)
            record_unread(job, page.bad)
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
    own = [level for level in levels if is_own(job, level)]
    lines = [{"sku": level.sku, "inventory": level.said or level.quantity} for level in own]
    store(requested(job), lines, now)
    return len(lines)


def is_own(job: SyncJob, line: Level | BadLine) -> bool:
    return not line.location_key or job.location.has_key(line.location_key)


def store(number: QuerySet[Delivery], lines: Sequence[Mapping[str, object]], now: datetime) -> None:
    """Hand these levels to the inbox, under a number that was taken."""
    body = json.dumps({"inventoryData": lines}, separators=(",", ":")).encode()
    number.update(
        status=Delivery.Status.STORED if lines else Delivery.Status.EMPTY,
        body=body,
        size=len(body),
        received_at=now,
    )


def record_unread(job: SyncJob, bad: Iterable[BadLine]) -> None:
    """Rows of the location, or of nobody knows which, whose levels stay as they are."""
    own = [{"sku": line.sku, "message": line.message} for line in bad if is_own(job, line)]
    read_back = open_read_back(job).first() if own else None
    if read_back is not None:
        read_back.unread += len(own)
        read_back.unread_rows = [*(read_back.unread_rows or ()), *own][:MOST_NAMED]
        read_back.save(update_fields=["unread", "unread_rows"])


def turn(job: SyncJob, next_target: str | None, now: datetime) -> Rest | None:
    rest = paging.turn(job, next_target)
    if rest is not None:
        tell_gone(job, now, is_whole=not next_target)
        open_read_back(job).update(ended_at=now, arrival=job.arrival)
    return rest


def tell_gone(job: SyncJob, now: datetime, *, is_whole: bool) -> None:
    """Levels to 0 of SKUs that neither the products nor this read-back show any more.

    Under the number that was taken before the first page was asked for: whatever EasyEcom said
    since, by webhook or on a page, is newer and holds. A read-back that showed nothing, or rows
    that could not be read, proves nothing of what it did not show.
    """
    read_back = open_read_back(job).first()
    if read_back is None or read_back.gone_arrival is None:
        return
    number = Delivery.objects.filter(pk=read_back.gone_arrival, status=Delivery.Status.ASKED)
    proves = is_whole and read_back.levels > 0 and not read_back.unread
    gone = gone_skus(job.location, read_back.gone_arrival, now) if proves else []
    store(number, [{"sku": sku, "inventory": 0} for sku in gone], now)


def gone_skus(location: Location, since: int, now: datetime) -> list[str]:
    """SKUs that no product has and that no page since this number shows."""
    missing = set(gone_levels(location, now).values_list("sku", flat=True))
    pages = Delivery.objects.filter(
        location=location, source=Delivery.Source.RECONCILED, topic=Topic.INVENTORY, pk__gt=since
    ).exclude(size=0)
    for body in pages.values_list("body", flat=True).iterator():
        if not missing:
            break
        missing -= {line["sku"] for line in json.loads(bytes(body))["inventoryData"]}
    return sorted(missing)


def requested(job: SyncJob) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=job.arrival or 0, status=Delivery.Status.ASKED)


def close(job: SyncJob) -> None:
    """The number was taken and no answer will come under it."""
    requested(job).update(status=Delivery.Status.EMPTY)


def open_read_back(job: SyncJob) -> QuerySet[ReadBack]:
    return ReadBack.objects.filter(location=job.location_id, ended_at=None)


def start_read_back(job: SyncJob, now: datetime) -> None:
    """The one that was asked for, or one that nobody wrote down: the first, or a person's retry."""
    close_gone(job)
    # Seldom is there one, so that seldom a number is taken for nothing.
    has_gone = gone_levels(job.location, now).exists()
    fresh = {
        "begun_at": now,
        "pages": 0,
        "levels": 0,
        "unread": 0,
        "unread_rows": None,
        "gone_arrival": take_number(job, now) if has_gone else None,
    }
    if open_read_back(job).update(**fresh):
        return
    is_first = not ReadBack.objects.filter(location=job.location_id).exists()
    ReadBack.objects.create(
        location=job.location,
        cause=ReadBack.Cause.FIRST if is_first else ReadBack.Cause.PERSON,
        asked_at=now,
        **fresh,
    )


def close_gone(job: SyncJob) -> None:
    """Nothing is told under the number of a read-back that did not come to its end."""
    numbers = open_read_back(job).filter(gone_arrival__isnull=False).values("gone_arrival")
    Delivery.objects.filter(pk__in=numbers, status=Delivery.Status.ASKED).update(
        status=Delivery.Status.EMPTY
    )


def give_up(job: SyncJob, now: datetime) -> None:
    """The page is refused for good: the next read-back starts at the first one again."""
    job.next_page = ""
    job.save(update_fields=["next_page"])
    close_gone(job)
    open_read_back(job).update(ended_at=now)
