"""Stock read-back: asks EasyEcom for its levels and hands them to the inbox as a delivery.

It writes no level itself. Each page takes its delivery's id, its arrival number, before it asks,
so that a webhook that comes in while EasyEcom answers counts as newer.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from integration import easyecom, pages
from integration.easyecom import Call, Kind, Level, Outcome
from integration.models import Delivery, Rest, SyncJob, Topic

load = pages.load


def next_call(job: SyncJob, now: datetime) -> Call | Rest:
    return pages.page_call(job, easyecom.get_inventory())


def begin(job: SyncJob, call: Call, now: datetime) -> None:
    """Take the arrival number; one left over from a try that never ended is closed."""
    if call.kind is not Kind.GET_INVENTORY:
        return
    close(job)
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
            hand_in(job, page.levels, now)
            return pages.turn(job, page.next_target)
        case easyecom.Rejected(message):
            close(job)
            return Rest(SyncJob.Status.FAILED, None, "refused", message)
        case easyecom.Done():
            return None
    close(job)
    return None


def hand_in(job: SyncJob, levels: Iterable[Level], now: datetime) -> None:
    """EasyEcom answers for the whole account; each location's own read-back takes its own lines."""
    own = [level for level in levels if level.location_key in ("", job.location.location_key)]
    lines = [{"sku": level.sku, "inventory": level.quantity} for level in own]
    body = json.dumps({"inventoryData": lines}, separators=(",", ":")).encode()
    asked(job).update(
        status=Delivery.Status.STORED if lines else Delivery.Status.EMPTY,
        body=body,
        size=len(body),
        received_at=now,
    )


def asked(job: SyncJob) -> QuerySet[Delivery]:
    return Delivery.objects.filter(pk=job.arrival or 0, status=Delivery.Status.ASKED)


def close(job: SyncJob) -> None:
    """The number was taken and no answer will come under it."""
    asked(job).update(status=Delivery.Status.EMPTY)
