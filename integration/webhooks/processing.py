"""The engine of deliveries: takes what is stored, in order of arrival, and has it applied.

A line belongs to the location that its location_key names, else its warehouse id, else to the one
the endpoint is for. A line that names any other location, of the same seller or not, is parked:
a token speaks for its own location only. Where our location's warehouse id is not known yet, a
line's warehouse id says nothing against it.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models import F, QuerySet

from booon_console.lib import clock, faults
from booon_console.lib.contention import was_in_the_way
from integration import easyecom
from integration.catalog import stock
from integration.easyecom import BadLine, Level, Manifest
from integration.easyecom.triggers import wrong_trigger
from integration.easyecom.values import without_split_suffix
from integration.models import Delivery, ParkedLine, Topic
from integration.orders import manifests
from integration.reconciliation import drift, missed_webhooks
from integration.sync import location_names

log = structlog.get_logger(__name__)

Status = Delivery.Status
Line: TypeAlias = Level | Manifest | BadLine

# A batch is one transaction: on SQLite the webhooks' inserts wait for it.
BATCH_COUNT = 200
BATCH_BYTES = 2 * 1024 * 1024


@dataclass
class Reading:
    """A delivery, what its body says, and what has to be parked of it."""

    delivery: Delivery
    lines: Sequence[Line] = ()
    reason: str = ""
    message: str = ""
    parked: dict[int, ParkedLine] = field(default_factory=dict)

    def park(self, line: Line, reason: str, message: str) -> None:
        self.parked[line.line] = ParkedLine(
            delivery=self.delivery,
            line=line.line,
            reason=reason[:32],
            message=message[:500],
            sku=getattr(line, "sku", "")[:255],
            order_number=without_split_suffix(getattr(line, "order_number", ""))[:100],
            reference=getattr(line, "order_number", "")[:100],
        )


def has_stored() -> bool:
    """Whether a drain would find work."""
    return Delivery.objects.filter(status=Status.STORED).exists()


def replay(deliveries: QuerySet[Delivery]) -> int:
    """Have these applied again, under their old arrival numbers. Returns how many will be.

    Left out are those whose body is gone, or that never had one.
    """
    return (
        Delivery.objects.filter(pk__in=deliveries.values("pk"), body_deleted_at__isnull=True)
        .exclude(status__in=[Status.STORED, Status.ASKED, Status.EMPTY])
        .update(status=Status.STORED)
    )


def drain(seconds: float = 10) -> int:
    """Apply stored deliveries until there are none, or for `seconds`. Returns how many.

    1. Take the oldest that are stored, as a batch (`next_batch`).
    2. Parse their bodies, before any lock is taken (`parse`).
    3. In one transaction (`apply`), lock those that are still stored and in no other drain's hands.
    4. Park the lines that can't be read, or that name another location (`sort_out`).
    5. Apply the levels, after a read-back is compared with what stands here (`apply_levels`).
    6. Apply the manifests; one that can't be applied is parked (`apply_manifests`).
    7. Write down what became of each delivery (`record_outcomes`).
    8. Say of which manifests that were found by asking no webhook had come
       (`missed_webhooks.confirm`).
    9. If anything unexpected happens, go through 3 to 8 with each delivery by itself. It stays
       stored where another transaction or the database was in the way; else what fails is parked
       as `internal_error`.
    10. Have those stored again whose order came while 3 to 8 ran, and go on with 1.
    """
    ends_at = time.monotonic() + seconds
    total = 0
    while time.monotonic() < ends_at:
        readings = [parse(delivery) for delivery in next_batch()]
        judged = judge(readings)
        if not judged:
            break
        total += judged
        # Their order may have come while they were being parked, and asked for them too early.
        manifests.retry_unknown(waiting_for_orders(readings))
    return total


def waiting_for_orders(readings: Sequence[Reading]) -> list[int]:
    unknown = manifests.UNKNOWN_ORDER
    return [
        reading.delivery.pk
        for reading in readings
        if any(line.reason == unknown for line in reading.parked.values())
    ]


def next_batch() -> list[Delivery]:
    """The oldest stored deliveries, as many as are quickly applied together; at least one."""
    stored = Delivery.objects.filter(status=Status.STORED).order_by("pk")
    ids: list[int] = []
    size = 0
    for pk, bytes_ in stored.values_list("pk", "size")[:BATCH_COUNT]:
        size += bytes_
        if ids and size > BATCH_BYTES:
            break
        ids.append(pk)
    batch = Delivery.objects.filter(pk__in=ids).select_related("location").order_by("pk")
    return list(batch) if ids else []


def parse(delivery: Delivery) -> Reading:
    """Parse the body, before any lock is taken. A reader's own fault parks this delivery only."""
    readers = {Topic.INVENTORY: easyecom.read_inventory, Topic.MANIFESTED: easyecom.read_manifested}
    try:
        return Reading(delivery, readers[Topic(delivery.topic)](bytes(delivery.body)))
    except easyecom.Unreadable as problem:
        return Reading(delivery, reason=problem.code, message=problem.message)
    except Exception as fault:
        return internal_error(delivery, fault)


def judge(readings: Sequence[Reading]) -> int:
    """Apply a batch in one transaction; if anything unexpected happens, each in its own."""
    if not readings:
        return 0
    try:
        return apply(readings)
    except Exception as fault:
        log.warning(
            "batch_not_applied",
            first=readings[0].delivery.pk,
            fault=type(fault).__name__,
            frames=faults.frames(fault),
        )
    return sum(judge_alone(reading) for reading in readings)


def judge_alone(reading: Reading) -> int:
    try:
        return apply([reading])
    except Exception as fault:
        if was_in_the_way(fault):
            # It stays stored, and is among the first of the next batch.
            return 0
        if isinstance(fault, DatabaseError) and not is_connected():
            # Not the delivery's fault: it stays stored, for the next drain.
            raise
        return apply([internal_error(reading.delivery, fault)])


def is_connected() -> bool:
    return connection.connection is not None and connection.is_usable()


def internal_error(delivery: Delivery, fault: Exception) -> Reading:
    """Its class and place only: an exception's text may hold a piece of the body."""
    log.error(
        "delivery_not_applied",
        delivery=delivery.pk,
        fault=type(fault).__name__,
        frames=faults.frames(fault),
    )
    return Reading(
        delivery,
        reason="internal_error",
        message=f"The console could not apply it ({type(fault).__name__}). Replay it once mended.",
    )


@transaction.atomic
def apply(readings: Sequence[Reading]) -> int:
    """One short transaction: only those still stored, and not in another drain's hands."""
    ids = [reading.delivery.pk for reading in readings]
    # Deliveries first, then levels, then orders, each in the order of their keys. What another
    # drain has is left to it: whoever waited for it would find it applied.
    stored = Delivery.objects.filter(pk__in=ids, status=Status.STORED).order_by("pk")
    mine = set(stored.select_for_update(skip_locked=True, no_key=True).values_list("pk", flat=True))
    taken = [reading for reading in readings if reading.delivery.pk in mine]
    if not taken:
        return 0
    now = clock.now()
    for reading in taken:
        reading.parked.clear()
        sort_out(reading)
    apply_levels(taken, now)
    apply_manifests(taken, now)
    record_outcomes(taken, now)
    missed_webhooks.confirm((reading.delivery for reading in taken), now)
    return len(taken)


def sort_out(reading: Reading) -> None:
    """Park what could not be read, and what another location's name is on."""
    for line in reading.lines:
        if isinstance(line, BadLine):
            reading.park(line, line.code, line.message)
        elif is_foreign(line, reading.delivery):
            reading.park(line, "foreign_location", "The line names another location.")
        else:
            learn_place(line, reading.delivery)


def learn_place(line: Level | Manifest, delivery: Delivery) -> None:
    """What a line names of its location beside the key, where that was not known."""
    if delivery.location.is_known:
        return
    location_names.learn_later(
        delivery.location,
        "a webhook",
        clock.now(),
        location_key=line.location_key,
        company_id=line.company_id,
        name=getattr(line, "place_name", ""),
        city=getattr(line, "place_city", ""),
    )


def is_foreign(line: Level | Manifest, delivery: Delivery) -> bool:
    own = delivery.location
    if line.location_key:
        return not own.has_key(line.location_key)
    return bool(line.company_id and own.company_id) and line.company_id != own.company_id


def apply_levels(readings: Sequence[Reading], now: datetime) -> None:
    told = [
        (reading.delivery, line)
        for reading in readings
        for line in reading.lines
        if isinstance(line, Level) and line.line not in reading.parked
    ]
    stock.apply(drift.judge(told, now), now)


def apply_manifests(readings: Sequence[Reading], now: datetime) -> None:
    told = {
        (reading.delivery.pk, line.line): (reading, line)
        for reading in readings
        for line in reading.lines
        if isinstance(line, Manifest) and line.line not in reading.parked
    }
    pairs = [(reading.delivery, line) for reading, line in told.values()]
    for delivery, line, why in manifests.apply(pairs, now):
        reading, _ = told[delivery.pk, line.line]
        reading.park(line, why.code, why.message)


def record_outcomes(readings: Sequence[Reading], now: datetime) -> None:
    """What became of each delivery; a replay's verdict takes the place of the old one."""
    alike: dict[tuple[str, str, str, int, int], list[int]] = {}
    for reading in readings:
        alike.setdefault(verdict(reading), []).append(reading.delivery.pk)
    for (status, reason, message, lines, lines_applied), ids in alike.items():
        Delivery.objects.filter(pk__in=ids).update(
            status=status,
            reason=reason,
            reason_message=message,
            lines=lines,
            lines_applied=lines_applied,
            times_applied=F("times_applied") + 1,
            judged_at=now,
        )
    ParkedLine.objects.filter(delivery__in=[reading.delivery for reading in readings]).delete()
    ParkedLine.objects.bulk_create(
        [line for reading in readings for line in reading.parked.values()], batch_size=1000
    )


def verdict(reading: Reading) -> tuple[str, str, str, int, int]:
    """Status, reason, its sentence, lines, lines applied. The first bad line speaks for all."""
    lines, parked = len(reading.lines), len(reading.parked)
    named = wrong_trigger(reading.delivery.action, reading.delivery.topic)
    if reading.reason:
        message = f"{named} {reading.message}".strip()
        return Status.PARKED, reading.reason[:32], message[:500], lines, 0
    if not parked:
        return Status.APPLIED, "", "", lines, lines
    first = reading.parked[min(reading.parked)]
    status = Status.PARTLY if parked < lines else Status.PARKED
    message = f"{named} {first.message}".strip()
    return status, first.reason, message[:500], lines, lines - parked
